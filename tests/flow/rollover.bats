#!/usr/bin/env bats
# The root's ceremonies and the change from one issuing CA to the next, with the root's key on another machine: a folder of its
# own, in which there is nothing but what a person would carry there. The tests of this file are one story, in order.

load lib
load web

setup_file() {
	export PASS=$BATS_FILE_TMPDIR/pass ELSEWHERE=$BATS_FILE_TMPDIR/elsewhere
	echo 'a root pass phrase for tests only' >"$PASS"
	echo 0 >"$BATS_FILE_TMPDIR/own-clock"
	start_installation
	make_directory
	mkdir "$ELSEWHERE"
	mv "$DIR/ca/root.key" "$ELSEWHERE/"
	cp "$DIR/ca/root.pem" "$DIR/ca/root.crl" "$ELSEWHERE/"
}
teardown_file() {
	stop_web
	stop_installation
}

# What later tests want to know of earlier ones.
remember() { for name; do printf '%s=%q\n' "$name" "${!name}"; done >>"$BATS_FILE_TMPDIR/story"; }
setup() {
	[ ! -e "$DIR.env" ] || load_environment
	WORK=$BATS_TEST_TMPDIR
	# shellcheck disable=SC1091
	[ ! -e "$BATS_FILE_TMPDIR/story" ] || . "$BATS_FILE_TMPDIR/story"
}

# The clock of the ceremonies alone: the running daemon keeps its own.
own_clock() { echo "$1" >"$BATS_FILE_TMPDIR/own-clock"; }
ca() { COUNTERFOIL_TEST_CLOCK=$BATS_FILE_TMPDIR/own-clock "$DAEMON" ca "$@"; }
here() { local verb=$1; shift; ca "$verb" --config "$DIR/counterfoil.conf" "$@" 2>"$WORK/log" || { local s=$?; cat "$WORK/log"; return $s; }; }
# The other machine: no installation, the root's key, its pass phrase typed.
elsewhere() {
	local verb=$1
	shift
	(cd "$ELSEWHERE" && ca "$verb" --root root.pem --root-pass-fd 9 "$@" 9<"$PASS" 2>"$WORK/log") || { local s=$?; cat "$WORK/log"; return $s; }
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
	refused 2 '--crl OLD' ca root-crl
	refused 2 'ca knows' ca root
	refused 2 'no option --now' ca root-crl --now
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
	refused 4 'not the certificate of a root' ca root-crl --root "$DIR/ca/issuing.pem" --crl "$DIR/ca/root.crl" --out "$WORK/x"
	own_clock -100000
	refused 4 "this machine's clock" elsewhere root-crl --crl root.crl --out new.crl
	own_clock 0
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
	own_clock 90000
	elsewhere root-crl --crl root.crl --out tomorrow.crl
	own_clock 0
	refused 4 "later than this machine's clock" here root-crl --install "$ELSEWHERE/tomorrow.crl"
	elsewhere root-crl --crl root.crl --out day.crl --days 1
	own_clock 90000
	refused 6 'ended on' here root-crl --install "$ELSEWHERE/day.crl"
	own_clock 0
	refused 2 'stands alone' here root-crl --install "$ELSEWHERE/day.crl" --days 3
	equal "$(sha256sum "$DIR/ca/root.crl")" "$before" 'the list here'
}

