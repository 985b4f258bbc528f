#!/usr/bin/env bats
# Mail by SMTP, to a real server: whole orders; a server that is away, slow, full or particular; one that is not ours, to which
# nothing is said that others may not hear.

load lib

SECRET='a password, with spaces'

setup_file() {
	export SERVER=$BATS_FILE_TMPDIR/server
	make_certificates
	start_server "$SERVER" --user ca --password "$SECRET" --certificate "$BATS_FILE_TMPDIR/good.pem" --key "$BATS_FILE_TMPDIR/good.key"
	(umask 077 && printf '%s\n' "$SECRET" >"$BATS_FILE_TMPDIR/password")
	HOOK=$(settings "localhost:$(cat "$SERVER/port")") start_installation
	make_directory
}
teardown_file() {
	stop_installation
	local pid
	for pid in "$BATS_FILE_TMPDIR"/*/server.pid; do kill "$(cat "$pid")" 2>/dev/null || true; done
}

# certificate NAME HOST OPENSSL-ARGUMENT...: NAME.pem and NAME.key by the test's own authority.
certificate() {
	local name=$BATS_FILE_TMPDIR/$1 host=$2
	shift 2
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$name.key" -out "$name.csr" -subj "/CN=$host" 2>/dev/null
	openssl x509 -req -in "$name.csr" -CA "$BATS_FILE_TMPDIR/ca.pem" -CAkey "$BATS_FILE_TMPDIR/ca.key" -CAcreateserial -days 1 \
		-extfile <(echo "subjectAltName=DNS:$host") -out "$name.pem" "$@" 2>/dev/null
}
authority() { # NAME
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=Mail test $1" \
		-keyout "$BATS_FILE_TMPDIR/$1.key" -out "$BATS_FILE_TMPDIR/$1.pem" 2>/dev/null
}
make_certificates() {
	authority ca
	authority stranger
	certificate good localhost
	certificate other other.example
	certificate expired localhost -days -1
}

# start_server FOLDER ARGUMENT...
start_server() {
	mkdir -p "$1"
	rm -f "$1/port"
	"$ROOT/tests/support/mail_server.py" "$@" >>"$1/server.log" 2>&1 3>&- &
	echo $! >"$1/server.pid"
	until_true 20 test -e "$1/port" || { cat "$1/server.log" >&2; return 1; }
}
stop_server() { # FOLDER
	kill "$(cat "$1/server.pid")"
	until_true 10 sh -c "! kill -0 $(cat "$1/server.pid") 2>/dev/null"
	rm "$1/server.pid"
}
says() { [ $# -eq 0 ] && rm -f "$SERVER/mode" || echo "$*" >"$SERVER/mode"; }

# settings SERVER [KEY=VALUE...]: shell text that writes them into the configuration of $1.
settings() {
	local server=$1 setting text="sed -i"
	shift
	for setting in mail=smtp "mail_server=$server" mail_user=ca "mail_password=$BATS_FILE_TMPDIR/password" \
		"mail_ca=$BATS_FILE_TMPDIR/ca.pem" mail_from=ca@counterfoil.example patience=2s "$@"; do
		text+=" -e 's|^${setting%%=*} = .*|${setting%%=*} = ${setting#*=}|'"
	done
	echo "$text \$1/counterfoil.conf"
}

# The link comes by mail; all else to the spool. Overrides lib's.
spool_since() {
	case $1 in
	link)
		local mail
		mail=$(find "$SERVER" -name '*.eml' -newer "$WORK/marker" | sort -V | tail -1)
		[ -z "$mail" ] || { mail_says "$mail" .text >"$WORK/link.txt" && echo "$WORK/link.txt"; }
		;;
	*) find "$DIR/spool" -name "*-$1-*.txt" -newer "$WORK/marker" 2>/dev/null | sort | tail -1 ;;
	esac
}
mail_says() { "$ROOT/tests/support/read_mail.py" "$1" | jq -r "$2"; }
mails() { find "$SERVER" -name '*.eml' | wc -l; }
newest_mail() { find "$SERVER" -name '*.eml' | sort -V | tail -1; }
mails_are() { [ "$(mails)" = "$1" ]; }

# order_only: an order of which nothing is awaited; sets ORDER.
order_only() {
	mark
	api POST /v1/orders "{\"organisation\":\"nordbank\",\"service\":\"document-archive\",\"client\":\"${1:-e-banking}\",\"contact\":\"kari@nordbank.example\"}"
	equal "$STATUS_CODE" 201 "order: $BODY"
	ORDER=$(field .id)
}
link_of() { database "SELECT $1 FROM message WHERE order_id = '$ORDER' AND kind = 'link'"; }
link_is() { [ "$(link_of state)" = "$1" ]; }
tried() { [ "$(link_of attempts)" -ge "$1" ]; }
# What waits for its next try is due now.
hurry() { database "UPDATE message SET due_at = 0 WHERE state = 'waiting'"; }
sent_at_last() { hurry && link_is sent; }

@test "the whole thread: the link by mail, code and password never; nothing is said before TLS" {
	rm -f "$SERVER/log"
	collect_whole "$WORK/client.pem"
	equal "$(mails)" 1 mails
	mail=$(newest_mail)
	printf '%s\n' 'EHLO counterfoil.example' STARTTLS 'EHLO counterfoil.example (TLS)' 'AUTH PLAIN' 'AUTH accepted' \
		'MAIL ca@counterfoil.example' 'RCPT kari@nordbank.example' DATA | diff - "$SERVER/log"
	equal "$(mail_says "$mail" '.defects | length')" 0 "defects: $(mail_says "$mail" .defects)"
	equal "$(mail_says "$mail" '.names | join(" ")')" \
		'Date From To Subject Message-ID Auto-Submitted MIME-Version Content-Type'"$(single_part "$mail")" headers
	equal "$(mail_says "$mail" '.headers["Message-ID"]')" "<$(link_of id)@counterfoil.example>" Message-ID
	equal "$(mail_says "$mail" '.headers["Auto-Submitted"]')" auto-generated Auto-Submitted
	equal "$(mail_says "$mail" '.from | join("/")')" 'Counterfoil test/ca@counterfoil.example' From
	equal "$(mail_says "$mail" '.to | join("/")')" kari@nordbank.example To
	equal "$(mail_says "$mail" .flowed)" true format=flowed
	equal "$(mail_says "$mail" .bare)" 0 'bare line ends'
	equal "$(mail_says "$mail" .ascii)" true 'bytes of 7 bits'
	[ "$(mail_says "$mail" .longest)" -le 998 ]
	[ "$(($(date +%s) - $(date +%s -d "$(mail_says "$mail" .headers.Date)")))" -le 60 ]
	grep -qF "$LINK" <<<"$(mail_says "$mail" .text)"
	refute grep -qF "$CODE" "$mail"
	refute grep -qF "$PASSWORD" "$mail"
	equal "$(find "$DIR/spool" -name '*-mail-*' | wc -l)" 0 'mails in the spool'
}
single_part() { [ "$(mail_says "$1" '.types[0]')" = text/plain ] && echo ' Content-Transfer-Encoding' || true; }

@test "link, code and passwords are in no log and, once sent, not in the courier's memory" {
	new_order
	until_true 20 link_is sent
	until_true 20 has_message code
	token=${LINK##*/}
	login=$(printf '\0ca\0%s' "$SECRET" | base64 -w0)
	for secret in "$token" "$CODE" "$SECRET" "$login" "$(printf %s "$SECRET" | base64 -w0)" kari@nordbank.example +4791234567; do
		refute grep -F -e "$secret" "$DIR.log" "$BATS_FILE_TMPDIR/installation.log"
	done
	{
		printf 'token %s\n' "$(printf %s "$token" | od -An -v -tx1 | tr -d ' \n')"
		printf 'code %s\n' "$(printf %s "$CODE" | od -An -v -tx1 | tr -d ' \n')"
		printf 'login %s\n' "$(printf %s "${login:8}" | od -An -v -tx1 | tr -d ' \n')"
	} >"$WORK/needles"
	"$BUILD/tools/memory_search" "$(child_pid courier)" <"$WORK/needles"
}

