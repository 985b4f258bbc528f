# delivery/: what travels to people.
DELIVERY_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard delivery/*.c))
$(BUILD)/libdelivery.a: $(DELIVERY_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

# The texts of messages are compiled in by .incbin, which -MMD does not see.
$(DELIVERY_OBJ): $(wildcard delivery/templates/* delivery/languages/*)

# English is the first: what another lacks is told here, not at the daemon's start.
LANGUAGES := delivery/languages/en.txt $(filter-out delivery/languages/en.txt,$(wildcard delivery/languages/*.txt))
$(BUILD)/obj/delivery/language.o: $(BUILD)/languages.checked
$(BUILD)/languages.checked: delivery/languages/same-keys $(LANGUAGES)
	$(Q)mkdir -p $(@D) && delivery/languages/same-keys $(LANGUAGES) && touch $@

# Gateways that tests have inside them.
GATEWAY_UNIT := $(addprefix $(BUILD)/unit/delivery_,transfer transfer_failing)
$(GATEWAY_UNIT): $(addprefix $(BUILD)/obj/tests/support/,mail_host.o tls_server.o pkcs12_maker.o)
$(GATEWAY_UNIT): DAEMON_LDLIBS += -lssl
