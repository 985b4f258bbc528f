#!/usr/bin/env bats
# What people are told when an order comes to nothing, when a contact's address is changed, and when nobody has come yet: by
# mail over SMTP to a real server, with the clock of the test daemon, once each, whatever crashes.

load lib

setup_file() {
	export SERVER=$BATS_FILE_TMPDIR/server COUNTERFOIL_TEST_CRASH=$BATS_FILE_TMPDIR/crash
	die_at
	make_certificate
	start_server
	INSTALLATION_OPTIONS='--admin-email ada@acme.example' HOOK=$(settings) start_installation
	make_directory
	staff_member Bo administrator
}
teardown_file() {
	stop_installation
	[ ! -e "$SERVER/pid" ] || kill "$(cat "$SERVER/pid")" 2>/dev/null || true
}
teardown() {
	die_at
	move_clock 0
}

make_certificate() {
	mkdir -p "$SERVER"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=Mail test' \
		-keyout "$SERVER/ca.key" -out "$SERVER/ca.pem" 2>/dev/null
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$SERVER/key" -out "$SERVER/csr" -subj /CN=localhost 2>/dev/null
	openssl x509 -req -in "$SERVER/csr" -CA "$SERVER/ca.pem" -CAkey "$SERVER/ca.key" -CAcreateserial -days 1 \
		-extfile <(echo subjectAltName=DNS:localhost) -out "$SERVER/pem" 2>/dev/null
}
start_server() {
	"$ROOT/tests/support/mail_server.py" "$SERVER" --certificate "$SERVER/pem" --key "$SERVER/key" >"$SERVER/log.txt" 2>&1 3>&- &
	echo $! >"$SERVER/pid"
	until_true 20 test -e "$SERVER/port" || { cat "$SERVER/log.txt" >&2; return 1; }
}
settings() {
	printf "sed -i -e 's|^mail = .*|mail = smtp|' -e 's|^mail_server = .*|mail_server = localhost:%s|' -e 's|^mail_ca = .*|mail_ca = %s|'" \
		"$(cat "$SERVER/port")" "$SERVER/ca.pem"
	# shellcheck disable=SC2016
	printf ' -e "s|^mail_from = .*|mail_from = ca@counterfoil.example|" -e "s|^staff_mail =.*|staff_mail = staff@acme.example|" "$1/counterfoil.conf"'
	# shellcheck disable=SC2016
	printf '; sed -i -e "s|^mail_server =\\$|mail_server = localhost:%s|" -e "s|^mail_ca =\\$|mail_ca = %s|" "$1/counterfoil.conf"\n' \
		"$(cat "$SERVER/port")" "$SERVER/ca.pem"
}

# die_at [PLACE COUNT]: who passes it as the COUNTth from now dies there (tests/support/crash_injected.h).
die_at() { printf '%-63s\n' "$*" >"$COUNTERFOIL_TEST_CRASH"; }
has_died() { ! grep -q "$1" "$COUNTERFOIL_TEST_CRASH"; }

says() { "$ROOT/tests/support/read_mail.py" "$1" | jq -r "$2"; }
# mails_of SUBJECT-BEGINNING [TEXT]: the files, in the order of their coming, since the test's marker; only those with the text.
mails_of() {
	local mail
	find "$SERVER" -name '*.eml' -newer "$WORK/begun" | sort -V | while read -r mail; do
		case $(says "$mail" '.headers.Subject + .text') in "$1"*"${2:-}"*) echo "$mail" ;; esac
	done
}
mails_are() { [ "$(mails_of "$1" "${3:-}" | wc -l)" = "$2" ]; }
begin() { touch "$WORK/begun"; sleep 0.02; }
# of_order KIND WHAT: a column of this order's messages of a kind, one a line.
of_order() { database "SELECT $2 FROM message WHERE order_id = '$ORDER' AND kind = '$1'"; }
sent_once() { [ "$(of_order "$1" state)" = sent ]; }

# A clerk that starts looks at once at what time has overtaken; one that runs, every ten seconds.
look_now() { kill -9 "$(child_pid clerk)"; }

