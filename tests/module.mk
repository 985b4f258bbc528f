# tests/: unit, flow, browser, fuzz replay, lint, demo.
SUPPORT_OBJ := $(BUILD)/obj/tests/support/clock_injected.o
UNIT_NAMES  := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/*.c))
UNIT_BIN    := $(addprefix $(BUILD)/unit/,$(UNIT_NAMES))
CLIENT_UNIT := $(filter $(BUILD)/unit/client_%,$(UNIT_BIN))
DAEMON_UNIT := $(filter-out $(CLIENT_UNIT) $(BUILD)/unit/base_%,$(UNIT_BIN))

# Tests of base alone link nothing but base.
BASE_UNIT   := $(filter $(BUILD)/unit/base_%,$(UNIT_BIN))

# The injected clock stands before the archives, so base/clock.o is never pulled into a test binary, and the
# released binaries never name the injected one (make lint looks).
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

# The daemon as tests run it: the same objects with a clock that a file can move.
$(BUILD)/test/counterfoild: $(BUILD)/obj/issuer/main.o $(SUPPORT_OBJ) $(DAEMON_LIBS)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(DAEMON_LDLIBS)

$(BUILD)/tools/%: $(BUILD)/obj/tests/support/%.o $(BUILD)/libbase.a
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcrypto

.PHONY: unit
unit: $(UNIT_BIN)
	$(Q)tests/support/run-unit $(UNIT_BIN)
