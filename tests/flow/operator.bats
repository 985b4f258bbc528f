#!/usr/bin/env bats
# What the operator of the host does: init, check, run, admin. Refusals first: a wrong step must touch nothing.

# shellcheck disable=SC2030,SC2031
load lib

setup() {
	WORK=$BATS_TEST_TMPDIR
	DIR=$WORK/cf
	export COUNTERFOIL_TEST_CLOCK=$WORK/clock
	echo 0 >"$COUNTERFOIL_TEST_CLOCK"
	printf 'correct horse battery\n' >"$WORK/pass"
}

teardown() {
	[ -e "$WORK/pid" ] || return 0
	kill "$(cat "$WORK/pid")" 2>/dev/null || true
	until_true 20 ended "$(cat "$WORK/pid")" || kill -9 "$(cat "$WORK/pid")"
}
ended() { ! grep -q '^State:[[:space:]]*[^Z]' "/proc/$1/status" 2>/dev/null; }

anywhere=(--listen-public 127.0.0.1:0 --listen-members 127.0.0.1:0 --listen-status 127.0.0.1:0 --listen-ops 127.0.0.1:0)

# init ARGUMENT...: with the pass phrase on descriptor 7; sets RC, leaves out and err.
init() {
	RC=0
	"$DAEMON" init "$@" --root-pass-fd 7 7<"$WORK/pass" >"$WORK/out" 2>"$WORK/err" || RC=$?
}
make_one() { init "$DIR" "${anywhere[@]}" && equal "$RC" 0 "init: $(cat "$WORK/err")"; }

check() {
	RC=0
	"$DAEMON" check --config "$DIR/counterfoil.conf" >"$WORK/out" 2>"$WORK/err" || RC=$?
}

# Start the daemon; its log is $WORK/log. run_until RC waits for its end instead.
run_daemon() {
	"$DAEMON" run --config "$DIR/counterfoil.conf" 3>&- </dev/null >"$WORK/stdout" 2>"$WORK/log" &
	echo $! >"$WORK/pid"
	until_true 30 grep -q '"event":"ready"' "$WORK/log"
}
run_refused() {
	RC=0
	timeout 60 "$DAEMON" run --config "$DIR/counterfoil.conf" 3>&- </dev/null >"$WORK/stdout" 2>"$WORK/log" || RC=$?
}
set_key() { sed -i "/^\[$1\]/,/^\[/s|^$2 = .*|$2 = $3|" "$DIR/counterfoil.conf"; }
nothing_left() { equal "$(find "$WORK" -maxdepth 1 -name 'cf*')" '' 'left behind'; }
refuse() { if "$@" 2>/dev/null; then echo "succeeded: $*" >&2; return 1; fi; } # a bare "! ..." cannot fail a test
says() { grep -qF -- "$1" "$2" || { echo "wanted [$1] in:" >&2; cat "$2" >&2; return 1; }; }

@test "init refuses a folder that is not empty, and touches nothing" {
	mkdir "$DIR"
	echo precious >"$DIR/file"
	init "$DIR"
	equal "$RC" 4 'exit status'
	equal "$(ls -A "$DIR")" file contents
	equal "$(cat "$DIR/file")" precious contents
	equal "$(find "$WORK" -maxdepth 1 -name 'cf.new*')" '' 'left behind'
}

@test "init without a terminal and without --root-pass-fd makes nothing" {
	RC=0
	setsid -w "$DAEMON" init "$DIR" </dev/null >"$WORK/out" 2>"$WORK/err" || RC=$?
	equal "$RC" 2 'exit status'
	nothing_left
}

@test "init refuses a short pass phrase, a closed descriptor and what is no number" {
	printf 'too short\n' >"$WORK/pass"
	init "$DIR"
	equal "$RC" 2 'short pass phrase'
	RC=0
	"$DAEMON" init "$DIR" --root-pass-fd 77 >"$WORK/out" 2>"$WORK/err" || RC=$?
	equal "$RC" 2 'closed descriptor'
	RC=0
	"$DAEMON" init "$DIR" --root-pass-fd seven >"$WORK/out" 2>"$WORK/err" || RC=$?
	equal "$RC" 2 'no number'
	nothing_left
}

