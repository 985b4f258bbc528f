#!/usr/bin/env bats
# The thread: one order from request to a refused call after revocation, and what a recipient, a scanner or a thief may try.

load lib

setup_file() {
	start_installation
	make_directory
}
teardown_file() { stop_installation; }

@test "the whole thread: order, code, file, acknowledgement, password, call, revocation, CRL, audit" {
	collect_whole "$WORK/client.pem"
	equal "$(message_count password)" 1 'password messages'
	until_true 10 state_is password_sent
	openssl verify -x509_strict -CAfile "$CA" -untrusted "$DIR/ca/issuing.pem" "$WORK/client.pem"
	cp "$WORK/client.pem" "$BATS_FILE_TMPDIR/client.pem"
	as client GET /v1/me
	equal "$STATUS_CODE" 200 me
	equal "$(field .client)" e-banking client
	until_true 10 state_is in_use
	as client GET /v1/services/nordbank/document-archive
	equal "$STATUS_CODE" 200 'own service'
	as client GET /v1/services/nordbank/payments
	equal "$STATUS_CODE" 403 "another's service"
	as client GET /v1/services/nordbank/no-such
	equal "$STATUS_CODE" 403 'a service that does not exist looks the same'
	as client GET /v1/orders
	equal "$STATUS_CODE" 403 'staff pages'
	api POST "/v1/certificates/$SERIAL/revoke" '{"reason":"keyCompromise"}'
	equal "$STATUS_CODE" 200 "revoke: $BODY"
	as client GET /v1/me
	equal "$STATUS_CODE" 403 'after revocation'
	equal "$(field .code)" revoked reason
	until_true 20 crl_lists "$SERIAL"
	openssl verify -x509_strict -crl_check_all -CAfile <(cat "$CA" "$DIR/ca/issuing.pem" "$WORK/bundle.pem") "$WORK/client.pem" 2>&1 |
		grep -q 'certificate revoked'
	"$COMMAND" --server "$MEMBERS" --ca "$CA" --identity "$DIR/admin.p12" --password-file "$DIR.admin-password" audit verify
}
crl_lists() {
	curl -s -o "$WORK/issuing.crl" "$STATUS/crl/issuing.crl" && curl -s -o "$WORK/bundle.pem" "$STATUS/crl/bundle.pem" &&
		openssl crl -inform DER -in "$WORK/issuing.crl" -noout -text | crl_text_lists "$1"
}

@test "64 parallel takers of one parcel: exactly one claim" {
	new_order
	seq 64 | xargs -P 64 -I{} curl -s --cacert "$CA" -H 'Accept: application/json' -d "code=$CODE" -o "$WORK/taker-{}" "$LINK/code"
	equal "$(cat "$WORK"/taker-* | jq -r 'select(.claim) | .claim' | sort -u | wc -l)" 1 claims
	equal "$(database "SELECT count(*) FROM certificate WHERE order_id = '$ORDER' AND status <> 'revoked'")" 1 certificates
}

@test "wrong code five times locks the parcel, and staff unlock it with a new code" {
	new_order
	for left in 4 3 2 1; do
		visit POST "$LINK/code" -d code=AAAAAAAA
		equal "$STATUS_CODE" 403 "wrong code: $BODY"
		equal "$(field .tries_left)" "$left" 'tries left'
	done
	visit POST "$LINK/code" -d code=AAAAAAAA
	equal "$STATUS_CODE" 423 'the fifth wrong code'
	visit POST "$LINK/code" -d "code=$CODE"
	equal "$STATUS_CODE" 423 'the right code on a locked parcel'
	equal "$(order_state)" locked state
	mark
	api POST "/v1/orders/$ORDER/unlock"
	equal "$STATUS_CODE" 200 "unlock: $BODY"
	until_true 20 has_message code
	old=$CODE
	read_code
	[ "$old" != "$CODE" ]
	visit POST "$LINK/code" -d "code=$old"
	equal "$STATUS_CODE" 403 'the old code'
	claim
}

@test "variants of one code are one code: case, spaces and hyphens; other alphabets are not" {
	new_order
	visit POST "$LINK/code" --data-urlencode "code=$(sed 's/./０/' <<<"$CODE")"
	equal "$STATUS_CODE" 403 'a full-width digit'
	visit POST "$LINK/code" --data-urlencode "code= ${CODE:0:4}-$(tr 'A-Z' 'a-z' <<<"${CODE:4}") "
	equal "$STATUS_CODE" 200 "the same code, written otherwise: $BODY"
	visit POST "$LINK/code" -d "code=$CODE"
	[ "$STATUS_CODE" != 200 ]
}