# The link comes by mail, the code to the spool. Overrides lib's.
spool_since() {
	case $1 in
	link)
		local mail
		mail=$(find "$SERVER" -name '*.eml' -newer "$WORK/marker" -exec grep -l 'Subject: Certificate' {} + | sort -V | tail -1)
		[ -z "$mail" ] || { says "$mail" .text >"$WORK/link.txt" && echo "$WORK/link.txt"; }
		;;
	*) find "$DIR/spool" -name "*-$1-*.txt" -newer "$WORK/marker" 2>/dev/null | sort | tail -1 ;;
	esac
}

# told KIND SUBJECT TO: one mail of this kind was sent, and it arrived there with both its forms and the order's data.
told() {
	until_true 40 sent_once "$1"
	until_true 10 mails_are "$2" 1 "$ORDER"
	local mail
	mail=$(mails_of "$2" "$ORDER")
	equal "$(says "$mail" '.to | join("/")')" "$3" To
	equal "$(says "$mail" '.defects | length')" 0 "defects: $(says "$mail" .defects)"
	equal "$(says "$mail" '.types | join(" ")')" 'multipart/alternative text/plain text/html' types
	says "$mail" .text >"$WORK/told.txt"
	grep -qF 'Recipient: Kari Nordmann' "$WORK/told.txt"
	grep -qF "counterfoil order show $ORDER" "$WORK/told.txt"
	says "$mail" .html | grep -qF "counterfoil order show $ORDER"
	refute grep -F "${LINK##*/}" "$mail"
	refute grep -F '+4791234567' "$mail"
}

# collected: an order whose file is there.
collected() {
	new_order
	claim
	fetch modern "$WORK/p12"
}

@test "a link that nobody used, a claim that nobody acknowledged, a password never sent: each is told once to whoever ordered" {
	begin
	new_order
	lapsed=$ORDER
	collected
	claimed=$ORDER
	collected
	api POST /v1/outbox/pause '{"reason":"the gateway is away"}'
	acknowledge "$WORK/p12"
	equal "$STATUS_CODE" 200 "acknowledge: $BODY"
	move_clock 605000
	look_now
	until_true 40 erased
	api POST /v1/outbox/resume '{}'
	told lapsed_password 'No password was sent: the certificate for e-banking' ada@acme.example
	grep -qF "counterfoil order reissue $ORDER" "$WORK/told.txt"
	equal "$(of_order password "sum(state = 'sent')")" 0 'passwords sent'
	ORDER=$lapsed
	until_true 40 state_is lapsed
	told lapsed_link 'Not collected: the certificate for e-banking' ada@acme.example
	grep -qF 'counterfoil order new --organisation nordbank --service document-archive --client e-banking --contact' "$WORK/told.txt"
	api GET "/v1/orders/$ORDER"
	equal "$(field '[.messages[] | select(.kind == "lapsed_link") | .state] | join(" ")')" sent 'as the order shows it'
	ORDER=$claimed
	until_true 40 state_is lapsed
	told lapsed_claim 'Not confirmed, so revoked: the certificate for e-banking' ada@acme.example
	equal "$(of_order lapsed_link 'count(*)')" 0 'notices of the other kind'
	equal "$(database "SELECT status FROM certificate WHERE order_id = '$ORDER'")" revoked certificate
	equal "$(database "SELECT count(*) FROM parcel WHERE order_id = '$ORDER' AND (sealed_key IS NOT NULL OR sealed_modern IS NOT NULL OR sealed_password IS NOT NULL)")" 0 'parcels left'
}
erased() { [ "$(database "SELECT count(*) FROM parcel WHERE order_id = '$ORDER' AND password_erased_at IS NOT NULL")" = 1 ]; }

wrong_codes() { # COUNT
	local i
	for ((i = 0; i < $1; i++)); do visit POST "$LINK/code" -d code=AAAAAAAA; done
}