keys_left() { find "$DIR/keys/others" -name '*.key.*' | wc -l; }
cut_key() { # a command that dies before its new key has its name
	printf '%-63s\n' 'file.publishing 1' >"$WORK/crash"
	COUNTERFOIL_TEST_CRASH=$WORK/crash here new-issuing --request-out "$WORK/cut.pem" && return 1
	[ ! -e "$WORK/cut.pem" ]
}
@test "new-issuing: a key whose writing was cut off is named by check, and erased by the next command or start" {
	refute grep -q 'cut off' "$DIR.log"
	cut_key
	equal "$(keys_left)" 1 'unfinished keys'
	cp -p "$DIR"/keys/others/*.key.* "$WORK/left"
	"$DAEMON" check --config "$DIR/counterfoil.conf" >"$WORK/check" 2>&1
	grep -q '^warning .*pending-[0-9a-f]*\.key\.unfinished-[A-Za-z0-9]* is left of a key' "$WORK/check"
	cut_key # the next one: it erases, and leaves another
	grep -q 'it is erased' "$WORK/log"
	equal "$(keys_left)" 1 'unfinished keys'
	chmod 640 "$DIR"/keys/others/*.key.*
	restart_installation
	grep -q 'key.unfinished.*may be read by others' "$DIR.log"
	equal "$(keys_left)" 1 'unfinished keys'
	chmod 600 "$DIR"/keys/others/*.key.*
	restart_installation
	grep -q 'key.unfinished.*is erased' "$DIR.log"
	equal "$(keys_left)" 0 'unfinished keys'
	checked
	# cut off behind the name, the key waits
	printf '%-63s\n' 'file.publishing 2' >"$WORK/crash"
	COUNTERFOIL_TEST_CRASH=$WORK/crash refute here new-issuing --request-out "$WORK/cut.pem"
	equal "$(find "$DIR/keys/others" -type f | wc -l) $(keys_left)" '1 0' 'keys'
	rm -r "$DIR/keys/others"
}

@test "a copy of a key beside it is named by check, and no command and no start touches it" {
	local others=$DIR/keys/others id=0123456789abcdef name
	mkdir -m 700 "$others"
	for name in "$id.key.backup" "$id.key.261122" "pending-$id.key.before" "$id.key.bak"; do
		(umask 077 && openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$others/$name" 2>/dev/null)
	done
	(cd "$others" && sha256sum ./*) >"$WORK/before"
	restart_installation
	here new-issuing --request-out "$WORK/copies.pem"
	(cd "$others" && sha256sum -c --quiet "$WORK/before")
	"$DAEMON" check --config "$DIR/counterfoil.conf" >"$WORK/check" 2>&1
	equal "$(grep -c '^note .*others/.* is a copy of a key' "$WORK/check")" 3 'copies that are named'
	rm -r "$others"
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
	own_clock 400000000
	refused 6 'ended on' here new-issuing --certificate "$ELSEWHERE/new.pem"
	own_clock 0
	elsewhere root-crl --crl root.crl --out revoked.crl --revoke new.pem
	cp "$DIR/ca/root.crl" "$WORK/root.crl"
	cp "$ELSEWHERE/revoked.crl" "$DIR/ca/root.crl"
	refused 6 revoked here new-issuing --certificate "$ELSEWHERE/new.pem"
	cp "$WORK/root.crl" "$DIR/ca/root.crl"
	rm "$ELSEWHERE/revoked.crl"
	mkdir -m 777 "$DIR/ca/others"
	refused 2 'written to by others' here new-issuing --certificate "$ELSEWHERE/new.pem"
	rmdir "$DIR/ca/others"
	ln -s "$WORK" "$DIR/ca/others"
	refused 2 others here new-issuing --certificate "$ELSEWHERE/new.pem"
	rm "$DIR/ca/others"
}

# What a server that checks the whole chain would say of a certificate, by what is published.
published() { curl -sSf -o "$WORK/all.pem" "$STATUS/ca/all.pem" && curl -sSf -o "$WORK/bundle.pem" "$STATUS/crl/bundle.pem"; }
accepted() { published && openssl verify -x509_strict -crl_check_all -CAfile "$DIR/ca/root.pem" -untrusted "$WORK/all.pem" -CRLfile "$WORK/bundle.pem" "$1" >"$WORK/verify" 2>&1; }
revoked() { ! accepted "$1" && grep -q 'certificate revoked' "$WORK/verify"; }
# What OCSP says, asked at the address and of the issuer that the certificate names.
ocsp_says() { # ocsp_says WORD FILE.pem
	local issuer
	issuer=$(openssl x509 -in "$2" -noout -ext authorityInfoAccess | sed -n 's/.*CA Issuers - URI://p')
	curl -sSf "$issuer" | openssl x509 -inform DER -out "$WORK/issuer.pem"
	openssl ocsp -issuer "$WORK/issuer.pem" -cert "$2" -url "$(openssl x509 -in "$2" -noout -ocsp_uri)" -CAfile "$DIR/ca/root.pem" \
		-verify_other "$WORK/issuer.pem" >"$WORK/ocsp" 2>&1 || true
	grep -q 'Response verify OK' "$WORK/ocsp" && grep -q ": $1" "$WORK/ocsp" || { cat "$WORK/ocsp" >&2; return 1; }
}
# The list that the certificate names is signed by its issuer, and says so or not.
list_has() {
	openssl x509 -in "$1" -noout -ext crlDistributionPoints | sed -n 's/.*URI://p' | head -1 | xargs curl -sSf -o "$WORK/own.crl"
	openssl verify -x509_strict -partial_chain -trusted "$WORK/issuer.pem" -crl_check -CRLfile <(openssl crl -inform DER -in "$WORK/own.crl") "$1" 2>&1 |
		grep -q 'certificate revoked'
}
lists_published() { published && [ "$(grep -c 'BEGIN X509 CRL' "$WORK/bundle.pem")" = "$1" ]; }
issuer_of() { openssl x509 -in "$1" -noout -issuer -nameopt multiline | sed -n 's/.*commonName *= //p'; }

# A server as the guides have it: CAs and lists by refresh-crl, which a timer runs.
refreshes() {
	sh "$ROOT/client/examples/refresh-crl" "$STATUS/crl/bundle.pem" "$BATS_FILE_TMPDIR/ca.pem" "$BATS_FILE_TMPDIR/crl.pem" "$1" "$STATUS/ca/all.pem"
}
start_server() {
	cat "$DIR/ca/issuing.pem" "$DIR/ca/root.pem" >"$BATS_FILE_TMPDIR/ca.pem"
	refreshes true
	web_nginx nginx required <<-CONF
		server {
			listen 127.0.0.1:@required@ ssl;
			ssl_certificate $DIR/tls/members.pem; ssl_certificate_key $DIR/keys/members.key;
			ssl_client_certificate $BATS_FILE_TMPDIR/ca.pem; ssl_verify_client on; ssl_verify_depth 2;
			ssl_crl $BATS_FILE_TMPDIR/crl.pem;
			location / { return 200 welcome; }
		}
	CONF
}
answers() { # answers CODE WHO: 400 to whom it does not believe
	[ "$(curl -s --cacert "$CA" --cert "$BATS_FILE_TMPDIR/$2.pem" -o "$WORK/page" -w '%{http_code}' "$(web_url nginx required)")" = "$1" ]
}

@test "a CA that stands ready is published, with its list, and issues nothing" {
	collect_whole "$BATS_FILE_TMPDIR/old.pem"
	OLD=$SERIAL
	start_server
	until_true 20 answers 200 old
	here new-issuing --certificate "$ELSEWHERE/new.pem"
	grep -q SIGHUP "$WORK/log"
	refused 4 'stands ready already' here new-issuing --certificate "$ELSEWHERE/new.pem"
	refused 4 'stands ready already' here new-issuing --request-out "$WORK/more.pem"
	ID=$(basename "$DIR"/keys/others/*.key .key)
	NEW_LABEL=issuing-${ID:0:8}
	equal "$(ls "$DIR/ca/others")" "next-$ID.pem" 'the others'
	until_true 20 lists_published 3
	until_true 20 ready
	equal "$(grep -c 'BEGIN CERT' "$WORK/all.pem")" 3 'certificates of CAs'
	cmp <(curl -sSf "$STATUS/ca/$NEW_LABEL.pem") "$ELSEWHERE/new.pem"
	curl -sSf -o "$WORK/next.crl" "$STATUS/crl/$NEW_LABEL.crl"
	openssl crl -inform DER -in "$WORK/next.crl" -CAfile "$ELSEWHERE/new.pem" -noout 2>&1 | grep -q 'verify OK'
	cmp <(curl -sSf "$STATUS/ca/chain.pem") <(cat "$DIR/ca/issuing.pem" "$DIR/ca/root.pem")
	accepted "$BATS_FILE_TMPDIR/old.pem"
	refreshes 'echo reloaded' >"$WORK/refreshed"
	grep -qx reloaded "$WORK/refreshed"
	equal "$(grep -c 'BEGIN CERT' "$BATS_FILE_TMPDIR/ca.pem") $(grep -c 'BEGIN X509 CRL' "$BATS_FILE_TMPDIR/crl.pem")" '3 3' 'CAs and lists of the server'
	web_reload nginx
	refreshes 'echo reloaded' >"$WORK/refreshed"
	[ ! -s "$WORK/refreshed" ]
	"$DAEMON" init "$WORK/twin" --root-pass-fd 9 9<"$PASS" >/dev/null 2>&1
	cp "$BATS_FILE_TMPDIR/ca.pem" "$WORK/ca-before.pem"
	STATUS=file://$WORK refute refreshes true
	mkdir -p "$WORK/ca" "$WORK/crl"
	cat "$WORK/twin/ca/issuing.pem" "$WORK/twin/ca/root.pem" <(openssl x509 -in "$BATS_FILE_TMPDIR/administrator.pem") >"$WORK/ca/all.pem"
	cp "$BATS_FILE_TMPDIR/crl.pem" "$WORK/crl/bundle.pem"
	STATUS=file://$WORK refute refreshes true
	cmp "$BATS_FILE_TMPDIR/ca.pem" "$WORK/ca-before.pem"
	collect_whole "$BATS_FILE_TMPDIR/other.pem"
	equal "$(issuer_of "$BATS_FILE_TMPDIR/other.pem")" 'Counterfoil test Issuing' issuer
	remember OLD ID NEW_LABEL
}

@test "activate: refused while the daemon runs, and while anything would break" {
	refused 4 'stop it, activate, and start it again' here activate
	hold_installation
	local before
	before=$(cd "$DIR" && find ca keys -type f -exec sha256sum {} + | sort)
	refused 4 'would refuse its certificates' here activate
	touch -d '3 days ago' "$DIR/ca/others/next-$ID.pem"
	refused 4 'would refuse its certificates' here activate
	own_clock 86000
	refused 4 'would refuse its certificates' here activate
	own_clock 0
	database "DELETE FROM crl WHERE issuer = '$(openssl x509 -in "$ELSEWHERE/new.pem" -outform DER | sha256sum | cut -d' ' -f1)'"
	refused 4 'no revocation list yet' here activate
	own_clock -86400
	refused 4 'not valid before' here activate --now
	own_clock 0
	sed -i.kept 's/{issuing}.crl/issuing.crl/' "$DIR/profiles/staff.profile"
	refused 4 'staff.profile: [addresses] crl has no {issuing}' here activate --now
	mv "$DIR/profiles/staff.profile.kept" "$DIR/profiles/staff.profile"
	mv "$DIR/keys/others/$ID.key" "$WORK/"
	refused 4 'issuing.key' here activate --now
	cp "$DIR/keys/issuing.key" "$DIR/keys/others/$ID.key"
	refused 4 "$ID.key" here activate --now
	mv "$WORK/$ID.key" "$DIR/keys/others/"
	mv "$DIR/ca/others/next-$ID.pem" "$WORK/"
	refused 3 'no CA stands ready' here activate --now
	cp "$DIR/ca/root.pem" "$DIR/ca/others/next-$ID.pem"
	refused 1 'two issuing CAs' here activate --now
	rm "$DIR/ca/others/next-$ID.pem"
	mv "$WORK/next-$ID.pem" "$DIR/ca/others/"
	elsewhere root-crl --crl root.crl --out revoked.crl --revoke new.pem
	cp "$DIR/ca/root.crl" "$WORK/"
	cp "$ELSEWHERE/revoked.crl" "$DIR/ca/root.crl"
	refused 6 'revoked' here activate --now
	cp "$WORK/root.crl" "$DIR/ca/"
	rm "$ELSEWHERE/revoked.crl"
	equal "$(cd "$DIR" && find ca keys -type f -exec sha256sum {} + | sort)" "$before" 'files of the CAs'
	release_installation
	until_true 30 ready
	until_true 20 lists_published 3
}

# The command, ended where it publishes a file for the nth time.
cut_at() { # cut_at NTH [OPTION]
	printf '%-63s\n' "file.publishing $1" >"$WORK/crash"
	COUNTERFOIL_TEST_CRASH=$WORK/crash here activate ${2---now} >"$WORK/cut" && return 1
	return 0
}
present_is() { cmp -s "$DIR/ca/issuing.pem" "$1"; }

@test "activate: a power cut leaves the old state or the new, and a second run ends what it cut" {
	hold_installation
	cp "$DIR/ca/issuing.pem" "$BATS_FILE_TMPDIR/old-ca.pem"
	own_clock 90000 # life of the lists after the first one: nothing has to be said
	cut_at 1 ''
	refute grep -q 'would refuse' "$WORK/cut"
	own_clock 0
	present_is "$BATS_FILE_TMPDIR/old-ca.pem"
	equal "$(find "$DIR/ca/others" -name '*.pem' | wc -l)" 1 'files of the others, cut at the first'
	cut_at 2
	present_is "$BATS_FILE_TMPDIR/old-ca.pem"
	"$DAEMON" check --config "$DIR/counterfoil.conf" >"$WORK/check" 2>&1
	cut_at 3
	present_is "$ELSEWHERE/new.pem"
	[ -e "$DIR/ca/others/next-$ID.pem" ]
	# with the change cut off there, the daemon issues by the new one, and all is as it should be
	release_installation
	until_true 30 ready
	until_true 20 lists_published 3
	ocsp_says good "$BATS_FILE_TMPDIR/old.pem"
	hold_installation
	here activate
	[ ! -e "$DIR/ca/others/next-$ID.pem" ]
	present_is "$ELSEWHERE/new.pem"
	cmp "$DIR/ca/chain.pem" <(cat "$ELSEWHERE/new.pem" "$DIR/ca/root.pem")
	refused 3 'no CA stands ready' here activate
	equal "$(find "$DIR/ca/others" -name '*.pem' | wc -l)" 1 'CAs that have retired'
	equal "$(database "SELECT count(*) FROM audit WHERE record LIKE '%ca.activated%'")" 1 'audit records'
	release_installation
	until_true 30 ready
}

@test "the new CA issues; who has a certificate of the old one is as welcome as before" {
	database ".backup $BATS_FILE_TMPDIR/backup.db"
	collect_whole "$BATS_FILE_TMPDIR/new.pem"
	NEW=$SERIAL
	remember NEW
	equal "$(issuer_of "$BATS_FILE_TMPDIR/new.pem")" "Counterfoil test Issuing ${ID:0:8}" issuer
	openssl x509 -in "$BATS_FILE_TMPDIR/new.pem" -noout -text >"$WORK/text"
	grep -q "URI:$STATUS/crl/$NEW_LABEL.crl" "$WORK/text"
	grep -q "URI:$STATUS/ca/$NEW_LABEL.cer" "$WORK/text"
	for who in old new; do
		until_true 20 answers 200 $who
		as $who GET /v1/me
		equal "$STATUS_CODE" 200 "$who: $BODY"
		until_true 20 accepted "$BATS_FILE_TMPDIR/$who.pem"
		ocsp_says good "$BATS_FILE_TMPDIR/$who.pem"
		refute list_has "$BATS_FILE_TMPDIR/$who.pem"
	done
	api GET "/v1/certificates/$OLD"
	local old_issuer
	old_issuer=$(field .issuer)
	api GET "/v1/certificates/$NEW"
	[ "$(field .issuer)" != "$old_issuer" ]
	equal "$(field .issuer)" "$(openssl x509 -in "$ELSEWHERE/new.pem" -outform DER | sha256sum | cut -d' ' -f1)" 'issuer of the new one'
	staff_member berta support
	equal "$(issuer_of "$BATS_FILE_TMPDIR/berta.pem")" "Counterfoil test Issuing ${ID:0:8}" 'issuer of staff'
	as berta GET /v1/me
	equal "$STATUS_CODE" 200 'new staff'
}

@test "one request for certificates of two CAs is refused, one for each is answered" {
	curl -sSf "$STATUS/ca/issuing.pem" >"$WORK/a.pem"
	curl -sSf "$STATUS/ca/$NEW_LABEL.pem" >"$WORK/b.pem"
	openssl ocsp -issuer "$WORK/a.pem" -cert "$BATS_FILE_TMPDIR/old.pem" -issuer "$WORK/b.pem" -cert "$BATS_FILE_TMPDIR/new.pem" \
		-url "$STATUS/ocsp" >"$WORK/answer" 2>&1 || true
	grep -qi unauthorized "$WORK/answer"
	openssl ocsp -issuer "$WORK/a.pem" -serial "0x$NEW" -url "$STATUS/ocsp" -noverify >"$WORK/answer" 2>&1 || true
	grep -q ': unknown' "$WORK/answer"
}

@test "certificates of both CAs are held, released and revoked" {
	for who in old new; do
		serial=$(serial_of "$BATS_FILE_TMPDIR/$who.pem")
		api POST "/v1/certificates/$serial/hold" '{}'
		equal "$STATUS_CODE" 200 "hold: $BODY"
		ocsp_says revoked "$BATS_FILE_TMPDIR/$who.pem"
		as $who GET /v1/me
		equal "$STATUS_CODE" 403 "$who, held"
		api POST "/v1/certificates/$serial/release" '{}'
		equal "$STATUS_CODE" 200 "release: $BODY"
		as $who GET /v1/me
		equal "$STATUS_CODE" 200 "$who, released"
		ocsp_says good "$BATS_FILE_TMPDIR/$who.pem"
		until_true 20 accepted "$BATS_FILE_TMPDIR/$who.pem"
	done
	api POST "/v1/certificates/$(serial_of "$BATS_FILE_TMPDIR/other.pem")/revoke" '{"reason":"keyCompromise"}'
	equal "$STATUS_CODE" 200 "revoke: $BODY"
	ocsp_says revoked "$BATS_FILE_TMPDIR/other.pem"
	until_true 20 revoked "$BATS_FILE_TMPDIR/other.pem"
	until_true 20 list_has "$BATS_FILE_TMPDIR/other.pem"
	grep "\"serial\":\"$(serial_of "$BATS_FILE_TMPDIR/other.pem")\"" "$DIR/journal" | grep '"op":"revoke"' |
		grep -q "\"issuer\":\"$(openssl x509 -in "$BATS_FILE_TMPDIR/old-ca.pem" -outform DER | sha256sum | cut -d' ' -f1)\""
	refreshes true
	web_reload nginx
	until_true 20 answers 400 other
	until_true 20 answers 200 new
	collect_whole "$BATS_FILE_TMPDIR/third.pem"
	api POST "/v1/certificates/$SERIAL/revoke" '{"reason":"superseded"}'
	until_true 20 revoked "$BATS_FILE_TMPDIR/third.pem"
	accepted "$BATS_FILE_TMPDIR/old.pem"
	accepted "$BATS_FILE_TMPDIR/new.pem"
}

@test "a start later: journal and database agree over both CAs" {
	restart_installation
	as old GET /v1/me
	equal "$STATUS_CODE" 200 old
	refute grep -q old_database "$DIR.log"
	"$DAEMON" check --config "$DIR/counterfoil.conf" >"$WORK/check" 2>"$WORK/check.log" || { cat "$WORK/check" >&2; return 1; }
	grep -q "$NEW_LABEL" "$WORK/check"
	grep -q 'retired' "$WORK/check"
}

checked() { "$DAEMON" check --config "$DIR/counterfoil.conf" >"$WORK/check" 2>&1; }
not_ready_for() { curl -s "http://localhost:$PORT_OPS/readyz" | grep -qF -- "$1"; }

@test "a retired CA that is taken away too early is missed, and a revocation says that nobody hears of it" {
	collect_whole "$BATS_FILE_TMPDIR/last.pem"
	local retired
	retired=$(basename "$(find "$DIR/ca/others" -name '*.pem')" .pem)
	mv "$DIR/ca/others/$retired.pem" "$BATS_FILE_TMPDIR/"
	restart_waiting
	until_true 30 not_ready_for 'an issuing CA is not here while its certificates live'
	grep -q "issuer.missing.*$retired" "$DIR.log"
	refute checked
	grep -q "ca/others/$retired.pem" "$WORK/check"
	curl -sS "http://localhost:$PORT_OPS/metrics" | grep -qx 'counterfoil_issuers_missing 1'
	api POST "/v1/certificates/$OLD/hold" '{}'
	equal "$STATUS_CODE" 200 "hold: $BODY"
	[[ $(field .warning) == *'no revocation list'* ]]
	collect_whole "$WORK/more.pem"
	api POST "/v1/certificates/$OLD/release" '{}'
	mv "$BATS_FILE_TMPDIR/$retired.pem" "$DIR/ca/others/"
	restart_installation
	api GET "/v1/certificates/$OLD"
	equal "$(field .warning)" null 'warning'
}

@test "a retired CA without its key is told of, and a revocation says that no list has it" {
	local key=$DIR/keys/issuing.key
	mv "$key" "$WORK/kept.key"
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$key"
	chmod --reference "$WORK/kept.key" "$key"
	restart_waiting
	until_true 30 not_ready_for 'issuing: cannot sign its revocation list'
	curl -sS "http://localhost:$PORT_OPS/metrics" | grep -qx 'counterfoil_issuer_silent{issuer="issuing",standing="retired"} 1'
	api POST "/v1/certificates/$OLD/hold" '{}'
	equal "$STATUS_CODE" 200 "hold: $BODY"
	[[ $(field .warning) == *'no revocation list'* ]]
	cp -p "$WORK/kept.key" "$key"
	restart_installation
	api POST "/v1/certificates/$OLD/release" '{}'
	equal "$(field .warning)" null 'warning'
}

@test "files of the CAs from before the change are put back: the former one issues nothing" {
	local now=$BATS_FILE_TMPDIR/ca-of-now
	cp -a "$DIR/ca" "$now"
	rm "$DIR"/ca/others/*
	cp "$BATS_FILE_TMPDIR/old-ca.pem" "$DIR/ca/issuing.pem"
	cp "$ELSEWHERE/new.pem" "$DIR/ca/others/next-$ID.pem"
	restart_waiting
	until_true 30 not_ready_for 'older files of the CAs were put back'
	refute checked
	grep -q 'has issued already' "$WORK/check"
	refute "$DAEMON" admin new --config "$DIR/counterfoil.conf" --name Carla --role support --out "$WORK/carla.p12"
	rm "$DIR/ca/others/next-$ID.pem"
	restart_waiting
	until_true 30 not_ready_for 'older files of the CAs were put back'
	until_true 30 not_ready_for 'an issuing CA is not here'
	rm -r "$DIR/ca"
	mv "$now" "$DIR/ca"
	restart_installation
}

@test "a CA that the root has revoked is nobody's any more, and the other one's holders are as welcome as before" {
	until_true 20 accepted "$BATS_FILE_TMPDIR/old.pem"
	elsewhere root-crl --crl root.crl --out new.crl --revoke "$BATS_FILE_TMPDIR/old-ca.pem" --reason superseded
	here root-crl --install "$ELSEWHERE/new.crl"
	refute grep -q ATTENTION "$WORK/log"
	until_true 20 root_list_served "$ELSEWHERE/new.crl"
	until_true 20 ready
	until_true 20 revoked "$BATS_FILE_TMPDIR/old.pem"
	as old GET /v1/me
	equal "$STATUS_CODE" 403 "old: $BODY"
	cat "$BATS_FILE_TMPDIR/old.pem" "$BATS_FILE_TMPDIR/old-ca.pem" >"$BATS_FILE_TMPDIR/brings.pem"
	as brings GET /v1/me
	equal "$STATUS_CODE" 403 "with its CA: $BODY"
	as new GET /v1/me
	equal "$STATUS_CODE" 200 "new: $BODY"
	accepted "$BATS_FILE_TMPDIR/new.pem"
	refreshes true
	web_reload nginx
	until_true 20 answers 400 old
	until_true 20 answers 200 new
	curl -sSf "http://localhost:$PORT_OPS/metrics" >"$WORK/metrics"
	grep -q "counterfoil_issuer_left_seconds{issuer=\"$NEW_LABEL\",standing=\"present\"}" "$WORK/metrics"
	grep -q 'counterfoil_issuer_over{issuer="issuing",standing="retired"} 0' "$WORK/metrics"
	grep -q '^counterfoil_root_crl_left_seconds' "$WORK/metrics"
}

@test "an old database is brought up to what the journal knows of both CAs" {
	hold_installation
	rm -f "$DIR/counterfoil.db-wal" "$DIR/counterfoil.db-shm"
	cp "$BATS_FILE_TMPDIR/backup.db" "$DIR/counterfoil.db"
	"$DAEMON" recover --config "$DIR/counterfoil.conf" >"$WORK/recovered" 2>"$WORK/recovered.log" || { cat "$WORK/recovered.log" >&2; return 1; }
	grep -q "^$NEW " "$WORK/recovered"
	"$DAEMON" recover --config "$DIR/counterfoil.conf" 2>&1 | grep -q 'nothing to recover'
	local old_name new_name
	old_name=$(openssl x509 -in "$BATS_FILE_TMPDIR/old-ca.pem" -outform DER | sha256sum | cut -d' ' -f1)
	new_name=$(openssl x509 -in "$DIR/ca/issuing.pem" -outform DER | sha256sum | cut -d' ' -f1)
	equal "$(database "SELECT issuer, status FROM certificate WHERE serial = '$NEW'")" "$new_name|revoked" 'of the new CA'
	equal "$(database "SELECT issuer, status FROM certificate WHERE serial = '$(serial_of "$BATS_FILE_TMPDIR/other.pem")'")" \
		"$old_name|revoked" 'of the old CA'
	equal "$(database "SELECT status FROM certificate WHERE serial = '$OLD'")" valid 'held and released'
	release_installation
	until_true 30 ready
	ocsp_says revoked "$BATS_FILE_TMPDIR/new.pem"
	until_true 20 revoked "$BATS_FILE_TMPDIR/new.pem"
	until_true 20 list_has "$BATS_FILE_TMPDIR/new.pem"
}

@test "a present CA that the root has revoked issues nothing more, from the reload on" {
	own_clock 60
	elsewhere root-crl --crl new.crl --out last.crl --revoke new.pem --reason cACompromise
	here root-crl --install "$ELSEWHERE/last.crl"
	until_true 20 root_list_served "$ELSEWHERE/last.crl"
	until_true 20 not_ready_for 'the root has revoked the issuing CA'
	until_true 20 grep -q 'issuer.paused.*the root has revoked the issuing CA' "$DIR.log"
	curl -sS "http://localhost:$PORT_OPS/metrics" >"$WORK/metrics"
	grep -qx 'counterfoil_issuing_paused 1' "$WORK/metrics"
	grep -q 'counterfoil_issuer_revoked{.*standing="present"} 1' "$WORK/metrics"
	refused 6 'the root has revoked the issuing CA' "$DAEMON" admin new --config "$DIR/counterfoil.conf" --name Dora --role support \
		--out "$WORK/dora.p12"
}

list_noted() { [ -n "$(database "SELECT value FROM meta WHERE name = 'root_list_number' AND CAST(value AS INTEGER) >= $(number_of "$ELSEWHERE/last.crl")")" ]; }
@test "an older list of the root that is copied back is refused at a reload, and the newest served after a start" {
	until_true 30 list_noted
	cp "$ELSEWHERE/new.crl" "$DIR/ca/root.crl"
	kill -HUP "$(cat "$DIR.pid")"
	until_true 20 grep -q 'reload.refused.*older list' "$DIR.log"
	root_list_served "$ELSEWHERE/last.crl"
	refute checked
	grep -q 'an older list.*which the database keeps, is served instead' "$WORK/check"
	restart_waiting
	until_true 30 grep -q 'root_list.old.*the newest, which the database keeps, is served' "$DIR.log"
	root_list_served "$ELSEWHERE/last.crl"
	until_true 20 not_ready_for 'the root has revoked the issuing CA'
	refute not_ready_for 'an older revocation list of the root was put back'
	curl -sS "http://localhost:$PORT_OPS/metrics" | grep -x 'counterfoil_root_crl_file_old 1'
	refute checked
	grep -q 'an older list.*which the database keeps, is served instead' "$WORK/check"
	# no command believes the file either
	refused 6 'the root has revoked the issuing CA' "$DAEMON" admin new --config "$DIR/counterfoil.conf" --name Dora --role support \
		--out "$WORK/dora.p12"
	elsewhere root-crl --crl new.crl --out forgets.crl
	refused 4 'does not say, as the list here does' here root-crl --install "$ELSEWHERE/forgets.crl"
	refused 4 'older' here root-crl --install "$ELSEWHERE/new.crl"
}

list_entries() { openssl crl -inform DER -in "$1" -noout -text | grep -c 'Serial Number:'; }
@test "what was served can be put back, and the next list of the root says all of it, whatever the file says" {
	local before
	before=$(list_entries "$ELSEWHERE/last.crl")
	curl -sSf -o "$WORK/served.crl" "$STATUS/crl/root.crl"
	here root-crl --install "$WORK/served.crl"
	cmp "$DIR/ca/root.crl" "$ELSEWHERE/last.crl"
	file_sound() { curl -sS "http://localhost:$PORT_OPS/metrics" | grep -xq 'counterfoil_root_crl_file_old 0'; }
	until_true 20 file_sound
	cp "$ELSEWHERE/new.crl" "$DIR/ca/root.crl"
	refute equal "$(list_entries "$DIR/ca/root.crl")" "$before" 'entries of the older one'
	refused 4 'the list that was served last says' here root-crl --crl "$ELSEWHERE/new.crl" --root-key "$ELSEWHERE/root.key"
	here root-crl --root-key "$ELSEWHERE/root.key" --root-pass-fd 9 9<"$PASS"
	grep -q 'is an older list' "$WORK/log"
	equal "$(list_entries "$DIR/ca/root.crl")" "$before" 'entries of the next one'
	until_true 20 root_list_served "$DIR/ca/root.crl"
}

@test "without the kept list, or with one that is damaged, the file's is served and the alarm says what that means" {
	local root
	root=$(openssl x509 -in "$DIR/ca/root.pem" -outform DER | sha256sum | cut -d' ' -f1)
	equal "$(database "SELECT count(*) FROM crl WHERE issuer = '$root'")" 1 'kept lists'
	hold_installation
	database "UPDATE crl SET der = substr(der, 1, 200) WHERE issuer = '$root'"
	cp "$ELSEWHERE/new.crl" "$DIR/ca/root.crl"
	release_installation
	until_true 30 not_ready_for 'an older revocation list of the root was put back'
	root_list_served "$ELSEWHERE/new.crl"
	grep -q 'root_list.old.*trusted again' "$DIR.log"
	refute checked
	grep -q 'an older list.*trusted again' "$WORK/check"
	refute grep -q 'is served instead' "$WORK/check"
}
