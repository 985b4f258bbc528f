# Counterfoil: one Makefile, not recursive; each room adds a short module.mk.
#   make            the daemon, the library and the command, in build/ (SANITIZE=address,undefined watched; V=1 shows commands)
#   make examples   the library's examples, built as a user's program is
#   make demo       one order from request to a refused call after revocation
#   make run        the same, and the demo's daemon goes on; prints its addresses
#   make check      unit, flow, browser, fuzz replay, lint, a short campaign (UNTIL=first-failure goes no further)
#   make unit       the unit tests alone
#   make flow       the flow tests alone, from outside (FLOW="peer.bats ocsp.bats" some of them)
#   make browser    the pages alone, in a browser
#   make lint       the rules and the analysers alone
#   make fuzz       new inputs for every parser (SECONDS_EACH=60)
#   make campaign   what takes longer: ten thousand kills, power cuts, full disks, ... (build/campaign/REPORT.md)
#   make bench      what it costs beside bare programs that do the same work (JSON=1 for machines, ROWS="ocsp_ready" some of it)
#   make deps       install the Debian packages that building and testing want; deps-build those for building alone
#   make install    to PREFIX (/usr/local), below DESTDIR; install-client and install-daemon alone
#   make uninstall  what was installed there
#   make clean      remove build/
#   make help       every target: this

MAKEFLAGS += --no-builtin-rules
SHELL     := /bin/sh
VERSION   := 0.1.0
PREFIX    ?= /usr/local
DESTDIR   ?=
CC        := gcc

# SANITIZE=address,undefined and SANITIZE=thread rebuild everything in a folder of their own.
comma     := ,
SANITIZE  ?=
BUILD     ?= build$(if $(SANITIZE),/$(subst $(comma),-,$(SANITIZE)))

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

WARN    := -Wall -Wextra -Wpedantic -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 \
           -Wwrite-strings -Wpointer-arith -Wundef
HARDEN  := -fstack-protector-strong -fstack-clash-protection -fcf-protection \
           $(if $(SANITIZE),,-D_FORTIFY_SOURCE=2)
CFLAGS  ?= -O2 -g
ALL_CFLAGS = -std=c17 -D_GNU_SOURCE -DCOUNTERFOIL_VERSION='"$(VERSION)"' $(WARN) $(HARDEN) -fPIC -fvisibility=hidden -pthread -I. -I/usr/include/libxml2 \
           $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all) $(CFLAGS)
ALL_LDFLAGS = -pie -pthread -Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,--as-needed \
           $(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(LDFLAGS)

# make install and uninstall: rows of MODE:FILE:PLACE, each module its own, PLACE below PREFIX.
INSTALL_TO = $(DESTDIR)$(PREFIX)
row_at = $(word $(1),$(subst :, ,$(2)))
LDCONFIG   ?= ldconfig # the run-time linker's list is made anew, where that is ours to do
put_in_place = $(foreach row,$(1),install -D -m $(call row_at,1,$(row)) $(call row_at,2,$(row)) $(INSTALL_TO)/$(call row_at,3,$(row)) &&) true

.PHONY: all install uninstall
all: programs

include base/module.mk ca/module.mk delivery/module.mk issuer/module.mk client/module.mk docs/module.mk tests/module.mk

# The system's own list of what is missing, answered from dpkg's database in well under a second.
BUILD_PACKAGES := gcc libc6-dev pkg-config libssl-dev libcurl4-openssl-dev libmicrohttpd-dev libgnutls28-dev \
           libsqlite3-dev libjansson-dev libxml2-dev libinih-dev libseccomp-dev libsystemd-dev libunistring-dev zlib1g-dev openssl curl ca-certificates
TEST_PACKAGES  := libcmocka-dev bats jq sqlite3 mandoc chromium universal-ctags shellcheck procps clang-tidy cppcheck g++ nginx-light \
           apache2 haproxy tinyproxy-bin gunicorn python3-spyne python3-zeep default-jdk-headless python3-requests python3-httpx \
           python3-aiosmtpd libevent-dev gnutls-bin libnss3-tools strongswan-pki python3-cryptography-vectors softhsm2 \
           libengine-pkcs11-openssl tmux zsh fish
BENCH_PACKAGES := nginx-light sqlite3 golang-cfssl jq

.PHONY: deps deps-build deps-test
deps: deps-build deps-test
deps-build:
	$(Q)tests/support/need $(BUILD_PACKAGES)
deps-test: deps-build
	$(Q)tests/support/need $(TEST_PACKAGES) -- node:nodejs npm:npm
	$(Q)tests/support/need-npm tests/browser
	$(Q)tests/support/need-npm tests/openapi

$(BUILD)/obj/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

# What each object was made from, as the compiler wrote it down (-MMD).
-include $(wildcard $(BUILD)/obj/*/*.d $(BUILD)/obj/*/*/*.d)

# Folders stay: others may have put something there.
uninstall:
	$(Q)rm -f $(foreach row,$(INSTALLED_CLIENT) $(INSTALLED_DAEMON),$(INSTALL_TO)/$(call row_at,3,$(row))) \
		$(addprefix $(INSTALL_TO)/,$(INSTALLED_CLIENT_MADE))
	$(Q)[ -n "$(DESTDIR)" ] || $(LDCONFIG) 2>/dev/null || true

.PHONY: clean
clean:
	rm -rf build

.PHONY: help
help:
	@sed -n 's/^#   //p' Makefile