@test "a lock is told, and says how to unlock; one without an address orders, and the staff's mailbox is told" {
	begin
	as Bo POST /v1/orders '{"organisation":"nordbank","service":"document-archive","client":"e-banking","contact":"kari@nordbank.example"}'
	equal "$STATUS_CODE" 201 "order: $BODY"
	ORDER=$(field .id)
	touch -d '@1' "$WORK/marker"
	mark_from_begun
	read_messages
	wrong_codes 5
	equal "$(order_state)" locked state
	told locked_order 'Locked: the certificate for e-banking' staff@acme.example
	grep -qF 'Ordered by: Bo' "$WORK/told.txt"
	grep -qF "counterfoil order unlock $ORDER" "$WORK/told.txt"
}
mark_from_begun() { touch -r "$WORK/begun" "$WORK/marker"; }

@test "a crash before or after the commit: the lapse and its mail are one" {
	for place in clerk.lapse.before clerk.lapse.after; do
		begin
		new_order
		die_at "$place" 1
		move_clock 605000
		look_now
		until_true 40 has_died "$place"
		until_true 40 state_is lapsed
		told lapsed_link 'Not collected' ada@acme.example
		move_clock 0
	done
}

@test "a crash before or after the commit of the last wrong code: the lock and its mail are one" {
	for place in front.wrong.before front.wrong.after; do
		begin
		new_order
		wrong_codes 4
		die_at "$place" 1
		curl -s --cacert "$CA" -o /dev/null -d code=AAAAAAAA "$LINK/code" || true
		until_true 20 has_died "$place"
		until_true 20 ready
		move_clock 100
		look_now
		until_true 40 state_is locked
		told locked_order 'Locked: the certificate for e-banking' ada@acme.example
		move_clock 0
	done
}

@test "a recipient who has not come is reminded a day before the link's end, once, and not of the link itself" {
	begin
	new_order
	until_true 20 sent_once link
	local first=$ORDER first_link=$LINK later
	move_clock 40000
	new_order # whose reminder, later, shows that a clerk has looked again
	until_true 20 sent_once link
	later=$ORDER ORDER=$first LINK=$first_link
	move_clock 518500 # six days and some
	look_now
	until_true 40 sent_once reminder
	until_true 10 mails_are 'Not collected yet: the certificate for e-banking' 1
	mail=$(mails_of 'Not collected yet: the certificate for e-banking')
	equal "$(says "$mail" '.to | join("/")')" kari@nordbank.example To
	says "$mail" .text >"$WORK/told.txt"
	grep -qF 'Subject: Certificate for e-banking is ready to collect' "$WORK/told.txt"
	grep -qF 'From: ca@counterfoil.example' "$WORK/told.txt"
	grep -qF 'ask Ada Administrator to send a new link' "$WORK/told.txt"
	refute grep -F -e "${LINK##*/}" -e https: "$mail"
	visit GET "$LINK"
	equal "$STATUS_CODE" 200 'the link itself'
	equal "$(ORDER=$later of_order reminder 'count(*)')" 0 'reminders of the later order, too early'
	move_clock 559000
	look_now
	ORDER=$later
	until_true 40 sent_once reminder
	ORDER=$first
	equal "$(of_order reminder 'count(*)')" 1 reminders
}

change() { # CONTACT OPTION...
	run "$COMMAND" --server "$MEMBERS" --ca "$CA" --identity "$DIR/admin.p12" --password-file "$DIR.admin-password" --json \
		contact change "$@"
}
contact() { # EMAIL [MOBILE]: adds one, and leaves its id in CONTACT
	api POST /v1/contacts '{"organisation":"nordbank","name":"Per Hansen","email":"'"$1"'","mobile":"'"${2:-+4790000011}"'"}'
	equal "$STATUS_CODE" 201 "$BODY"
	CONTACT=$(field .id)
}
order_for() { # CONTACT
	api POST /v1/orders '{"organisation":"nordbank","service":"document-archive","client":"e-banking","contact":"'"$1"'"}'
}