@test "init that fails half-way leaves nothing" {
	init "$DIR" --host 'not a host'
	[ "$RC" -ne 0 ]
	nothing_left
	init "$DIR" --domain 'Not A Domain'
	[ "$RC" -ne 0 ]
	nothing_left
	init "$DIR" --listen-public nowhere
	equal "$RC" 2 'bad listener'
	says 'public.listen = nowhere' "$WORK/err"
	nothing_left
	init "$DIR" --status-url https://localhost:8080
	equal "$RC" 2 'status over https'
	nothing_left
	init "$DIR" --admin $'evil\u202ename'
	equal "$RC" 2 'bidi in a name'
	nothing_left
}

@test "init makes a whole installation, private where it must be" {
	make_one
	equal "$(stat -c %a "$DIR" "$DIR/keys" "$DIR/spool" | xargs)" '700 700 700' folders
	equal "$(find "$DIR/keys" "$DIR/ca/root.key" "$DIR/admin.p12" "$DIR/journal" "$DIR/counterfoil.db" -type f ! -perm 600)" \
		"$DIR/keys/courier.pem" 'files others may read'
	equal "$(wc -l <"$WORK/out")" 1 'lines on stdout'
	[[ $(cat "$WORK/out") =~ ^([2-9A-HJ-NP-Z]{4}-){5}[2-9A-HJ-NP-Z]{4}$ ]]
	refuse grep -qF "$(cat "$WORK/out")" "$WORK/err"
	openssl pkcs12 -in "$DIR/admin.p12" -passin "file:$WORK/out" -nokeys -clcerts 2>/dev/null |
		openssl x509 -out "$WORK/admin.pem"
	for leaf in "$WORK/admin.pem" "$DIR/tls/public.pem" "$DIR/tls/members.pem"; do
		openssl verify -x509_strict -CAfile "$DIR/ca.pem" -untrusted "$DIR/ca/issuing.pem" "$leaf"
	done
	openssl crl -inform DER -in "$DIR/ca/root.crl" -CAfile "$DIR/ca.pem" -noout
	openssl pkey -in "$DIR/ca/root.key" -passin "file:$WORK/pass" -noout
	refuse openssl pkey -in "$DIR/ca/root.key" -passin pass:wrong-pass-phrase -noout
	equal "$(jq -r .op "$DIR/journal" | sort | uniq -c | xargs)" '3 done 3 intent' journal
	equal "$(sqlite3 "$DIR/counterfoil.db" 'SELECT kind FROM certificate ORDER BY kind' | xargs)" 'server server staff' certificates
	check
	equal "$RC" 0 "check: $(grep FAULT "$WORK/out")"
	says 'root.key is still here' "$WORK/out"
}

@test "init fills an empty folder, and names its hosts in the certificates" {
	mkdir "$DIR"
	init "$DIR/" --public-url 'https://[::1]:8443' --members-url https://ca.example:9443 --host 127.0.0.1 --host more.example
	equal "$RC" 0 "init: $(cat "$WORK/err")"
	openssl x509 -in "$DIR/tls/public.pem" -noout -checkip ::1 | grep -q 'does match'
	openssl x509 -in "$DIR/tls/members.pem" -noout -checkhost ca.example | grep -q 'does match'
	openssl x509 -in "$DIR/tls/members.pem" -noout -checkip 127.0.0.1 | grep -q 'does match'
	openssl x509 -in "$DIR/tls/public.pem" -noout -checkhost more.example | grep -q 'does match'
}

@test "check names the line of a misspelled key" {
	make_one
	sed -i 's/^link_life/link_lfe/' "$DIR/counterfoil.conf"
	check
	equal "$RC" 2 'exit status'
	says 'unknown key order.link_lfe; did you mean order.link_life?' "$WORK/err"
	says "counterfoil.conf:$(grep -n link_lfe "$DIR/counterfoil.conf" | cut -d: -f1):" "$WORK/err"
}