@test "a server that is away for a while: nothing is lost, and it is sent once" {
	port=$(cat "$SERVER/port") before=$(mails)
	stop_server "$SERVER"
	order_only
	until_true 20 tried 1
	until_true 20 has_message code
	link_is waiting
	hurry
	until_true 20 tried 2
	start_server "$SERVER" --port "$port" --user ca --password "$SECRET" --certificate "$BATS_FILE_TMPDIR/good.pem" \
		--key "$BATS_FILE_TMPDIR/good.key"
	until_true 20 sent_at_last
	equal "$(mails)" $((before + 1)) mails
	refute grep -F channel.stuck "$DIR.log"
}

@test "a server that takes the mail and is then silent gets it again, under the same Message-ID" {
	before=$(mails)
	says silent
	order_only
	until_true 20 mails_are $((before + 1))
	first=$(mail_says "$(newest_mail)" '.headers["Message-ID"]')
	until_true 20 tried 1
	grep -q 'did not answer in time' <<<"$(link_of fault)"
	says
	until_true 20 sent_at_last
	equal "$(mails)" $((before + 2)) mails
	equal "$(mail_says "$(newest_mail)" '.headers["Message-ID"]')" "$first" Message-ID
}

# refused MODE: the order's mail is tried under it; then the server is itself again.
refused() {
	says "$*"
	order_only
	until_true 20 tried 1
	link_is waiting || { link_of 'state, fault' >&2; return 1; }
	says
	until_true 20 sent_at_last
}