@test "a new code needs the last four digits of the mobile, and kills the old one" {
	new_order
	old=$CODE
	visit POST "$LINK/new-code" -d digits=0000
	equal "$STATUS_CODE" 403 'wrong digits'
	equal "$(field .code)" wrong_code 'wrong digits'
	mark
	visit POST "$LINK/new-code" -d digits=4567
	equal "$STATUS_CODE" 200 "right digits: $BODY"
	until_true 20 has_message code
	read_code
	visit POST "$LINK/code" -d "code=$old"
	equal "$STATUS_CODE" 403 'the old code'
	claim
}

@test "new codes are limited a day, wrong digits too" {
	new_order
	for _ in 1 2 3 4 5; do
		visit POST "$LINK/new-code" -d digits=4567
		equal "$STATUS_CODE" 200 "new code: $BODY"
	done
	visit POST "$LINK/new-code" -d digits=4567
	equal "$STATUS_CODE" 429 'the sixth'
	new_order
	for _ in 1 2 3 4 5; do
		visit POST "$LINK/new-code" -d digits=0000
		equal "$STATUS_CODE" 403 'wrong digits'
	done
	visit POST "$LINK/new-code" -d digits=4567
	equal "$STATUS_CODE" 429 'right digits after too many wrong ones'
}

@test "a scanner's GET, HEAD and form posts without a code change nothing, send nothing and burn no try" {
	new_order
	until_true 20 all_sent
	before=$(database "SELECT state, link_hash IS NULL, (SELECT count(*) FROM code WHERE order_id = orders.id), (SELECT sum(tries) FROM code WHERE order_id = orders.id), (SELECT count(*) FROM message) FROM orders WHERE id = '$ORDER'")
	audited=$(database 'SELECT count(*) FROM audit')
	for path in '' /file /done /package/modern /code /new-code /received /prepare /request /certificate; do
		curl -s --cacert "$CA" -o /dev/null "$LINK$path"
		curl -s --cacert "$CA" -o /dev/null -I "$LINK$path"
	done
	for form in code= digits= sha256= request= ''; do
		for path in /code /new-code /received /prepare /request; do
			curl -s --cacert "$CA" -o /dev/null -d "$form" "$LINK$path"
		done
	done
	equal "$(database "SELECT state, link_hash IS NULL, (SELECT count(*) FROM code WHERE order_id = orders.id), (SELECT sum(tries) FROM code WHERE order_id = orders.id), (SELECT count(*) FROM message) FROM orders WHERE id = '$ORDER'")" "$before" 'the order'
	equal "$(database 'SELECT count(*) FROM audit')" "$audited" 'audit records'
	claim
}
all_sent() { [ "$(database "SELECT count(*) FROM message WHERE state <> 'sent'")" = 0 ]; }

@test "a download that was cut is taken up again, by range and as a whole" {
	new_order
	claim
	fetch modern "$WORK/whole.p12"
	size=$(stat -c %s "$WORK/whole.p12")
	curl -sS --cacert "$CA" -H "Authorization: Bearer $CLAIM" -r 0-99 -o "$WORK/part" -D "$WORK/head" "$LINK/package/modern"
	grep -q '^HTTP/1.1 206' "$WORK/head"
	curl -sS --cacert "$CA" -H "Authorization: Bearer $CLAIM" -r 100- -o "$WORK/rest" "$LINK/package/modern"
	cat "$WORK/part" "$WORK/rest" | cmp - "$WORK/whole.p12"
	curl -sS --cacert "$CA" -H "Authorization: Bearer $CLAIM" --max-filesize 10 -o /dev/null "$LINK/package/modern" || true
	fetch modern "$WORK/again.p12"
	cmp "$WORK/again.p12" "$WORK/whole.p12"
	equal "$(stat -c %s "$WORK/again.p12")" "$size" size
	equal "$(message_count_of_order password)" 0 'passwords before the acknowledgement'
	acknowledge "$WORK/again.p12"
	equal "$STATUS_CODE" 200 acknowledge
}
message_count_of_order() { database "SELECT count(*) FROM message WHERE order_id = '$ORDER' AND kind = '$1'"; }

@test "a look at the head of the file hands nothing over: the button behind it sends no password" {
	new_order
	claim
	until_true 30 prepare_once
	for encoding in modern compatible; do
		equal "$(curl -sS --cacert "$CA" -I -H "Authorization: Bearer $CLAIM" -o /dev/null -w '%{http_code}' \
			"$LINK/package/$encoding")" 200 "HEAD of $encoding"
	done
	bearer POST "$LINK/received"
	equal "$STATUS_CODE" 409 'the button behind it'
	equal "$(message_count_of_order password)" 0 passwords
	fetch compatible "$WORK/looked.p12"
	bearer POST "$LINK/received"
	equal "$STATUS_CODE" 200 'the button behind a file'
}

