#!/usr/bin/env bats
# What staff do all day, by the forms of the console, filled in and sent from outside, without scripts.

load lib

setup_file() {
	start_installation
	make_directory
	staff_member support support
	staff_member auditor auditor
}
teardown_file() { stop_installation; }

# page WHO PATH: a page as a browser gets it; sets STATUS_CODE and BODY.
page() {
	STATUS_CODE=$(curl -sS --cacert "$CA" --cert "$BATS_FILE_TMPDIR/$1.pem" -H 'Accept: text/html' -o "$WORK/body" -w '%{http_code}' "$MEMBERS$2")
	BODY=$(cat "$WORK/body")
}
shows() { grep -qF -- "$1" "$WORK/body" || { echo "not on the page: $1" >&2; return 1; }; }

# hidden FORM NAME: what the form of that id on the page carries unseen.
hidden() {
	awk -v form="id=\"$1\"" 'index($0, "<form ") { inside = index($0, form) } inside' "$WORK/body" |
		sed -n "s/.*<input type=\"hidden\" name=\"$2\" value=\"\([^\"]*\)\">.*/\1/p" | head -1 | sed 's/&quot;/"/g'
}
# fill WHO PATH FORM: the page with the form, and what it carries.
fill() {
	page "$1" "$2"
	equal "$STATUS_CODE" 200 "$2"
	HIDDEN=()
	local name value
	for name in token if_match idempotency_key organisation service client digest; do
		value=$(hidden "$3" "$name")
		[ -z "$value" ] || HIDDEN+=(--data-urlencode "$name=$value")
	done
	[ ${#HIDDEN[@]} -gt 0 ]
}
# send WHO PATH FIELD...: the form, to where it goes; sets STATUS_CODE, BODY and WAY, where it leads.
send() {
	local who=$1 path=$2 field data=()
	shift 2
	for field; do data+=(--data-urlencode "$field"); done
	STATUS_CODE=$(curl -sS --cacert "$CA" --cert "$BATS_FILE_TMPDIR/$who.pem" -H 'Accept: text/html' -H 'Sec-Fetch-Site: same-origin' \
		-H "Origin: $MEMBERS" -o "$WORK/body" -D "$WORK/head" -w '%{http_code}' "${HIDDEN[@]}" "${data[@]}" "$MEMBERS$path")
	BODY=$(cat "$WORK/body")
	WAY=$(sed -n 's/^[Ll]ocation: \(.*\)\r$/\1/p' "$WORK/head")
}
# leads WORD: the form was taken, and the page it leads to can be seen.
leads() {
	equal "$STATUS_CODE" 303 "$BODY"
	[[ $WAY == *"said=$1" ]]
	page administrator "$WAY"
	equal "$STATUS_CODE" 200 "$WAY"
	shows 'role="status"'
}

@test "ordered by a form, pressed twice: one order, whose messages go out" {
	new=/console/orders/new
	fill administrator "$new?organisation=nordbank&service=document-archive&client=e-banking" order
	contact=$(sed -n 's/.*<option value="\([a-z2-7]\{16\}\)".*kari@nordbank.example.*/\1/p' "$WORK/body")
	mark
	send administrator "$new" "contact=$contact" key_type=p256 'note=<b>for May</b>'
	leads ordered
	first=${WAY%\?*}
	shows '&lt;b&gt;for May&lt;/b&gt;'
	send administrator "$new" "contact=$contact" key_type=p256 'note=<b>for May</b>'
	leads ordered
	equal "${WAY%\?*}" "$first" "the same order"
	read_messages
	page support "$first"
	shows 'types the code from the SMS'
	shows 'One-time code'
	page support "/console/orders?state=offered&organisation=nordbank"
	shows "href=\"$first\""
}

@test "sent again and unlocked by support, cancelled by the administrator" {
	new_order
	fill support "/console/orders/$ORDER" resend
	mark
	send support "/console/orders/$ORDER/resend"
	leads resent
	read_messages
	for _ in 1 2 3 4 5; do visit POST "$LINK/code" -d code=22222222; done
	state_is locked
	fill support "/console/orders/$ORDER" unlock
	send support "/console/orders/$ORDER/unlock"
	leads unlocked
	state_is offered
	fill administrator "/console/orders/$ORDER" cancel
	send administrator "/console/orders/$ORDER/cancel" 'reason=ordered twice'
	leads cancelled
	shows 'Cancelled: ordered twice'
	state_is cancelled
}

@test "the key is stolen: search, certificate, revoke with the name typed, and it is refused" {
	collect_whole "$BATS_FILE_TMPDIR/client.pem"
	as client GET /v1/me
	equal "$STATUS_CODE" 200 before
	page support "/console/certificates/$SERIAL"
	shows "/console/certificates/$SERIAL/revoke"
	fill support "/console/certificates/$SERIAL/revoke?reason=keyCompromise" revoke
	shows '<option value="keyCompromise" selected>'
	send support "/console/certificates/$SERIAL/revoke" reason=keyCompromise 'note=Kari called' confirm=ebanking
	equal "$STATUS_CODE" 422 'another name'
	shows 'value="Kari called"'
	shows 'href="#revoke-confirm"'
	as client GET /v1/me
	equal "$STATUS_CODE" 200 'nothing was revoked'
	send support "/console/certificates/$SERIAL/revoke" reason=keyCompromise 'note=Kari called' confirm=e-banking
	leads revoked
	shows 'The key is in wrong hands'
	as client GET /v1/me
	equal "$STATUS_CODE" 403 'after the revocation'
}

@test "what another ordered is approved as it stands on the page" {
	staff_member approver approver
	api POST /v1/clients '{"organisation":"nordbank","service":"payments","slug":"ledger","name":"Ledger"}'
	api POST /v1/services/nordbank/payments '{"approvals":1}'
	equal "$STATUS_CODE" 200 "$BODY"
	api POST /v1/orders '{"organisation":"nordbank","service":"payments","client":"ledger","contact":"kari@nordbank.example"}'
	equal "$STATUS_CODE" 201 "$BODY"
	ORDER=$(field .id)
	state_is requested
	page administrator "/console/orders/$ORDER"
	shows 'You cannot approve it'
	fill approver "/console/orders/$ORDER" approve
	shows "$(hidden approve digest)"
	mark
	send approver "/console/orders/$ORDER/approve"
	leads approved
	state_is offered
	read_messages
	send approver "/console/orders/$ORDER/approve"
	equal "$STATUS_CODE" 412 'what is approved is not there any more'
}

@test "who may not is told which role it takes, and is offered nothing" {
	page auditor /console/orders/new
	equal "$STATUS_CODE" 403 'the form of an order'
	shows 'administrator'
	page auditor /console/organisations
	equal "$STATUS_CODE" 200 'reading'
	refute grep -q '<form class="form"' "$WORK/body"
}