@test "check finds open keys, mixed pairs, missing files and ended lists, all at once" {
	make_one
	chmod 644 "$DIR/keys/code.key"
	cp "$DIR/keys/members.key" "$DIR/keys/public.key"
	rm "$DIR/keys/courier.pem"
	chmod 755 "$DIR/spool"
	echo $((366 * 86400)) >"$COUNTERFOIL_TEST_CLOCK"
	check
	equal "$RC" 2 'exit status'
	says 'chmod 600' "$WORK/out"
	says 'public.key is not the key of' "$WORK/out"
	says 'courier.pem: No such file' "$WORK/out"
	says 'root.crl ended on' "$WORK/out"
	says 'tls/public.pem ended on' "$WORK/out"
	says 'chmod 700' "$WORK/out"
}

@test "run refuses an open key, a missing journal, a busy port, a missing socket and a wrong configuration" {
	make_one
	mv "$DIR/journal" "$DIR/journal.away"
	run_refused
	equal "$RC" 2 'missing journal'
	says 'installation.journal' "$WORK/log"
	refute test -e "$DIR/journal"
	check
	equal "$RC" 2 'check without a journal'
	mv "$DIR/journal.away" "$DIR/journal"
	chmod 640 "$DIR/keys/parcel.key"
	run_refused
	equal "$RC" 2 'open key'
	says 'chmod 600' "$WORK/log"
	chmod 600 "$DIR/keys/parcel.key"
	set_key status listen fd
	run_refused
	equal "$RC" 2 'missing socket'
	says 'status.listen = fd' "$WORK/log"
	set_key status listen 192.0.2.1:80
	run_refused
	equal "$RC" 2 'not our address'
	set_key status listen 127.0.0.1:0
	set_key order code_tries 99
	run_refused
	equal "$RC" 2 'out of bounds'
	says 'wanted 1 to 10 tries' "$WORK/log"
	equal "$(cat "$WORK/stdout")" '' stdout
}

@test "run gives up when its processes die before they are ready" {
	make_one
	echo nonsense >"$DIR/keys/issuing.key"
	run_refused
	equal "$RC" 1 'exit status'
	says '"event":"start.failed"' "$WORK/log"
}

@test "one daemon runs on a folder, speaks on stderr alone, and stops in order" {
	make_one
	run_daemon
	"$DAEMON" run --config "$DIR/counterfoil.conf" 3>&- </dev/null >"$WORK/stdout2" 2>"$WORK/log2" && return 1
	equal "$?" 4 'second daemon'
	says "process $(cat "$WORK/pid")" "$WORK/log2"
	kill "$(cat "$WORK/pid")"
	RC=0
	wait "$(cat "$WORK/pid")" || RC=$?
	equal "$RC" 0 'exit status'
	equal "$(jq -r 'select(.event == "child.stopped") | .role' "$WORK/log" | xargs)" 'front clerk courier signer' order
	equal "$(jq -r 'select(.event == "child.died" or .event == "child.killed") | .role' "$WORK/log")" '' 'unwilling children'
	equal "$(cat "$WORK/stdout")" '' stdout
	jq -e . "$WORK/log" >/dev/null
}

@test "every child is walled in" {
	make_one
	run_daemon
	equal "$(pgrep -P "$(cat "$WORK/pid")" | wc -l)" 4 children
	for pid in $(pgrep -P "$(cat "$WORK/pid")"); do
		grep -q '^Seccomp:[[:space:]]*2' "/proc/$pid/status"
		grep -q '^NoNewPrivs:[[:space:]]*1' "/proc/$pid/status"
		grep -q '^Max core file size *0 *0 ' "/proc/$pid/limits"
	done
	equal "$(files_of signer)" 'journal' 'files that the signer holds'
	equal "$(files_of courier)" '' 'files that the courier holds'
	equal "$(files_of clerk)" 'counterfoil.db counterfoil.db-shm counterfoil.db-wal counterfoil.db.lock' 'files that the clerk holds'
	equal "$(files_of front)" 'counterfoil.db counterfoil.db-shm counterfoil.db-wal counterfoil.db.lock' 'files that the front holds'
}
files_of() {
	local pid
	pid=$(pgrep -P "$(cat "$WORK/pid")" -f "role $1")
	find "/proc/$pid/fd" -lname "$DIR/*" -printf '%l\n' | sed "s|^$DIR/||" | sort -u | xargs
}