@test "what the server refuses for now is sent later, once: at its greeting, for the sender, for the recipient, at the end" {
	for reply in 'greet 421 4.3.2 not now' 'greet 554 5.3.2 not now' 'mail 451 4.3.0 not now' 'rcpt 450 4.2.1 <kari@nordbank.example>: later' \
		'data 452 4.3.1 full'; do
		before=$(mails)
		refused "$reply"
		equal "$(mails)" $((before + 1)) "mails after $reply"
	done
	refute grep -F kari@nordbank.example "$DIR.log"
}

dead_after() { # MODE
	before=$(mails)
	says "$*"
	order_only
	until_true 20 link_is dead
	says
	equal "$(mails)" "$before" "mails after $*"
	equal "$(link_of 'sealed IS NULL')" 1 erased
}

@test "what it refuses for good is not tried again; its words are kept, but for addresses and links" {
	dead_after rcpt '550 5.1.1 <kari@nordbank.example>: Recipient address rejected: User kari unknown'
	equal "$(link_of fault)" "mail server localhost:$(cat "$SERVER/port"): it does not take this mail: 550 5.1.1 * Recipient address rejected: User * unknown" fault
	dead_after data '554 5.7.1 spam: https://localhost/d/AAAAAAAAAAAAAAAAAAAAAA is listed'
	grep -qF 'it does not take this mail: 554 5.7.1 spam: * is listed' <<<"$(link_of fault)"
	refute grep -F kari@ "$DIR.log"
}

@test "a sender that is refused needs a person: an alarm, once, and the mail goes when it is over" {
	alarms() { grep -cF channel.stuck "$DIR.log" || true; }
	before=$(alarms)
	says mail '550 5.7.1 not from you'
	order_only
	until_true 20 tried 1
	equal "$(alarms)" $((before + 1)) alarms
	hurry
	until_true 20 tried 2
	equal "$(alarms)" $((before + 1)) alarms
	link_is waiting
	says
	until_true 20 sent_at_last
	until_true 10 grep -qF channel.works_again "$DIR.log"
}

