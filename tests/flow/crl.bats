#!/usr/bin/env bats
# Revocation lists as outside programs read them: openssl, GnuTLS, nginx, curl. Good accepted, revoked and held refused,
# released accepted again; every reason and date as it was given; and caches are told what they may keep.

load lib
load web

setup_file() {
	start_installation
	make_directory
	staff_member support support
	WORK=$BATS_FILE_TMPDIR
	collect_whole "$BATS_FILE_TMPDIR/good.pem"
	collect_whole "$BATS_FILE_TMPDIR/bad.pem"
	cat "$CA" "$DIR/ca/issuing.pem" >"$BATS_FILE_TMPDIR/chain.pem"
	api POST "/v1/certificates/$SERIAL/revoke" '{"reason":"keyCompromise","compromised_at":"2024-05-28T20:26:40Z"}'
	echo "$SERIAL" >"$BATS_FILE_TMPDIR/revoked"
	until_true 20 lists "$SERIAL"
}

get() { curl -sS -o "$WORK/body" -D "$WORK/head" -w '%{http_code}' "$STATUS/crl/$1" "${@:2}"; }
header() { tr -d '\r' <"$WORK/head" | sed -n "s/^$1: //Ip"; }
text() { curl -sS "$STATUS/crl/issuing.crl" | openssl crl -inform DER -noout -text; }
lists() { text | crl_text_lists "$1"; }
not_listed() { ! lists "$1"; }
number() { curl -sS "$STATUS/crl/issuing.crl" | openssl crl -inform DER -noout -crlnumber; }
good() { echo "$BATS_FILE_TMPDIR/good.pem"; }
bad() { echo "$BATS_FILE_TMPDIR/bad.pem"; }
bundle() { curl -sS -o "$WORK/bundle.pem" "$STATUS/crl/bundle.pem"; }

# The clerk finds what nobody told it of within half a minute, or as it starts.
clerk_again() { kill -9 "$(child_pid clerk)"; }

@test "openssl verifies both lists and checks the whole chain by the bundle" {
	get issuing.crl >"$WORK/code"
	openssl crl -inform DER -in "$WORK/body" -CAfile "$DIR/ca/issuing.pem" -noout 2>&1 | grep -q 'verify OK'
	bundle
	equal "$(grep -c 'BEGIN X509 CRL' "$WORK/bundle.pem")" 2 'lists in the bundle'
	openssl verify -x509_strict -crl_check_all -CAfile <(cat "$BATS_FILE_TMPDIR/chain.pem" "$WORK/bundle.pem") "$(good)" |
		grep -q 'good.pem: OK'
	refute openssl verify -x509_strict -crl_check_all -CAfile <(cat "$BATS_FILE_TMPDIR/chain.pem" "$WORK/bundle.pem") "$(bad)"
}

@test "since when a key is in wrong hands is the entry's invalidity date" {
	text | grep -A8 -i "$(sed 's/^\(00\)*//' <"$BATS_FILE_TMPDIR/revoked")" >"$WORK/entry"
	grep -q 'Key Compromise' "$WORK/entry"
	grep -A1 'Invalidity Date' "$WORK/entry" | grep -q 'May 28 20:26:40 2024 GMT'
	api GET "/v1/certificates/$(cat "$BATS_FILE_TMPDIR/revoked")"
	equal "$(field .compromised_at)" 2024-05-28T20:26:40Z 'what staff see'
	api POST "/v1/certificates/$(serial_of "$(good)")/revoke" '{"reason":"keyCompromise","compromised_at":"2999-01-01"}'
	equal "$STATUS_CODE" 422 'in the future'
}

@test "GnuTLS reads the list and refuses the revoked alone" {
	bundle
	get issuing.crl >"$WORK/code"
	certtool --crl-info --inder --infile "$WORK/body" >"$WORK/info"
	grep -q 'Revoked certificates (1)' "$WORK/info"
	openssl crl -inform DER -in "$WORK/body" -out "$WORK/issuing.pem"
	certtool --verify-crl --load-ca-certificate "$DIR/ca/issuing.pem" --infile "$WORK/issuing.pem" >"$WORK/info" 2>&1
	grep -q 'Verified' "$WORK/info"
	certtool --verify --load-ca-certificate "$BATS_FILE_TMPDIR/chain.pem" --load-crl "$WORK/bundle.pem" --infile "$(good)" >"$WORK/info"
	refute certtool --verify --load-ca-certificate "$BATS_FILE_TMPDIR/chain.pem" --load-crl "$WORK/bundle.pem" --infile "$(bad)" \
		>"$WORK/info"
	grep -q 'revoked' "$WORK/info"
}

