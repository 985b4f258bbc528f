#!/usr/bin/env bats
# The issuing key in a PKCS#11 token (SoftHSM): taken by init, used, away, another one, back; and the OCSP key with it.

load lib
load token

TOKEN() { echo "$BATS_FILE_TMPDIR/token"; }
SHIM=$BUILD/tools/token_shim.so
URI='pkcs11:token=Test%20CA;object=issuing'

setup_file() {
	make_token "$(TOKEN)" 'Test CA'
	new_key "$BATS_FILE_TMPDIR/issuing.key" -algorithm EC -pkeyopt ec_paramgen_curve:P-256
	printf 'issuing %s\n' "$(openssl pkey -in "$BATS_FILE_TMPDIR/issuing.key" -text -noout | sed -n '/^priv:/,/^pub:/{/^ /p}' |
		tr -d ' :\n' | sed 's/^00//')" >"$BATS_FILE_TMPDIR/needle"
	cp "$BATS_FILE_TMPDIR/issuing.key" "$BATS_FILE_TMPDIR/copy.key"
	add_key 'Test CA' issuing "$BATS_FILE_TMPDIR/issuing.key" 01
	printf '%s\n' "$PIN" >"$BATS_FILE_TMPDIR/pin"
	chmod 600 "$BATS_FILE_TMPDIR/pin"
	INSTALLATION_OPTIONS="--issuing-key $URI --token-module $SHIM --token-pin-file $BATS_FILE_TMPDIR/pin --token-folder $(TOKEN)"
	export INSTALLATION_OPTIONS
	start_installation
	make_directory
	WORK=$BATS_FILE_TMPDIR
	collect_whole "$BATS_FILE_TMPDIR/client.pem"
	cat "$CA" "$DIR/ca/issuing.pem" >"$BATS_FILE_TMPDIR/chain.pem"
}
teardown_file() { stop_installation; }

started() { [ "$(grep -c '"event":"ready"' "$DIR.log")" -gt "$(grep -c '"event":"stopped"' "$DIR.log")" ]; }
away() { mv "$(TOKEN)/tokens" "$(TOKEN)/gone"; }
back() { mv "$(TOKEN)/gone" "$(TOKEN)/tokens"; }
logged() { grep -c "\"event\":\"$1\"" "$DIR.log" || true; }
metric() { curl -s "http://localhost:$PORT_OPS/metrics" | sed -n "s/^counterfoil_$1 //p"; }
metric_is() { [ "$(metric "$1")" = "$2" ]; }
# shellcheck disable=SC2153 # STATUS is lib's
ask() { # ask FILE.pem: sets ANSWER
	ANSWER=$(openssl ocsp -issuer "$DIR/ca/issuing.pem" -cert "$1" -url "$STATUS/ocsp" -CAfile "$BATS_FILE_TMPDIR/chain.pem" 2>&1)
}
list() { curl -s "$STATUS/crl/issuing.crl" | openssl crl -inform DER -noout -text -CAfile "$BATS_FILE_TMPDIR/chain.pem" 2>&1; }
check_with() { # check_with SED-EXPRESSION...: `check` of a changed configuration; sets SAID
	sed "$@" "$DIR/counterfoil.conf" >"$DIR/changed.conf"
	SAID=$("$DAEMON" check --config "$DIR/changed.conf" 2>&1) || true
}
said() { grep -qF -- "$1" <<<"$SAID" || { echo "$SAID" >&2; return 1; }; }

@test "init refuses a token that is half told, and a PIN in the key's name" {
	refusal() {
		local words=$1
		shift
		run "$DAEMON" init "$WORK/never" --root-pass-fd 9 "$@" 9<<<'a root pass phrase'
		equal "$status" 2 status
		grep -qF -- "$words" <<<"$output" || { echo "$output" >&2; return 1; }
		refute test -e "$WORK/never"
	}
	refusal 'a PIN does not belong into a URI' --issuing-key "$URI?pin-value=$PIN" --token-module "$MODULE"
	refute grep -F "$PIN" <<<"$output"
	refusal '--issuing-key needs --token-module' --issuing-key "$URI"
	refusal 'which key is it?' --token-module "$MODULE"
	refusal 'wanted a path from the root' --issuing-key "$URI" --token-module "$MODULE" --token-pin-file pin
	refusal 'one in a token' --issuing-key "$URI" --token-module "$MODULE" --issuing-pass-file /nowhere
}

