#!/usr/bin/env bats
# SMS by gateways that answer as Twilio, Vonage, Infobip and a web service of one's own document it (tests/support/sms_gateway.py),
# with their faults: what the telephone gets, once, and what the staff sees.

load lib

ACCOUNT=AC0123456789abcdef0123456789abcdef
SECRET=s3cr3t-of-the-gateway
TEMPLATE='{"recipient":{to},"message":{text},"ref":{id},"by":{from},"report":{receipt}}'

setup_file() {
	make_gateway
	export COUNTERFOIL_TEST_CRASH=$BATS_FILE_TMPDIR/crash
	die_at
	start_installation
	make_directory
}

teardown_file() {
	stop_installation
	stop_gateway
}

# A CA of its own for the gateway, whose certificate names 127.0.0.1 alone.
make_gateway() {
	export GATEWAY=$BATS_FILE_TMPDIR/gateway
	mkdir -p "$GATEWAY"
	local name
	for name in right wrong; do
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=$name CA" \
			-keyout "$GATEWAY/$name-ca.key" -out "$GATEWAY/$name-ca.pem" 2>/dev/null
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=gateway -keyout "$GATEWAY/$name.key" 2>/dev/null |
			openssl x509 -req -CA "$GATEWAY/$name-ca.pem" -CAkey "$GATEWAY/$name-ca.key" -days 30 -CAcreateserial \
				-extfile <(echo subjectAltName=IP:127.0.0.1) -out "$GATEWAY/$name.pem" 2>/dev/null
	done
	# by the right CA, for somebody else
	cp "$GATEWAY/right.key" "$GATEWAY/another.key"
	openssl req -new -key "$GATEWAY/another.key" -subj /CN=gateway |
		openssl x509 -req -CA "$GATEWAY/right-ca.pem" -CAkey "$GATEWAY/right-ca.key" -days 30 -CAcreateserial \
			-extfile <(echo subjectAltName=IP:127.0.0.2,DNS:localhost) -out "$GATEWAY/another.pem" 2>/dev/null
	start_gateway right
}
start_gateway() { # start_gateway CERTIFICATE [PORT]
	rm -f "$GATEWAY/port"
	"$ROOT/tests/support/sms_gateway.py" "$GATEWAY" "$GATEWAY/$1.pem" "$GATEWAY/$1.key" ${2:+"$2"} 3>&- </dev/null >"$GATEWAY/log" 2>&1 &
	echo $! >"$GATEWAY/pid"
	until_true 20 test -e "$GATEWAY/port" || { cat "$GATEWAY/log" >&2; return 1; }
}
stop_gateway() {
	[ -e "$GATEWAY/pid" ] || return 0
	kill "$(cat "$GATEWAY/pid")" 2>/dev/null || true
	until_true 10 gateway_gone
	rm -f "$GATEWAY/pid"
}
gateway_gone() { ! kill -0 "$(cat "$GATEWAY/pid")" 2>/dev/null; }

setup() {
	load_environment
	WORK=$BATS_TEST_TMPDIR
	: >"$GATEWAY/fault"
	: >"$GATEWAY/sent"
	: >"$GATEWAY/asked"
}

# die_at [PLACE COUNT]: who passes it as the COUNTth from now dies there (tests/support/crash_injected.h).
die_at() { printf '%-63s\n' "$*" >"$COUNTERFOIL_TEST_CRASH"; }

set_key() { # set_key NAME VALUE: in the section delivery
	sed -i "/^\[delivery\]/,/^\[/s|^$1 = .*|$1 = $2|; /^\[delivery\]/,/^\[/s|^$1 =\$|$1 = $2|" "$DIR/counterfoil.conf"
	grep -q "^$1 = $2\$" "$DIR/counterfoil.conf"
}