@test "names that would be headers are text; those of other alphabets arrive" {
	api POST /v1/clients '{"organisation":"nordbank","service":"document-archive","slug":"odd","name":"=?utf-8?q?x?= Bcc: x@example.com, <æøå>"}'
	equal "$STATUS_CODE" 201 "client: $BODY"
	api POST /v1/clients '{"organisation":"nordbank","service":"document-archive","slug":"breaks","name":"x\r\nBcc: thief@example.com"}'
	equal "$STATUS_CODE" 422 'a name with a line break'
	before=$(mails)
	order_only odd
	until_true 20 mails_are $((before + 1))
	mail=$(newest_mail)
	equal "$(mail_says "$mail" '.defects | length')" 0 "defects: $(mail_says "$mail" .defects)"
	refute grep -i '^Bcc' "$mail"
	equal "$(mail_says "$mail" '.headers.Bcc')" null Bcc
	grep -qF '=?utf-8?q?x?= Bcc: x@example.com, <æøå>' <<<"$(mail_says "$mail" .headers.Subject)"
	grep -qF '=?utf-8?q?x?= Bcc: x@example.com, <æøå>' <<<"$(mail_says "$mail" .text)"
	equal "$(mail_says "$mail" .ascii)" true 'bytes of 7 bits'
}

# configuration NAME [KEY=VALUE...]: a copy of the configuration, changed; prints its name.
configuration() {
	mkdir -p "$WORK/$1"
	cp "$DIR/counterfoil.conf" "$WORK/$1/"
	sed -i "s|= \\([a-z]*/\\)|= $DIR/\\1|; s|^database = .*|database = $DIR/counterfoil.db|; s|^journal = .*|journal = $DIR/journal|; s|^spool = .*|spool = $DIR/spool|" \
		"$WORK/$1/counterfoil.conf"
	sh -c "$(settings "${@:2}")" hook "$WORK/$1"
	echo "$WORK/$1/counterfoil.conf"
}
send_test() { "$DAEMON" check --config "$1" --send-test mail you@example.com; }

@test "another server, an old certificate, another authority, old TLS, no TLS: nothing is said in clear, and nobody logs in" {
	good="--certificate $BATS_FILE_TMPDIR/good.pem --key $BATS_FILE_TMPDIR/good.key"
	while read -r name security trust arguments; do
		# shellcheck disable=SC2086
		start_server "$BATS_FILE_TMPDIR/$name" --user ca --password "$SECRET" $arguments
		config=$(configuration "$name" "localhost:$(cat "$BATS_FILE_TMPDIR/$name/port")" "mail_security=$security" "mail_ca=${trust#-}")
		run send_test "$config"
		[ "$status" = 2 ] || [ "$status" = 5 ] || { echo "$name: ended with $status: $output" >&2; return 1; }
		echo "$name: $output"
		refute grep -sE '^(AUTH|MAIL|RCPT|DATA)' "$BATS_FILE_TMPDIR/$name/log"
		[ ! -e "$BATS_FILE_TMPDIR/$name/1.eml" ]
	done <<-END
		host-starttls starttls $BATS_FILE_TMPDIR/ca.pem --certificate $BATS_FILE_TMPDIR/other.pem --key $BATS_FILE_TMPDIR/other.key
		host-implicit implicit $BATS_FILE_TMPDIR/ca.pem --implicit --certificate $BATS_FILE_TMPDIR/other.pem --key $BATS_FILE_TMPDIR/other.key
		expired starttls $BATS_FILE_TMPDIR/ca.pem --certificate $BATS_FILE_TMPDIR/expired.pem --key $BATS_FILE_TMPDIR/expired.key
		authority starttls $BATS_FILE_TMPDIR/stranger.pem $good
		system starttls - $good
		old-tls implicit $BATS_FILE_TMPDIR/ca.pem --implicit --newest TLSv1_1 $good
		stripped starttls $BATS_FILE_TMPDIR/ca.pem --bare
		clear-for-tls implicit $BATS_FILE_TMPDIR/ca.pem --bare
		tls-for-clear starttls $BATS_FILE_TMPDIR/ca.pem --implicit $good
	END
}

@test "mail waits while its server has the certificate of another, and nothing is said to that one" {
	port=$(cat "$SERVER/port") before=$(mails)
	stop_server "$SERVER"
	rm -f "$SERVER/log"
	start_server "$SERVER" --port "$port" --user ca --password "$SECRET" --certificate "$BATS_FILE_TMPDIR/other.pem" \
		--key "$BATS_FILE_TMPDIR/other.key"
	order_only
	until_true 20 tried 1
	link_is waiting
	refute grep -sE '^(AUTH|MAIL|RCPT|DATA)' "$SERVER/log"
	grep -qx STARTTLS "$SERVER/log"
	equal "$(mails)" "$before" mails
	stop_server "$SERVER"
	start_server "$SERVER" --port "$port" --user ca --password "$SECRET" --certificate "$BATS_FILE_TMPDIR/good.pem" \
		--key "$BATS_FILE_TMPDIR/good.key"
	until_true 20 sent_at_last
	equal "$(mails)" $((before + 1)) mails
}