@test "check says what is wrong with a token, and what is right" {
	check_with -e ''
	said "token: $SHIM is loaded by a process of its own, which may use the network, read that file"
	refute grep -F "may be read by the token's module" <<<"$SAID"
	check_with -e "s|^folder = .*|folder = $BATS_FILE_TMPDIR|"
	for file in keys/parcel.key keys/code.key journal counterfoil.db spool; do
		said "$DIR/$file may be read by the token's module, as all that is below $BATS_FILE_TMPDIR: move it"
	done
	check_with -e ''
	said 'ok      issuing CA: the token is there, and has the key: key and certificate belong together'
	check_with -e 's|^module = .*|module = /nowhere/module.so|'
	said 'FAULT   issuing CA: token.module: there is no file /nowhere/module.so'
	check_with -e 's|^module = .*|module = /bin/sh|'
	said 'FAULT   issuing CA: token.module: /bin/sh is not a PKCS#11 module that can be loaded'
	check_with -e 's|token=Test%20CA|token=Another|'
	said 'FAULT   issuing CA: there is no such token: pkcs11:token=Another;object=issuing; there is: Test CA'
	check_with -e 's|^ocsp = *$|ocsp = pkcs11:token=Another;object=ocsp|'
	said 'keys.issuing and keys.ocsp must be in one token, which both name by the same words'
	check_with -e 's|object=issuing|object=another|'
	said 'FAULT   issuing CA: the token has no private key pkcs11:token=Test%20CA;object=another'
	printf 'wrong\n' >"$WORK/pin"
	chmod 600 "$WORK/pin"
	check_with -e "s|^pin = .*|pin = $WORK/pin|"
	said 'FAULT   issuing CA: the token refuses the PIN (PIN incorrect); it is not tried again, so that it does not lock'
	chmod 644 "$WORK/pin"
	check_with -e "s|^pin = .*|pin = $WORK/pin|"
	said 'may be read by others'
	check_with -e "s|^pin = .*|pin =|"
	said 'FAULT   issuing CA: the token wants a PIN: name its file in token.pin'
	new_key "$WORK/other.key" -algorithm EC -pkeyopt ec_paramgen_curve:P-256
	add_key 'Test CA' other "$WORK/other.key" 02
	check_with -e 's|object=issuing|object=other|'
	said 'FAULT   issuing CA: the key does not sign, or it is another one'
	rm "$DIR/changed.conf"
}

@test "the key's signatures are good to OpenSSL: certificate, list, answer" {
	openssl verify -x509_strict -CAfile "$CA" -untrusted "$DIR/ca/issuing.pem" "$BATS_FILE_TMPDIR/client.pem"
	ask "$BATS_FILE_TMPDIR/client.pem"
	grep -q 'Response verify OK' <<<"$ANSWER"
	grep -q 'client.pem: good' <<<"$ANSWER"
	list | grep -q 'verify OK'
}

