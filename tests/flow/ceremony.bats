#!/usr/bin/env bats
# What the ceremonies of `counterfoild ca` refuse, say and leave behind, each on an installation of its own that has never run and has
# the root's key beside it. Their story, with a daemon, is rollover.bats.

load lib

setup_file() {
	export PASS=$BATS_FILE_TMPDIR/pass MASTER=$BATS_FILE_TMPDIR/master
	echo 'a root pass phrase for tests only' >"$PASS"
	"$DAEMON" init "$MASTER" --name 'Counterfoil test' --domain test.example --listen-public 127.0.0.1:0 --listen-members 127.0.0.1:0 \
		--listen-status 127.0.0.1:0 --listen-ops 127.0.0.1:0 --root-pass-fd 9 9<"$PASS" >/dev/null 2>&1
}
setup() {
	WORK=$BATS_TEST_TMPDIR
	DIR=$WORK/installation
	cp -a "$MASTER" "$DIR"
	sed -i "s|$MASTER|$DIR|g" "$DIR/counterfoil.conf"
	cd "$WORK"
}

here() { # here VERB OPTION...: what it says is in log
	local verb=$1
	shift
	"$DAEMON" ca "$verb" --config "$DIR/counterfoil.conf" "$@" 9<"$PASS" >"$WORK/log" 2>&1 || { local s=$?; cat "$WORK/log"; return $s; }
}
with_root() { here "$@" --root-pass-fd 9; }
refused() { # refused STATUS WHAT COMMAND...
	local wanted=$1 what=$2 status=0
	shift 2
	"$@" >"$WORK/refused" 2>&1 || status=$?
	equal "$status" "$wanted" "exit of $*: $(cat "$WORK/refused")" && grep -qF -- "$what" "$WORK/refused" || { cat "$WORK/refused" >&2; return 1; }
}
sign_request() {
	local url
	url=$(sed -n '/^\[status\]/,/^\[/s/^url = //p' "$DIR/counterfoil.conf")
	"$DAEMON" ca new-issuing --request request.pem --root "$DIR/ca/root.pem" --status-url "$url" --root-pass-fd 9 "$@" 9<"$PASS" 2>log || { local s=$?; cat log; return $s; }
}
key_of() { openssl x509 -in "$1" -noout -pubkey; }
next() { echo "$DIR"/ca/others/next-*.pem; }

@test "new-issuing: a key is certified once: never that of a CA which the root has revoked" {
	with_root new-issuing
	refute grep -q 'waits for its certificate' log
	refute compgen -G "$DIR/keys/others/pending-*"
	cp "$(next)" first.pem
	with_root root-crl --revoke first.pem --reason keyCompromise
	rm "$(next)"
	with_root new-issuing
	[ "$(key_of "$(next)")" != "$(key_of first.pem)" ]
	equal "$(find "$DIR/keys/others" -name '*.key' | wc -l)" 2 'keys'
}

@test "new-issuing: the key of a request waits under another name, and it is said when it is used" {
	here new-issuing --request-out request.pem
	compgen -G "$DIR/keys/others/pending-*.key"
	touch -d '2026-03-04 05:06:07 UTC' "$DIR"/keys/others/pending-*.key
	here new-issuing --request-out again.pem
	grep -q 'since 2026-03-04.*pending-' log
	sign_request --out new.pem
	# cut off between the key's two names and the certificate: it is taken in all the same
	key=$(compgen -G "$DIR/keys/others/pending-*.key")
	ln "$key" "${key/pending-/}"
	here new-issuing --certificate new.pem
	equal "$(find "$DIR/keys/others" -name '*.key')" "${key/pending-/}" keys
	rm "$(next)"
	refused 4 'certified before' here new-issuing --certificate new.pem
}

@test "root-crl: no list here is replaced by one that takes a revocation back" {
	with_root new-issuing
	cp "$DIR/ca/root.crl" old.crl
	with_root root-crl --revoke "$(next)" --reason keyCompromise
	local before
	before=$(sha256sum "$DIR/ca/root.crl")
	refused 4 'would not' with_root root-crl --crl old.crl
	refused 4 'would not' with_root root-crl --crl old.crl --out "$DIR/ca/root.crl"
	equal "$(sha256sum "$DIR/ca/root.crl")" "$before" 'the list here'
	with_root root-crl --crl old.crl --out other.crl
	with_root root-crl
	equal "$(openssl crl -inform DER -in "$DIR/ca/root.crl" -noout -text | grep -c 'Serial Number:')" 1 revocations
}

# But what SQLite lays beside a database that is read.
every_file() { (cd "$DIR" && find . -type f ! -name '*.db-wal' ! -name '*.db-shm' -exec sha256sum {} + | sort); }
@test "what is named as output replaces no file but a list of the root's" {
	local before
	before=$(every_file)
	for file in root.key root.pem issuing.pem; do
		refused 4 "$file is there" with_root root-crl --out "$DIR/ca/$file"
		refused 4 "$file is there" here new-issuing --request-out "$DIR/ca/$file"
	done
	equal "$(every_file)" "$before" 'every file'
	here new-issuing --request-out request.pem
	refused 4 'root.key is there' sign_request --out "$DIR/ca/root.key"
	ln -s "$DIR/ca/nowhere" link
	refused 4 'link is there' sign_request --out link
	[ ! -e "$DIR/ca/nowhere" ]
}

