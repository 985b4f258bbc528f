#!/usr/bin/env bats
# RSA keys that are made before anybody waits for one: seen from outside, by the metrics and by whole orders.

load lib

setup_file() {
	# shellcheck disable=SC2016
	HOOK='sed -i "s/^rsa_keys_ready = .*/rsa_keys_ready = 2/" "$1/counterfoil.conf"' start_installation
	make_directory
}
teardown_file() { stop_installation; }

keys() { curl -s "http://localhost:$PORT_OPS/metrics" | sed -n "s/^counterfoil_rsa_keys_$1{type=\"$2\"} //p"; }
keys_are() { [ "$(keys "$1" "$2")" = "$3" ]; }
keys_reach() { [ "$(keys "$1" "$2")" -ge "$3" ]; }
all_ready() { keys_are ready rsa2048 "$1" && keys_are ready rsa3072 "$1"; }

@test "a fresh daemon fills its pool, of the types that the profile makes" {
	until_true 60 all_ready 2
	equal "$(keys wanted rsa2048)" 2 wanted
	equal "$(keys made_total rsa3072)" 2 made
	equal "$(keys awaited_total rsa3072)" 0 awaited
	equal "$(keys ready p256)" '' 'of a type that is made when it is wanted'
	equal "$(curl -s "http://localhost:$PORT_OPS/metrics" | sed -n 's/^counterfoil_rsa_keys_failing //p')" 0 failing
}

collect_rsa() { # collect_rsa TYPE FILE.pem
	new_order "\"key_type\":\"$1\""
	claim
	fetch modern "$WORK/package.p12"
	acknowledge "$WORK/package.p12"
	equal "$STATUS_CODE" 200 "acknowledge: $BODY"
	read_password
	open_package "$WORK/package.p12" "$2"
}
bits_of() { openssl pkey -in "$1" -noout -text | sed -n 's/.*(\([0-9]*\) bit.*/\1/p'; }

@test "an order for RSA takes one of them, which is made anew" {
	made=$(keys made_total rsa3072)
	collect_rsa rsa3072 "$BATS_FILE_TMPDIR/client.pem"
	equal "$(bits_of "$BATS_FILE_TMPDIR/client.pem")" 3072 bits
	openssl pkey -in "$BATS_FILE_TMPDIR/client.pem" -noout -check | grep 'Key is valid'
	equal "$(openssl x509 -in "$BATS_FILE_TMPDIR/client.pem" -noout -pubkey)" \
		"$(openssl pkey -in "$BATS_FILE_TMPDIR/client.pem" -pubout)" 'certificate and key'
	as client GET /v1/me
	equal "$STATUS_CODE" 200 me
	until_true 60 keys_reach made_total rsa3072 $((made + 1))
	until_true 60 all_ready 2
	equal "$(keys awaited_total rsa3072)" 0 awaited
}

@test "no two orders have the same key" {
	for n in 1 2 3; do
		collect_rsa rsa2048 "$WORK/$n.pem"
		openssl pkey -in "$WORK/$n.pem" -pubout | sha256sum >>"$WORK/keys"
	done
	equal "$(sort -u "$WORK/keys" | wc -l)" 3 'different keys'
}

@test "with none ready each is made when it is wanted, and check says so" {
	sed -i 's/^rsa_keys_ready = .*/rsa_keys_ready = 0/' "$DIR/counterfoil.conf"
	restart_installation
	collect_rsa rsa2048 "$WORK/client.pem"
	equal "$(bits_of "$WORK/client.pem")" 2048 bits
	until_true 20 keys_are awaited_total rsa2048 1
	equal "$(keys ready rsa2048)" 0 ready
	"$DAEMON" check --config "$DIR/counterfoil.conf" --show | grep -F 'order.rsa_keys_ready = 0'
	sed -i 's/^rsa_keys_ready = .*/rsa_keys_ready = 65/' "$DIR/counterfoil.conf"
	run "$DAEMON" check --config "$DIR/counterfoil.conf"
	refute [ "$status" -eq 0 ]
	grep -F 'rsa_keys_ready' <<<"$output"
	sed -i 's/^rsa_keys_ready = .*/rsa_keys_ready = 64/' "$DIR/counterfoil.conf"
}

# 64 keys of each type are the work of many seconds: this ends in the middle of it.
@test "a stop does not wait for keys" {
	restart_installation
	until_true 60 keys_reach made_total rsa3072 2
	began=$(date +%s%N)
	hold_installation
	took=$((($(date +%s%N) - began) / 1000000))
	echo "stopped in $took ms"
	[ "$took" -lt 3000 ]
	refute grep -F child.killed "$DIR.log"
	release_installation
	until_true 30 ready
}
