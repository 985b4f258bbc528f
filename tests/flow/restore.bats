#!/usr/bin/env bats
# An old database is put back: nobody is let in by it, nothing is issued upon it, and `counterfoild recover` brings it up to
# what the journal knows. The tests of this file are one story, in order.

load lib

setup_file() {
	start_installation
	make_directory
}
teardown_file() { stop_installation; }

# What later tests want to know of earlier ones.
remember() { for name; do printf '%s=%q\n' "$name" "${!name}"; done >>"$BATS_FILE_TMPDIR/story"; }
setup() {
	[ ! -e "$DIR.env" ] || load_environment
	WORK=$BATS_TEST_TMPDIR
	# shellcheck disable=SC1091
	[ ! -e "$BATS_FILE_TMPDIR/story" ] || . "$BATS_FILE_TMPDIR/story"
}

back_up() { database ".backup $1"; }
put_back() { # as an operator does it, with the daemon at rest
	rm -f "$DIR/counterfoil.db-wal" "$DIR/counterfoil.db-shm"
	cp "$1" "$DIR/counterfoil.db"
}
readiness() { BODY=$(curl -s "http://localhost:$PORT_OPS/readyz") && [ -n "$BODY" ]; }
not_ready_because() { readiness && [ "$(field .ready)" = false ] && grep -qF "$1" <<<"$(field '.reasons[]')"; }
journal_lines() { wc -l <"$DIR/journal"; }
crl() { curl -s -o "$WORK/issuing.crl" "$STATUS/crl/issuing.crl" && openssl crl -inform DER -in "$WORK/issuing.crl" -noout "$@" 2>/dev/null; }
crl_lists() { crl -text | crl_text_lists "$1"; }
ocsp_says() { # ocsp_says WORDS SERIAL OPTION...
	openssl ocsp -issuer "$DIR/ca/issuing.pem" -serial "0x$2" -url "$STATUS/ocsp" "${@:3}" \
		-CAfile <(cat "$CA" "$DIR/ca/issuing.pem") >"$WORK/ocsp" 2>&1 || true
	grep -q "$1" "$WORK/ocsp" || { cat "$WORK/ocsp" >&2; return 1; }
}
crl_number() { printf '%d\n' "$(crl -crlnumber | sed 's/.*=//')"; }
recover() {
	local status=0
	"$DAEMON" recover --config "$DIR/counterfoil.conf" >"$WORK/recovered" 2>"$WORK/recovered.log" || status=$?
	return "$status"
}
refused() { # refused WHAT COMMAND...: exit 4, and it says why
	local status=0 what=$1
	shift
	"$@" >"$WORK/refused" 2>"$WORK/refused.log" || status=$?
	equal "$status" 4 "exit of $*" && grep -qF "$what" "$WORK/refused.log"
}

@test "an old database is noticed when the daemon starts" {
	collect_whole "$BATS_FILE_TMPDIR/first.pem"
	FIRST=$SERIAL
	as first GET /v1/me
	equal "$STATUS_CODE" 200 'the first, before'
	new_order
	OPEN_ORDER=$ORDER OPEN_LINK=$LINK OPEN_CODE=$CODE
	new_order
	LATE_ORDER=$ORDER LATE_LINK=$LINK LATE_CODE=$CODE
	back_up "$BATS_FILE_TMPDIR/old.db"

	claim # of the late order: offered before the backup, delivered after it
	fetch modern "$WORK/package.p12"
	acknowledge "$WORK/package.p12"
	read_password
	open_package "$WORK/package.p12" "$BATS_FILE_TMPDIR/second.pem"
	SECOND=$(serial_of "$BATS_FILE_TMPDIR/second.pem")
	collect_whole "$BATS_FILE_TMPDIR/third.pem"
	THIRD=$SERIAL THIRD_ORDER=$ORDER
	staff_member late support
	as late GET /v1/me
	equal "$STATUS_CODE" 200 'a member of the staff who came later'
	api POST "/v1/certificates/$FIRST/revoke" '{"reason":"keyCompromise"}'
	equal "$STATUS_CODE" 200 'revoke the first'
	until_true 20 crl_lists "$FIRST"
	NUMBER=$(crl_number)
	remember FIRST SECOND THIRD OPEN_ORDER OPEN_LINK OPEN_CODE LATE_ORDER LATE_LINK LATE_CODE THIRD_ORDER NUMBER

	hold_installation
	put_back "$BATS_FILE_TMPDIR/old.db"
	release_installation
	until_true 30 not_ready_because 'an old database was put back: run counterfoild recover'
	grep '"clerk.old_database"' "$DIR.log" | grep '"level":"alarm"' | grep -q 'run counterfoild recover'
}

