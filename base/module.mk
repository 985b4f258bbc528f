# base/: what all share; no policy, no HTTP, no SQL.
BASE_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard base/*.c))
$(BUILD)/libbase.a: $(BASE_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^
