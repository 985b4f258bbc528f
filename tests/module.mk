# tests/: unit, flow, browser, fuzz replay, lint, campaign, bench, demo.
SUPPORT_OBJ := $(addprefix $(BUILD)/obj/tests/support/,clock_injected.o crash_injected.o)
UNIT_FILES  := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/*.c))
# Those in which every call fails in turn take the longest, and come last.
UNIT_NAMES  := $(filter-out %_failing,$(UNIT_FILES)) $(filter %_failing,$(UNIT_FILES))
UNIT_BIN    := $(addprefix $(BUILD)/unit/,$(UNIT_NAMES))
CLIENT_UNIT := $(filter $(BUILD)/unit/client_%,$(UNIT_BIN))
DAEMON_UNIT := $(filter-out $(CLIENT_UNIT) $(BUILD)/unit/base_%,$(UNIT_BIN))

# Tests of base alone link nothing but base.
BASE_UNIT   := $(filter $(BUILD)/unit/base_%,$(UNIT_BIN))

# The injected clock and crashes stand before the archives, so base/clock.o and base/crash.o are never pulled into a
# test binary, and the released binaries never name the injected ones (make lint looks).
$(DAEMON_UNIT): $(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $(SUPPORT_OBJ) $(DAEMON_LIBS)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(DAEMON_LDLIBS) -lcmocka

$(CLIENT_UNIT): $(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $(SUPPORT_OBJ) $(CLIENT_LIB_OBJ) $(CLIENT_CMD_OBJ_NOMAIN) $(BUILD)/libbase.a
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CLIENT_LDLIBS) -lcmocka

$(BASE_UNIT): $(BUILD)/unit/%: $(BUILD)/obj/tests/unit/%.o $(SUPPORT_OBJ) $(BUILD)/libbase.a
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcrypto -lcmocka

# Those that hold a manual against a table have it inside.
$(addprefix $(BUILD)/obj/tests/unit/client_,manual.o help_failing.o): docs/man/counterfoil.1
$(BUILD)/obj/tests/unit/settings_manual.o: docs/man/counterfoil.conf.5

# Those in which every call fails in turn.
$(addprefix $(BUILD)/unit/,$(filter %_failing,$(UNIT_NAMES))): $(BUILD)/obj/tests/support/failing.o

# The daemon as tests run it: the same objects with a clock that a file can move, places where a file can end it, and a
# disk that it can fill.
$(BUILD)/test/counterfoild: $(BUILD)/obj/issuer/main.o $(SUPPORT_OBJ) $(BUILD)/obj/tests/support/disk_injected.o $(DAEMON_LIBS)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(DAEMON_LDLIBS)

# The command with the same clock, which can take what is over for valid.
$(BUILD)/test/counterfoil: $(CLIENT_CMD_OBJ) $(CLIENT_LIB_OBJ) $(SUPPORT_OBJ) $(BUILD)/libbase.a
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CLIENT_LDLIBS)

# The same for valgrind, which knows none of our walls.
$(BUILD)/valgrind/counterfoild: $(BUILD)/obj/issuer/main.o $(BUILD)/obj/tests/support/under_valgrind.o $(SUPPORT_OBJ) $(DAEMON_LIBS)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -Wl,--wrap=execl,--wrap=walls_filter -o $@ $^ $(DAEMON_LDLIBS)

# The route table as text; it names every handler, so it links what the daemon links.
$(BUILD)/tools/routes: $(BUILD)/obj/tests/support/routes.o $(SUPPORT_OBJ) $(DAEMON_LIBS)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(DAEMON_LDLIBS)

# A program of a user's, which has the library and nothing else.
$(BUILD)/tools/steady: $(BUILD)/obj/tests/support/steady.o $(BUILD)/libcounterfoil.a
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CLIENT_LDLIBS)

# Loaded by whatever is tested, so without the sanitizers' run-time.
$(BUILD)/tools/token_shim.so: tests/support/token_shim.c
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -fsanitize=% -pie -fPIE,$(ALL_CFLAGS) $(ALL_LDFLAGS)) -fPIC -shared -o $@ $<

$(BUILD)/tools/%: $(BUILD)/obj/tests/support/%.o $(BUILD)/libbase.a
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lssl -lcrypto

.PHONY: unit
unit: $(UNIT_BIN)
	$(Q)tests/support/run-unit $(UNIT_BIN)

# Fuzz targets: one parser a file. `make fuzz` looks for new inputs for SECONDS each; check replays the corpus.
SECONDS_EACH ?= 60
FUZZ_NAMES  := $(filter-out replay,$(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c)))
FUZZ_REPLAY := $(addprefix $(BUILD)/fuzz/,$(FUZZ_NAMES))
# The library's targets link the client's objects, all others the daemon's.
CLIENT_FUZZ := $(filter json lists ocsp peer pem pkcs12 soap,$(FUZZ_NAMES))
DAEMON_FUZZ := $(filter-out $(CLIENT_FUZZ),$(FUZZ_NAMES))
fuzz_binaries = $(foreach name,$(1),$(BUILD)/fuzz/$(name) $(BUILD)/fuzzer-$(name))
$(call fuzz_binaries,$(CLIENT_FUZZ)): $(CLIENT_LIB_OBJ) $(BUILD)/libbase.a
$(call fuzz_binaries,$(CLIENT_FUZZ)): FUZZ_LDLIBS := $(CLIENT_LDLIBS)
$(call fuzz_binaries,$(DAEMON_FUZZ)): $(DAEMON_LIBS)
$(call fuzz_binaries,$(DAEMON_FUZZ)): FUZZ_LDLIBS = $(DAEMON_LDLIBS)
# The order's runs on the bench of the unit tests.
$(call fuzz_binaries,order): FUZZ_LDLIBS = $(DAEMON_LDLIBS) -lcmocka
$(FUZZ_REPLAY): $(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(BUILD)/obj/tests/fuzz/replay.o $(SUPPORT_OBJ)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(FUZZ_LDLIBS)
fuzz-replay: $(FUZZ_REPLAY)
	$(Q)tests/fuzz/run-replay $(FUZZ_REPLAY)
fuzz: deps-build
	$(Q)tests/support/need clang libclang-rt-14-dev
	$(Q)$(MAKE) --no-print-directory CC=clang BUILD=build/fuzzer SANITIZE=fuzzer-no-link,address,undefined -j$(shell nproc) fuzzers
	$(Q)tests/fuzz/run-fuzz build/fuzzer $(SECONDS_EACH) $(FUZZ_NAMES)
fuzzers: $(addprefix $(BUILD)/fuzzer-,$(FUZZ_NAMES))
$(addprefix $(BUILD)/fuzzer-,$(FUZZ_NAMES)): $(BUILD)/fuzzer-%: $(BUILD)/obj/tests/fuzz/%.o $(SUPPORT_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(filter-out -fsanitize=%,$(ALL_LDFLAGS)) -fsanitize=fuzzer,address,undefined -o $@ $^ $(FUZZ_LDLIBS)

.PHONY: fuzz fuzzers demo run analysis lint check test-programs flow browser fuzz-replay
# The order matters (what is missing is installed before anything is compiled), so these call make in turn.
demo run:
	$(Q)$(MAKE) --no-print-directory deps-build
	$(Q)$(MAKE) --no-print-directory -j$(shell nproc) programs $(BUILD)/tools/sockets
	$(Q)tests/demo/run $(BUILD) $(if $(filter run,$@),leave)

test-programs: programs $(addprefix $(BUILD)/test/,counterfoild counterfoil) $(BUILD)/tools/sockets $(BUILD)/tools/routes $(addprefix $(BUILD)/tools/,memory_search raw slow steady token_shim.so) $(UNIT_BIN) $(FUZZ_REPLAY) examples

# Static analysis: what each tool says of each source, kept beside the objects and looked at by tests/lint/run. An object
# newer than its result was compiled from something new, so only that is analysed again.
ANALYSED     := $(wildcard $(addsuffix /*.c,base ca delivery client client/command client/tools issuer issuer/*))
ANALYSIS     := $(addprefix $(BUILD)/analysis/,$(addsuffix .gcc,$(ANALYSED)) $(addsuffix .tidy,$(ANALYSED)) cppcheck)
# cppcheck is so quick that it looks at the tests too, and keeps by itself what it knows of each source.
CPPCHECKED   := $(ANALYSED) $(wildcard tests/*/*.c)
CPPCHECK     := cppcheck -q --std=c17 -D_GNU_SOURCE -I. --enable=warning,style,performance,portability \
	$(addprefix --library=,posix gnu openssl sqlite3 libcurl tests/lint/jansson.cfg) \
	--template='{file}:{line}:{column}: warning: {message} [{id}]'
