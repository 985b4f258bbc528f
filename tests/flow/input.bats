#!/usr/bin/env bats
# What bad input gets: a refusal that says what, where and what to do, and nothing half-done.

load lib

setup_file() {
	start_installation
	make_directory
}
teardown_file() { stop_installation; }

configured() { # configured SED-EXPRESSION: the configuration, changed, checked; sets status and output
	sed "$1" "$DIR/counterfoil.conf" >"$DIR/changed.conf"
	run "$DAEMON" check --config "$DIR/changed.conf"
}

@test "an unknown configuration key names the line, the key and the nearest one, and exits 2" {
	configured 's/^code_life *=/code_lief =/'
	equal "$status" 2 exit
	line=$(grep -n '^code_lief' "$DIR/changed.conf" | cut -d: -f1)
	grep -q "changed.conf:$line:.*code_lief.*code_life" <<<"$output"
}

@test "a duplicate key, a value out of bounds and an unknown section are refused with the line" {
	configured 's/^code_life *=.*/&\n&/'
	equal "$status" 2 duplicate
	grep -qE 'changed.conf:[0-9]+:.*code_life' <<<"$output"
	configured 's/^code_tries *=.*/code_tries = 99/'
	equal "$status" 2 bounds
	grep -qE 'code_tries.*10' <<<"$output"
	configured 's/^\[order\]/[ordre]/'
	equal "$status" 2 section
}

@test "the configuration as made is accepted, and check says what would happen" {
	run "$DAEMON" check --config "$DIR/counterfoil.conf"
	equal "$status" 0 "exit: $output"
	grep -qi landlock <<<"$output"
	grep -qi seccomp <<<"$output"
}

@test "init on an installation that exists refuses and touches nothing" {
	before=$(find "$DIR" -type f ! -name '*.db*' ! -name journal -exec sha256sum {} + | sort | sha256sum)
	run "$DAEMON" init "$DIR" --root-pass-fd 9 9<<<"another pass phrase"
	[ "$status" -ne 0 ]
	equal "$(find "$DIR" -type f ! -name '*.db*' ! -name journal -exec sha256sum {} + | sort | sha256sum)" "$before" 'the folder'
}

@test "init without a terminal and without --root-pass-fd exits 2 and leaves nothing" {
	run setsid "$DAEMON" init "$WORK/new" </dev/null
	equal "$status" 2 exit
	[ ! -e "$WORK/new" ]
	equal "$(find "$WORK" -name 'new*' | wc -l)" 0 'left behind'
}

@test "private files are private and the root key is encrypted" {
	equal "$(find "$DIR/keys" "$DIR/ca" -name '*.key' -perm /077 | wc -l)" 0 'keys that others may read'
	grep -q 'BEGIN ENCRYPTED PRIVATE KEY' "$DIR/ca/root.key"
}

@test "a database of a newer schema is refused and left untouched" {
	cp -r "$DIR" "$WORK/copy"
	sqlite3 "$WORK/copy/counterfoil.db" "UPDATE meta SET value = '999' WHERE name = 'schema_version'; PRAGMA wal_checkpoint(TRUNCATE)"
	before=$(sha256sum <"$WORK/copy/counterfoil.db")
	sed -i 's/= *fd$/= 127.0.0.1:0/' "$WORK/copy/counterfoil.conf"
	run timeout 20 "$DAEMON" run --config "$WORK/copy/counterfoil.conf"
	[ "$status" -ne 0 ]
	[ "$status" -ne 124 ]
	grep -qi 'schema' <<<"$output"
	equal "$(sha256sum <"$WORK/copy/counterfoil.db")" "$before" 'the database'
}

@test "an order with faults names every one of them and stores nothing" {
	before=$(database 'SELECT count(*) FROM orders')
	api POST /v1/orders '{"organisation":7,"service":"none","contact":"nobody@nowhere.example","key_type":"rsa512","note":"a\u0007b","extra":1}'
	equal "$STATUS_CODE" 422 status
	for name in organisation client key_type note extra; do
		field '.faults[].field' | grep -qx "$name" || { echo "no fault for $name: $BODY" >&2; return 1; }
	done
	equal "$(database 'SELECT count(*) FROM orders')" "$before" orders
}

@test "bad names, slugs, addresses and numbers are refused with the field" {
	before=$(database 'SELECT (SELECT count(*) FROM organisation) + (SELECT count(*) FROM contact)')
	while IFS='|' read -r what body wanted; do
		path=/v1/organisations
		grep -q email <<<"$body" && path=/v1/contacts
		api POST "$path" "$body"
		equal "$STATUS_CODE" 422 "$what: $BODY"
		field '.faults[].field' | grep -qx "$wanted" || { echo "$what: no fault for $wanted: $BODY" >&2; return 1; }
	done <<-'CASES'
		control character|{"slug":"a","name":"a\u0001b"}|name
		bidi mark|{"slug":"a","name":"a\u202eb"}|name
		zero width|{"slug":"a","name":"a\u200bb"}|name
		look-alike|{"slug":"a","name":"B\u0430nk"}|name
		not composed|{"slug":"a","name":"A\u030angstrom"}|name
		over-long|{"slug":"a","name":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}|name
		empty|{"slug":"a","name":""}|name
		slug with capitals|{"slug":"Nord","name":"Nord"}|slug
		slug with a path|{"slug":"../x","name":"Nord"}|slug
		SQL|{"slug":"a'; DROP TABLE orders; --","name":"Nord"}|slug
		two mailboxes|{"organisation":"nordbank","name":"K","email":"a@b.example,c@d.example","mobile":"+4791234567"}|email
		header injection|{"organisation":"nordbank","name":"K","email":"a@b.example\r\nBcc: x@y.example","mobile":"+4791234567"}|email
		display name|{"organisation":"nordbank","name":"K","email":"K <a@b.example>","mobile":"+4791234567"}|email
		number without plus|{"organisation":"nordbank","name":"K","email":"a@b.example","mobile":"91234567"}|mobile
		number with spaces|{"organisation":"nordbank","name":"K","email":"a@b.example","mobile":"+47 912 34 567"}|mobile
		number too long|{"organisation":"nordbank","name":"K","email":"a@b.example","mobile":"+4791234567890123456"}|mobile
	CASES
	equal "$(database 'SELECT (SELECT count(*) FROM organisation) + (SELECT count(*) FROM contact)')" "$before" rows
}