# configure GATEWAY [PATIENCE [SMS-A-DAY]]
configure() {
	local port
	port=$(cat "$GATEWAY/port")
	umask 077
	echo "$SECRET" >"$DIR/keys/sms"
	echo the-key-that-signs-requests >"$DIR/keys/sms-signing"
	[ -e "$DIR/keys/receipts" ] || openssl rand -base64 32 >"$DIR/keys/receipts"
	set_key sms "$1"
	set_key sms_url "https://127.0.0.1:$port$([ "$1" != webhook ] || echo /hook)"
	set_key sms_account "$([ "$1" = twilio ] && echo "$ACCOUNT" || echo k3y)"
	set_key sms_sender Nordbank
	set_key sms_template "$TEMPLATE"
	set_key sms_secret keys/sms
	set_key sms_signing keys/sms-signing
	set_key sms_receipts keys/receipts
	set_key sms_ca "$GATEWAY/right-ca.pem"
	set_key patience "${2:-2s}"
	set_key sms_a_day "${3:-10000000}"
	set_key sms_contact_a_day "${3:-10000000}"
	set_key staff_mail staff@example.com
}
# use GATEWAY ...: the installation sends by it. Tests behind the first one of a gateway go on with it.
use() {
	[ "$(cat "$GATEWAY/used" 2>/dev/null)" != "$*" ] || return 0
	echo "$*" >"$GATEWAY/used"
	configure "$@"
	restart_installation
}

sent_count() { jq -s length "$GATEWAY/sent"; }
asked_count() { jq -s length "$GATEWAY/asked"; }
sent_is() { [ "$(sent_count)" -eq "$1" ]; }
sent() { jq -rs ".[$1].$2" "$GATEWAY/sent"; }

order_now() { # sets ORDER and LINK; the code is at the gateway
	mark
	api POST /v1/orders '{"organisation":"nordbank","service":"document-archive","client":"e-banking","contact":"kari@nordbank.example"}'
	equal "$STATUS_CODE" 201 "order: $BODY"
	ORDER=$(field .id)
	until_true 20 has_message link
	read_link
}
code_at_gateway() { CODE=$(sent -1 text | grep -oE '#[2-9A-HJ-NP-Z]{8}' | tr -d '#') && [ -n "$CODE" ]; }
messages() { api GET "/v1/orders/$ORDER" && jq -r ".messages[] | select(.kind == \"$1\") | .$2" <<<"$BODY"; }
message_is() { [ "$(messages "$1" state)" = "$2" ]; }
attempts() { api GET "/v1/orders/$ORDER" && jq -r '[.attempts[].outcome] | join(" ")' <<<"$BODY"; }
# Ten minutes later, as far as the daemon's clock goes: what waits is due.
later() { move_clock $(($(cat "$COUNTERFOIL_TEST_CLOCK") + ${1:-600})); }

fault_is() { [[ "$(messages code fault)" == *"$1"* ]]; }
no_fault_left() { ! grep -q . "$GATEWAY/fault"; }

# The telephone gets a code and then a password, once each, and the log has neither.
whole_thread() { # whole_thread GATEWAY
	: >"$GATEWAY/sent"
	order_now
	until_true 20 sent_is 1
	equal "$(sent 0 gateway)" "$1" gateway
	equal "$(sent 0 to)" +4791234567 number
	equal "$(sent 0 from)" Nordbank sender
	code_at_gateway
	claim
	fetch modern "$WORK/package.p12"
	acknowledge "$WORK/package.p12"
	until_true 20 sent_is 2
	PASSWORD=$(sent 1 text | grep -ohE '[2-9A-HJ-NP-Z]{4}(-[2-9A-HJ-NP-Z]{4}){5}')
	openssl pkcs12 -in "$WORK/package.p12" -passin "pass:$PASSWORD" -nokeys -out "$WORK/$1.pem"
	until_true 20 state_is password_sent
	equal "$(attempts)" "ok ok ok" "$1: attempts"
	api GET "/v1/orders/$ORDER"
	jq -e --arg reference "$(sent 0 reference)" '[.attempts[].reference] | index($reference)' <<<"$BODY" >/dev/null
	equal "$(database 'SELECT COUNT(*) FROM message WHERE sealed IS NOT NULL')" 0 "$1: sealed messages that are left"
	refute grep -qF -e "$CODE" -e "$PASSWORD" -e "$SECRET" -e 91234567 "$DIR.log"
	refute grep -rqaF -e "$CODE" -e "$PASSWORD" -e "$SECRET" "$DIR/spool" "$DIR/journal" "$DIR"/counterfoil.db*
	told token "${LINK##*/}" code "$CODE" password "$PASSWORD"
	"$COMMAND" order show "$ORDER" --server "$MEMBERS" --identity "$BATS_FILE_TMPDIR/administrator.pem" --ca "$CA" >"$WORK/sheet"
	grep -qE "ok +$(sent 0 reference)" "$WORK/sheet"
}

