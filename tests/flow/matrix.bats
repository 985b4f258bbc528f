#!/usr/bin/env bats
# No role reaches a route outside its row: every members route of the table, asked by everybody.

load lib

setup_file() {
	start_installation
	make_directory
	staff_member support support
	staff_member auditor auditor
	staff_member approver approver
	mark
	new_order
	claim
	fetch modern "$WORK/package.p12"
	acknowledge "$WORK/package.p12"
	read_password
	open_package "$WORK/package.p12" "$BATS_FILE_TMPDIR/client.pem"
}
teardown_file() { stop_installation; }

# Parameters that name what exists where the answer depends on it, and nothing at all elsewhere.
concrete() {
	sed -e 's|/services/{organisation}/{service}|/services/nordbank/document-archive|' -e 's|{organisation}|nobody|; s|{service}|none|; s|{client}|none|' \
		-e 's|{contact}|nobody@nowhere.example|; s|{order}|aaaaaaaaaaaaaaaa|; s|{serial}|0123456789abcdef|' <<<"$1"
}

@test "every role on every members route: its row, and nothing else" {
	"$BUILD/tools/routes" | awk -F'\t' '$1 == "members"' >"$WORK/routes"
	[ "$(wc -l <"$WORK/routes")" -gt 20 ]
	faults=0
	while IFS=$'\t' read -r _ method path who _; do
		url=$(concrete "$path")
		for role in administrator approver support auditor client; do
			if [ "$method" = POST ]; then
				as "$role" POST "$url" '{}'
			else
				as "$role" "$method" "$url"
			fi
			refused=no
			[ "$STATUS_CODE" != 403 ] || refused=yes
			permitted=no
			grep -qw "$role" <<<"$who" && permitted=yes
			if [ "$permitted" = "$refused" ]; then
				echo "$role $method $url: row says permitted=$permitted, answered $STATUS_CODE" >&2
				faults=$((faults + 1))
			fi
			[ "$STATUS_CODE" -lt 500 ] || { echo "$role $method $url: $STATUS_CODE $BODY" >&2; faults=$((faults + 1)); }
		done
		none=$(curl -s --cacert "$CA" -o /dev/null -w '%{http_code}' -X "$method" "$MEMBERS$url")
		[ "$none" = 401 ] || { echo "no certificate $method $url: $none" >&2; faults=$((faults + 1)); }
	done <"$WORK/routes"
	equal "$faults" 0 faults
}

@test "an unknown verb is refused on every route, an unknown path is not found" {
	for verb in PUT DELETE PATCH TRACE OPTIONS FOO; do
		as administrator "$verb" /v1/orders
		[ "$STATUS_CODE" = 405 ] || [ "$STATUS_CODE" = 400 ]
	done
	as administrator POST /v1/me '{}'
	equal "$STATUS_CODE" 405 'POST on a GET route'
	grep -qi '^allow:.*GET' <(curl -s --cacert "$CA" --cert "$BATS_FILE_TMPDIR/administrator.pem" -D - -o /dev/null -X POST "$MEMBERS/v1/me")
	as administrator GET /v1/nothing
	equal "$STATUS_CODE" 404 'unknown path'
	as client GET /v1/nothing
	equal "$STATUS_CODE" 404 'unknown path'
}

@test "support may revoke and unlock but not order; an auditor reads and changes nothing" {
	as support POST /v1/orders '{}'
	equal "$STATUS_CODE" 403 'support orders'
	as auditor POST /v1/certificates/00/revoke '{"reason":"superseded"}'
	equal "$STATUS_CODE" 403 'auditor revokes'
	as auditor GET /v1/audit
	equal "$STATUS_CODE" 200 'auditor reads the audit'
	as support GET /v1/audit
	equal "$STATUS_CODE" 403 'support reads the audit'
}

@test "a member of staff is revoked by an administrator only, and refused on the next request" {
	staff_member leaver support
	as leaver GET /v1/me
	equal "$STATUS_CODE" 200 before
	serial=$(serial_of "$BATS_FILE_TMPDIR/leaver.pem")
	as support POST "/v1/certificates/$serial/revoke" '{"reason":"cessationOfOperation"}'
	equal "$STATUS_CODE" 403 'support revokes a colleague'
	as leaver GET /v1/me
	equal "$STATUS_CODE" 200 'still'
	api POST "/v1/certificates/$serial/revoke" '{"reason":"cessationOfOperation"}'
	equal "$STATUS_CODE" 200 revoke
	as leaver GET /v1/me
	equal "$STATUS_CODE" 403 after
}

@test "every documented route is in openapi.yaml and every path there is in the table" {
	"$BUILD/tools/routes" | awk -F'\t' '{ print tolower($2), $3 }' | sort >"$WORK/table"
	awk '/^  \/[^:]*:/ { path = $1; sub(/:$/, "", path) } /^    (get|post):/ { verb = $1; sub(/:$/, "", verb); print verb, path }' \
		"$ROOT/docs/openapi.yaml" | sort >"$WORK/documented"
	diff "$WORK/table" "$WORK/documented"
}