@test "one order to stop that arrives twice is one order" {
	make_one
	run_daemon
	# Both wait for it as it goes on, however fast it would have gone at the first.
	for signal in STOP TERM INT CONT; do kill "-$signal" "$(cat "$WORK/pid")"; done
	until_true 5 grep -q '"event":"stopping"' "$WORK/log"
	kill "$(cat "$WORK/pid")" 2>/dev/null || true
	RC=0
	wait "$(cat "$WORK/pid")" || RC=$?
	equal "$RC" 0 'exit status'
	equal "$(jq -r 'select(.event == "child.killed") | .role' "$WORK/log")" '' 'children that were cut'
}

@test "a reload takes the new certificate of a listener, and refuses a broken one" {
	make_one
	run_daemon
	port=$(jq -r 'select(.listener == "public") | .port' "$WORK/log" | head -1)
	seen() { openssl s_client -connect "127.0.0.1:$port" </dev/null 2>/dev/null | openssl x509 -noout -serial 2>/dev/null; }
	before=$(seen)
	mv "$DIR/tls/public.pem" "$WORK/kept.pem"
	kill -HUP "$(cat "$WORK/pid")"
	until_true 10 grep -q '"event":"reload.refused"' "$WORK/log"
	equal "$(seen)" "$before" 'after a refused reload'
	cp "$DIR/tls/members.pem" "$DIR/tls/public.pem"
	cp "$DIR/keys/members.key" "$DIR/keys/public.key"
	kill -HUP "$(cat "$WORK/pid")"
	wanted=$(openssl x509 -in "$DIR/tls/members.pem" -noout -serial)
	reloaded() { [ "$(seen)" = "$wanted" ]; }
	until_true 20 reloaded
}

# One that names another root would end every front that is given it.
@test "a reload refuses a list of another root, and everybody goes on with the old one" {
	make_one
	run_daemon
	port=$(jq -r 'select(.listener == "status") | .port' "$WORK/log" | head -1)
	served() { curl -sf -m 5 "http://127.0.0.1:$port/crl/root.crl" -H "Host: localhost:$port" | sha256sum; }
	before=$(served)
	front=$(pgrep -P "$(cat "$WORK/pid")" -f 'role front')
	cp "$DIR/ca/root.crl" "$WORK/kept.crl"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=Another -keyout "$WORK/another.key" -out "$WORK/another.pem" 2>"$WORK/openssl.log"
	printf '[ca]\ndefault_ca = one\n[one]\ndatabase = %s\ndefault_md = sha256\ndefault_crl_days = 30\n' "$WORK/index" >"$WORK/crl.conf"
	: >"$WORK/index"
	openssl ca -config "$WORK/crl.conf" -gencrl -keyfile "$WORK/another.key" -cert "$WORK/another.pem" 2>"$WORK/openssl.log" |
		openssl crl -outform DER -out "$DIR/ca/root.crl"
	kill -HUP "$(cat "$WORK/pid")"
	until_true 10 grep -q '"event":"reload.refused".*root.crl: .*not one of a trusted root' "$WORK/log"
	head -c 100 "$WORK/kept.crl" >"$DIR/ca/root.crl"
	kill -HUP "$(cat "$WORK/pid")"
	until_true 10 grep -q '"event":"reload.refused".*root.crl: .*neither DER nor PEM' "$WORK/log"
	equal "$(served)" "$before" 'the list that is served'
	equal "$(pgrep -P "$(cat "$WORK/pid")" -f 'role front')" "$front" 'the front'
	equal "$(jq -r 'select(.event == "child.died" or .event == "child.stopped") | .role' "$WORK/log")" '' 'children that ended'
	cp "$WORK/kept.crl" "$DIR/ca/root.crl"
	kill -HUP "$(cat "$WORK/pid")"
	until_true 10 grep -q '"event":"reload"' "$WORK/log"
}