# The code as it stands: at -O2 gcc takes a malloc away together with the free that it was given twice.
ANALYSIS_CFLAGS = $(filter-out -D_FORTIFY_SOURCE=%,$(filter -std=% -D% -I%,$(ALL_CFLAGS)))
# A tool that fails, not one that finds, ends make with its own words.
analyse = $(Q)mkdir -p $(@D) && { $(1) >$@.part 2>&1 || { cat $@.part >&2; exit 1; }; } && mv $@.part $@
analysis: $(ANALYSIS)
$(BUILD)/analysis/%.c.gcc: $(BUILD)/obj/%.o
	$(call say,ANALYSE,$*.c)
	$(call analyse,$(CC) $(ANALYSIS_CFLAGS) -O0 -fanalyzer -S -o /dev/null $*.c)
$(BUILD)/analysis/%.c.tidy: $(BUILD)/obj/%.o .clang-tidy
	$(call say,TIDY,$*.c)
	$(call analyse,clang-tidy --quiet $*.c -- $(ANALYSIS_CFLAGS))
$(BUILD)/analysis/cppcheck: $(CPPCHECKED) $(wildcard $(addsuffix *.h,$(sort $(dir $(CPPCHECKED))))) tests/lint/jansson.cfg
	$(call say,CPPCHK,"base ca delivery issuer client tests")
	$(Q)mkdir -p $@.known
	$(call analyse,$(CPPCHECK) -j$(shell nproc) --cppcheck-build-dir=$@.known $(CPPCHECKED))

