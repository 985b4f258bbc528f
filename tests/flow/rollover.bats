#!/usr/bin/env bats
# The root's ceremonies and the change from one issuing CA to the next, with the root's key on another machine: a folder of its
# own, in which there is nothing but what a person would carry there. The tests of this file are one story, in order.

load lib

setup_file() {
	export PASS=$BATS_FILE_TMPDIR/pass ELSEWHERE=$BATS_FILE_TMPDIR/elsewhere
	echo 'a root pass phrase for tests only' >"$PASS"
	start_installation
	make_directory
	mkdir "$ELSEWHERE"
	mv "$DIR/ca/root.key" "$ELSEWHERE/"
	cp "$DIR/ca/root.pem" "$DIR/ca/root.crl" "$ELSEWHERE/"
}
teardown_file() { stop_installation; }

# What later tests want to know of earlier ones.
remember() { for name; do printf '%s=%q\n' "$name" "${!name}"; done >>"$BATS_FILE_TMPDIR/story"; }
setup() {
	[ -e "$DIR.env" ] && load_environment
	WORK=$BATS_TEST_TMPDIR
	# shellcheck disable=SC1091
	[ ! -e "$BATS_FILE_TMPDIR/story" ] || . "$BATS_FILE_TMPDIR/story"
}

here() { local verb=$1; shift; "$DAEMON" ca "$verb" --config "$DIR/counterfoil.conf" "$@" 2>"$WORK/log" || { local s=$?; cat "$WORK/log"; return $s; }; }
# The other machine: no installation, the root's key, its pass phrase typed.
elsewhere() {
	local verb=$1
	shift
	(cd "$ELSEWHERE" && "$DAEMON" ca "$verb" --root root.pem --root-pass-fd 9 "$@" 9<"$PASS" 2>"$WORK/log") || { local s=$?; cat "$WORK/log"; return $s; }
}
refused() { # refused STATUS WHAT COMMAND...
	local wanted=$1 what=$2 status=0
	shift 2
	"$@" >"$WORK/refused" 2>&1 || status=$?
	equal "$status" "$wanted" "exit of $*: $(cat "$WORK/refused")" && grep -qF -- "$what" "$WORK/refused" || { cat "$WORK/refused" >&2; return 1; }
}
number_of() { printf '%d\n' "$(openssl crl -inform DER -in "$1" -noout -crlnumber | sed 's/.*=//')"; }
root_list_served() { curl -sS -o "$WORK/served.crl" "$STATUS/crl/root.crl" && cmp -s "$WORK/served.crl" "$1"; }

@test "root-crl: what is wrong is said before the pass phrase is asked for, and changes nothing" {
	local before
	before=$(sha256sum "$DIR/ca/root.crl")
	refused 2 '--crl OLD' "$DAEMON" ca root-crl
	refused 2 'ca knows' "$DAEMON" ca root
	refused 2 'no option --now' "$DAEMON" ca root-crl --now
	refused 3 root.key here root-crl
	refused 2 '--days 0' elsewhere root-crl --crl root.crl --out new.crl --days 0
	refused 2 '--reason whim' elsewhere root-crl --crl root.crl --out new.crl --revoke "$DIR/ca/issuing.pem" --reason whim
	refused 2 '--reason certificateHold' elsewhere root-crl --crl root.crl --out new.crl --revoke "$DIR/ca/issuing.pem" --reason certificateHold
	refused 2 'belongs to --revoke' elsewhere root-crl --crl root.crl --out new.crl --reason superseded
	refused 3 nothing.crl elsewhere root-crl --crl nothing.crl --out new.crl
	refused 1 'is the root itself' elsewhere root-crl --crl root.crl --out new.crl --revoke root.pem
	refused 4 'was not issued by this root' elsewhere root-crl --crl root.crl --out new.crl --revoke "$BATS_FILE_TMPDIR/administrator.pem"
	echo 'another pass phrase' >"$WORK/wrong"
	PASS=$WORK/wrong refused 4 'does not open with this pass phrase' elsewhere root-crl --crl root.crl --out new.crl
	cp "$DIR/keys/issuing.key" "$ELSEWHERE/other.key"
	refused 4 'is not the key of this root' elsewhere root-crl --crl root.crl --out new.crl --root-key other.key
	chmod 644 "$ELSEWHERE/other.key"
	refused 4 other.key elsewhere root-crl --crl root.crl --out new.crl --root-key other.key
	refused 4 'not the certificate of a root' "$DAEMON" ca root-crl --root "$DIR/ca/issuing.pem" --crl "$DIR/ca/root.crl" --out "$WORK/x"
	move_clock -100000
	refused 4 "this machine's clock" elsewhere root-crl --crl root.crl --out new.crl
	move_clock 0
	rm "$ELSEWHERE/other.key"
	[ ! -e "$ELSEWHERE/new.crl" ]
	equal "$(sha256sum "$DIR/ca/root.crl")" "$before" 'the list here'
}

@test "root-crl: a list that was made elsewhere is taken in, and the running daemon serves it" {
	elsewhere root-crl --crl root.crl --out new.crl --days 30
	openssl crl -inform DER -in "$ELSEWHERE/new.crl" -CAfile "$DIR/ca/root.pem" -noout 2>&1 | grep -q 'verify OK'
	[ "$(number_of "$ELSEWHERE/new.crl")" -gt "$(number_of "$DIR/ca/root.crl")" ]
	here root-crl --install "$ELSEWHERE/new.crl"
	grep -q SIGHUP "$WORK/log"
	cmp "$DIR/ca/root.crl" "$ELSEWHERE/new.crl"
	until_true 20 root_list_served "$ELSEWHERE/new.crl"
	until_true 20 ready
	cp "$ELSEWHERE/root.crl" "$ELSEWHERE/older.crl"
	cp "$ELSEWHERE/new.crl" "$ELSEWHERE/root.crl"
}