@test "check explains each profile, and a fault in one names its line" {
	make_one
	equal "$(cd "$DIR/profiles" && ls | xargs)" 'client.profile issuing.profile ocsp.profile root.profile server.profile staff.profile' files
	check
	equal "$RC" 0 'exit status'
	says 'profile client: an application that calls a service of its organisation' "$WORK/out"
	says 'it lives at most 730 days, and is for digitalSignature, clientAuth' "$WORK/out"
	says 'profile root: the anchor of trust' "$WORK/out"
	echo '[colour]' >>"$DIR/profiles/client.profile"
	echo 'of = gold' >>"$DIR/profiles/client.profile"
	check
	equal "$RC" 2 'exit status'
	says "$DIR/profiles/client.profile:36: unknown section [colour]; there are profile, key, life" "$WORK/out"
	run_refused
	[ "$RC" -ne 0 ]
	says 'client.profile:36: unknown section' "$WORK/log"
}

@test "a profile that others may write is refused; without a file the built-in one holds" {
	make_one
	chmod 664 "$DIR/profiles/ocsp.profile"
	check
	equal "$RC" 2 'exit status'
	says "chmod 644 $DIR/profiles/ocsp.profile" "$WORK/out"
	run_refused
	equal "$RC" 2 'exit status of run'
	chmod 644 "$DIR/profiles/ocsp.profile"
	for mode in 664 646; do # those that only commands on the host read, too
		chmod "$mode" "$DIR/profiles/staff.profile"
		check
		equal "$RC" 2 "exit status, staff.profile of mode $mode"
		says "staff.profile may be written by others: chmod 644 $DIR/profiles/staff.profile" "$WORK/out"
		RC=0
		"$DAEMON" admin new --config "$DIR/counterfoil.conf" --name Eve --role auditor --out "$WORK/eve.p12" 2>"$WORK/err" || RC=$?
		[ "$RC" -ne 0 ]
		says "chmod 644 $DIR/profiles/staff.profile" "$WORK/err"
	done
	rm -r "$DIR/profiles"
	sed -i '/^\[profiles\]/,/^\[/s|^\([a-z]*\) = .*|\1 =|' "$DIR/counterfoil.conf"
	check
	equal "$RC" 0 "check: $(cat "$WORK/out")"
	says 'profiles.client: the built-in one' "$WORK/out"
	run_daemon
}