@test "every reason, a hold and a compromise date are said as they are; one period past its end nothing is" {
	issuer=$(database 'SELECT issuer FROM certificate LIMIT 1')
	now=$(date +%s)
	add() { # add DIGIT STATUS REASON COMPROMISED NOT-AFTER
		database "INSERT INTO certificate (serial, issuer, kind, fingerprint, subject, not_before, not_after, der, status,
			revoked_at, reason, compromised_at, created_at) VALUES (printf('%.40c', '$1'), '$issuer', 'orphan',
			randomblob(32), 'x', 1, $5, X'00', '$2', 1790000000, $3, $4, 1)"
	}
	for reason in 0 1 2 3 4 5; do add "$reason" revoked "$reason" NULL $((now + 86400)); done 2>"$WORK/zero" || true
	add 6 held NULL NULL $((now + 86400))
	add 7 revoked 1 1780000000 $((now + 86400))
	database "UPDATE certificate SET not_after = $((now - 60)) WHERE serial LIKE '4444%'"
	database "UPDATE certificate SET not_after = $((now - 7200)) WHERE serial LIKE '5555%'"
	database "DELETE FROM certificate WHERE serial LIKE '0000%'"
	before=$(number)
	clerk_again
	until_true 20 lists "$(printf '7%.0s' $(seq 40))"
	text >"$WORK/text"
	for line in 'Key Compromise' 'CA Compromise' 'Affiliation Changed' 'Superseded' 'Certificate Hold'; do
		grep -q "$line" "$WORK/text" || { cat "$WORK/text" >&2; return 1; }
	done
	refute grep -q 'Cessation Of Operation' "$WORK/text"
	grep -A1 'Invalidity Date' "$WORK/text" | grep -q 'May 28 20:26:40 2026 GMT'
	[[ $before < $(number) ]]
	get issuing.crl >"$WORK/code"
	openssl asn1parse -inform DER -in "$WORK/body" >"$WORK/asn1"
	equal "$(openssl crl -inform DER -in "$WORK/body" -outform DER | cmp - "$WORK/body" && echo same)" same 'openssl writes it alike'
	database "DELETE FROM certificate WHERE kind = 'orphan'"
}

# A real nginx that checks the whole chain by the bundle, as the guides have it.
start_checking_nginx() {
	bundle
	cp "$WORK/bundle.pem" "$BATS_FILE_TMPDIR/crl.pem"
	web_nginx nginx required <<-CONF
		server {
			listen 127.0.0.1:@required@ ssl;
			ssl_certificate $DIR/tls/members.pem; ssl_certificate_key $DIR/keys/members.key;
			ssl_client_certificate $BATS_FILE_TMPDIR/chain.pem; ssl_verify_client on; ssl_verify_depth 2;
			ssl_crl $BATS_FILE_TMPDIR/crl.pem;
			location / { return 200 welcome; }
		}
	CONF
}
reload_nginx() {
	bundle
	cp "$WORK/bundle.pem" "$BATS_FILE_TMPDIR/crl.pem"
	web_reload nginx
}
answers() { # answers CODE CERTIFICATE: 400 to whom it does not believe
	[ "$(curl -s --cacert "$CA" --cert "$2" -o "$WORK/page" -w '%{http_code}' "$(web_url nginx required)")" = "$1" ]
}

me() { curl -s -o "$WORK/page" -w '%{http_code}' --cacert "$CA" --cert "$(good)" "$MEMBERS/v1/me"; }

@test "nginx with ssl_crl: good in, revoked out; held out and in again" {
	start_checking_nginx
	until_true 20 answers 200 "$(good)"
	answers 400 "$(bad)"
	serial=$(serial_of "$(good)")
	as support POST "/v1/certificates/$serial/hold" '{"note":"laptop missing"}'
	equal "$STATUS_CODE" 200 "hold: $BODY"
	equal "$(me)" 403 'held, at once'
	until_true 20 lists "$serial"
	text | grep -A5 -i "$(sed 's/^\(00\)*//' <<<"$serial")" | grep -q 'Certificate Hold'
	reload_nginx
	until_true 20 answers 400 "$(good)"
	as support POST "/v1/certificates/$serial/release" '{"note":"laptop found"}'
	equal "$STATUS_CODE" 200 "release: $BODY"
	equal "$(me)" 200 'released, at once'
	until_true 20 not_listed "$serial"
	reload_nginx
	until_true 20 answers 200 "$(good)"
	answers 400 "$(bad)"
}

@test "who has the newest list gets none, and who accepts gzip gets it so" {
	for list in issuing.crl bundle.pem; do
		equal "$(get "$list")" 200 "$list"
		cp "$WORK/body" "$WORK/plain"
		tag=$(header etag) when=$(header last-modified)
		[[ $(header cache-control) =~ ^max-age=[0-9]+$ ]]
		equal "$(header vary)" Accept-Encoding vary
		equal "$(get "$list" -H "If-None-Match: $tag")" 304 "$list, by its tag"
		equal "$(get "$list" -H "If-Modified-Since: $when")" 304 "$list, by its date"
		equal "$(get "$list" -z 'Thu, 01 Jan 2026 00:00:00 GMT')" 200 "$list, by an old date"
		until_true 20 compressed "$list"
		equal "$(gunzip <"$WORK/body" | cmp - "$WORK/plain" && echo same)" same "$list, unpacked"
		equal "$(get "$list" -H 'Accept-Encoding: gzip' -H "If-None-Match: $(header etag)")" 304 "$list, compressed, by its tag"
		curl -sS --compressed "$STATUS/crl/$list" | cmp - "$WORK/plain"
	done
}
compressed() { [ "$(get "$1" -H 'Accept-Encoding: gzip')" = 200 ] && [ "$(header content-encoding)" = gzip ]; }

@test "a revoke of an unknown serial is not found; of a revoked one it says when and why, and changes nothing" {
	api POST "/v1/certificates/$(printf '3%.0s' $(seq 40))/revoke" '{"reason":"superseded"}'
	equal "$STATUS_CODE" 404 unknown
	before=$(number)
	api POST "/v1/certificates/$(cat "$BATS_FILE_TMPDIR/revoked")/revoke" '{"reason":"superseded"}'
	equal "$STATUS_CODE" 409 twice
	[[ $BODY =~ 'revoked already, on 20'.*'(keyCompromise)' ]]
	sleep 1.2 # a list would have been made by now
	equal "$(number)" "$before" number
	text | grep -q 'Key Compromise'
}
