#!/usr/bin/env bats
# Whatever ends a delivery, or a part of it: what rested sealed for it is gone from every file, free pages and write-ahead log
# among them, and the order's audit has a record of each erasure. By a real mail server and an SMS gateway.

load lib
load channels

setup_file() {
	channels_begin
	HOOK=$(channels_hook) start_installation
	make_directory
	: >"$BATS_FILE_TMPDIR/rested"
	: >"$BATS_FILE_TMPDIR/told"
}
teardown_file() {
	stop_installation
	channels_end
}

# What rests of $ORDER for its recipient: a word and a stretch of its bytes.
resting() {
	local middle='hex(substr(%s, length(%s) / 2 - 24, 48))' parcel
	# shellcheck disable=SC2059
	stretch() { printf "$middle" "$1" "$1"; }
	{
		echo "SELECT kind || CASE kind WHEN 'password' THEN '-sms' ELSE '' END || ' ' || $(stretch sealed) FROM message"
		echo "WHERE order_id = '$ORDER' AND sealed IS NOT NULL AND kind IN ('link', 'code', 'password')"
		for parcel in key modern compatible password; do
			echo "UNION ALL SELECT '$parcel ' || $(stretch "sealed_$parcel") FROM parcel WHERE order_id = '$ORDER' AND sealed_$parcel IS NOT NULL"
		done
	} | database | sort
}
words() { cut -d' ' -f1 | sort | xargs; }

# look: before something ends. gone WORDS RECORDS: what has been erased since, and what the audit says of that. Between them,
# `erased WORDS RECORDS COMMAND...`.
look() {
	resting >"$BATS_FILE_TMPDIR/$ORDER.rested"
	database 'SELECT MAX(sequence) FROM audit' >"$BATS_FILE_TMPDIR/$ORDER.sequence"
	sed "s/^/$ORDER-/" "$BATS_FILE_TMPDIR/$ORDER.rested" >>"$BATS_FILE_TMPDIR/rested"
}
missing() { resting | comm -23 "$BATS_FILE_TMPDIR/$ORDER.rested" - | words; }
missing_are() { [ "$(missing)" = "$1" ]; }
gone() {
	until_true 30 missing_are "$1" || { equal "$(missing)" "$1" 'what has been erased'; return 1; }
	equal "$(database "SELECT record FROM audit WHERE object = '$ORDER' AND sequence > $(cat "$BATS_FILE_TMPDIR/$ORDER.sequence")" |
		jq -r 'select(.what | test("erased$|^message[.]")) | .what + (if .detail then ":" + (.detail / " ")[0] else "" end)' |
		grep -E 'erased$|:(link|code|password)$' |
		sort | xargs)" "$2" 'records of it'
}
erased() {
	local what=$1 records=$2
	shift 2
	look
	"$@"
	gone "$what" "$records"
}
nothing_rests() { equal "$(resting | words)" '' 'what still rests'; }

# What the recipient is told, so that it can be looked for.
told() { printf '%s %s\n' "$ORDER-$1" "$(printf %s "$2" | od -An -v -tx1 | tr -d ' \n')" >>"$BATS_FILE_TMPDIR/told"; }

pause() {
	api POST /v1/outbox/pause '{"reason":"a test"}'
	equal "$STATUS_CODE" 200 pause
}
resume() {
	api POST /v1/outbox/resume '{}'
	equal "$STATUS_CODE" 200 resume
}
setup() {
	load_environment
	WORK=$BATS_TEST_TMPDIR
	rm -f "$CHANNELS/mail/mode"
	: >"$CHANNELS/sms/fault"
	resume
}

offered() {
	new_order
	told token "${LINK##*/}"
	told code "$CODE"
}
# Its messages wait.
unsent() {
	pause
	api POST /v1/orders '{"organisation":"nordbank","service":"document-archive","client":"e-banking","contact":"kari@nordbank.example"}'
	equal "$STATUS_CODE" 201 "order: $BODY"
	ORDER=$(field .id)
}
collecting() {
	offered
	claim
	told claim "$CLAIM"
	fetch modern "$WORK/modern.p12"
	fetch compatible "$WORK/compatible.p12"
}
acknowledged() {
	acknowledge "$WORK/modern.p12"
	equal "$STATUS_CODE" 200 "acknowledge: $BODY"
}
another_code() {
	visit POST "$LINK/new-code" -d digits=4567
	equal "$STATUS_CODE" 200 "new code: $BODY"
}
order_is() { # order_is VERB
	api POST "/v1/orders/$ORDER/$1"
	equal "$STATUS_CODE" 200 "$1: $BODY"
}
revoked() {
	api POST "/v1/certificates/$(database "SELECT serial FROM certificate WHERE order_id = '$ORDER'")/revoke" '{"reason":"keyCompromise"}'
	equal "$STATUS_CODE" 200 "revoke: $BODY"
}
used() {
	read_password
	told password "$PASSWORD"
	open_package "$WORK/modern.p12" "$BATS_FILE_TMPDIR/client.pem"
	as client GET /v1/me
	equal "$STATUS_CODE" 200 me
}

