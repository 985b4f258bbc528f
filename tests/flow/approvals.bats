#!/usr/bin/env bats
# Four eyes and renewals with the real daemon: who orders does not approve, what is approved is what was ordered, and a
# renewal never breaks what runs.
load lib

setup_file() {
	HOOK="sed -i 's/^approvals = .*/approvals = 1/' \"\$1/counterfoil.conf\"" start_installation
	make_directory
	staff_member approver approver
	staff_member second administrator
	staff_member helper support
}
teardown_file() { stop_installation; }

# request: an order that waits; sets ORDER and DIGEST.
request() {
	mark
	api POST /v1/orders "{\"organisation\":\"nordbank\",\"service\":\"document-archive\",\"client\":\"e-banking\",\"contact\":\"kari@nordbank.example\"${1:+,$1}}"
	equal "$STATUS_CODE" 201 "order: $BODY"
	ORDER=$(field .id)
	DIGEST=$(field .digest)
	equal "$(field .state)" requested state
}
approve() { as "$1" POST "/v1/orders/$ORDER/approve" "{\"digest\":\"${2:-$DIGEST}\"}"; }

@test "an order waits for another, and nothing is sent before" {
	request '"note":"for the new branch","due":"2099-12-01"'
	equal "$(field '[.approvals, .may_approve, .link_until != null, (.approved | length)] | map(tostring) | join(" ")')" '1 false true 0' shown
	equal "${#DIGEST}" 64 digest
	equal "$(database "SELECT count(*) FROM message WHERE order_id = '$ORDER'")" 0 'messages'
	approve administrator
	equal "$STATUS_CODE" 403 'the orderer'
	[[ $(field .detail) == *'you have ordered it'* ]]
	as helper POST "/v1/orders/$ORDER/approve" "{\"digest\":\"$DIGEST\"}"
	equal "$STATUS_CODE" 403 support
	approve approver "${DIGEST/[0-7]/8}"
	equal "$STATUS_CODE" 409 'another digest'
	approve approver short
	equal "$STATUS_CODE" 422 'no digest'
	as approver GET "/v1/orders/$ORDER"
	equal "$(field .may_approve)" true 'the approver may'
	api POST "/v1/orders/$ORDER/resend"
	equal "$STATUS_CODE" 409 resend
	equal "$(database "SELECT state || coalesce(ticket, '') || coalesce(link_hash, '') FROM orders WHERE id = '$ORDER'")" requested row
	approve approver
	equal "$STATUS_CODE" 200 "approve: $BODY"
	equal "$(field '.state + " " + .approved[0].name')" 'offered approver' shown
	read_messages
	claim
	fetch modern "$WORK/package.p12"
	acknowledge "$WORK/package.p12"
	read_password
	open_package "$WORK/package.p12" "$BATS_FILE_TMPDIR/first.pem"
	as first GET /v1/me
	equal "$STATUS_CODE" 200 'what was approved works'
	echo "$ORDER" >"$BATS_FILE_TMPDIR/first-order"
}

@test "two approvals are two people's" {
	api POST /v1/services/nordbank/document-archive '{"approvals":2}'
	equal "$STATUS_CODE" 200 "approvals: $BODY"
	request
	equal "$(field .approvals)" 2 wanted
	approve approver
	equal "$(field '.state + " " + (.approved | length | tostring)')" 'requested 1' 'after the first'
	approve approver
	equal "$STATUS_CODE" 409 'the same again'
	approve second
	equal "$(field .state)" offered 'after the second'
	read_messages
	api POST /v1/services/nordbank/document-archive '{"approvals":null}'
}

@test "what changes between order and approval is said and refused" {
	request
	api POST /v1/contacts/kari@nordbank.example '{"name":"Kari Hansen"}'
	equal "$STATUS_CODE" 200 "change: $BODY"
	approve approver
	equal "$STATUS_CODE" 409 'another name'
	[[ $(field .detail) == *contact_name* ]]
	as approver POST "/v1/orders/$ORDER/reject" '{}'
	equal "$STATUS_CODE" 422 'without a reason'
	api POST "/v1/orders/$ORDER/reject" '{"reason":"mine"}'
	equal "$STATUS_CODE" 403 'by the orderer'
	as approver POST "/v1/orders/$ORDER/reject" '{"reason":"the contact has another name"}'
	equal "$(field .state)" rejected "rejected: $BODY"
	equal "$(field '[.history[].record | if type == "string" then fromjson else . end | select(.what == "order.rejected") | .why] | join(",")')" 'the contact has another name' audited
	approve approver
	equal "$STATUS_CODE" 409 'a rejected one'
}

@test "a stale page changes nothing" {
	request
	local tag
	tag=$(curl -sS --cacert "$CA" --cert "$BATS_FILE_TMPDIR/approver.pem" -o /dev/null -D - "$MEMBERS/v1/orders/$ORDER" |
		tr -d '\r' | sed -n 's/^[Ee][Tt][Aa][Gg]: //p')
	[[ $tag == '"requested-'* ]]
	approve approver
	equal "$STATUS_CODE" 200 approve
	run curl -sS --cacert "$CA" --cert "$BATS_FILE_TMPDIR/administrator.pem" -X POST -H "If-Match: $tag" -o "$WORK/body" -w '%{http_code}' \
		"$MEMBERS/v1/orders/$ORDER/cancel"
	equal "$output" 412 'a stale tag'
	equal "$(order_state)" offered 'it stays'
	api POST "/v1/orders/$ORDER/cancel"
	equal "$STATUS_CODE" 200 cancel
}

@test "a renewal leaves the old certificate valid, and a client has one order at a time" {
	local first serial
	first=$(cat "$BATS_FILE_TMPDIR/first-order")
	serial=$(serial_of "$BATS_FILE_TMPDIR/first.pem")
	api POST /v1/clients '{"organisation":"nordbank","service":"document-archive","slug":"single","name":"single"}'
	api POST /v1/orders '{"organisation":"nordbank","service":"document-archive","client":"single","contact":"kari@nordbank.example"}'
	equal "$STATUS_CODE" 201 single
	api POST /v1/orders '{"organisation":"nordbank","service":"document-archive","client":"single","contact":"kari@nordbank.example"}'
	equal "$STATUS_CODE" 422 'a second for it'
	equal "$(field '.faults[0].field')" client fault
	mark
	exits 0 "$COMMAND" --server "$MEMBERS" --ca "$CA" --identity "$BATS_FILE_TMPDIR/administrator.pem" --json order renew "$serial" --note again
	ORDER=$(jq -r .id <<<"$output")
	DIGEST=$(jq -r .digest <<<"$output")
	equal "$(jq -r '.kind + " " + .renews' <<<"$output")" "renewal $serial" renewal
	exits 0 "$COMMAND" --server "$MEMBERS" --ca "$CA" --identity "$BATS_FILE_TMPDIR/approver.pem" order approve "$ORDER" --digest "$DIGEST"
	read_messages
	claim
	fetch modern "$WORK/package.p12"
	acknowledge "$WORK/package.p12"
	read_password
	open_package "$WORK/package.p12" "$BATS_FILE_TMPDIR/renewed.pem"
	as renewed GET /v1/me
	equal "$STATUS_CODE" 200 'the new one'
	as first GET /v1/me
	equal "$STATUS_CODE" 200 'the old one'
	api GET "/v1/orders/$first"
	equal "$(field .replaced_by)" "$ORDER" 'the old order shows it'
}