# told [WORD TEXT]...: for `forgotten`.
told() {
	while [ $# -gt 0 ]; do
		printf '%s %s\n' "$1" "$(printf %s "$2" | od -An -v -tx1 | tr -d ' \n')" >>"$WORK/told"
		shift 2
	done
}
# forgotten: when all has been sent, what was told is in nobody's memory, and the telephone's number and how the gateway knows
# us not in that of the courier, beyond the secret itself.
forgotten() {
	local role
	memory_readable || return 0
	for role in front signer clerk courier; do
		"$BUILD/tools/memory_search" "$(child_pid "$role")" <"$WORK/told"
	done
	told number 4791234567 app "App $SECRET" bearer "Bearer $SECRET" form "api_secret=$SECRET" \
		basic "$(printf '%s:%s' "$ACCOUNT" "$SECRET" | base64 -w0 | cut -c 9-60)"
	"$BUILD/tools/memory_search" "$(child_pid courier)" <"$WORK/told"
}

# Not now, and nothing is sent; then it is.
again_after() { # again_after FAULT
	: >"$GATEWAY/sent"
	echo "$1 1" >"$GATEWAY/fault"
	order_now
	until_true 20 no_fault_left
	until_true 20 fault_is :
	equal "$(messages code state)" waiting "state after $1"
	equal "$(sent_count)" 0 "sent in spite of $1"
	later 30
	until_true 20 message_is code sent
	equal "$(sent_count)" 1 "sent after $1"
}

# A plain no ends it; the staff sees it, and can send again.
dead_after_never() {
	: >"$GATEWAY/sent"
	echo 'never 1' >"$GATEWAY/fault"
	order_now
	until_true 20 message_is code dead
	equal "$(database "SELECT COUNT(*) FROM message WHERE order_id = '$ORDER' AND kind = 'code' AND sealed IS NOT NULL")" 0 sealed
	api GET /v1/status
	jq -e --arg order "$ORDER" '.failed[] | select(.order_id == $order and .kind == "code")' <<<"$BODY" >/dev/null
	refute grep -qF 91234567 "$WORK/body" # in spite of what the gateway says in words
	until_true 20 has_message dead
	grep -q '^To: staff@example.com$' "$(spool_since dead)"
	grep -q "order resend $ORDER" "$(spool_since dead)"
	refute grep -qE "91234567|#[2-9A-HJ-NP-Z]{8}" "$(spool_since dead)"
	equal "$(sent_count)" 0 sent
	api POST "/v1/orders/$ORDER/resend"
	until_true 20 sent_is 1
}

# Accepted, but the answer never came: how many the telephone gets.
times_after_hang() {
	: >"$GATEWAY/sent"
	echo 'hang 1' >"$GATEWAY/fault"
	order_now
	until_true 20 sent_is 1
	until_true 20 fault_is :
	code_at_gateway
	told token "${LINK##*/}" code "$CODE"
	later 30
	until_true 20 message_is code sent
	[[ "$(attempts)" == *timeout*ok* ]]
	TIMES=$(sent_count)
}

# report GATEWAY URL FATE: a receipt as the gateway documents it.
report() {
	local form=application/x-www-form-urlencoded json=application/json
	case $1.$3 in
	twilio.delivered) set -- "$2" "$form" 'MessageSid=SM1&MessageStatus=delivered' ;;
	twilio.failed) set -- "$2" "$form" 'MessageSid=SM1&MessageStatus=undelivered&ErrorCode=30003' ;;
	vonage.delivered) set -- "$2" "$json" '{"msisdn":"47","messageId":"0C","status":"delivered","err-code":"0"}' ;;
	vonage.failed) set -- "$2" "$form" 'msisdn=47&messageId=0C&status=failed&err-code=6' ;;
	infobip.delivered) set -- "$2" "$json" '{"results":[{"messageId":"x","status":{"groupId":3,"id":5}}]}' ;;
	infobip.failed) set -- "$2" "$json" '{"results":[{"messageId":"x","status":{"groupId":2,"id":9}}]}' ;;
	webhook.delivered) set -- "$2" "$json" '{"status":"delivered"}' ;;
	webhook.failed) set -- "$2" "$json" '{"status":"failed","code":"no-route"}' ;;
	esac
	visit POST "$1" -H "Content-Type: $2" -d "$3"
}
same_refusal() { jq -S 'del(.request)' <<<"$BODY" >"$WORK/refusal.$1" && equal "$STATUS_CODE" 403 "$1"; }

