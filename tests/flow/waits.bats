#!/usr/bin/env bats
# Many recipients wait for keys of RSA at once: staff revoke meanwhile, a reload is not held up, and everybody gets a file.
load lib

WAITING=20

setup_file() {
	# shellcheck disable=SC2016 # for the hook's own shell
	HOOK='sed -i "s/^rsa_keys_ready = .*/rsa_keys_ready = 0/" "$1/counterfoil.conf"' start_installation
	make_directory
}
teardown_file() { stop_installation; }

milliseconds() { echo $(($(date +%s%N) / 1000000)); }

# type_code LINK CODE FILE: as the tool does.
type_code() { curl -sS --cacert "$CA" -X POST -o "$3" -H 'Accept: application/json' -d "code=$2" "$1/code"; }

status_answers() { curl -sf -m 1 -o /dev/null "$STATUS/crl/root.crl"; }

@test "keys that are being made hold up neither a revocation nor a reload, and every file is made in the end" {
	collect_whole "$WORK/victim.pem"
	for _ in $(seq $WAITING); do
		new_order '"key_type":"rsa3072"'
		echo "$LINK $CODE" >>"$WORK/claims"
	done
	n=0
	while read -r link code; do
		n=$((n + 1))
		type_code "$link" "$code" "$WORK/claim.$n" &
	done <"$WORK/claims"
	until_true 10 sh -c "cat '$WORK'/claim.* 2>/dev/null | grep -q '\"ready\":false'" # some are told to ask again
	began=$(milliseconds)
	api POST "/v1/certificates/$(serial_of "$WORK/victim.pem")/revoke" '{"reason":"superseded"}'
	took=$(($(milliseconds) - began))
	equal "$STATUS_CODE" 200 "revoke: $BODY"
	[ "$took" -lt 3000 ] || fail "a revocation took $took ms"
	kill -HUP "$(cat "$DIR.pid")"
	began=$(milliseconds)
	until_true 10 grep -q '"event":"reload"' "$DIR.log"
	until_true 30 status_answers
	took=$(($(milliseconds) - began))
	[ "$took" -lt 2000 ] || fail "after a reload the status listener was silent for $took ms"
	wait
	n=0
	while read -r link _; do
		n=$((n + 1))
		LINK=$link CLAIM=$(jq -r .claim "$WORK/claim.$n")
		[ $n -gt 3 ] || until_true 60 prepare_once
	done <"$WORK/claims"
	[ "$n" = $WAITING ]
}