@test "root-crl: a list is taken in only when it is the root's, newer, in its time, and forgets nothing" {
	local before
	before=$(sha256sum "$DIR/ca/root.crl")
	refused 4 'is here already' here root-crl --install "$ELSEWHERE/root.crl"
	refused 4 'an older one' here root-crl --install "$ELSEWHERE/older.crl"
	curl -sS -o "$WORK/issuing.crl" "$STATUS/crl/issuing.crl"
	refused 4 "another issuer" here root-crl --install "$WORK/issuing.crl"
	"$DAEMON" init "$WORK/twin" --root-pass-fd 9 9<"$PASS" >/dev/null
	refused 4 "list" here root-crl --install "$WORK/twin/ca/root.crl"
	head -c 200 "$ELSEWHERE/root.crl" >"$WORK/cut.crl"
	refused 1 'no revocation list' here root-crl --install "$WORK/cut.crl"
	move_clock 90000
	elsewhere root-crl --crl root.crl --out tomorrow.crl
	move_clock 0
	refused 4 "later than this machine's clock" here root-crl --install "$ELSEWHERE/tomorrow.crl"
	elsewhere root-crl --crl root.crl --out day.crl --days 1
	move_clock 90000
	refused 6 'ended on' here root-crl --install "$ELSEWHERE/day.crl"
	move_clock 0
	refused 2 'stands alone' here root-crl --install "$ELSEWHERE/day.crl" --days 3
	equal "$(sha256sum "$DIR/ca/root.crl")" "$before" 'the list here'
}

@test "new-issuing: a request goes to the root's machine, and only the right certificate comes back in" {
	refused 3 root.key here new-issuing
	refused 2 'one at a time' here new-issuing --request-out "$WORK/r" --certificate "$WORK/c"
	refused 2 'belong to --request' here new-issuing --request-out "$WORK/r" --status-url "$STATUS"
	refused 2 '--status-url' elsewhere new-issuing --request "$WORK/none" --out new.pem
	refused 3 none elsewhere new-issuing --request "$WORK/none" --out new.pem --status-url "$STATUS"
	here new-issuing --request-out "$BATS_FILE_TMPDIR/request.pem"
	here new-issuing --request-out "$WORK/again.pem"
	equal "$(openssl req -in "$WORK/again.pem" -noout -pubkey)" "$(openssl req -in "$BATS_FILE_TMPDIR/request.pem" -noout -pubkey)" 'the key of the request'
	equal "$(stat -c %a "$DIR"/keys/others "$DIR"/keys/others/*.key | tr '\n' ' ')" '700 600 ' 'modes of the key'
	head -c 200 "$WORK/again.pem" >"$WORK/cut.pem"
	refused 1 cut.pem elsewhere new-issuing --request "$WORK/cut.pem" --out new.pem --status-url "$STATUS"
	PASS=$DIR.admin-password refused 4 'does not open' elsewhere new-issuing --request "$WORK/again.pem" --out new.pem --status-url "$STATUS"
	[ ! -e "$ELSEWHERE/new.pem" ]

	elsewhere new-issuing --request "$BATS_FILE_TMPDIR/request.pem" --out new.pem --status-url "$STATUS"
	openssl verify -x509_strict -CAfile "$DIR/ca/root.pem" "$ELSEWHERE/new.pem"
	elsewhere new-issuing --request "$BATS_FILE_TMPDIR/request.pem" --out addresses.pem --status-url http://other.example
	refused 1 cRLDistributionPoints here new-issuing --certificate "$ELSEWHERE/addresses.pem"
	refused 1 subject here new-issuing --certificate "$DIR/ca/issuing.pem"
	refused 4 'not signed by the root' here new-issuing --certificate "$BATS_FILE_TMPDIR/administrator.pem"
	"$DAEMON" init "$WORK/twin" --name 'Counterfoil test' --status-url "$STATUS" --root-pass-fd 9 9<"$PASS" >/dev/null 2>&1
	ELSEWHERE=$WORK/twin/ca elsewhere new-issuing --request "$BATS_FILE_TMPDIR/request.pem" --out new.pem --status-url "$STATUS"
	refused 4 'not signed by the root' here new-issuing --certificate "$WORK/twin/ca/new.pem"
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$WORK/other.key" -subj /CN=x -out "$WORK/other.pem" 2>/dev/null
	elsewhere new-issuing --request "$WORK/other.pem" --out other.pem --status-url "$STATUS"
	refused 4 'not for a key that was made here' here new-issuing --certificate "$ELSEWHERE/other.pem"
	move_clock 400000000
	refused 6 'ended on' here new-issuing --certificate "$ELSEWHERE/new.pem"
	move_clock 0
	elsewhere root-crl --crl root.crl --out revoked.crl --revoke new.pem
	cp "$DIR/ca/root.crl" "$WORK/root.crl"
	cp "$ELSEWHERE/revoked.crl" "$DIR/ca/root.crl"
	refused 6 revoked here new-issuing --certificate "$ELSEWHERE/new.pem"
	cp "$WORK/root.crl" "$DIR/ca/root.crl"
	mkdir -m 777 "$DIR/ca/others"
	refused 2 'written to by others' here new-issuing --certificate "$ELSEWHERE/new.pem"
	rmdir "$DIR/ca/others"
	ln -s "$WORK" "$DIR/ca/others"
	refused 2 others here new-issuing --certificate "$ELSEWHERE/new.pem"
	rm "$DIR/ca/others"
}
