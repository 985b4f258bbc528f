#!/usr/bin/env bats
# A download that is cut anywhere is taken up again; an acknowledgement that is lost, repeated or forged: the password goes out
# once, to who has the file, and not before (abuse case 9).
load lib

setup_file() {
	start_installation
	make_directory
}
teardown_file() { stop_installation; }

recipient() { "$ROOT/tests/support/cuts.py" "$CA" "$LINK" "$CLAIM" "$@"; }
sha256_of() { sha256sum "$1" | cut -d' ' -f1; }

# What the order has sent and where it stands: "COLLECTING 0" as long as nothing was acknowledged.
standing() {
	database "SELECT o.state || ' ' || (SELECT count(*) FROM message m WHERE m.order_id = o.id AND m.kind = 'password')
		FROM orders o WHERE o.id = '$ORDER'"
}
password_sent() { [ "$(standing)" = 'password_sent 1' ]; }
passwords_in_spool() { find "$DIR/spool" -name '*-password-*.txt' -newer "$WORK/marker" | wc -l; }

# One password, in the spool too, and it opens FILE. Asked once more afterwards nothing else is sent.
delivered_once() { # delivered_once FILE
	until_true 20 password_sent
	acknowledge "$1"
	equal "$STATUS_CODE" 200 'the same again'
	equal "$(standing)" 'password_sent 1' 'the order'
	equal "$(passwords_in_spool)" 1 'passwords that were sent'
	read_password
	open_package "$1" "$WORK/client.pem"
}

cut_and_taken_up() { # cut_and_taken_up KEY-TYPE
	local encoding cuts size sha256
	new_order "\"key_type\":\"$1\""
	claim
	until_true 60 prepare_once
	for encoding in modern compatible; do
		read -r cuts size sha256 < <(recipient cut "$encoding" 2>&1)
		[ "${cuts:-0}" -ge $((2 * (size / 1024 + 2))) ] || { echo "$cuts $size $sha256" >&2; return 1; }
		equal "$(standing)" 'collecting 0' "after the cuts of $encoding"
		fetch "$encoding" "$WORK/$encoding.p12"
		equal "$(sha256_of "$WORK/$encoding.p12")" "$sha256" "$encoding"
		equal "$(stat -c %s "$WORK/$encoding.p12")" "$size" "size of $encoding"
	done
	equal "$(passwords_in_spool)" 0 'passwords before the acknowledgement'
	acknowledge "$WORK/compatible.p12"
	equal "$STATUS_CODE" 200 acknowledge
	delivered_once "$WORK/compatible.p12"
	open_package "$WORK/modern.p12" "$WORK/modern.pem"
}

@test "a download that is cut at each kilobyte, by a close or a reset, is taken up again: P-256" {
	cut_and_taken_up p256
}

@test "a download that is cut at each kilobyte, by a close or a reset, is taken up again: RSA" {
	cut_and_taken_up rsa3072
}

@test "an acknowledgement whose answer is lost is repeated; one that was cut off is done or is not: one password" {
	local how
	for how in lose drop; do
		new_order
		claim
		fetch modern "$WORK/package.p12"
		recipient "$how" "$(sha256_of "$WORK/package.p12")"
		[ "$how" = drop ] || until_true 20 password_sent
		acknowledge "$WORK/package.p12"
		equal "$STATUS_CODE" 200 "repeated after $how: $BODY"
		delivered_once "$WORK/package.p12"
	done
}

# ten_at_once FILE: what each was answered.
ten_at_once() {
	local hash
	hash=$(sha256_of "$1")
	seq 10 | xargs -P 10 -I{} curl -s --cacert "$CA" -H 'Accept: application/json' -H "Authorization: Bearer $CLAIM" \
		-d "sha256=$hash" -o /dev/null -w '%{http_code}\n' "$LINK/received"
}

@test "ten acknowledgements at once, and ten more behind them: each is told that it is so, and one password goes out" {
	new_order
	claim
	fetch modern "$WORK/package.p12"
	equal "$(ten_at_once "$WORK/package.p12" | sort | uniq -c | xargs)" '10 200' 'the first ten'
	until_true 20 password_sent
	equal "$(ten_at_once "$WORK/package.p12" | sort | uniq -c | xargs)" '10 200' 'ten more'
	delivered_once "$WORK/package.p12"
	equal "$(database "SELECT count(*) FROM audit WHERE object = '$ORDER' AND record LIKE '%\"parcel.received\"%'")" 1 audited
}

