# ca/: the authority, pure: bytes in, bytes out.
CA_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard ca/*.c))
$(BUILD)/libca.a: $(CA_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^
