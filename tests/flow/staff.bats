#!/usr/bin/env bats
# The life of a member of the staff, by the real thread: its own parcel, its roles, its end.

load lib

setup_file() {
	start_installation
	make_directory
}
teardown_file() { stop_installation; }

counterfoil() { "$COMMAND" "$@" --server "$MEMBERS" --ca "$CA" --identity "$DIR/admin.p12" --password-file "$DIR.admin-password"; }

# take WHO: what has been sent to a member, collected by the command; WHO.pem is its certificate and key from then on.
take() {
	local file=$BATS_FILE_TMPDIR/$1.p12
	read_messages
	exits 0 "$COMMAND" collect "$LINK" --ca "$CA" --out "$file" --no-password --code-fd 7 7<<<"$CODE"
	read_password
	(umask 077 && printf '%s\n' "$PASSWORD" >"$BATS_FILE_TMPDIR/$1.password")
	open_package "$file" "$BATS_FILE_TMPDIR/$1.pem"
}

# add_member WHO ROLE [JSON]: sets MEMBER.
add_member() {
	rm -f "$BATS_FILE_TMPDIR/$1.p12"
	mark
	api POST /v1/staff "{\"name\":\"$1\",\"role\":\"$2\",\"email\":\"$1@example.org\",\"mobile\":\"+4799990001\"${3:+,$3}}"
	equal "$STATUS_CODE" 201 "member: $BODY"
	MEMBER=$(field .id)
	ORDER=$(field '.orders[0].id')
	take "$1"
}

@test "a member is added, collects with the command, and is known by its own certificate" {
	mark
	output=$(counterfoil staff add --name 'Ola Support' --role support --email ola@example.org --mobile +4799990001 --json)
	MEMBER=$(jq -r .id <<<"$output")
	ORDER=$(jq -r '.orders[0].id' <<<"$output")
	echo "$MEMBER" >"$BATS_FILE_TMPDIR/ola"
	read_messages
	grep -F 'you alone can read' "$(spool_since link)"
	refute grep -E '^ *(Service|Organisation):' "$(spool_since link)"
	grep -F 'Ola Support' "$(spool_since code)"
	take ola
	refute grep -F "server's" "$(spool_since password)"
	as ola GET /v1/me
	equal "$STATUS_CODE $(field .role) $(field .id)" "200 support $MEMBER" "who it is"
	openssl x509 -in "$BATS_FILE_TMPDIR/ola.pem" -noout -subject -ext subjectAltName | grep -F "/staff/$MEMBER"
	until_true 20 state_is in_use
	api GET "/v1/staff/$MEMBER"
	equal "$(field '[.status, (.certificates | length), .certificates[0].status, .orders[0].state] | join(" ")')" 'active 1 valid in_use' member
	as ola GET "/v1/orders"
	equal "$STATUS_CODE" 200 "what support reads"
}

@test "who may not, learns which role would do" {
	as ola POST /v1/staff '{}'
	equal "$STATUS_CODE $(field .code) $(field '.roles | join(",")')" '403 refused administrator' "the refusal"
	equal "$(field .detail)" 'this needs the role administrator; yours is support' "its sentence"
	as ola POST "/v1/staff/$(cat "$BATS_FILE_TMPDIR/ola")" '{"role":"administrator"}'
	equal "$STATUS_CODE" 403 "a role of one's own"
	api GET /v1/staff
	first=$(field '.items[] | select(.role == "administrator") | .id')
	as ola POST "/v1/staff/$first/renew" '{}'
	equal "$STATUS_CODE" 404 "another's renewal"
}

@test "support sends no colleague's parcel again" {
	mark
	api POST /v1/staff '{"name":"Boss","role":"administrator","email":"boss@example.org","mobile":"+4799990002"}'
	equal "$STATUS_CODE" 201 "$BODY"
	order=$(field '.orders[0].id')
	boss=$(field .id)
	for step in resend unlock; do
		as ola POST "/v1/orders/$order/$step" '{}'
		equal "$STATUS_CODE" 403 "$step: $BODY"
	done
	api POST "/v1/orders/$order/resend" '{}'
	equal "$STATUS_CODE" 200 "an administrator: $BODY"
	api POST "/v1/staff/$boss/remove" '{"reason":"never came"}'
	equal "$STATUS_CODE $(field .status) $(field '.orders[0].state')" '200 removed cancelled' removed
}

@test "a member renews its own certificate, and the older one lives on" {
	ola=$(cat "$BATS_FILE_TMPDIR/ola")
	mv "$BATS_FILE_TMPDIR/ola.p12" "$BATS_FILE_TMPDIR/older.p12"
	cp "$BATS_FILE_TMPDIR/ola.pem" "$BATS_FILE_TMPDIR/older.pem"
	mark
	exits 0 "$COMMAND" staff renew "$ola" --server "$MEMBERS" --ca "$CA" --identity "$BATS_FILE_TMPDIR/older.p12" \
		--password-file "$BATS_FILE_TMPDIR/ola.password"
	take ola
	as ola GET /v1/me
	equal "$STATUS_CODE $(field .id)" "200 $ola" "the newer"
	as older GET /v1/me
	equal "$STATUS_CODE" 200 "the older"
	refute cmp -s "$BATS_FILE_TMPDIR/ola.pem" "$BATS_FILE_TMPDIR/older.pem"
}

answered() { [ "$(grep -c '^HTTP/1.1' "$WORK/answers")" -ge "$1" ]; }

