# ca/: the authority, pure: bytes in, bytes out.
CA_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard ca/*.c))
$(BUILD)/libca.a: $(CA_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

# The profiles are compiled in by .incbin, which -MMD does not see.
$(BUILD)/obj/ca/profile.o: $(wildcard certs/*.profile)