@test "a contact's new address and number are told at the old address and the new, and nothing is ordered for a day" {
	begin
	contact per@nordbank.example
	change per@nordbank.example --email ph@other.example --mobile +4690000099
	equal "$status" 0 "$output"
	equal "$(jq -r '.email + " " + .mobile' <<<"$output")" 'ph@other.example +4690000099' 'as shown'
	[ "$(jq -r .moved_at <<<"$output")" != null ]
	for subject in 'Your e-mail address for certificates of Nordbank' 'Your mobile number for certificates of Nordbank'; do
		until_true 20 mails_are "$subject" 2
		equal "$(mails_of "$subject" | while read -r mail; do says "$mail" '.to[0]'; done | sort | xargs)" \
			'per@nordbank.example ph@other.example' "To of $subject"
		mail=$(mails_of "$subject" | head -1)
		grep -qF 'Nothing new can be ordered for you before' <<<"$(says "$mail" .text)"
		refute grep -E '90000099|90000011|ph@|per@nordbank' <<<"$(says "$mail" .text)"
	done
	order_for "$CONTACT"
	equal "$STATUS_CODE" 422 "$BODY"
	field '.faults[0].field + " " + .faults[0].text' | grep -qE '^contact its e-mail or mobile was changed: nothing can be ordered for it before 20..-..-..T..:..:..Z$'
	move_clock 86300
	order_for "$CONTACT"
	equal "$STATUS_CODE" 422 'just before'
	move_clock 86500
	order_for "$CONTACT"
	equal "$STATUS_CODE" 201 "after it: $BODY"
	equal "$(database "SELECT json_extract(record, '\$.detail') FROM audit WHERE object = '$CONTACT' ORDER BY sequence DESC LIMIT 1")" \
		'email, mobile' 'what the audit says'
	refute sh -c "sqlite3 '$DIR/counterfoil.db' 'SELECT record FROM audit' | grep -F -e +46900 -e other.example"
	change "$CONTACT"
	equal "$status" 1 "nothing to change: $output"
	# as it was, at another number: that waits as well, and a wholly new one does not
	move_clock 0
	contact per@nordbank.example +4790000013
	order_for "$CONTACT"
	equal "$STATUS_CODE" 422 'one added with the old address'
	grep -q "another contact's: nothing can be ordered" <<<"$BODY"
	contact paal@nordbank.example +4790000014
	order_for "$CONTACT"
	equal "$STATUS_CODE" 201 "a wholly new one: $BODY"
}

@test "an order keeps the number and the address that it was approved with, when it is sent again too" {
	contact eva@nordbank.example +4790000012 # nobody's before: it would rest else
	begin
	mark
	order_for eva@nordbank.example
	ORDER=$(field .id)
	read_messages
	change eva@nordbank.example --email thief@other.example --mobile +4790000066
	equal "$status" 0 "$output"
	api GET "/v1/orders/$ORDER"
	equal "$(field .contact_email) $(field .may_bring_request)" 'eva@nordbank.example false' 'what order show says'
	mark
	api POST "/v1/orders/$ORDER/resend" '{}'
	equal "$STATUS_CODE" 200 "resend: $BODY"
	read_messages
	grep -q '+4790000012' "$(spool_since code)"
	equal "$(mails_of 'Certificate for e-banking' | while read -r mail; do says "$mail" '.to[0]'; done | sort -u)" eva@nordbank.example 'links went to'
	claim
	fetch modern "$WORK/p12"
	mark
	acknowledge "$WORK/p12"
	read_password
	grep -q '+4790000012' "$(spool_since password)"
	mark
	api POST "/v1/orders/$ORDER/resend" '{}'
	equal "$STATUS_CODE" 200 "password again: $BODY"
	until_true 20 has_message password
	grep -q '+4790000012' "$(spool_since password)"
	refute grep -rl '+4790000066' "$DIR/spool"
	# the first use ends that: what is lost then is made anew
	open_package "$WORK/p12" "$WORK/client.pem"
	curl -sS --cacert "$CA" --cert "$WORK/client.pem" "$MEMBERS/v1/me" >/dev/null
	until_true 20 state_is in_use
	api POST "/v1/orders/$ORDER/resend" '{}'
	equal "$STATUS_CODE" 409 'password after the first use'
	grep -q 'order reissue' <<<"$BODY"
}