PARCEL='compatible key modern'

@test "a whole order: what is sent, what arrived, what is used" {
	unsent
	erased 'code link' 'message.sent:code message.sent:link' resume
	collecting
	pause
	another_code
	erased "code $PARCEL" 'message.withdrawn:code parcel.erased' acknowledged
	erased password-sms message.sent:password resume
	erased password parcel.password_erased used
	nothing_rests
}

@test "a new code, a new link, and a cancellation before anything was sent" {
	offered
	pause
	another_code
	erased code message.withdrawn:code another_code
	erased code message.withdrawn:code order_is resend
	erased 'code link' 'message.withdrawn:code message.withdrawn:link' order_is resend
	erased 'code link' 'message.withdrawn:code message.withdrawn:link' order_is cancel
	nothing_rests
}

@test "cancelled or revoked while it is collected, cancelled while its password waits" {
	collecting
	erased "$PARCEL password" 'parcel.erased parcel.password_erased' order_is cancel
	nothing_rests
	collecting
	erased "$PARCEL password" 'parcel.erased parcel.password_erased' revoked
	nothing_rests
	collecting
	pause
	acknowledged
	erased 'password password-sms' 'message.withdrawn:password parcel.password_erased' order_is cancel
	nothing_rests
}

@test "refused for good by the mail server and by the gateway" {
	unsent
	echo never >"$CHANNELS/sms/fault"
	echo 'rcpt 550 5.1.1 nobody here' >"$CHANNELS/mail/mode"
	erased 'code link' 'message.dead:code message.dead:link' resume
	nothing_rests
}

# All by one jump, behind which no certificate is issued any more.
@test "overtaken by time: a password that was sent, one that waits, a claim, a link, and then a code" {
	local waiting=() expected=() i
	collecting
	acknowledged
	until_true 20 state_is password_sent
	waiting+=("$ORDER") expected+=('password|parcel.password_erased')
	collecting
	waiting+=("$ORDER") expected+=("$PARCEL password|parcel.erased parcel.password_erased")
	collecting
	pause
	acknowledged
	waiting+=("$ORDER") expected+=('password password-sms|message.withdrawn:password parcel.password_erased')
	unsent
	waiting+=("$ORDER") expected+=('code link|message.withdrawn:code message.withdrawn:link')
	for ORDER in "${waiting[@]}"; do look; done
	move_clock $((8 * 86400))
	for i in "${!waiting[@]}"; do
		ORDER=${waiting[i]}
		gone "${expected[i]%|*}" "${expected[i]#*|}"
		nothing_rests
	done
	unsent
	move_clock $((8 * 86400 + 1900))
	erased 'code link' 'message.dropped:code message.sent:link' resume
	nothing_rests
}

# look_for NEEDLES: in every file; 0 when they are in none, 1 when one is.
look_for() {
	local places
	mapfile -t places < <(find "$DIR" -path "$DIR/keys" -prune -o -type f -print; echo "$DIR.log")
	"$BUILD/tools/memory_search" "${places[@]}" <"$1" >"$WORK/found"
}

# Behind all the others.
@test "nothing that was erased, and nothing that was told, is in any file or in a process's memory" {
	local role
	[ "$(wc -l <"$BATS_FILE_TMPDIR/rested")" -ge 39 ]
	[ "$(wc -l <"$BATS_FILE_TMPDIR/told")" -ge 24 ]
	unsent
	look # to be found, so that not to find the others says something
	grep "^$ORDER-link" "$BATS_FILE_TMPDIR/rested" >"$WORK/waiting"
	run look_for "$WORK/waiting"
	equal "$status" 1 'what waits'
	resume # once a message is sent the clerk truncates the log; else once a minute
	until_true 30 look_for "$BATS_FILE_TMPDIR/rested" || { cat "$WORK/found" >&2; return 1; }
	look_for "$BATS_FILE_TMPDIR/told"
	memory_readable || return 0
	for role in front courier signer clerk; do
		"$BUILD/tools/memory_search" "$(child_pid "$role")" <"$BATS_FILE_TMPDIR/told"
	done
	"$BUILD/tools/memory_search" "$(cat "$DIR.pid")" <"$BATS_FILE_TMPDIR/told"
}