@test "what is made follows the profiles: the host's and the signer's" {
	make_one
	sed -i 's/^longest = .*/longest = 30d/; s/^OU = .*/OU = wardens/' "$DIR/profiles/staff.profile"
	sed -i 's/^made = .*/made = p384/' "$DIR/profiles/client.profile"
	run_daemon
	"$DAEMON" admin new --config "$DIR/counterfoil.conf" --name Eve --role administrator --out "$WORK/eve.p12" >"$WORK/eve" 2>"$WORK/err"
	openssl pkcs12 -in "$WORK/eve.p12" -passin "file:$WORK/eve" -nokeys -clcerts 2>/dev/null >"$WORK/eve.pem"
	openssl x509 -in "$WORK/eve.pem" -noout -subject | grep -q 'OU = wardens'
	openssl x509 -in "$WORK/eve.pem" -noout -checkend $((29 * 86400))
	refuse openssl x509 -in "$WORK/eve.pem" -noout -checkend $((31 * 86400))
	port=$(jq -r 'select(.listener == "members") | .port' "$WORK/log" | head -1)
	put() { # put PATH JSON
		curl -sS --cacert "$DIR/ca.pem" --cert-type P12 --cert "$WORK/eve.p12:$(cat "$WORK/eve")" \
			-H 'Content-Type: application/json' -d "$2" "https://localhost:$port/v1/$1"
	}
	put organisations '{"slug":"bank","name":"Bank"}' >/dev/null
	put services '{"organisation":"bank","slug":"pay","name":"Pay"}' >/dev/null
	put clients '{"organisation":"bank","service":"pay","slug":"app","name":"App"}' >/dev/null
	put contacts '{"organisation":"bank","name":"Kari","email":"kari@bank.example","mobile":"+4791234567"}' >/dev/null
	order='"organisation":"bank","service":"pay","client":"app","contact":"kari@bank.example"'
	put orders "{$order}" | jq -e '.detail | contains("does not take the key type p256")'
	sqlite3 "$DIR/counterfoil.db" 'SELECT record FROM audit' | jq -e 'select(.what == "certificate.refused") | .why | contains("p256")'
	put orders "{$order,\"key_type\":\"p384\"}" | jq -e '.id'
}

@test "a database of the version before is copied aside and brought up, and the daemon runs on it" {
	make_one
	sqlite3 "$DIR/counterfoil.db" <"$ROOT/tests/support/schema_12.sql"
	sqlite3 "$DIR/counterfoil.db" 'DROP TABLE moved; DROP INDEX contact_email; DROP INDEX orders_replaces; ALTER TABLE orders DROP COLUMN replaces; ALTER TABLE orders DROP COLUMN served; DROP INDEX orders_link; DROP INDEX orders_claim; DROP TABLE attempt; DROP INDEX message_dead; DROP INDEX message_lost; DROP INDEX message_kind_due; ALTER TABLE message DROP COLUMN delivered_at;
		ALTER TABLE message DROP COLUMN failed_at; ALTER TABLE message DROP COLUMN receipt; ALTER TABLE contact DROP COLUMN language;
		ALTER TABLE contact DROP COLUMN moved_at; ALTER TABLE staff DROP COLUMN email;
		DROP INDEX certificate_key; ALTER TABLE certificate DROP COLUMN key_hash; ALTER TABLE certificate DROP COLUMN request_hash; UPDATE meta SET value = 1 WHERE name = "schema_version"' >/dev/null
	equal "$(sqlite3 "$DIR/counterfoil.db" 'PRAGMA table_info(certificate)' | grep -c _hash)" 0 'columns before'
	run_daemon
	equal "$(sqlite3 "$DIR/counterfoil.db" 'SELECT count(*) FROM certificate WHERE length(key_hash) = 32')" 3 'keys that are known again'
	equal "$(find "$DIR" -name 'counterfoil.db.v1-*' | wc -l)" 1 copies
	equal "$(sqlite3 "$(find "$DIR" -name 'counterfoil.db.v1-*')" 'SELECT value FROM meta WHERE name = '"'schema_version'")" 1 'version of the copy'
	hash=$(openssl x509 -in "$DIR/tls/members.pem" -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -c1-64)
	equal "$(sqlite3 "$DIR/counterfoil.db" "SELECT count(*) FROM certificate WHERE lower(hex(key_hash)) = '$hash'")" 1 'the key of a listener'
}

@test "a database that lacks a column is not ready: log and check name the statement" {
	make_one
	check
	equal "$RC" 0 'check before'
	sqlite3 "$DIR/counterfoil.db" 'ALTER TABLE certificate RENAME COLUMN key_hash TO key_hush'
	check
	equal "$RC" 2 'check'
	says 'installation.database: the database does not fit this version of the program: statement ' "$WORK/out"
	run_refused
	[ "$RC" -ne 0 ]
	[ "$RC" -ne 124 ]
	refute grep '"event":"ready"' "$WORK/log"
	says '"event":"clerk.start_failed","error":"corrupt","why":"the database does not fit this version of the program: statement ' "$WORK/log"
}