lint: programs $(BUILD)/test/counterfoild $(BUILD)/valgrind/counterfoild
	$(Q)$(MAKE) --no-print-directory -j$(shell nproc) analysis
	$(Q)tests/lint/run $(BUILD)
flow: test-programs
	$(Q)tests/flow/run $(BUILD) $(FLOW)
browser: test-programs
	$(Q)tests/browser/run $(BUILD)

check:
	$(Q)$(MAKE) --no-print-directory deps
	$(Q)$(MAKE) --no-print-directory -j$(shell nproc) test-programs
	$(Q)tests/support/check $(BUILD) $(if $(SANITIZE),unit flow fuzz-replay,unit flow campaign-short browser fuzz-replay lint)

# The campaign's own programs speak with a daemon from outside, and look at its files with its own readers.
CAMPAIGN_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out $(addprefix tests/campaign/,kill.c power.c takers.c disk.c revocations.c edits.c calls.c swap.c),$(wildcard tests/campaign/*.c)))
$(BUILD)/tools/crash_points: $(BUILD)/obj/tests/support/crash_points.o $(SUPPORT_OBJ)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^
$(addprefix $(BUILD)/campaign-,kill power takers disk revocations edits): $(BUILD)/campaign-%: $(BUILD)/obj/tests/campaign/%.o $(CAMPAIGN_OBJ) $(SUPPORT_OBJ) $(DAEMON_LIBS)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(DAEMON_LDLIBS) -lcurl
# The library's caller stands alone, as a user's program would.
$(BUILD)/valgrind/calls: $(BUILD)/obj/tests/campaign/calls.o $(BUILD)/libcounterfoil.a
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CLIENT_LDLIBS)
# What swaps its identity has the unit tests' server beside it.
$(BUILD)/campaign-swap: $(addprefix $(BUILD)/obj/tests/,campaign/swap.o support/tls_server.o support/pkcs12_maker.o) \
	$(BUILD)/libcounterfoil.a $(BUILD)/libbase.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CLIENT_LDLIBS) -lcmocka
campaign-programs: test-programs $(addprefix $(BUILD)/campaign-,kill power takers disk revocations edits swap) $(BUILD)/tools/crash_points \
	$(addprefix $(BUILD)/valgrind/,counterfoild calls)

# What takes too long for check, in full: two hours and more. CAMPAIGN="kills takers" runs some of it.
campaign:
	$(Q)$(MAKE) --no-print-directory deps
	$(Q)$(MAKE) --no-print-directory -j$(shell nproc) campaign-programs
	$(Q)tests/campaign/run campaign $(BUILD) $(CAMPAIGN)
campaign-short: campaign-programs
	$(Q)tests/campaign/run campaign-short $(BUILD) $(CAMPAIGN)
.PHONY: campaign campaign-short campaign-programs

# What it costs, beside bare programs that do the same work (tests/bench). Not part of check: it takes a quiet minute.
BENCH_PROGRAMS := $(addprefix $(BUILD)/bench/,load load_ocsp bare_members bare_ocsp bare_package bare_rsa calls list requests start)
bench_object = $(addprefix $(BUILD)/obj/tests/bench/,$(addsuffix .o,$(1)))
$(BUILD)/bench/load: $(call bench_object,load session)
$(BUILD)/bench/load: BENCH_LDLIBS := -lssl -lcrypto
$(BUILD)/bench/load_ocsp: $(call bench_object,load_ocsp)
$(BUILD)/bench/start: $(call bench_object,start)
$(BUILD)/bench/bare_members: $(call bench_object,bare_members bare)
$(BUILD)/bench/bare_ocsp: $(call bench_object,bare_ocsp bare)
$(BUILD)/bench/bare_package: $(call bench_object,bare_package bare_steps bare_crypto bare)
$(BUILD)/bench/bare_members $(BUILD)/bench/bare_ocsp $(BUILD)/bench/bare_package: BENCH_LDLIBS := -lmicrohttpd -lgnutls -lsqlite3 -lcrypto
$(BUILD)/bench/bare_rsa: $(call bench_object,bare_rsa)
$(BUILD)/bench/bare_rsa: BENCH_LDLIBS := -lgnutls
$(BUILD)/bench/requests: $(call bench_object,requests) $(DAEMON_LIBS)
$(BUILD)/bench/list: $(call bench_object,list) $(DAEMON_LIBS)
$(BUILD)/bench/list $(BUILD)/bench/requests: BENCH_LDLIBS := $(DAEMON_LDLIBS)
$(BUILD)/bench/calls: $(call bench_object,calls) $(BUILD)/libcounterfoil.a
$(BUILD)/bench/calls: BENCH_LDLIBS := $(CLIENT_LDLIBS)
$(BENCH_PROGRAMS):
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(BENCH_LDLIBS)

.PHONY: bench bench-programs
bench-programs: programs $(BUILD)/tools/sockets $(BENCH_PROGRAMS) $(BUILD)/unit/client_pkcs12_kinds
bench:
	$(Q)$(MAKE) --no-print-directory deps-build >&2
	$(Q)tests/support/need $(BENCH_PACKAGES) >&2
	$(Q)$(MAKE) --no-print-directory -j$(shell nproc) bench-programs >&2
	$(Q)JSON=$(JSON) tests/bench/run $(BUILD)