forged() { # forged STATUS WHAT CURL-ARGUMENT...
	local status=$1 what=$2
	shift 2
	visit POST "$LINK/received" "$@"
	equal "$STATUS_CODE" "$status" "$what: $BODY"
	equal "$(standing)" 'collecting 0' "after $what"
}

@test "a forged acknowledgement: another file's hash, no claim, another order's claim, another site's form: nothing is sent" {
	local other_claim other_link hash wrong name
	new_order
	claim
	fetch modern "$WORK/other.p12"
	other_claim=$CLAIM
	other_link=$LINK
	new_order
	claim
	fetch modern "$WORK/package.p12"
	hash=$(sha256_of "$WORK/package.p12")
	wrong=$(tr 0-9a-f 1-9a-f0 <<<"$hash")
	name=__Host-claim-$(printf %s "${LINK##*/}" | sha256sum | cut -c1-8)
	forged 409 'a wrong hash' -H "Authorization: Bearer $CLAIM" -d "sha256=$wrong"
	forged 409 "another order's file" -H "Authorization: Bearer $CLAIM" -d "sha256=$(sha256_of "$WORK/other.p12")"
	forged 409 'zeros, as what was never made has' -H "Authorization: Bearer $CLAIM" -d "sha256=$(printf '%064d' 0)"
	forged 422 'half a hash' -H "Authorization: Bearer $CLAIM" -d "sha256=${hash:0:32}"
	forged 403 'no claim' -d "sha256=$hash"
	forged 403 'no claim, the button alone' -d ''
	forged 403 "another order's claim" -H "Authorization: Bearer $other_claim" -d "sha256=$hash"
	forged 403 "another order's claim in this order's cookie" -b "$name=$other_claim" -d "sha256=$hash"
	forged 403 "this order's claim in another cookie" -b "__Host-claim-00000000=$CLAIM" -d "sha256=$hash"
	forged 403 'a form of another site' -b "$name=$CLAIM" -H 'Origin: https://evil.example' -d "sha256=$hash"
	forged 403 'a form of another site, by what the browser says' -b "$name=$CLAIM" -H 'Sec-Fetch-Site: cross-site' -d "sha256=$hash"
	forged 403 'a form of another port' -b "$name=$CLAIM" -H "Origin: https://localhost:$PORT_MEMBERS" -d "sha256=$hash"
	visit POST "$other_link/received" -H "Authorization: Bearer $CLAIM" -d "sha256=$hash"
	equal "$STATUS_CODE" 403 "this order's claim and hash on another's link"
	equal "$(passwords_in_spool)" 0 'passwords that were sent'
	visit POST "$LINK/received" -b "$name=$CLAIM" -H "Origin: $PUBLIC" -H 'Sec-Fetch-Site: same-origin' -d "sha256=$hash"
	equal "$STATUS_CODE" 200 'the true one, by cookie'
	delivered_once "$WORK/package.p12"
}

@test "the hash of an encoding that was not fetched acknowledges nothing" {
	new_order
	claim
	fetch modern "$WORK/package.p12"
	local modern=$CLAIM
	fetch compatible "$WORK/compatible.p12"
	# a newer claim has fetched nothing of it yet, then one of the two
	mark
	visit POST "$LINK/new-code" -d digits=4567
	equal "$STATUS_CODE" 200 'new code'
	until_true 20 has_message code
	read_code
	claim
	[ "$CLAIM" != "$modern" ]
	forged 409 'nothing was fetched' -H "Authorization: Bearer $CLAIM" -d "sha256=$(sha256_of "$WORK/compatible.p12")"
	fetch compatible "$WORK/again.p12"
	forged 409 'the other encoding' -H "Authorization: Bearer $CLAIM" -d "sha256=$(sha256_of "$WORK/package.p12")"
	acknowledge "$WORK/again.p12"
	equal "$STATUS_CODE" 200 acknowledge
	delivered_once "$WORK/again.p12"
}
