# lib: what every flow test stands on: a real installation on loopback, driven only from outside.
# shellcheck shell=bash disable=SC2034,SC2120

ROOT=$(cd "${BATS_TEST_DIRNAME}/../.." && pwd)
BUILD=${BUILD:-$ROOT/build}
DAEMON=${DAEMON:-$BUILD/test/counterfoild}
COMMAND=$BUILD/counterfoil

# until_true SECONDS TRY...: try until it succeeds; fail loudly after SECONDS.
until_true() {
	local limit=$((SECONDS + $1))
	shift
	while ! "$@"; do
		if [ "$SECONDS" -ge "$limit" ]; then
			echo "never became true: $*" >&2
			return 1
		fi
		sleep 0.05
	done
}

# equal HAD WANTED WHAT
equal() {
	[ "$1" = "$2" ] && return 0
	printf '%s: wanted [%s], had [%s]\n' "${3:-value}" "$2" "$1" >&2
	return 1
}

# refute COMMAND...: it must not succeed (a bare `!` would not fail a test).
refute() {
	if "$@"; then
		echo "should not succeed: $*" >&2
		return 1
	fi
}

ready() { [ "$(curl -s -o /dev/null -w '%{http_code}' "http://localhost:$PORT_OPS/readyz")" = 200 ]; }

load_environment() {
	# shellcheck disable=SC1090,SC1091
	. "$DIR.env"
	PUBLIC=https://localhost:$PORT_PUBLIC
	MEMBERS=https://localhost:$PORT_MEMBERS
	STATUS=http://localhost:$PORT_STATUS
	CA=$DIR/ca/root.pem
}

# In setup_file: an installation of this file's own. HOOK may hold shell text that changes it ($1) before the daemon starts.
start_installation() {
	# what a person's own machine may have set does not count here
	export XDG_CONFIG_HOME=$BATS_FILE_TMPDIR/config
	unset COUNTERFOIL_SERVER COUNTERFOIL_IDENTITY COUNTERFOIL_CA COUNTERFOIL_PASSWORD_FILE
	export DIR=$BATS_FILE_TMPDIR/installation
	export COUNTERFOIL_TEST_CLOCK=$BATS_FILE_TMPDIR/clock
	echo 0 >"$COUNTERFOIL_TEST_CLOCK"
	INSTALLATION_HOOK=${HOOK:-} "$BUILD/tools/sockets" -- "$ROOT/tests/support/installation" "$DIR" "$DAEMON" \
		3>&- </dev/null >"$BATS_FILE_TMPDIR/installation.log" 2>&1 &
	echo $! >"$BATS_FILE_TMPDIR/pid"
	until_true 60 test -e "$DIR.env" || { cat "$BATS_FILE_TMPDIR/installation.log" "$DIR.init-log" >&2; return 1; }
	load_environment
	until_true 60 ready || { tail -50 "$DIR.log" >&2; return 1; }
	openssl pkcs12 -in "$DIR/admin.p12" -passin "file:$DIR.admin-password" -nodes -out "$BATS_FILE_TMPDIR/administrator.pem" 2>/dev/null
}

stop_installation() {
	[ -e "$BATS_FILE_TMPDIR/pid" ] || return 0
	local pid
	pid=$(cat "$BATS_FILE_TMPDIR/pid")
	kill "$pid" 2>/dev/null || true
	until_true 20 sh -c "! kill -0 $pid 2>/dev/null" || kill -9 "$pid"
	no_findings "$DIR.log" "$DIR.init-log"
}

# What a sanitizer's run-time found in the daemon stands in its log: it fails the file that provoked it.
no_findings() {
	refute grep -hsE -A 40 'ERROR: (Address|Leak)Sanitizer|WARNING: ThreadSanitizer|LeakSanitizer|runtime error:|ThreadSanitizer: ' "$@" >&2
}

# Stop the daemon and start it again on the same sockets.
restart_installation() {
	local old
	old=$(cat "$DIR.pid")
	touch "$DIR.again"
	kill "$old"
	until_true 30 restarted "$old"
	until_true 30 ready
}
# Stop the daemon and leave it so, with the sockets open; release_installation starts it again (ready or not).
hold_installation() {
	local old
	old=$(cat "$DIR.pid")
	touch "$DIR.again" "$DIR.hold"
	kill "$old"
	until_true 30 test ! -e "$DIR.pid"
}
release_installation() {
	rm -f "$DIR.hold"
	until_true 30 test -e "$DIR.pid"
}
# The same, of one that does not become ready.
restart_waiting() {
	hold_installation
	release_installation
	until_true 30 answering
}
answering() { curl -s -o /dev/null "http://localhost:$PORT_OPS/healthz"; }
restarted() { [ -e "$DIR.pid" ] && [ "$(cat "$DIR.pid")" != "$1" ]; }

move_clock() { echo "$1" >"$COUNTERFOIL_TEST_CLOCK"; }

# In setup: names for the running test.
setup() {
	[ ! -e "$DIR.env" ] || load_environment
	WORK=$BATS_TEST_TMPDIR
}

# as WHO METHOD PATH [JSON]: sets STATUS_CODE and BODY.
as() {
	local who=$1 method=$2 path=$3
	shift 3
	local data=()
	[ $# -eq 0 ] || data=(-H 'Content-Type: application/json' --data-binary "$1")
	STATUS_CODE=$(curl -sS --cacert "$CA" --cert "$BATS_FILE_TMPDIR/$who.pem" -X "$method" -o "$WORK/body" -w '%{http_code}' \
		"${data[@]}" "$MEMBERS$path")
	BODY=$(cat "$WORK/body")
}
api() { as administrator "$@"; }
field() { jq -r "$1" <<<"$BODY"; }

# visit METHOD URL CURL-ARGUMENT...: the public listener as a recipient's tool; sets STATUS_CODE and BODY.
visit() {
	local method=$1 url=$2
	shift 2
	STATUS_CODE=$(curl -sS --cacert "$CA" -X "$method" -o "$WORK/body" -D "$WORK/head" -w '%{http_code}' \
		-H 'Accept: application/json' "$@" "$url")
	BODY=$(tr -d '\0' <"$WORK/body")
}

# exits WANTED COMMAND...: runs it with output and error together in $output
exits() {
	local wanted=$1
	shift
	run "$@"
	equal "$status" "$wanted" "exit code of $* ($output)"
}

# staff_member WHO ROLE: a further member of staff, by the break-glass way.
staff_member() {
	"$DAEMON" admin new --config "$DIR/counterfoil.conf" --name "$1" --role "$2" --out "$BATS_FILE_TMPDIR/$1.p12" \
		>"$BATS_FILE_TMPDIR/$1.password" 2>"$BATS_FILE_TMPDIR/$1.log" || { cat "$BATS_FILE_TMPDIR/$1.log" >&2; return 1; }
	openssl pkcs12 -in "$BATS_FILE_TMPDIR/$1.p12" -passin "file:$BATS_FILE_TMPDIR/$1.password" -nodes \
		-out "$BATS_FILE_TMPDIR/$1.pem" 2>/dev/null
}

# The directory that the tests order for.
make_directory() {
	WORK=$BATS_FILE_TMPDIR
	api POST /v1/organisations '{"slug":"nordbank","name":"Nordbank"}'
	equal "$STATUS_CODE" 201 organisation
	api POST /v1/services '{"organisation":"nordbank","slug":"document-archive","name":"Document archive"}'
	equal "$STATUS_CODE" 201 service
	api POST /v1/services '{"organisation":"nordbank","slug":"payments","name":"Payments"}'
	api POST /v1/clients '{"organisation":"nordbank","service":"document-archive","slug":"e-banking","name":"e-banking","several":true}'
	equal "$STATUS_CODE" 201 client
	api POST /v1/contacts '{"organisation":"nordbank","name":"Kari Nordmann","email":"kari@nordbank.example","mobile":"+4791234567"}'
	equal "$STATUS_CODE" 201 contact
}

spool_since() { find "$DIR/spool" -name "*-$1-*.txt" -newer "$WORK/marker" 2>/dev/null | sort | tail -1; }
has_message() { [ -n "$(spool_since "$1")" ]; }
message_count() { find "$DIR/spool" -name "*-$1-*.txt" | wc -l; }
mark() { touch "$WORK/marker"; sleep 0.02; }

# new_order: sets ORDER, LINK, CODE.
new_order() {
	mark
	api POST /v1/orders "{\"organisation\":\"nordbank\",\"service\":\"document-archive\",\"client\":\"e-banking\",\"contact\":\"kari@nordbank.example\"${1:+,$1}}"
	equal "$STATUS_CODE" 201 "order: $BODY"
	ORDER=$(field .id)
	read_messages
}
read_link() { LINK=$(grep -ohE "$PUBLIC/d/[A-Za-z0-9_-]{22}" "$(spool_since link)" | head -1); }
read_code() { CODE=$(grep -ohE '#[2-9A-HJ-NP-Z]{8}' "$(spool_since code)" | head -1 | tr -d '#'); }
read_messages() {
	until_true 20 has_message link
	until_true 20 has_message code
	read_link
	read_code
	[ -n "$LINK" ] && [ -n "$CODE" ]
}
read_password() {
	until_true 20 has_message password
	PASSWORD=$(grep -ohE '[2-9A-HJ-NP-Z]{4}(-[2-9A-HJ-NP-Z]{4}){5}' "$(spool_since password)" | head -1)
	[ -n "$PASSWORD" ]
}

order_state() {
	api GET "/v1/orders/$ORDER"
	field .state
}
state_is() { [ "$(order_state)" = "$1" ]; }

# claim: the right code; sets CLAIM. prepared: waits until the file is made.
claim() {
	visit POST "$LINK/code" -d "code=$CODE"
	equal "$STATUS_CODE" 200 "code: $BODY"
	CLAIM=$(field .claim)
	[ -n "$CLAIM" ] && [ "$CLAIM" != null ]
}
bearer() { visit "$1" "$2" -H "Authorization: Bearer $CLAIM" "${@:3}"; }
prepare_once() { bearer POST "$LINK/prepare"; [ "$STATUS_CODE" = 200 ] && [ "$(field .ready)" = true ]; }
fetch() { # fetch ENCODING FILE
	until_true 30 prepare_once
	STATUS_CODE=$(curl -sS --cacert "$CA" -H "Authorization: Bearer $CLAIM" -o "$2" -D "$WORK/head" -w '%{http_code}' \
		"$LINK/package/$1")
	equal "$STATUS_CODE" 200 package
}
acknowledge() { # acknowledge FILE
	bearer POST "$LINK/received" -d "sha256=$(sha256sum "$1" | cut -d' ' -f1)"
}
open_package() { openssl pkcs12 -in "$1" -passin "pass:$PASSWORD" -nodes -out "$2" 2>"$WORK/openssl.log"; }

# digits_40, serial_of FILE.pem: as the product writes it; OpenSSL leaves leading zero octets out (one serial in 256).
digits_40() { tr 'A-F' 'a-f' | sed -e :a -e 's/^.\{1,39\}$/0&/;ta'; }
serial_of() { openssl x509 -in "$1" -noout -serial | cut -d= -f2 | digits_40; }
# crl_text_lists SERIAL: on standard input, `openssl crl -text`.
crl_text_lists() { tr 'A-F' 'a-f' | grep -i "number: $(sed 's/^\(00\)*//' <<<"$1")\$" >/dev/null; }

# collect_whole FILE.pem: an order from beginning to end.
collect_whole() {
	new_order
	claim
	fetch modern "$WORK/package.p12"
	acknowledge "$WORK/package.p12"
	equal "$STATUS_CODE" 200 "acknowledge: $BODY"
	read_password
	open_package "$WORK/package.p12" "$1"
	SERIAL=$(serial_of "$1")
}

database() { sqlite3 -cmd '.timeout 5000' "$DIR/counterfoil.db" "$@"; }
child_pid() { pgrep -P "$(cat "$DIR.pid")" -f "role $1"; }

# A sanitizer's allocator keeps what is freed, on purpose, and all takes several times as long.
# (grep reads to the end: ldd dying of a closed pipe would count as "no".)
sanitized() { ldd "$DAEMON" | grep -E 'lib(a|t)san' >/dev/null; }

# Only root may read another process's memory. A search that is left out is said.
memory_readable() {
	local why=
	[ "$(id -u)" = 0 ] || why='not root'
	! sanitized || why='a sanitizer keeps what is freed'
	[ -n "$why" ] || return 0
	echo "# memory not searched: $why" >&3
	return 1
}
