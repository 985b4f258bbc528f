# client/examples: built as a user's program is, by pkg-config against an installed tree, with the shared library and with the
# archive. EXAMPLE_LIBS_name: what an example wants beside ours.
EXAMPLES      := $(patsubst client/examples/%.c,%,$(wildcard client/examples/*.c))
EXAMPLE_BIN   := $(addprefix $(BUILD)/examples/,$(EXAMPLES) $(addsuffix -static,$(EXAMPLES)))
EXAMPLE_TREE  := $(BUILD)/examples/tree
EXAMPLE_LIBS_async := libevent_core
EXAMPLE_FLAGS := -std=c99 -Wall -Wextra -Wpedantic -Werror -Wno-missing-field-initializers -O2
example_pc = PKG_CONFIG_PATH=$(abspath $(EXAMPLE_TREE))/lib/pkgconfig pkg-config
example_sanitizer = $(if $(SANITIZE),-fsanitize=$(SANITIZE))

$(EXAMPLE_TREE).made: $(BUILD)/counterfoil $(BUILD)/libcounterfoil.a $(BUILD)/libcounterfoil.so.0 client/libcounterfoil.pc.in
	$(Q)$(MAKE) --no-print-directory install-client PREFIX=$(abspath $(EXAMPLE_TREE)) DESTDIR= LDCONFIG=:
	$(Q)touch $@

$(BUILD)/examples/%: client/examples/%.c $(EXAMPLE_TREE).made
	$(call say,CC,$@)
	$(Q)$(CC) $(EXAMPLE_FLAGS) $(example_sanitizer) $< -o $@ $$($(example_pc) --cflags --libs libcounterfoil $(EXAMPLE_LIBS_$*)) \
		-Wl,-rpath,$(abspath $(EXAMPLE_TREE))/lib
# -l:libcounterfoil.a is how one asks for the archive where both are.
$(BUILD)/examples/%-static: client/examples/%.c $(EXAMPLE_TREE).made
	$(call say,CC,$@)
	$(Q)$(CC) $(EXAMPLE_FLAGS) $(example_sanitizer) $< -o $@ $$($(example_pc) --static --cflags --libs libcounterfoil $(EXAMPLE_LIBS_$*) | \
		sed 's/-lcounterfoil/-l:libcounterfoil.a/')

.PHONY: examples
examples: $(EXAMPLE_BIN)