# What the gateway reports is shown at the order; what it has not signed with its address is not believed.
receipts() { # receipts GATEWAY, after whole_thread
	local url records
	url=$(sent 0 receipt)
	report "$1" "$url" failed
	equal "$STATUS_CODE" 200 failed
	[ "$(messages code failed_at)" != null ]
	[ -n "$(messages code receipt)" ]
	api GET /v1/outbox
	jq -e --arg order "$ORDER" '.dead[] | select(.order_id == $order and .failed_at)' <<<"$BODY" >/dev/null
	report "$1" "$url" delivered
	equal "$STATUS_CODE" 200 delivered
	records=$(database 'SELECT COUNT(*) FROM audit')
	for _ in 1 2 3; do
		report "$1" "$url" delivered
		equal "$STATUS_CODE" 200 again
		report "$1" "$url" failed
		equal "$STATUS_CODE" 200 'failed, too late'
	done
	equal "$(messages code failed_at)" null 'failed at'
	[ "$(messages code delivered_at)" != null ]
	equal "$(database 'SELECT COUNT(*) FROM audit')" "$records" 'records of repeated receipts'
}

# An address that was never told is refused in one way, whatever is behind it.
forged() { # forged GATEWAY
	local url id mac before
	url=$(sent 1 receipt)
	mac=${url##*/}
	id=${url%/*}
	id=${id##*/}
	before=$(grep -c '"event":"receipt.refused"' "$DIR.log" || true)
	report "$1" "$PUBLIC/r/$id/A${mac:1:20}_" delivered
	same_refusal changed
	report "$1" "$PUBLIC/r/aaaaaaaaaaaaaaaa/$mac" delivered
	same_refusal 'unknown message'
	report "$1" "$PUBLIC/r/$id/x" delivered
	same_refusal short
	cmp "$WORK/refusal.changed" "$WORK/refusal.unknown message"
	cmp "$WORK/refusal.changed" "$WORK/refusal.short"
	equal "$(messages password delivered_at)" null 'delivered at'
	equal "$(grep -c '"event":"receipt.refused"' "$DIR.log")" $((before + 3)) 'lines in the log'
	visit POST "$url" -H 'Content-Type: application/json' -d '{"status":'
	equal "$STATUS_CODE" 400 'not JSON'
	visit POST "$url" -H 'Content-Type: application/json' -d "$(head -c 20000 /dev/zero | tr '\0' x)"
	equal "$STATUS_CODE" 413 'a large one'
	visit GET "$url"
	equal "$STATUS_CODE" 405 'a look'
	refute grep -qF "$mac" "$DIR.log"
}

@test "Twilio: a form with Basic authentication; 201 is success" {
	use twilio 4s
	whole_thread twilio
	receipts twilio
	forged twilio
	again_after auth
	again_after error
	dead_after_never
	forgotten
}

crl_number() { curl -s "http://localhost:$PORT_OPS/metrics" | sed -n 's/^counterfoil_crl_number //p'; }
newer_crl() { [ "$(crl_number)" != "$1" ]; }

@test "Twilio knows no keys: an answer that never comes costs a second SMS, but delays no revocation list" {
	use twilio 4s
	local serial number
	serial=$(database "SELECT serial FROM certificate WHERE kind = 'client' AND status = 'valid' LIMIT 1")
	number=$(crl_number)
	echo 'hang 1' >"$GATEWAY/fault"
	# The link waits behind its code here.
	api POST /v1/orders '{"organisation":"nordbank","service":"document-archive","client":"e-banking","contact":"kari@nordbank.example"}'
	ORDER=$(field .id)
	until_true 20 sent_is 1
	api POST "/v1/certificates/$serial/revoke" '{"reason":"superseded"}'
	equal "$STATUS_CODE" 200 revoke
	until_true 3 newer_crl "$number"
	equal "$(messages code fault)" null 'the gateway has not answered yet'
	until_true 20 fault_is :
	later 30
	until_true 20 message_is code sent
	equal "$(attempts | tr ' ' '\n' | sort | uniq -c | xargs)" '2 ok 1 timeout' attempts
	equal "$(sent_count)" 2 messages
}

@test "Vonage: 200 says nothing, the status in the body does" {
	use vonage
	whole_thread vonage
	receipts vonage
	forged vonage
	again_after garbage
	again_after slow-down
	dead_after_never
	forgotten
}

@test "a receipt that comes before the answer would have: no second SMS, and the order goes on" {
	use vonage
	echo 'hang 1' >"$GATEWAY/fault"
	order_now
	until_true 20 sent_is 1
	until_true 20 fault_is :
	equal "$(messages code state)" waiting state
	report vonage "$(sent 0 receipt)" delivered
	equal "$STATUS_CODE" 200 receipt
	until_true 20 message_is code sent
	equal "$(sent_count)" 1 messages
	code_at_gateway
	claim
}

@test "a web service of one's own: template, bearer, signature, idempotency key" {
	use webhook
	whole_thread webhook
	receipts webhook
	forged webhook
	again_after redirect
	again_after error
	dead_after_never
	times_after_hang
	equal "$TIMES" 1 'messages'
	forgotten
}

@test "a paused outbox sends nothing and loses nothing" {
	use webhook
	api POST /v1/outbox/pause '{"reason":"the gateway is being replaced"}'
	equal "$STATUS_CODE" 200 pause
	jq -e '.paused == 1 and (.paused_at | test("^2"))' <<<"$BODY" >/dev/null
	api POST /v1/orders '{"organisation":"nordbank","service":"document-archive","client":"e-banking","contact":"kari@nordbank.example"}'
	ORDER=$(field .id)
	sleep 1.2 # a round of the clerk
	equal "$(messages code state)" waiting code
	equal "$(messages link state)" waiting link
	equal "$(sent_count)" 0 sent
	curl -s "http://localhost:$PORT_OPS/metrics" >"$WORK/metrics"
	grep -qx 'counterfoil_outbox_paused 1' "$WORK/metrics"
	grep -q '^counterfoil_messages{state="waiting"} [1-9]' "$WORK/metrics"
	"$COMMAND" outbox resume --server "$MEMBERS" --identity "$BATS_FILE_TMPDIR/administrator.pem" --ca "$CA" --json |
		jq -e '.paused == 0' >/dev/null
	until_true 20 sent_is 1
	api GET '/v1/audit?object=outbox'
	equal "$(jq -r '[.items[].record | fromjson? // .] | map(.what) | join(" ")' <<<"$BODY")" 'outbox.paused outbox.resumed' audit
}

@test "a no to a later try is none to the first one: the key stays, and so it is one SMS" {
	use webhook
	echo 'hang 1' >"$GATEWAY/fault"
	order_now
	until_true 20 sent_is 1
	until_true 20 fault_is :
	local wrong says
	for wrong in slow-down:429 conflict:409 auth:401; do
		says=${wrong#*:}
		echo "${wrong%:*} 1" >"$GATEWAY/fault"
		later 90
		until_true 20 no_fault_left
		until_true 20 fault_is "$says"
	done
	later 120
	until_true 20 message_is code sent
	equal "$(sent_count)" 1 messages
}

@test "Infobip: our id is its own, and a lost answer costs nothing" {
	use infobip
	whole_thread infobip
	receipts infobip
	forged infobip
	again_after credit
	dead_after_never
	times_after_hang
	equal "$TIMES" 1 'messages'
	forgotten
}

@test "a crash anywhere between the lease and its end: one SMS, where the gateway knows keys" {
	use infobip
	for place in clerk.leased courier.opened courier.published clerk.handed_over clerk.sent; do
		: >"$GATEWAY/sent"
		die_at "$place" 1 # the code goes before the link
		order_now
		until_true 20 eval "! grep -q '$place' '$COUNTERFOIL_TEST_CRASH'"
		until_true 20 ready
		later 100 # the lease of the one that died is over
		until_true 20 message_is code sent
		equal "$(sent_count)" 1 "messages after a death at $place"
	done
	code_at_gateway
	claim
}

@test "a message that says nothing shows whether the gateway takes any" {
	use infobip
	"$DAEMON" check --config "$DIR/counterfoil.conf" --send-test sms +4790000001 >"$WORK/said"
	grep -q infobip "$WORK/said"
	equal "$(sent 0 to)" +4790000001 number
	report infobip "$(sent 0 receipt)" delivered # of no message that there is
	equal "$STATUS_CODE" 200 receipt
	echo 'never 1' >"$GATEWAY/fault"
	refute "$DAEMON" check --config "$DIR/counterfoil.conf" --send-test sms +4790000001
	refute "$DAEMON" check --config "$DIR/counterfoil.conf" --send-test sms 90000001
	equal "$(sent_count)" 1 messages
}

@test "a gateway that is down: the order shows it, nothing is lost, and it is sent when the gateway is back" {
	use infobip
	local port
	port=$(cat "$GATEWAY/port")
	stop_gateway
	order_now
	until_true 20 fault_is infobip
	equal "$(messages code state)" waiting state
	start_gateway right "$port"
	later 60
	until_true 20 message_is code sent
	equal "$(sent_count)" 1 messages
	code_at_gateway
	claim
}

@test "a gateway with the wrong certificate, by another authority or for another name, gets nothing at all" {
	use infobip
	local port which
	port=$(cat "$GATEWAY/port")
	for which in wrong another; do
		: >"$GATEWAY/sent"
		stop_gateway
		start_gateway "$which" "$port"
		order_now
		until_true 20 fault_is certificate
		equal "$(asked_count)" 0 "requests to the $which one"
		grep -q '"event":"channel.stuck"' "$DIR.log"
		stop_gateway
		start_gateway right "$port"
		later 60
		until_true 20 message_is code sent
		equal "$(sent_count)" 1 messages
		: >"$GATEWAY/asked"
	done
}

password_erased() { [ "$(database "SELECT password_erased_at > 0 FROM parcel WHERE order_id = '$ORDER'")" = 1 ]; }

@test "a password that cannot be sent for a day is erased wherever it is, and the staff is told" {
	use webhook
	order_now
	until_true 20 sent_is 1
	code_at_gateway
	claim
	fetch modern "$WORK/package.p12"
	echo error >"$GATEWAY/fault"
	acknowledge "$WORK/package.p12"
	until_true 20 message_is password waiting
	mark
	later 86500
	until_true 20 password_erased
	equal "$(database "SELECT COUNT(*) FROM message WHERE order_id = '$ORDER' AND sealed IS NOT NULL AND kind IN ('link', 'code', 'password')")" 0 \
		'sealed messages to the recipient'
	equal "$(messages password state)" dropped password
	until_true 20 has_message dead
	: >"$GATEWAY/fault"
	api POST "/v1/orders/$ORDER/resend"
	equal "$STATUS_CODE" 409 resend
	[[ "$BODY" == *'order reissue'* ]]
	equal "$(sent_count)" 1 messages
}

@test "the day's limits: five hundred requests for a new code, and no more SMS than allowed" {
	use infobip 2s 1
	later 90000
	order_now
	until_true 20 sent_is 1
	order_now
	until_true 20 fault_is limit
	equal "$(sent_count)" 1 messages
	equal "$(grep -c '"event":"outbox.limit_reached"' "$DIR.log")" 1 alarms
	later 90000
	: >"$GATEWAY/sent"
	order_now
	until_true 20 sent_is 1
	for _ in $(seq 500); do
		printf 'url = "%s/new-code"\noutput = /dev/null\n' "$LINK"
	done >"$WORK/many"
	curl -sS --cacert "$CA" -H 'Accept: application/json' -d digits=4567 -w '%{http_code}\n' -K "$WORK/many" >"$WORK/codes"
	equal "$(grep -c . "$WORK/codes")" 500 answers
	[ "$(grep -c '^200' "$WORK/codes")" -le 5 ]
	sleep 1.2 # a round of the clerk
	equal "$(sent_count)" 1 'messages to one contact that day'
}

@test "the day's limits hold for what was taken and not answered for: no third SMS to one contact" {
	use twilio 2s 2
	local wrong i
	for wrong in took-500 took-drop; do
		later 90000
		: >"$GATEWAY/sent"
		echo "$wrong" >"$GATEWAY/fault"
		order_now
		for i in 1 2; do
			until_true 20 sent_is "$i"
			until_true 20 fault_is :
			later 30
		done
		until_true 20 fault_is limit
		equal "$(sent_count)" 2 "messages that were answered with $wrong"
	done
}

@test "a gateway that says nothing holds up no end of the daemon: nobody is killed" {
	use webhook 40s
	echo 'hang 1' >"$GATEWAY/fault"
	api POST /v1/orders '{"organisation":"nordbank","service":"document-archive","client":"e-banking","contact":"kari@nordbank.example"}'
	ORDER=$(field .id)
	until_true 20 sent_is 1
	local killed
	killed=$(grep -c '"event":"child.killed"' "$DIR.log" || true)
	restart_installation
	equal "$(grep -c '"event":"child.killed"' "$DIR.log" || true)" "$killed" killed
	later 90
	until_true 20 message_is code sent
	equal "$(sent_count)" 1 messages
}

@test "settings that a gateway cannot do with are refused at start, by name" {
	cp "$DIR/counterfoil.conf" "$WORK/conf"
	refused() { # refused NAME VALUE SAYS
		cp "$WORK/conf" "$DIR/other.conf"
		sed -i "s|^$1 = .*|$1 = $2|" "$DIR/other.conf"
		run "$DAEMON" check --config "$DIR/other.conf"
		[ "$status" -ne 0 ] && [[ "$output" == *"$3"* ]] || { echo "$1 = $2: $output" >&2; return 1; }
	}
	configure vonage
	cp "$DIR/counterfoil.conf" "$WORK/conf"
	refused sms_url http://127.0.0.1 'https://'
	refused sms_url https://user@127.0.0.1 'delivery.sms_url'
	refused sms_account '' 'delivery.sms_account'
	refused sms_secret '' 'delivery.sms_secret'
	refused sms_secret keys/nowhere 'keys/nowhere'
	refused sms pigeon 'wanted one of'
	refused quiet_hours 22-7 'delivery.quiet_hours'
	configure webhook
	cp "$DIR/counterfoil.conf" "$WORK/conf"
	refused sms_template '{"to":{to}}' '{text}'
	refused sms_template '{"to":"{to}","text":{text}}' 'JSON'
	rm -f "$DIR/other.conf" "$GATEWAY/used"
}
