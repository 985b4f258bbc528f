# issuer/: the daemon counterfoild, which composes base, ca and delivery.
ISSUER_SRC := $(wildcard issuer/*.c issuer/*/*.c)
ISSUER_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out issuer/main.c,$(ISSUER_SRC)))
DAEMON_LIBS = $(BUILD)/libissuer.a $(BUILD)/libca.a $(BUILD)/libdelivery.a $(BUILD)/libbase.a
DAEMON_LDLIBS := -lcrypto -lmicrohttpd -lgnutls -lsqlite3 -ljansson -linih -lseccomp -lsystemd -lunistring -lz -lcurl

# Pages, styles and SQL text are compiled in by .incbin, which -MMD does not see.
$(ISSUER_OBJ): $(wildcard issuer/http/pages/* issuer/console/pages/* issuer/console/*.def issuer/store/*.sql)

$(BUILD)/libissuer.a: $(ISSUER_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/counterfoild: $(BUILD)/obj/issuer/main.o $(DAEMON_LIBS)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(DAEMON_LDLIBS)

programs: $(BUILD)/counterfoild

INSTALLED_DAEMON := 755:$(BUILD)/counterfoild:sbin/counterfoild \
	644:docs/man/counterfoil.conf.5:share/man/man5/counterfoil.conf.5 644:docs/man/counterfoil-profile.5:share/man/man5/counterfoil-profile.5 644:docs/man/counterfoild.8:share/man/man8/counterfoild.8 \
	644:docs/languages.md:share/doc/counterfoil/languages.md 644:docs/console.md:share/doc/counterfoil/console.md \
	$(foreach language,$(wildcard delivery/languages/*.txt),644:$(language):share/doc/counterfoil/languages/$(notdir $(language)))
.PHONY: install-daemon
install: install-daemon
install-daemon: $(BUILD)/counterfoild
	$(Q)umask 022 && $(call put_in_place,$(INSTALLED_DAEMON))