@test "the private half is in no file and in no process but the token's" {
	openssl pkey -in "$BATS_FILE_TMPDIR/copy.key" -outform DER -out "$WORK/control.der"
	refute "$BUILD/tools/memory_search" "$WORK/control.der" <"$BATS_FILE_TMPDIR/needle"
	local files
	mapfile -t files < <(find "$DIR" -type f)
	[ ${#files[@]} -gt 20 ]
	"$BUILD/tools/memory_search" "${files[@]}" "$(cat "$DIR.pid")" "$(child_pid signer)" "$(child_pid front)" \
		"$(child_pid clerk)" "$(child_pid courier)" <"$BATS_FILE_TMPDIR/needle"
	refute test -e "$DIR/keys/issuing.key"
}

@test "the token goes away: 503, one alarm, and what can go on goes on; it comes back, and so does all" {
	local signer front alarms came
	signer=$(child_pid signer)
	front=$(child_pid front)
	alarms=$(logged token.away)
	came=$(logged token.back)
	away
	new_order
	claim
	bearer POST "$LINK/prepare"
	equal "$STATUS_CODE" 503 prepare
	equal "$(jq -r .detail <<<"$BODY")" 'the token with the key is away; try again later' detail
	until_true 10 metric_is 'key_away{key="issuing"}' 1
	equal "$(metric 'key_away{key="ocsp"}')" 0 'OCSP key'
	curl -s "http://localhost:$PORT_OPS/readyz" | grep -q 'the token with the issuing key is away'
	# a further attempt begins nothing
	local lines
	lines=$(wc -l <"$DIR/journal")
	sleep 1
	lines=$(wc -l <"$DIR/journal")
	bearer POST "$LINK/prepare"
	equal "$STATUS_CODE" 503 'prepare again'
	equal "$(wc -l <"$DIR/journal")" "$lines" 'lines of the journal'
	# answers go on, and tell of a revocation at once; the list that is there goes on being served
	ask "$BATS_FILE_TMPDIR/client.pem"
	grep -q 'client.pem: good' <<<"$ANSWER"
	api POST "/v1/certificates/$(serial_of "$BATS_FILE_TMPDIR/client.pem")/revoke" '{"reason":"superseded"}'
	equal "$STATUS_CODE" 200 "revoke: $BODY"
	ask "$BATS_FILE_TMPDIR/client.pem"
	grep -q 'client.pem: revoked' <<<"$ANSWER"
	list | grep -q 'verify OK'
	equal "$(logged token.away)" $((alarms + 1)) alarms
	equal "$(logged token.back)" "$came" 'back too early'
	back
	until_true 20 metric_is 'key_away{key="issuing"}' 0
	fetch modern "$WORK/package.p12"
	acknowledge "$WORK/package.p12"
	read_password
	open_package "$WORK/package.p12" "$WORK/later.pem"
	openssl verify -CAfile "$CA" -untrusted "$DIR/ca/issuing.pem" "$WORK/later.pem"
	until_true 20 sh -c "curl -s $STATUS/crl/issuing.crl | openssl crl -inform DER -noout -text | grep -q Superseded"
	until_true 20 ready
	equal "$(logged token.away)" $((alarms + 1)) alarms
	equal "$(logged token.back)" $((came + 1)) back
	equal "$(child_pid signer)" "$signer" signer
	equal "$(child_pid front)" "$front" front
}

# A certificate whose signature never came is reconciled as one that a crash cut off.
every_intent_has_an_end() {
	jq -rs '(map(select(.op == "done" or .op == "revoke") | .serial)) as $ended |
		map(select(.op == "intent") | .serial) - $ended | length' "$DIR/journal" | grep -qx 0
}

@test "no certificate's number is left without an outcome" {
	[ "$(jq -rs 'map(select(.op == "intent")) | length' "$DIR/journal")" -ge 5 ]
	[ "$(database "select count(*) from certificate where kind = 'orphan'")" -ge 1 ]
	until_true 20 every_intent_has_an_end
	equal "$(database "select count(*) from certificate where kind = 'orphan' and status <> 'revoked'")" 0 orphans
}

@test "another token of the same name is refused, until the right one is back" {
	local right=$SOFTHSM2_CONF
	away
	make_token "$(TOKEN)" 'Test CA'
	new_key "$WORK/false.key" -algorithm EC -pkeyopt ec_paramgen_curve:P-256
	add_key 'Test CA' issuing "$WORK/false.key" 01
	equal "$SOFTHSM2_CONF" "$right" configuration
	new_order
	claim
	bearer POST "$LINK/prepare"
	equal "$STATUS_CODE" 503 prepare
	until_true 20 grep -q 'another key of this name than the one that is certified' "$DIR.log"
	bearer POST "$LINK/prepare"
	equal "$STATUS_CODE" 503 'prepare with another key'
	rm -r "$(TOKEN)/tokens"
	back
	fetch modern "$WORK/package.p12"
}

# What the module was asked stands in a file of its own (tests/support/token_shim.c).
calls() { grep -c "^$1\$" "$(TOKEN)/calls" || true; }
calls_are() { [ "$(calls "$1")" = "$2" ]; }
tokens_ready() { grep '"event":"child.ready"' "$DIR.log" | grep -c '"role":"token"' || true; }
more_tokens_than() { [ "$(tokens_ready)" -gt "$1" ]; }
new_pin() {
	printf '%s\n' "$1" >"$BATS_FILE_TMPDIR/pin"
	kill -HUP "$(cat "$DIR.pid")"
}
# anew COMMAND...: until the token process that the command makes the supervisor start has opened what it could
anew() {
	local before
	before=$(tokens_ready)
	"$@"
	until_true 20 more_tokens_than "$before"
}
refusals() { grep -c 'refused the PIN, or the process ended while it was tried' "$DIR.log" || true; }
refused_more_than() { [ "$(refusals)" -gt "$1" ]; }
not_prepared() { bearer POST "$LINK/prepare"; [ "$STATUS_CODE" = 503 ]; }
tried_once() { # tried_once HOW: one login, whatever then ends the process that made it
	local before
	before=$(calls C_Login)
	[ -z "$1" ] || touch "$(TOKEN)/login-$1"
	case $1 in
	hang)
		new_pin "wrong $1"
		until_true 10 calls_are C_Login $((before + 1))
		anew kill -ALRM "$(child_pid token)" # as its own clock does after 30 s
		;;
	*) anew new_pin "wrong $1" ;;
	esac
	anew kill -9 "$(child_pid token)"
	anew kill -HUP "$(cat "$DIR.pid")"
	equal "$(calls C_Login)" $((before + 1)) "logins with a wrong PIN: $1"
	rm -f "$(TOKEN)/login-$1"
}

