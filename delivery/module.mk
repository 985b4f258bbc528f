# delivery/: what travels to people.
DELIVERY_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard delivery/*.c))
$(BUILD)/libdelivery.a: $(DELIVERY_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

# The texts of messages are compiled in by .incbin, which -MMD does not see.
$(DELIVERY_OBJ): $(wildcard delivery/templates/* delivery/languages/*)