@test "admin new refuses what it cannot make, and touches nothing" {
	make_one
	make() { RC=0; "$DAEMON" admin new --config "$DIR/counterfoil.conf" "$@" >"$WORK/out" 2>"$WORK/err" || RC=$?; }
	echo precious >"$WORK/taken.p12"
	make --name Eve --role administrator --out "$WORK/taken.p12"
	equal "$RC" 4 'file that exists'
	equal "$(cat "$WORK/taken.p12")" precious contents
	make --name Eve --role king --out "$WORK/eve.p12"
	equal "$RC" 2 'unknown role'
	make --name $'Eve\u200b' --role support --out "$WORK/eve.p12"
	equal "$RC" 2 'invisible character'
	make --name Eve --role support
	equal "$RC" 2 'no file'
	make --name Eve --role support --email eve@nowhere --out "$WORK/eve.p12"
	equal "$RC" 2 'no address'
	make --name Eve --role support --out "$WORK/nowhere/eve.p12"
	[ "$RC" -ne 0 ]
	equal "$(sqlite3 "$DIR/counterfoil.db" 'SELECT count(*) FROM staff')" 1 staff
	[ ! -e "$WORK/eve.p12" ]
}

@test "admin new makes no certificate that the lint refuses, and the audit says so" {
	make_one
	cp "$DIR/journal" "$WORK/journal"
	sed 's|^url = http://|url = https://|' "$DIR/counterfoil.conf" >"$DIR/changed.conf"
	RC=0
	"$DAEMON" admin new --config "$DIR/changed.conf" --name Eve --role auditor --out "$WORK/eve.p12" 2>"$WORK/err" || RC=$?
	equal "$RC" 1 'exit status'
	grep -q 'address in a certificate is not http://' "$WORK/err"
	[ ! -e "$WORK/eve.p12" ]
	cmp "$DIR/journal" "$WORK/journal"
	equal "$(sqlite3 "$DIR/counterfoil.db" 'SELECT count(*) FROM staff')" 1 staff
	sqlite3 "$DIR/counterfoil.db" 'SELECT record FROM audit' |
		jq -e 'select(.what == "certificate.refused") | .detail == "staff" and (.why | contains("http://")) and .who == "host"'
}

@test "a password that standard output did not take is a failure" {
	make_one
	RC=0
	"$DAEMON" admin new --config "$DIR/counterfoil.conf" --name Eve --role auditor --out "$WORK/eve.p12" >/dev/full 2>"$WORK/err" || RC=$?
	equal "$RC" 1 'exit status'
	grep -qF 'standard output' "$WORK/err"
}

@test "admin new works while the daemon runs, and says that the host did it" {
	make_one
	run_daemon
	"$DAEMON" admin new --config "$DIR/counterfoil.conf" --name Eve --role auditor --email eve@acme.example --out "$WORK/eve.p12" \
		>"$WORK/eve" 2>"$WORK/err"
	equal "$(stat -c %a "$WORK/eve.p12")" 600 mode
	port=$(jq -r 'select(.listener == "members") | .port' "$WORK/log" | head -1)
	curl -sS --cacert "$DIR/ca.pem" --cert-type P12 --cert "$WORK/eve.p12:$(cat "$WORK/eve")" "https://localhost:$port/v1/me" |
		jq -e '.role == "auditor" and .name == "Eve"'
	curl -sS --cacert "$DIR/ca.pem" --cert-type P12 --cert "$WORK/eve.p12:$(cat "$WORK/eve")" "https://localhost:$port/v1/staff" |
		jq -e '[.items[] | .name + " " + (.email // "-")] | contains(["Eve eve@acme.example"])'
	equal "$(sqlite3 "$DIR/counterfoil.db" "SELECT record FROM audit" | jq -r 'select(.what == "staff.added") | .who' | xargs)" \
		'host host' 'audit records'
	equal "$(tail -1 "$DIR/journal" | jq -r .op)" 'done' 'journal'
}
