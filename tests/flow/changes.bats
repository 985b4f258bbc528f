#!/usr/bin/env bats
# What staff change is changed in the version that they have seen; what they create with a key is created once, also when the
# answer is lost on the way.

load lib

setup_file() {
	start_installation
	make_directory
}
teardown_file() { stop_installation; }
teardown() { if [ -n "${LINE_PID:-}" ]; then kill "$LINE_PID" 2>/dev/null || true; fi; }

staff() { "$COMMAND" --server "$MEMBERS" --ca "$CA" --identity "$DIR/admin.p12" --password-file "$DIR.admin-password" "$@"; }
# with_header 'NAME: VALUE' METHOD PATH [BODY]: as api, with one header more; sets STATUS_CODE, BODY and TAG
with_header() {
	STATUS_CODE=$(curl -sS --cacert "$CA" --cert "$BATS_FILE_TMPDIR/administrator.pem" -X "$2" -o "$WORK/body" -D "$WORK/head" -w '%{http_code}' \
		-H "$1" ${4:+-H 'Content-Type: application/json' --data "$4"} "$MEMBERS$3")
	BODY=$(cat "$WORK/body")
	TAG=$(tr -d '\r' <"$WORK/head" | sed -n 's/^[Ee][Tt]ag: //p')
}
audited() { database "SELECT count(*) FROM audit WHERE json_extract(record, '\$.what') = '$1'"; }

@test "a change that was made from an old version is refused with who changed it and when, and overwrites nothing" {
	local path
	for path in organisations/nordbank services/nordbank/payments clients/nordbank/document-archive/e-banking \
		contacts/kari@nordbank.example; do
		with_header 'X-Nothing: 1' GET "/v1/$path"
		equal "$STATUS_CODE" 200 "show $path"
		equal "$TAG" '"1"' "tag of $path"
		equal "$(field '.history | length')" 1 "history of $path"
		with_header 'If-Match: "1"' POST "/v1/$path" '{"name":"First"}'
		equal "$STATUS_CODE" 200 "first on $path: $BODY"
		equal "$TAG" '"2"' "tag behind the first on $path"
		with_header 'If-Match: "1"' POST "/v1/$path" '{"name":"Second"}'
		equal "$STATUS_CODE" 412 "second on $path"
		equal "$(field .code)" precondition code
		grep -qE '^[^ ].* changed it at 20[0-9-]{8}T[0-9:]{8}Z: its tag is "2" now' <<<"$(field .detail)"
		with_header 'If-None-Match: "2"' GET "/v1/$path"
		equal "$STATUS_CODE" 200 "more stands in it than its version speaks of: $path"
		equal "$(field .name)" First "name of $path"
		equal "$(field '.history | length')" 2 "history of $path"
		with_header 'If-Match: 2' POST "/v1/$path" '{"name":"Third"}'
		equal "$STATUS_CODE" 400 "no tag on $path"
		api POST "/v1/$path" '{"name":"Newest"}'
		equal "$STATUS_CODE" 200 "without a tag on $path"
	done
}

@test "the command changes what is given, in the version that is given, and says who was first" {
	local version
	exits 0 staff client change nordbank document-archive e-banking --several no --json
	version=$(jq -r .version <<<"$output")
	equal "$(jq -r .several <<<"$output")" false several
	exits 0 staff client change nordbank document-archive e-banking --several yes --if-match "$version"
	exits 4 staff client change nordbank document-archive e-banking --several no --if-match "$version"
	grep -q ' changed it at 20' <<<"$output"
	exits 0 staff service change nordbank payments --approvals 2 --json
	equal "$(jq -r .approvals <<<"$output")" 2 approvals
	exits 0 staff service change nordbank payments --approvals none --json
	equal "$(jq -r .approvals <<<"$output")" null approvals
	exits 2 staff service change nordbank payments --approvals some
	exits 1 staff service change nordbank payments --approvals 3
	grep -q '^counterfoil: approvals: ' <<<"$output"
	exits 0 staff contact change kari@nordbank.example --may-receive no
	exits 1 staff order new --organisation nordbank --service document-archive --client e-banking --contact kari@nordbank.example
	exits 0 staff contact change kari@nordbank.example --may-receive yes
}

@test "an order with a key is made once, and a repeat sends nothing" {
	local body order
	body='{"organisation":"nordbank","service":"document-archive","client":"e-banking","contact":"kari@nordbank.example"}'
	with_header 'Idempotency-Key: key of mine' POST /v1/orders "$body"
	equal "$STATUS_CODE" 400 'a key with blanks'
	with_header 'Idempotency-Key: key-1' POST /v1/orders "$body"
	equal "$STATUS_CODE" 201 first
	order=$(field .id)
	with_header 'Idempotency-Key: key-1' POST /v1/orders "$body"
	equal "$STATUS_CODE" 200 again
	equal "$(field .id)" "$order" 'the same order'
	equal "$(database "SELECT count(*) FROM message WHERE order_id = '$order'")" 2 messages
	with_header 'Idempotency-Key: key-1' POST /v1/orders "${body%\}},\"note\":\"x\"}"
	equal "$STATUS_CODE" 409 'another request'
	equal "$(database 'SELECT count(*) FROM orders')" 1 orders
}

line_is_up() { [ -s "$WORK/line" ]; }
start_line() { # start_line TIMES
	"$ROOT/tests/support/lost_answer.py" "${MEMBERS##*:}" "$1" >"$WORK/line" 3>&- &
	LINE_PID=$!
	until_true 10 line_is_up
	LINE=https://localhost:$(head -1 "$WORK/line")
}
over_line() { "$COMMAND" --server "$LINE" --ca "$CA" --identity "$DIR/admin.p12" --password-file "$DIR.admin-password" "$@"; }

@test "a command whose answer was lost asks again, and what it creates is created once" {
	local before
	before=$(audited directory.organisation_added)
	start_line 1
	exits 0 over_line organisation add lost --name Lost --json
	equal "$(grep -c broken "$WORK/line")" 1 'answers lost'
	equal "$(jq -r .slug <<<"$output")" lost 'what is shown'
	equal "$(audited directory.organisation_added)" "$((before + 1))" additions
}

@test "what is no creation is not sent twice: it may have been done" {
	start_line 1
	exits 5 over_line organisation change lost --name Found
	equal "$(grep -c broken "$WORK/line")" 1 'answers lost'
	equal "$(database "SELECT version FROM organisation WHERE slug = 'lost'")" 2 'it was done, once'
}

@test "the audit chain is whole" {
	exits 0 staff audit verify
}