@test "a wrong PIN is tried once, however the login ends and whoever ends its process; the right one is taken up by a signal" {
	local token logins
	# one that was right goes on being tried: its token comes back
	logins=$(calls C_Login)
	for _ in 1 2 3 4; do anew kill -9 "$(child_pid token)"; done
	until_true 20 ready
	equal "$(calls C_Login)" $((logins + 4)) 'logins with the right PIN'
	tried_once ''
	new_order
	claim
	until_true 10 not_prepared
	until_true 10 refused_more_than 0
	token=$(child_pid token)
	sleep 3 # longer than a successor would wait
	equal "$(child_pid token)" "$token" 'the process that does not try again'
	for how in other vendor abort hang; do tried_once "$how"; done
	new_pin "$PIN"
	until_true 20 ready
	fetch modern "$WORK/package.p12"
}

@test "a PIN that was right and now fails in unclear ways is tried three times" {
	local before refused
	before=$(calls C_Login)
	refused=$(refusals)
	touch "$(TOKEN)/login-other" "$(TOKEN)/login-any"
	anew kill -9 "$(child_pid token)"
	new_order
	claim
	until_true 10 not_prepared
	until_true 20 refused_more_than "$refused"
	equal "$(calls C_Login)" $((before + 3)) logins
	rm "$(TOKEN)/login-other" "$(TOKEN)/login-any"
	restart_installation # a person's own doing
}

@test "the OCSP key in the token too: a delegate of that key, and answers by it; away, no answer is signed" {
	new_key "$WORK/ocsp.key" -algorithm EC -pkeyopt ec_paramgen_curve:P-256
	openssl pkey -in "$WORK/ocsp.key" -pubout -out "$WORK/ocsp.pub"
	add_key 'Test CA' ocsp "$WORK/ocsp.key" 03
	sed -i 's|^ocsp = *$|ocsp = pkcs11:token=Test%20CA;object=ocsp|' "$DIR/counterfoil.conf"
	restart_installation
	new_order
	claim
	fetch modern "$WORK/package.p12"
	acknowledge "$WORK/package.p12"
	read_password
	open_package "$WORK/package.p12" "$WORK/one.pem"
	openssl ocsp -issuer "$DIR/ca/issuing.pem" -cert "$WORK/one.pem" -url "$STATUS/ocsp" -CAfile "$BATS_FILE_TMPDIR/chain.pem" \
		-respout "$WORK/answer.der" >"$WORK/answer" 2>&1
	grep -q 'one.pem: good' "$WORK/answer"
	openssl ocsp -respin "$WORK/answer.der" -resp_text -noverify 2>/dev/null | openssl x509 -noout -pubkey | cmp - "$WORK/ocsp.pub"
	away
	# what was signed is still given; what would have to be signed is not
	openssl ocsp -issuer "$DIR/ca/issuing.pem" -cert "$WORK/one.pem" -url "$STATUS/ocsp" -CAfile "$BATS_FILE_TMPDIR/chain.pem" >"$WORK/answer" 2>&1 || true
	grep -qi 'try *later' "$WORK/answer" || { cat "$WORK/answer" >&2; false; }
	until_true 10 metric_is 'key_away{key="ocsp"}' 1
	back
	until_true 20 ready
	ask "$WORK/one.pem"
	grep -q 'one.pem: good' <<<"$ANSWER"
}

@test "the next CA's key does not leave the token unasked: it would be in a file" {
	new_issuing() { run "$DAEMON" ca new-issuing --config "$DIR/counterfoil.conf" "$@"; }
	new_issuing --request-out "$WORK/request.pem"
	equal "$status" 4 status
	grep -q 'is in a token.*Say --key-in-file' <<<"$output"
	new_issuing --root-pass-fd 9
	equal "$status" 4 'status with the root'
	grep -q 'is in a token' <<<"$output"
	refute test -e "$DIR/keys/others"
	new_issuing --certificate "$DIR/ca/issuing.pem" --key-in-file
	equal "$status" 2 'status of another move'
	new_issuing --request-out "$WORK/request.pem" --key-in-file
	equal "$status" 0 "status: $output"
	openssl req -in "$WORK/request.pem" -noout -verify 2>&1 | grep -q OK
	equal "$(find "$DIR/keys/others" -name 'pending-*.key' | wc -l)" 1 keys
	rm -r "$DIR/keys/others"
}

@test "the daemon starts while its token is away, and works once it is there" {
	away
	hold_installation
	release_installation
	until_true 20 metric_is 'key_away{key="issuing"}' 1
	refute ready
	back
	until_true 20 ready
}

@test "the daemon starts while its token's module hangs" {
	local before
	before=$(calls C_Initialize)
	touch "$(TOKEN)/init-hang"
	hold_installation
	equal "$(grep -c '"event":"ready"' "$DIR.log")" "$(grep -c '"event":"stopped"' "$DIR.log")" 'starts'
	release_installation
	until_true 20 calls_are C_Initialize $((before + 1))
	until_true 20 started
	until_true 20 metric_is 'key_away{key="issuing"}' 1
	rm "$(TOKEN)/init-hang"
	kill -ALRM "$(child_pid token)" # as its own clock does after 30 s
	until_true 20 ready
}
