# client/: libcounterfoil (counterfoil.h) and the command counterfoil. It shares base with the daemon, nothing else.
CLIENT_LIB_SRC := $(wildcard client/*.c)
CLIENT_CMD_SRC := $(wildcard client/command/*.c)
CLIENT_LIB_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(CLIENT_LIB_SRC))
CLIENT_CMD_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(CLIENT_CMD_SRC))
CLIENT_LDLIBS  := -lcurl -lssl -lcrypto -ljansson

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

programs: $(BUILD)/counterfoil $(BUILD)/libcounterfoil.a $(BUILD)/libcounterfoil.so.0
