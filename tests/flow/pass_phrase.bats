#!/usr/bin/env bats
# The issuing key in a file that is encrypted, and its pass phrase in a credential, as a service manager would give it.

load lib

setup_file() {
	export CREDENTIALS_DIRECTORY=$BATS_FILE_TMPDIR/credentials
	mkdir -m 700 "$CREDENTIALS_DIRECTORY"
	(umask 077 && echo 'a pass phrase for tests only' >"$CREDENTIALS_DIRECTORY/pass")
	# shellcheck disable=SC2016 # it is written as it is
	export INSTALLATION_OPTIONS='--issuing-pass-file ${CREDENTIALS_DIRECTORY}/pass'
	start_installation
	make_directory
}
teardown_file() { stop_installation; }

key_is_encrypted() { head -1 "$DIR/keys/issuing.key" | grep -qx -- '-----BEGIN ENCRYPTED PRIVATE KEY-----'; }
check_says() { "$DAEMON" check --config "$DIR/counterfoil.conf" 2>&1 | grep -F -- "$1"; }

@test "a key under a pass phrase signs a whole order" {
	key_is_encrypted
	check_says 'ok      issuing CA: key and certificate belong together'
	collect_whole "$WORK/client.pem"
	openssl verify -x509_strict -CAfile "$CA" -untrusted "$DIR/ca/issuing.pem" "$WORK/client.pem"
	openssl pkey -in "$DIR/keys/issuing.key" -passin "file:$CREDENTIALS_DIRECTORY/pass" -noout
}

@test "neither a wrong pass phrase opens it, nor none, nor one that others can read" {
	echo 'another pass phrase' >"$CREDENTIALS_DIRECTORY/pass"
	check_says 'FAULT   issuing CA'
	check_says 'does not open with this pass phrase'
	chmod 644 "$CREDENTIALS_DIRECTORY/pass"
	check_says 'may be read or written by others'
	sed -i 's/^pass_phrase = .*/pass_phrase =/' "$DIR/counterfoil.conf"
	check_says 'is encrypted and no pass phrase was given (keys.pass_phrase is not set)'
	run "$DAEMON" admin new --config "$DIR/counterfoil.conf" --name Bea --role auditor --out "$WORK/bea.p12"
	[ "$status" -ne 0 ]
	refute test -e "$WORK/bea.p12"
}