@test "root-crl: what a revocation ends is said before the pass phrase is asked for, and when the list comes in" {
	cp "$DIR/ca/root.crl" old.crl
	echo 'not the pass phrase' >wrong
	PASS=wrong refused 4 'does not open' with_root root-crl --revoke "$DIR/ca/issuing.pem" --reason keyCompromise
	grep -q "is to revoke .*Counterfoil test Issuing.*$(serial_of "$DIR/ca/issuing.pem")" refused
	grep -q 'ATTENTION: it revokes issuing, the present' refused
	with_root new-issuing
	with_root root-crl --revoke "$(next)" --out away.crl
	grep -q 'it revokes issuing-.*next' log
	refute grep -q ATTENTION log
	with_root root-crl --revoke "$DIR/ca/issuing.pem" --crl away.crl --out both.crl
	here root-crl --install both.crl
	grep -q 'ATTENTION: it revokes issuing, the present' log
	grep -q 'it revokes issuing-.*next' log
}

permit() { # permit NAMES: what a CA of the profile issuing may certify
	sed -i '/^permitted/d' "$DIR/profiles/issuing.profile"
	sed -i "/^path_length/a permitted = $1" "$DIR/profiles/issuing.profile"
	grep -q '^permitted' "$DIR/profiles/issuing.profile"
}
@test "new-issuing, activate: a CA that could issue nothing here does not take over" {
	local names
	for names in 'uri:typo.example, dns:localhost' 'uri:test.example, dns:typo.example'; do
		permit "$names"
		refused 1 'could not issue' with_root new-issuing
		grep -q 'permitted subtree violation' refused
		refute compgen -G "$DIR/ca/others/next-*"
	done
	permit 'uri:test.example, dns:localhost'
	with_root new-issuing
	# and one that came in before the domain was another
	sed -i 's/^domain = .*/domain = typo.example/' "$DIR/counterfoil.conf"
	refused 1 'could not issue' here activate --now
	sed -i 's/^domain = .*/domain = test.example/' "$DIR/counterfoil.conf"
	here activate --now
}

@test "a change over that was cut off is ended before another CA is made, and stands in nobody's way" {
	with_root new-issuing
	local left
	left=$(next)
	cp "$left" kept.pem
	here activate --now
	cp kept.pem "$left" # as when the power failed before the last step
	refused 4 'was cut off' with_root new-issuing
	refused 4 'was cut off' here new-issuing --request-out request.pem
	"$DAEMON" check --config "$DIR/counterfoil.conf" 2>&1 | grep -q 'was cut off'
	# an installation where one was made all the same
	mv "$left" away.pem
	with_root new-issuing
	mv away.pem "$left"
	equal "$(find "$DIR/ca/others" -name 'next-*' | wc -l)" 2 'those that are to be the next'
	"$DAEMON" check --config "$DIR/counterfoil.conf" >check 2>&1 || true
	refute grep -q 'more than one' check
	grep -q 'stands ready to be the next' check
	here activate
	[ ! -e "$left" ]
	cmp "$DIR/ca/issuing.pem" kept.pem
	cp "$(next)" third.pem
	here activate --now
	cmp "$DIR/ca/issuing.pem" third.pem
}

check() { "$DAEMON" check --config "$DIR/counterfoil.conf" >check 2>&1; }
# The daemon, until it is ready or has ended.
starts() {
	: >start # what the last one said, before the new one is there to empty it
	"$DAEMON" run --config "$DIR/counterfoil.conf" 2>start 3>&- &
	local pid=$!
	until_true 20 eval 'grep -q "\"event\":\"ready\"" start || ! kill -0 '$pid || true
	kill "$pid" 2>/dev/null || true
	wait "$pid" || true
	grep -q '"event":"ready"' start || { cat start; return 1; }
}

@test "the first CA's key is needed no more once its CA was taken away, and a lost key is called by its name" {
	with_root new-issuing
	here activate --now
	local own
	own=$(compgen -G "$DIR/keys/others/*.key")
	mv "$own" kept.key
	check || true
	grep -qF "there is no $own" check
	refused 4 "there is no $own" "$DAEMON" admin new --config "$DIR/counterfoil.conf" --name x --role support --out x.p12
	mv kept.key "$own"
	# the first one ends: check says which two files may go
	sqlite3 "$DIR/counterfoil.db" 'UPDATE certificate SET not_after = 1'
	check || true
	grep -qF "$DIR/keys/issuing.key, may be removed" check
	mv "$DIR/keys/issuing.key" .
	check || true
	grep -q 'issuing.key: No such file' check # the CA is still there
	refute starts
	rm "$DIR"/ca/others/*.pem
	check || { cat check; false; }
	starts
	sed -i 's|^issuing = .*key.*|issuing =|' "$DIR/counterfoil.conf"
	grep -qx 'issuing =' "$DIR/counterfoil.conf"
	check || { cat check; false; }
	starts
}

@test "init: what one that was cut off has left is named by the next, which is whole" {
	again() { "$DAEMON" init "$1" --root-pass-fd 9 9<"$PASS" >/dev/null 2>"$WORK/init"; }
	printf '%-63s\n' 'file.publishing 5' >"$WORK/crash"
	COUNTERFOIL_TEST_CRASH=$WORK/crash refute again "$WORK/fresh"
	[ ! -e "$WORK/fresh" ]
	left=$(compgen -G "$WORK/fresh.new-??????")
	again "$WORK/fresh/"
	grep -qF "$left is left of an init that was cut off" "$WORK/init"
	"$DAEMON" check --config "$WORK/fresh/counterfoil.conf" >/dev/null 2>&1
	[ -d "$left" ]
	mv "$left" "$WORK/gone"
	mkdir "$WORK/fresh.new-more" "$WORK/more.new-aaaaaa"
	again "$WORK/another"
	cd "$WORK"
	mv more.new-aaaaaa bare.new-aaaaaa
	again bare
	grep -q ' bare.new-aaaaaa is left' init
	equal "$(grep -c 'is left' init)" 1 'folders named'
}
