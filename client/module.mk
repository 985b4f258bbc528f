# client/: libcounterfoil (counterfoil.h) and the command counterfoil. It shares base with the daemon, nothing else.
CLIENT_LIB_SRC := $(wildcard client/*.c)
CLIENT_CMD_SRC := $(wildcard client/command/*.c)
CLIENT_LIB_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(CLIENT_LIB_SRC))
CLIENT_CMD_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(CLIENT_CMD_SRC))
CLIENT_CMD_OBJ_NOMAIN := $(filter-out $(BUILD)/obj/client/command/main.o,$(CLIENT_CMD_OBJ))
# The scripts of completion have their templates inside.
$(foreach shell,bash zsh fish,$(eval $(BUILD)/obj/client/command/completion_$(shell).o: client/command/completion/counterfoil.$(shell)))
COMPLETIONS := $(addprefix $(BUILD)/completion/counterfoil.,bash zsh fish)
CLIENT_LDLIBS  := -lcurl -lssl -lcrypto -ljansson -lxml2 -linih -lunistring

# Only counterfoil_* leaves the library: everything else is hidden, in the static archive too.
$(BUILD)/libcounterfoil.o: $(CLIENT_LIB_OBJ) $(BUILD)/libbase.a
	$(call say,LD,$@)
	$(Q)ld -r -o $@ $(CLIENT_LIB_OBJ) $(BUILD)/libbase.a
	$(Q)objcopy --localize-hidden $@

$(BUILD)/libcounterfoil.a: $(BUILD)/libcounterfoil.o
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/libcounterfoil.so.0: $(CLIENT_LIB_OBJ) $(BUILD)/libbase.a client/libcounterfoil.map
	$(call say,LD,$@)
	$(Q)$(CC) $(filter-out -pie,$(ALL_LDFLAGS)) -shared -Wl,-soname,libcounterfoil.so.0 \
		-Wl,--version-script=client/libcounterfoil.map -o $@ $(CLIENT_LIB_OBJ) $(BUILD)/libbase.a $(CLIENT_LDLIBS)
	$(Q)ln -sf libcounterfoil.so.0 $(BUILD)/libcounterfoil.so

$(BUILD)/counterfoil: $(CLIENT_CMD_OBJ) $(BUILD)/libcounterfoil.a $(BUILD)/libbase.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CLIENT_LDLIBS)

# What shells load, each made by the command of its own table.
$(COMPLETIONS): $(BUILD)/completion/counterfoil.%: $(BUILD)/counterfoil
	$(call say,MAKE,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(BUILD)/counterfoil completion $* >$@.part && mv $@.part $@

# The manual, in which commands and flags are the table's.
$(BUILD)/tools/manual: $(addprefix $(BUILD)/obj/client/tools/,manual.o manual_main.o) $(CLIENT_CMD_OBJ_NOMAIN) $(CLIENT_LIB_OBJ) $(BUILD)/libbase.a
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CLIENT_LDLIBS)
$(BUILD)/man/counterfoil.1: docs/man/counterfoil.1 $(BUILD)/tools/manual
	$(call say,MAKE,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(BUILD)/tools/manual <$< >$@.part && mv $@.part $@
$(addprefix $(BUILD)/unit/client_,manual help_failing): $(BUILD)/obj/client/tools/manual.o

programs: $(BUILD)/man/counterfoil.1 $(COMPLETIONS) $(BUILD)/counterfoil $(BUILD)/libcounterfoil.a $(BUILD)/libcounterfoil.so.0

# The tests that need a server or a PKCS#12 file make their own.
CLIENT_TEST_OBJ := $(addprefix $(BUILD)/obj/tests/support/,pkcs12_maker.o tls_server.o)
$(addprefix $(BUILD)/unit/,client_collect client_identity client_pkcs12 client_pkcs12_kinds client_save client_save_failing client_save_content client_install client_install_failing client_swap client_swap_failing client_call_failing client_watch client_transport): $(CLIENT_TEST_OBJ)
PEM_TEST_OBJ := $(addprefix $(BUILD)/obj/tests/support/,pkcs12_maker.o pem_maker.o)
$(addprefix $(BUILD)/unit/,client_identity_load client_identity_load_failing): $(PEM_TEST_OBJ)
# Those in which a client's identity changes.
$(addprefix $(BUILD)/unit/client_,swap swap_failing watch call_failing): $(BUILD)/obj/tests/support/identity_stage.o
$(BUILD)/unit/client_install: $(BUILD)/obj/tests/support/file_steps.o
# Those that call, with a client and a server at hand.
CLIENT_CALL_OBJ := $(CLIENT_TEST_OBJ) $(BUILD)/obj/tests/support/call_stage.o
$(addprefix $(BUILD)/unit/client_,body call pages sentences form retry cancel http2 proxy refused): $(CLIENT_CALL_OBJ)
# Those of a peer, what a proxy passes on and a CA's lists.
PEER_TEST_OBJ := $(addprefix $(BUILD)/obj/tests/support/,pkcs12_maker.o crl_maker.o forms.o)
$(addprefix $(BUILD)/unit/,client_peer client_peer_failing client_presented client_revocation): $(PEER_TEST_OBJ)
$(addprefix $(BUILD)/unit/client_,json soap soap_command dry_run): $(CLIENT_CALL_OBJ)
# Those of OCSP.
OCSP_TEST_OBJ := $(addprefix $(BUILD)/obj/tests/support/,pkcs12_maker.o ocsp_maker.o)
$(addprefix $(BUILD)/unit/client_,ocsp inquiry): $(OCSP_TEST_OBJ)
$(addprefix $(BUILD)/unit/client_,inquiry peer_ocsp ocsp_failing): $(BUILD)/obj/tests/support/ocsp_responder.o
$(addprefix $(BUILD)/unit/client_,peer_ocsp ocsp_failing): $(PEER_TEST_OBJ) $(BUILD)/obj/tests/support/ocsp_maker.o
$(BUILD)/unit/client_staple: $(CLIENT_CALL_OBJ) $(BUILD)/obj/tests/support/ocsp_maker.o
$(BUILD)/unit/client_ocsp_failing: $(BUILD)/obj/tests/support/tls_server.o
# Those in which a look-up takes as long as the test wants, or fails.
$(addprefix $(BUILD)/unit/client_,async async_cancel cancel): $(BUILD)/obj/tests/support/lookup.o
# The asynchronous form, with an event loop.
$(addprefix $(BUILD)/unit/client_,async async_answer async_cancel async_loop async_swap async_failing async_events http2): $(CLIENT_CALL_OBJ) $(addprefix $(BUILD)/obj/tests/support/,poll_loop.o identity_stage.o)

# What `make install` puts under PREFIX: MODE:FILE:PLACE (see Makefile).
INSTALLED_CLIENT := 755:$(BUILD)/counterfoil:bin/counterfoil 644:client/include/counterfoil.h:include/counterfoil.h \
	644:$(BUILD)/libcounterfoil.a:lib/libcounterfoil.a 755:$(BUILD)/libcounterfoil.so.0:lib/libcounterfoil.so.0 \
	644:$(BUILD)/man/counterfoil.1:share/man/man1/counterfoil.1 644:docs/man/libcounterfoil.3:share/man/man3/libcounterfoil.3 \
	644:$(BUILD)/completion/counterfoil.bash:share/bash-completion/completions/counterfoil \
	644:$(BUILD)/completion/counterfoil.zsh:share/zsh/site-functions/_counterfoil \
	644:$(BUILD)/completion/counterfoil.fish:share/fish/vendor_completions.d/counterfoil.fish \
	$(foreach guide,$(wildcard docs/platforms/*.md),644:$(guide):share/doc/counterfoil/platforms/$(notdir $(guide))) \
	$(foreach example,$(filter-out %.mk,$(wildcard client/examples/*)),644:$(example):share/doc/counterfoil/examples/$(notdir $(example)))
# Made there: what the linker looks for, and what says where the rest is.
INSTALLED_CLIENT_MADE := lib/libcounterfoil.so lib/pkgconfig/libcounterfoil.pc

.PHONY: install-client
install: install-client
install-client: $(BUILD)/man/counterfoil.1 $(COMPLETIONS) $(BUILD)/counterfoil $(BUILD)/libcounterfoil.a $(BUILD)/libcounterfoil.so.0
	$(Q)umask 022 && $(call put_in_place,$(INSTALLED_CLIENT))
	$(Q)ln -sf libcounterfoil.so.0 $(INSTALL_TO)/lib/libcounterfoil.so
	$(Q)umask 022 && mkdir -p $(INSTALL_TO)/lib/pkgconfig && sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' \
		client/libcounterfoil.pc.in >$(INSTALL_TO)/lib/pkgconfig/libcounterfoil.pc
	$(Q)[ -n "$(DESTDIR)" ] || $(LDCONFIG) 2>/dev/null || true

include client/examples/module.mk