@test "implicit TLS, AUTH LOGIN, and no login at all work as they should" {
	good="--certificate $BATS_FILE_TMPDIR/good.pem --key $BATS_FILE_TMPDIR/good.key"
	start_server "$BATS_FILE_TMPDIR/implicit" $good --implicit --user ca --password "$SECRET"
	start_server "$BATS_FILE_TMPDIR/login" $good --login --user ca --password "$SECRET"
	start_server "$BATS_FILE_TMPDIR/nobody" $good
	send_test "$(configuration implicit "localhost:$(cat "$BATS_FILE_TMPDIR/implicit/port")" mail_security=implicit)"
	send_test "$(configuration login "localhost:$(cat "$BATS_FILE_TMPDIR/login/port")")"
	send_test "$(configuration nobody "localhost:$(cat "$BATS_FILE_TMPDIR/nobody/port")" mail_user= mail_password=)"
	grep -qx 'AUTH LOGIN' "$BATS_FILE_TMPDIR/login/log"
	refute grep -q AUTH "$BATS_FILE_TMPDIR/nobody/log"
	for name in implicit login nobody; do
		equal "$(mail_says "$BATS_FILE_TMPDIR/$name/1.eml" '.defects | length')" 0 "defects of $name"
		equal "$(mail_says "$BATS_FILE_TMPDIR/$name/1.eml" '.types | join(" ")')" 'multipart/alternative text/plain text/html' types
	done
}

@test "a wrong password is said, and so is what cannot work before anything is sent" {
	(umask 077 && echo wrong >"$WORK/wrong")
	run send_test "$(configuration password "localhost:$(cat "$SERVER/port")" "mail_password=$WORK/wrong")"
	equal "$status" 2 'a wrong password'
	grep -qF 'does not take mail from us: 535 5.7.8' <<<"$output"
	refute grep -F wrong <<<"$output"
	rm -f "$SERVER/log"
	while read -r name settings words; do
		run "$DAEMON" check --config "$(configuration "$name" "localhost:$(cat "$SERVER/port")" $settings)"
		equal "$status" 2 "check of $name"
		grep -E "^FAULT.*$words" <<<"$output" >&2 || { echo "$output" >&2; return 1; }
	done <<-END
		no-port mail_server=localhost delivery.mail_server
		no-server mail_server= delivery.mail_server
		no-user mail_user= mail_user and delivery.mail_password
		no-file mail_password=$WORK/none key.mail_password
		no-sender mail_from=nobody delivery.mail_from
		no-certificate mail_ca=$BATS_FILE_TMPDIR/ca.key no.certificate
	END
	[ ! -e "$SERVER/log" ]
	run "$DAEMON" check --config "$(configuration fine "localhost:$(cat "$SERVER/port")")"
	grep -qF "mail goes out by smtp, port $(cat "$SERVER/port")" <<<"$output"
	refute grep delivery.mail_from <<<"$output"
	run "$DAEMON" check --config "$(configuration here "localhost:$(cat "$SERVER/port")" mail_from=ca@localhost)"
	grep -E '^warning.*delivery.mail_from' <<<"$output"
	for arguments in 'mail' 'mail nobody' 'fax +4790000000' 'sms nobody'; do
		# shellcheck disable=SC2086
		run "$DAEMON" check --config "$DIR/counterfoil.conf" --send-test $arguments
		equal "$status" 2 "--send-test $arguments"
	done
	run "$DAEMON" check --config "$DIR/counterfoil.conf" --send-test you@example.com
	grep -qF 'It takes mail ADDRESS or sms NUMBER' <<<"$output"
	[ ! -e "$SERVER/log" ]
}
