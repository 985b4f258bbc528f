# token: a PKCS#11 token of SoftHSM, in a folder of the test file's own.
# shellcheck shell=bash disable=SC2034

MODULE=/usr/lib/softhsm/libsofthsm2.so
PIN=2468

# make_token FOLDER LABEL: an empty token; SOFTHSM2_CONF names it from then on.
make_token() {
	mkdir -p "$1/tokens"
	printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' "$1" >"$1/softhsm2.conf"
	export SOFTHSM2_CONF=$1/softhsm2.conf
	softhsm2-util --init-token --free --label "$2" --pin "$PIN" --so-pin 87654321 >/dev/null
}

# add_key LABEL TOKEN OBJECT FILE: the key in a PEM file goes into the token, and the file is removed.
add_key() {
	softhsm2-util --import "$3" --token "$1" --label "$2" --id "$4" --pin "$PIN" >/dev/null
	rm "$3"
}

# new_key FILE ARGUMENT...: as softhsm2-util reads it.
new_key() { openssl genpkey "${@:2}" -out "$1" 2>/dev/null; }