@test "broken, deep, doubled and giant JSON are refused" {
	api POST /v1/organisations '{"slug":"a"'
	equal "$STATUS_CODE" 400 cut
	api POST /v1/organisations '{"slug":"a","slug":"b","name":"n"}'
	equal "$STATUS_CODE" 400 'doubled member'
	api POST /v1/organisations '{"slug":"a","name":"a\u0000b"}'
	equal "$STATUS_CODE" 400 'a NUL in a text'
	api POST /v1/organisations '[]'
	equal "$STATUS_CODE" 400 'not an object'
	api POST /v1/organisations "$(printf '{"slug":%s%s}' "$(printf '[%.0s' $(seq 100))" "$(printf ']%.0s' $(seq 100))")"
	equal "$STATUS_CODE" 400 deep
	head -c 20000 /dev/zero | tr '\0' x >"$WORK/giant"
	equal "$(curl -s --cacert "$CA" --cert "$BATS_FILE_TMPDIR/administrator.pem" -o /dev/null -w '%{http_code}' --data-binary "@$WORK/giant" "$MEMBERS/v1/organisations")" 413 giant
	equal "$(curl -s --cacert "$CA" --cert "$BATS_FILE_TMPDIR/administrator.pem" -o /dev/null -w '%{http_code}' -H 'Transfer-Encoding: chunked' --data-binary "@$WORK/giant" "$MEMBERS/v1/organisations")" 413 'giant, chunked'
}

# raw TEXT: what a TLS connection to the members listener answers to these very bytes.
raw() {
	printf '%b' "$1" | timeout 10 openssl s_client -connect "localhost:$PORT_MEMBERS" -CAfile "$CA" -cert "$BATS_FILE_TMPDIR/administrator.pem" \
		-key "$BATS_FILE_TMPDIR/administrator.pem" -quiet -ign_eof 2>/dev/null | head -1 | tr -d '\r'
}

@test "request-smuggling shapes are refused and the connection is closed; others are served meanwhile" {
	while IFS='|' read -r what bytes; do
		answer=$(raw "$bytes")
		case "$answer" in
		"HTTP/1.1 400"* | "HTTP/1.1 413"* | "HTTP/1.1 501"* | "") ;;
		*) echo "$what: answered [$answer]" >&2; return 1 ;;
		esac
	done <<-'CASES'
		two Content-Lengths|POST /v1/organisations HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}GET /v1/me HTTP/1.1\r\nHost: a\r\n\r\n
		length with chunked|POST /v1/organisations HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n
		space before the colon|POST /v1/organisations HTTP/1.1\r\nHost: a\r\nContent-Length : 2\r\n\r\n{}
		xchunked|POST /v1/organisations HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n{}
		no Host|GET /v1/me HTTP/1.1\r\n\r\n
		two Hosts|GET /v1/me HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n
		odd header name|GET /v1/me HTTP/1.1\r\nHost: a\r\nX(y): z\r\n\r\n
		NUL in the path|GET /v1/me%00 HTTP/1.1\r\nHost: a\r\n\r\n
		encoded slash|GET /v1%2fme HTTP/1.1\r\nHost: a\r\n\r\n
		traversal|GET /v1/../v1/me HTTP/1.1\r\nHost: a\r\n\r\n
	CASES
	api GET /v1/me
	equal "$STATUS_CODE" 200 'the next one'
}

@test "no token, code or password is in the log, in the audit or in the journal" {
	collect_whole "$WORK/client.pem"
	for secret in "${LINK##*/}" "$CODE" "$PASSWORD" "$CLAIM"; do
		for place in "$DIR.log" "$DIR/journal" "$DIR/counterfoil.db" "$DIR/counterfoil.db-wal"; do
			[ -e "$place" ] || continue
			refute grep -aF -- "$secret" "$place"
		done
		database 'SELECT record FROM audit' >"$WORK/audit"
		refute grep -F -- "$secret" "$WORK/audit"
	done
}

@test "an edited, a dropped and a reordered audit record is found" {
	verify() { "$COMMAND" --server "$MEMBERS" --ca "$CA" --identity "$DIR/admin.p12" --password-file "$DIR.admin-password" audit verify; }
	verify
	database "CREATE TABLE saved AS SELECT * FROM audit WHERE sequence = 3"
	database "UPDATE audit SET record = replace(record, '\"sequence\":3', '\"sequence\":3 ') WHERE sequence = 3"
	run verify
	[ "$status" -ne 0 ]
	grep -q 3 <<<"$output"
	database "DELETE FROM audit WHERE sequence = 3"
	run verify
	[ "$status" -ne 0 ]
	database "INSERT INTO audit SELECT * FROM saved; DROP TABLE saved"
	verify
}
