#!/usr/bin/env bats
# make install: what lies where, who may read it, what a program is built with by it; and make uninstall.

bats_require_minimum_version 1.5.0
load lib

make_it() { # make_it ARGUMENT...: quietly, in the build that is tested
	env -u MAKEFLAGS -u MAKELEVEL make -s -C "$ROOT" BUILD="$(realpath --relative-to "$ROOT" "$BUILD")" "$@"
}
installed_in() { (cd "$1" && find . -type f -printf '%P %m\n' -o -type l -printf '%P -> %l\n' | sort); }

@test "everything lies below DESTDIR and PREFIX, for all to read, whatever the umask; uninstall takes it away again" {
	(umask 077 && make_it install DESTDIR="$WORK/stage" PREFIX=/opt/counterfoil)
	equal "$(ls "$WORK/stage")" opt "what lies outside"
	installed_in "$WORK/stage/opt/counterfoil" | grep -v '^share/doc/' >"$WORK/had"
	diff - "$WORK/had" <<-LIST
		bin/counterfoil 755
		include/counterfoil.h 644
		lib/libcounterfoil.a 644
		lib/libcounterfoil.so -> libcounterfoil.so.0
		lib/libcounterfoil.so.0 755
		lib/pkgconfig/libcounterfoil.pc 644
		sbin/counterfoild 755
		share/bash-completion/completions/counterfoil 644
		share/fish/vendor_completions.d/counterfoil.fish 644
		share/man/man1/counterfoil.1 644
		share/man/man3/libcounterfoil.3 644
		share/man/man5/counterfoil-profile.5 644
		share/man/man5/counterfoil.conf.5 644
		share/man/man8/counterfoild.8 644
		share/zsh/site-functions/_counterfoil 644
	LIST
	local file
	for file in examples/rest.c examples/Rest.java examples/nginx.conf platforms/nginx.md platforms/README.md; do
		equal "$(stat -c %a "$WORK/stage/opt/counterfoil/share/doc/counterfoil/$file")" 644 "$file"
	done
	equal "$(find "$WORK/stage/opt" -type d ! -perm 755 | wc -l)" 0 "folders that not everybody may enter"
	echo theirs >"$WORK/stage/opt/counterfoil/lib/libother.so"
	chmod 644 "$WORK/stage/opt/counterfoil/lib/libother.so"
	make_it uninstall DESTDIR="$WORK/stage" PREFIX=/opt/counterfoil
	equal "$(installed_in "$WORK/stage")" 'opt/counterfoil/lib/libother.so 644' "what is left"
}

# The header compiles as C99 and C++17, so what shows how it is used must as well.
@test "the manual's first example compiles, as C and as C++" {
	{
		printf '#include <counterfoil.h>\n#include <stdio.h>\nvoid example(const char *secret, size_t secret_length);\n'
		printf 'void example(const char *secret, size_t secret_length)\n{\n'
		awk '/^\.Sh EXAMPLES/ { here = 1 } here && /^\.Ed/ { exit } text { print } here && /^\.Bd/ { text = 1 }' \
			"$ROOT/docs/man/libcounterfoil.3" | sed 's/\\e/\\/g'
		echo '}'
	} >"$WORK/example.c"
	grep -q counterfoil_call "$WORK/example.c"
	cc -std=c99 -Wall -Werror -fsyntax-only -I "$ROOT/client/include" "$WORK/example.c"
	g++ -std=c++17 -Wall -Werror -fsyntax-only -I "$ROOT/client/include" -x c++ "$WORK/example.c"
}

@test "pkg-config says what a program needs, with the library and with the archive" {
	make_it install-client DESTDIR="$WORK/stage" PREFIX=/opt/counterfoil
	export PKG_CONFIG_PATH=$WORK/stage/opt/counterfoil/lib/pkgconfig
	equal "$(pkg-config --modversion libcounterfoil)" "$("$COMMAND" --version | grep -oE '[0-9]+(\.[0-9]+)+')" version
	equal "$(pkg-config --cflags --libs libcounterfoil | sed 's/ *$//')" "-I/opt/counterfoil/include -L/opt/counterfoil/lib -lcounterfoil" flags
	grep -q -- '-lcounterfoil -lcurl' <<<"$(pkg-config --static --libs libcounterfoil)"
	refute test -e "$WORK/stage/opt/counterfoil/sbin"
	# the one that was built that way by make examples
	grep -q "libcounterfoil.so.0 => $BUILD/examples/tree/lib/libcounterfoil.so.0" <<<"$(ldd "$BUILD/examples/rest")"
	refute grep -q libcounterfoil <<<"$(ldd "$BUILD/examples/rest-static")"
	readelf -dW "$BUILD/examples/tree/lib/libcounterfoil.so.0" | grep -q 'SONAME.*\[libcounterfoil.so.0\]'
}

@test "make help lists every target that people call" {
	make_it help >"$WORK/help"
	# but those that the others are made of
	local inner='all|analysis|fuzzers|fuzz-replay|.*programs|campaign-short|deps-test' target
	for target in $(sed -n 's/^\.PHONY://p' "$ROOT/Makefile" "$ROOT"/*/module.mk "$ROOT/client/examples/module.mk" | tr ' ' '\n' |
		grep -vxE "$inner"); do
		grep -qE -- "(make |; |and )$target( |$)" "$WORK/help" || { echo "$target is not in make help"; return 1; }
	done
}