@test "until it is recovered nobody enters by it; an administrator may look, and change nothing" {
	for who in first second third late; do
		as $who GET /v1/me
		equal "$STATUS_CODE" 503 "$who: $BODY"
		field .detail | grep -qF 'an old database was put back: run counterfoild recover'
	done
	api GET /v1/orders
	equal "$STATUS_CODE" 200 'an administrator looks'
	lines=$(journal_lines)
	audited=$(database 'SELECT count(*) FROM audit')
	api POST /v1/orders '{"organisation":"nordbank","service":"document-archive","client":"e-banking","contact":"kari@nordbank.example"}'
	equal "$STATUS_CODE" 503 'an administrator orders'
	api POST "/v1/certificates/$FIRST/revoke" '{"reason":"superseded"}'
	equal "$STATUS_CODE" 503 'an administrator revokes'
	equal "$(journal_lines)" "$lines" 'lines of the journal'
	equal "$(database 'SELECT count(*) FROM audit')" "$audited" 'audit records'
}

@test "until it is recovered no list of it is served, and no status: it would take revocations back" {
	equal "$(curl -s -o /dev/null -w '%{http_code}' "$STATUS/crl/issuing.crl")" 503 'issuing list'
	equal "$(curl -s -o /dev/null -w '%{http_code}' "$STATUS/crl/bundle.pem")" 503 bundle
	equal "$(curl -s -o /dev/null -w '%{http_code}' "$STATUS/crl/root.crl")" 200 'root list'
	for serial in "$FIRST" "$SECOND" 77; do
		ocsp_says 'Responder Error: trylater' "$serial"
		ocsp_says 'Responder Error: trylater' "$serial" -no_nonce
	done
	equal "$(database "SELECT count(*) FROM certificate WHERE serial = '$FIRST' AND status = 'valid'")" 1 'what it would have said'
}

@test "until it is recovered links answer, and nothing is issued" {
	visit GET "$OPEN_LINK"
	equal "$STATUS_CODE" 200 'a link'
	for order in OPEN LATE; do
		local link=${order}_LINK code=${order}_CODE
		LINK=${!link} CODE=${!code}
		claim
		bearer POST "$LINK/prepare"
		equal "$STATUS_CODE" 503 "$order: $BODY"
		field .detail | grep -qF 'run counterfoild recover'
		[ "$order" = LATE ] || { OPEN_CLAIM=$CLAIM; remember OPEN_CLAIM; }
	done
	equal "$(grep -c '"op":"done"' "$DIR/journal")" "$(grep -c '"op":"intent"' "$DIR/journal")" 'certificates begun'
}

@test "until it is recovered the tools of the host refuse what would make it look right" {
	lines=$(journal_lines)
	refused 'run counterfoild recover' "$DAEMON" admin new --config "$DIR/counterfoil.conf" --name New --role administrator \
		--out "$WORK/new.p12"
	[ ! -e "$WORK/new.p12" ]
	refused 'run counterfoild recover' "$DAEMON" clock-accept --config "$DIR/counterfoil.conf"
	refused "(process $(cat "$DIR.pid"))" "$DAEMON" recover --config "$DIR/counterfoil.conf"
	equal "$(journal_lines)" "$lines" 'lines of the journal'
}

@test "recover revokes what the database lacks, revokes again what was revoked, and lists what to order anew" {
	hold_installation
	recover || { cat "$WORK/recovered.log" >&2; return 1; }
	equal "$(wc -l <"$WORK/recovered")" 3 'certificates listed'
	end=$(openssl x509 -in "$BATS_FILE_TMPDIR/second.pem" -noout -enddate | cut -d= -f2)
	grep -qxF "$SECOND $LATE_ORDER $(date -u -d "$end" +%Y-%m-%dT%H:%M:%SZ) superseded" "$WORK/recovered"
	grep -q "^$THIRD $THIRD_ORDER " "$WORK/recovered"
	grep -q '^[0-9a-f]\{40\} - ' "$WORK/recovered" # the member of the staff
	refute grep -q "$FIRST" "$WORK/recovered"
	grep -qF 'certificates issued after the backup: 3;' "$WORK/recovered.log"
	grep -qF 'certificates revoked after the backup, and now again: 1' "$WORK/recovered.log"
	grep -qF 'because their certificate was issued after the backup: 1' "$WORK/recovered.log"
	grep -qF 'orders open as they were at the backup: 1;' "$WORK/recovered.log"
	database 'PRAGMA integrity_check' | grep -qx ok
}