@test "an acknowledgement of another file is refused and may be repeated rightly; the password goes out once" {
	new_order
	claim
	fetch modern "$WORK/package.p12"
	echo x | cat "$WORK/package.p12" - >"$WORK/altered.p12"
	acknowledge "$WORK/altered.p12"
	equal "$STATUS_CODE" 409 'an altered file'
	bearer POST "$LINK/received" -d sha256=abc
	[ "$STATUS_CODE" = 400 ] || [ "$STATUS_CODE" = 422 ] || [ "$STATUS_CODE" = 409 ]
	equal "$(message_count_of_order password)" 0 passwords
	acknowledge "$WORK/package.p12"
	equal "$STATUS_CODE" 200 acknowledge
	acknowledge "$WORK/package.p12"
	equal "$STATUS_CODE" 200 'the same again'
	equal "$(message_count_of_order password)" 1 passwords
	read_password
	open_package "$WORK/package.p12" "$WORK/client.pem"
}

@test "nothing is acknowledged that was never fetched" {
	new_order
	claim
	until_true 30 prepare_once
	bearer POST "$LINK/received"
	equal "$STATUS_CODE" 409 'acknowledged without a download'
	equal "$(message_count_of_order password)" 0 passwords
}

@test "the same claim takes the other encoding too: one key, one password" {
	new_order
	claim
	fetch modern "$WORK/modern.p12"
	fetch compatible "$WORK/compatible.p12"
	acknowledge "$WORK/compatible.p12"
	equal "$STATUS_CODE" 200 acknowledge
	read_password
	open_package "$WORK/modern.p12" "$WORK/modern.pem"
	open_package "$WORK/compatible.p12" "$WORK/compatible.pem"
	equal "$(openssl x509 -in "$WORK/modern.pem" -noout -serial)" "$(openssl x509 -in "$WORK/compatible.pem" -noout -serial)" serial
	equal "$(openssl pkey -in "$WORK/modern.pem" -pubout)" "$(openssl pkey -in "$WORK/compatible.pem" -pubout)" key
	fetch_after=$(curl -s --cacert "$CA" -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $CLAIM" "$LINK/package/modern")
	[ "$fetch_after" != 200 ]
}

@test "a package needs the claim; another order's claim and a changed one do not do" {
	new_order
	claim
	first=$CLAIM
	until_true 30 prepare_once
	visit GET "$LINK/package/modern"
	[ "$STATUS_CODE" != 200 ]
	new_order
	claim
	until_true 30 prepare_once
	CLAIM=$first
	bearer GET "$LINK/package/modern"
	[ "$STATUS_CODE" != 200 ]
}

@test "a lost claim is replaced by a new code while nothing was acknowledged" {
	new_order
	claim
	lost=$CLAIM
	fetch modern "$WORK/one.p12"
	mark
	visit POST "$LINK/new-code" -d digits=4567
	equal "$STATUS_CODE" 200 "new code: $BODY"
	until_true 20 has_message code
	read_code
	claim
	[ "$lost" != "$CLAIM" ]
	fetch modern "$WORK/two.p12"
	cmp "$WORK/one.p12" "$WORK/two.p12"
	CLAIM=$lost
	bearer GET "$LINK/package/modern"
	[ "$STATUS_CODE" != 200 ]
	equal "$(database "SELECT count(*) FROM certificate WHERE order_id = '$ORDER' AND status <> 'revoked'")" 1 certificates
}

@test "unknown, malformed, cancelled and used links give the same bytes" {
	new_order
	cancelled=$LINK
	api POST "/v1/orders/$ORDER/cancel" '{"reason":"not needed"}'
	equal "$STATUS_CODE" 200 "cancel: $BODY"
	new_order
	claim
	fetch modern "$WORK/p12"
	acknowledge "$WORK/p12"
	used=$LINK
	for url in "$PUBLIC/d/AAAAAAAAAAAAAAAAAAAAAA" "$PUBLIC/d/short" "$cancelled" "$used"; do
		curl -s --cacert "$CA" -D "$WORK/head" -w '%{http_code}' "$url" >"$WORK/page"
		grep -viE '^(date|x-request-id):' "$WORK/head" | cat - "$WORK/page" | sha256sum
	done | sort -u >"$WORK/kinds"
	equal "$(wc -l <"$WORK/kinds")" 1 'kinds of answer'
	grep -q 404 "$WORK/page"
}

@test "resend gives a new link and a new code; the old link dies" {
	new_order
	old=$LINK
	mark
	api POST "/v1/orders/$ORDER/resend"
	equal "$STATUS_CODE" 200 "resend: $BODY"
	read_messages
	[ "$old" != "$LINK" ]
	visit GET "$old"
	equal "$STATUS_CODE" 404 'the old link'
	claim
}

@test "an order changed in the database after approval gives no certificate" {
	new_order
	database "UPDATE orders SET facts = replace(facts, '+4791234567', '+4799999999') WHERE id = '$ORDER'"
	visit POST "$LINK/code" -d "code=$CODE"
	CLAIM=$(field .claim)
	bearer POST "$LINK/prepare"
	equal "$STATUS_CODE" 403 "prepare: $BODY"
	equal "$(database "SELECT count(*) FROM certificate WHERE order_id = '$ORDER'")" 0 certificates
	equal "$(message_count_of_order password)" 0 passwords
	grep -q 'order.ticket_refused' <(database "SELECT record FROM audit WHERE object = '$ORDER'")
}

@test "another contact's number in the contact row after approval changes nothing" {
	new_order
	claim
	database "UPDATE contact SET mobile = '+4799999999'"
	fetch modern "$WORK/p12"
	acknowledge "$WORK/p12"
	read_password
	database "UPDATE contact SET mobile = '+4791234567'"
	grep -q '^To: +4791234567' "$(spool_since password)"
}

@test "a certificate of another CA with the same names is refused, and so is none" {
	collect_whole "$BATS_FILE_TMPDIR/twin-of.pem"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout "$WORK/k" -out "$WORK/c" \
		-subj "/O=Nordbank/OU=Document archive/CN=e-banking" -set_serial "0x$SERIAL" -addext extendedKeyUsage=clientAuth 2>/dev/null
	cat "$WORK/k" "$WORK/c" >"$BATS_FILE_TMPDIR/twin.pem"
	as twin GET /v1/me
	equal "$STATUS_CODE" 403 twin
	equal "$(curl -s --cacert "$CA" -o /dev/null -w '%{http_code}' "$MEMBERS/v1/me")" 401 none
}

@test "revocation is refused on a connection that is kept open" {
	collect_whole "$WORK/client.pem"
	mkfifo "$WORK/requests"
	openssl s_client -connect "localhost:$PORT_MEMBERS" -servername localhost -CAfile "$CA" -verify_return_error -cert "$WORK/client.pem" \
		-key "$WORK/client.pem" -quiet -ign_eof <"$WORK/requests" >"$WORK/kept" 2>"$WORK/kept.log" 3>&- &
	pid=$!
	exec 8>"$WORK/requests"
	printf 'GET /v1/me HTTP/1.1\r\nHost: localhost\r\n\r\n' >&8
	until_true 10 kept_answers 1
	api POST "/v1/certificates/$SERIAL/revoke" '{"reason":"keyCompromise"}'
	equal "$STATUS_CODE" 200 revoke
	printf 'GET /v1/me HTTP/1.1\r\nHost: localhost\r\n\r\n' >&8
	until_true 10 kept_answers 2
	exec 8>&-
	kill "$pid" 2>/dev/null || true
	grep '^HTTP/1.1 ' "$WORK/kept" | head -2 | tr -d '\r' >"$WORK/lines"
	equal "$(sed -n 1p "$WORK/lines" | cut -d' ' -f2)" 200 before
	equal "$(sed -n 2p "$WORK/lines" | cut -d' ' -f2)" 403 after
}
kept_answers() { [ "$(grep -c '^HTTP/1.1 ' "$WORK/kept")" -ge "$1" ]; }

@test "a revoke of an unknown serial is not found; of a revoked one says when and why and changes nothing" {
	api POST /v1/certificates/00112233445566778899aabbccddeeff00112233/revoke '{"reason":"keyCompromise"}'
	equal "$STATUS_CODE" 404 unknown
	collect_whole "$WORK/client.pem"
	api POST "/v1/certificates/$SERIAL/revoke" '{"reason":"superseded"}'
	equal "$STATUS_CODE" 200 first
	api POST "/v1/certificates/$SERIAL/revoke" '{"reason":"keyCompromise"}'
	equal "$STATUS_CODE" 409 second
	grep -q superseded <<<"$BODY"
	equal "$(database "SELECT reason FROM certificate WHERE serial = '$SERIAL'")" 4 reason
	api POST "/v1/certificates/$SERIAL/revoke" '{"reason":"because"}'
	equal "$STATUS_CODE" 422 'a reason that is none'
}