@test "suspended in mid-connection: the next request is refused" {
	ola=$(cat "$BATS_FILE_TMPDIR/ola")
	mkfifo "$WORK/line"
	openssl s_client -quiet -connect "localhost:$PORT_MEMBERS" -CAfile "$CA" -cert "$BATS_FILE_TMPDIR/ola.pem" \
		-key "$BATS_FILE_TMPDIR/ola.pem" <"$WORK/line" >"$WORK/answers" 2>"$WORK/tls" 3>&- &
	local pid=$!
	exec 8>"$WORK/line"
	printf 'GET /v1/me HTTP/1.1\r\nHost: localhost\r\n\r\n' >&8
	until_true 20 answered 1
	exits 0 counterfoil staff suspend "$ola" --reason 'on leave'
	printf 'GET /v1/me HTTP/1.1\r\nHost: localhost\r\n\r\n' >&8
	until_true 20 answered 2
	exec 8>&-
	kill "$pid" 2>/dev/null || true
	equal "$(grep -oE '^HTTP/1.1 [0-9]+' "$WORK/answers" | cut -d' ' -f2 | tr '\n' ' ')" '200 403 ' "the two answers"
	exits 0 counterfoil staff restore "$ola"
	as ola GET /v1/me
	equal "$STATUS_CODE" 200 restored
}

@test "a change is held against the version that was looked at" {
	ola=$(cat "$BATS_FILE_TMPDIR/ola")
	tag=$(curl -sS --cacert "$CA" --cert "$BATS_FILE_TMPDIR/administrator.pem" -o /dev/null -D - "$MEMBERS/v1/staff/$ola" |
		grep -i '^etag:' | tr -d '\r' | cut -d' ' -f2)
	exits 0 counterfoil staff change "$ola" --role auditor --if-match "${tag//\"/}"
	exits 4 counterfoil staff change "$ola" --role support --if-match "${tag//\"/}"
	as ola GET /v1/staff
	equal "$STATUS_CODE" 200 "an auditor reads"
	as ola POST "/v1/orders/aaaaaaaaaaaaaaaa/resend" '{}'
	equal "$STATUS_CODE" 403 "an auditor acts"
}

@test "a limited role reaches its organisation, and beyond it finds nothing" {
	api POST /v1/organisations '{"slug":"elsewhere","name":"Elsewhere"}'
	api POST /v1/contacts '{"organisation":"elsewhere","name":"Per","email":"per@elsewhere.example","mobile":"+4791234568"}'
	other=$(field .id)
	new_order
	here=$ORDER
	add_member limited administrator '"organisation":"elsewhere"'
	as limited GET /v1/me
	equal "$STATUS_CODE" 200 "it comes in: $BODY"
	as limited POST "/v1/orders/$here/cancel" '{}'
	beyond=$STATUS_CODE$(field .detail)
	as limited POST "/v1/orders/aaaaaaaaaaaaaaaa/cancel" '{}'
	equal "$beyond" "$STATUS_CODE$(field .detail)" "another's and one that there is not"
	equal "$STATUS_CODE" 404 "not found"
	as limited POST /v1/services '{"organisation":"nordbank","slug":"x","name":"X"}'
	equal "$STATUS_CODE $(field '.faults[0].text')" '422 there is no organisation "nordbank"' "a service elsewhere"
	as limited POST /v1/services '{"organisation":"elsewhere","slug":"x","name":"X"}'
	equal "$STATUS_CODE" 201 "a service of its own: $BODY"
	as limited POST "/v1/contacts/$other" '{"name":"Per Persen"}'
	equal "$STATUS_CODE" 200 "a contact of its own: $BODY"
	as limited POST /v1/contacts/kari@nordbank.example '{"name":"Kari"}'
	equal "$STATUS_CODE" 404 "another's contact"
	as limited POST /v1/organisations '{"slug":"y","name":"Y"}'
	equal "$STATUS_CODE" 403 "an organisation"
	field .detail | grep -F 'limited to the organisation elsewhere'
	as limited POST /v1/staff '{}'
	equal "$STATUS_CODE" 403 "a member"
	as limited POST "/v1/staff/$MEMBER/renew" '{}'
	equal "$STATUS_CODE" 201 "its own renewal: $BODY"
}

@test "the last administrator stays, and a removed member is out for good" {
	api GET /v1/me
	me=$(field .id)
	for step in suspend remove; do
		api POST "/v1/staff/$me/$step" '{}'
		equal "$STATUS_CODE" 409 "$step: $BODY"
	done
	field .detail | grep -F 'no administrator left'
	ola=$(cat "$BATS_FILE_TMPDIR/ola")
	exits 2 setsid -w "$COMMAND" staff remove "$ola" --server "$MEMBERS" --ca "$CA" --identity "$DIR/admin.p12" \
		--password-file "$DIR.admin-password" </dev/null
	exits 0 counterfoil staff remove "$ola" --reason 'left' --yes
	for who in ola older; do
		as "$who" GET /v1/me
		equal "$STATUS_CODE" 403 "$who"
	done
	api GET "/v1/staff/$ola"
	equal "$(field '.status, .certificates[].status' | sort -u | tr '\n' ' ')" 'removed revoked ' "all of it"
	equal "$(field '[.certificates[].reason] | unique | tostring')" '[5]' "cessation of operation"
	add_member second administrator
	api POST "/v1/staff/$me" '{"role":"auditor"}'
	equal "$STATUS_CODE" 403 "a role of one's own"
	as second POST "/v1/staff/$me" '{"role":"auditor"}'
	equal "$STATUS_CODE" 200 "by another: $BODY"
	as second POST "/v1/staff/$me" '{"role":"administrator"}'
	equal "$STATUS_CODE" 200 "and back: $BODY"
}