@test "recover keeps the database as it was, readable by its owner alone" {
	copy=$(find "$DIR" -name 'counterfoil.db.before-recover-*')
	equal "$(wc -l <<<"$copy")" 1 copies
	equal "$(stat -c %a "$copy")" 600 mode
	equal "$(sqlite3 "$copy" 'PRAGMA integrity_check')" ok 'the copy'
	equal "$(sqlite3 "$copy" "SELECT status FROM certificate WHERE serial = '$FIRST'")" valid 'the first in the copy'
	equal "$(sqlite3 "$copy" "SELECT count(*) FROM certificate WHERE serial = '$SECOND'")" 0 'the second in the copy'
}

@test "a second recover finds nothing to do, says so, and writes nothing" {
	lines=$(journal_lines)
	audited=$(database 'SELECT count(*) FROM audit')
	recover
	[ ! -s "$WORK/recovered" ]
	grep -qF 'there is nothing to recover' "$WORK/recovered.log"
	equal "$(journal_lines)" "$lines" 'lines of the journal'
	equal "$(database 'SELECT count(*) FROM audit')" "$audited" 'audit records'
	equal "$(find "$DIR" -name 'counterfoil.db.before-recover-*' | wc -l)" 1 copies
}

@test "after it the daemon is ready, and every certificate of after the backup is refused and listed" {
	release_installation
	until_true 30 ready
	for who in first second third late; do
		as $who GET /v1/me
		equal "$STATUS_CODE" 403 "$who: $BODY"
		equal "$(field .code)" revoked "$who"
	done
	for serial in "$FIRST" "$SECOND" "$THIRD"; do
		until_true 20 crl_lists "$serial"
		equal "$(database "SELECT status FROM certificate WHERE serial = '$serial'")" revoked "$serial"
		ocsp_says ': revoked' "$serial"
	done
	[ "$(crl_number)" -gt "$NUMBER" ]
	equal "$(database "SELECT revoked_at || ' ' || reason FROM certificate WHERE serial = '$FIRST'")" \
		"$(jq -r "select(.op == \"revoke\" and .serial == \"$FIRST\") | \"\(.revoked_at) \(.reason)\"" "$DIR/journal")" \
		'the time and the reason that the journal has'
}

@test "after it the audit is whole, and says what was done" {
	"$COMMAND" --server "$MEMBERS" --ca "$CA" --identity "$DIR/admin.p12" --password-file "$DIR.admin-password" audit verify
	equal "$(database "SELECT json_extract(record, '\$.who') || ': ' || json_extract(record, '\$.detail') FROM audit WHERE json_extract(record, '\$.what') = 'database.recovered'")" \
		'host: 3 lost, 1 revoked, 0 held, 0 released, 1 orders cancelled' 'the record'
}

@test "an order whose certificate was issued after the backup is cancelled and its link is dead" {
	ORDER=$LATE_ORDER
	equal "$(order_state)" cancelled state
	visit GET "$LATE_LINK"
	equal "$STATUS_CODE" 404 'its link'
	database "SELECT record FROM audit WHERE object = '$LATE_ORDER'" | grep -qF 'recovered: its certificate was issued after the backup'
}

@test "an order that was open at the backup goes on, and a new one works to the end" {
	ORDER=$OPEN_ORDER LINK=$OPEN_LINK CLAIM=$OPEN_CLAIM
	mark
	fetch modern "$WORK/package.p12"
	acknowledge "$WORK/package.p12"
	equal "$STATUS_CODE" 200 "acknowledge: $BODY"
	read_password
	open_package "$WORK/package.p12" "$BATS_FILE_TMPDIR/open.pem"
	as open GET /v1/me
	equal "$STATUS_CODE" 200 'the open order'
	collect_whole "$BATS_FILE_TMPDIR/new.pem"
	as new GET /v1/me
	equal "$STATUS_CODE" 200 'a new order'
}

@test "a backup that lacks nothing but a revocation is put right at the start, before anybody enters" {
	collect_whole "$BATS_FILE_TMPDIR/client.pem"
	as client GET /v1/me
	equal "$STATUS_CODE" 200 before
	until_true 10 state_is in_use
	back_up "$WORK/old.db"
	api POST "/v1/certificates/$SERIAL/revoke" '{"reason":"keyCompromise"}'
	equal "$STATUS_CODE" 200 revoke
	hold_installation
	put_back "$WORK/old.db"
	release_installation
	as client GET /v1/me
	[ "$STATUS_CODE" != 200 ]
	refute ocsp_says ': good' "$SERIAL" 2>/dev/null
	until_true 30 ready
	ocsp_says ': revoked' "$SERIAL"
	as client GET /v1/me
	equal "$STATUS_CODE" 403 'after the start'
	equal "$(field .code)" revoked 'after the start'
	until_true 20 crl_lists "$SERIAL"
}
