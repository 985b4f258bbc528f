#!/usr/bin/env bats
# OCSP as outside programs ask it: openssl, GnuTLS, curl. Good accepted, revoked refused, at once; and what bad input gets.

load lib
load web

setup_file() {
	start_installation
	make_directory
	WORK=$BATS_FILE_TMPDIR
	collect_whole "$BATS_FILE_TMPDIR/client.pem"
	cat "$CA" "$DIR/ca/issuing.pem" >"$BATS_FILE_TMPDIR/chain.pem"
}

# ask ARGUMENT...: openssl asks (a digest must stand before its certificate); everything that it says is in $WORK/answer.
ask() {
	openssl ocsp -issuer "$DIR/ca/issuing.pem" -url "$STATUS/ocsp" -CAfile "$BATS_FILE_TMPDIR/chain.pem" -resp_text "$@" \
		>"$WORK/answer" 2>&1
}
says() { grep -q -- "$1" "$WORK/answer" || { cat "$WORK/answer" >&2; return 1; }; }
# silent TEXT: it is not said.
silent() {
	! grep -q -- "$1" "$WORK/answer" || { cat "$WORK/answer" >&2; return 1; }
}
client() { echo "$BATS_FILE_TMPDIR/client.pem"; }
# request FILE ARGUMENT...: what openssl would send.
request() { openssl ocsp -issuer "$DIR/ca/issuing.pem" -reqout "$@"; }
# post FILE: sets STATUS_CODE; the body is in $WORK/response, the head in $WORK/head.
post() {
	STATUS_CODE=$(curl -s -o "$WORK/response" -D "$WORK/head" -w '%{http_code}' -H 'Content-Type: application/ocsp-request' \
		--data-binary "@$1" "$STATUS/ocsp")
}
hex() { od -An -v -tx1 <"$1" | tr -d ' \n'; }
header() { tr -d '\r' <"$WORK/head" | sed -n "s/^$1: //Ip"; }
refusal_is() { # refusal_is NUMBER: an OCSPResponse of that status and nothing more
	equal "$STATUS_CODE" 200 'HTTP status'
	equal "$(header content-type)" application/ocsp-response type
	equal "$(hex "$WORK/response")" "30030a010$1" response
	equal "$(header cache-control)" no-store cache
}
revoke() { # revoke SERIAL REASON
	api POST "/v1/certificates/$1/revoke" "{\"reason\":\"$2\"}"
	equal "$STATUS_CODE" 200 "revoke: $BODY"
}

@test "openssl: good, with a nonce and without, under SHA-1 and SHA-256" {
	ask -cert "$(client)"
	says 'client.pem: good'
	says 'Response verify OK'
	silent 'no nonce'
	ask -no_nonce -cert "$(client)"
	says 'client.pem: good'
	says 'Archive Cutoff'
	silent 'OCSP Nonce'
	ask -sha256 -cert "$(client)"
	says 'client.pem: good'
	says 'Hash Algorithm: sha256'
	says 'Response verify OK'
}

@test "openssl, by the root alone: the answer brings its delegate" {
	openssl ocsp -issuer "$DIR/ca/issuing.pem" -cert "$(client)" -url "$STATUS/ocsp" -CAfile "$CA" \
		-verify_other "$DIR/ca/issuing.pem" >"$WORK/answer" 2>&1
	says 'Response verify OK'
	says 'client.pem: good'
}

@test "certificates of clients, staff and servers name the responder, the delegate's does not" {
	openssl pkcs12 -in "$DIR/admin.p12" -passin "file:$DIR.admin-password" -nokeys -clcerts -out "$WORK/admin.pem"
	for certificate in "$(client)" "$WORK/admin.pem" "$DIR/tls/members.pem" "$DIR/tls/public.pem"; do
		equal "$(openssl x509 -in "$certificate" -noout -ocsp_uri)" "$STATUS/ocsp" "$certificate"
	done
	ask -cert "$(client)"
	sed -n '/BEGIN CERT/,/END CERT/p' "$WORK/answer" >"$WORK/delegate.pem"
	equal "$(openssl x509 -in "$WORK/delegate.pem" -noout -ocsp_uri)" '' delegate
	openssl verify -x509_strict -purpose ocsphelper -CAfile "$CA" -untrusted "$DIR/ca/issuing.pem" "$WORK/delegate.pem"
}

@test "GnuTLS finds it by the address in the certificate: good, and its nonce comes back" {
	ocsptool --ask --nonce --load-issuer "$DIR/ca/issuing.pem" --load-cert "$(client)" \
		--load-trust "$BATS_FILE_TMPDIR/chain.pem" >"$WORK/answer" 2>&1
	says 'Certificate Status: good'
	says 'Verifying OCSP Response: Success'
}

@test "several in one request: each has its own answer; staff and servers are known, others are not" {
	openssl pkcs12 -in "$DIR/admin.p12" -passin "file:$DIR.admin-password" -nokeys -clcerts -out "$WORK/admin.pem"
	ask -cert "$(client)" -sha256 -cert "$WORK/admin.pem" -sha1 -cert "$DIR/tls/members.pem" -serial 0x5e0011
	says 'client.pem: good'
	says 'admin.pem: good'
	says 'members.pem: good'
	says '0x5e0011: unknown'
	says 'Response verify OK'
}

@test "serials that were never issued are unknown, also 100 random ones; another issuer's are not answered" {
	for i in 1 2 3 4; do
		serials=()
		for _ in $(seq 25); do serials+=(-serial "0x7$(openssl rand -hex 19)"); done
		ask "${serials[@]}"
		equal "$(grep -c '^0x7.*: unknown' "$WORK/answer")" 25 "unknown, round $i"
		silent ': good'
	done
	openssl ocsp -issuer "$CA" -cert "$DIR/ca/issuing.pem" -reqout "$WORK/foreign"
	post "$WORK/foreign"
	refusal_is 6
	openssl ocsp -issuer "$DIR/ca/issuing.pem" -sha384 -cert "$(client)" -reqout "$WORK/unknown-digest"
	post "$WORK/unknown-digest"
	refusal_is 6
}

@test "GET: base64 in the path, escaped or not, with the headers of RFC 5019" {
	request "$WORK/request" -no_nonce -cert "$(client)"
	plain=$(base64 -w0 "$WORK/request")
	escaped=$(sed 's|+|%2B|g; s|/|%2F|g; s|=|%3d|g' <<<"$plain")
	for path in "$plain" "$escaped"; do
		STATUS_CODE=$(curl -s --path-as-is -o "$WORK/response" -D "$WORK/head" -w '%{http_code}' "$STATUS/ocsp/$path")
		equal "$STATUS_CODE" 200 status
		equal "$(header content-type)" application/ocsp-response type
		openssl ocsp -respin "$WORK/response" -issuer "$DIR/ca/issuing.pem" -cert "$(client)" -no_nonce \
			-CAfile "$BATS_FILE_TMPDIR/chain.pem" >"$WORK/answer" 2>&1
		says 'client.pem: good'
		says 'Response verify OK'
	done
	[[ "$(header cache-control)" =~ ^max-age=([0-9]+),\ public,\ no-transform,\ must-revalidate$ ]]
	[ "${BASH_REMATCH[1]}" -ge 1 ]
	[ "${BASH_REMATCH[1]}" -le 60 ]
	modified=$(date -d "$(header last-modified)" +%s)
	expires=$(date -d "$(header expires)" +%s)
	equal "$((expires - modified))" 3600 'Expires is nextUpdate, Last-Modified is thisUpdate'
	tag=$(header etag)
	[ -n "$tag" ]
	equal "$(curl -s -o /dev/null -w '%{http_code}' -H "If-None-Match: $tag" "$STATUS/ocsp/$escaped")" 304 'with its tag'
	equal "$(curl -s -I -o /dev/null -w '%{http_code}' "$STATUS/ocsp/$escaped")" 200 HEAD
}

@test "an answer that is ready is given again, byte for byte, until its status changes" {
	collect_whole "$WORK/other.pem"
	request "$WORK/request" -no_nonce -cert "$WORK/other.pem"
	post "$WORK/request"
	cp "$WORK/response" "$WORK/first"
	post "$WORK/request"
	cmp "$WORK/first" "$WORK/response"
	# somebody else's revocation: looked at again, and kept
	collect_whole "$WORK/third.pem"
	revoke "$SERIAL" superseded
	post "$WORK/request"
	cmp "$WORK/first" "$WORK/response"
	revoke "$(serial_of "$WORK/other.pem")" cessationOfOperation
	post "$WORK/request"
	refute cmp -s "$WORK/first" "$WORK/response"
	openssl ocsp -respin "$WORK/response" -issuer "$DIR/ca/issuing.pem" -cert "$WORK/other.pem" -no_nonce \
		-CAfile "$BATS_FILE_TMPDIR/chain.pem" >"$WORK/answer" 2>&1
	says 'other.pem: revoked'
	says 'Reason: cessationOfOperation'
}

@test "revoked with reason and time, from the moment that the call returns, for everybody" {
	collect_whole "$WORK/dies.pem"
	request "$WORK/request" -no_nonce -cert "$WORK/dies.pem"
	post "$WORK/request" # now there is a ready 'good'
	before=$(date +%s)
	revoke "$SERIAL" keyCompromise
	ask -cert "$WORK/dies.pem"
	says 'dies.pem: revoked'
	says 'Reason: keyCompromise'
	revoked=$(date -d "$(sed -n 's/^.*Revocation Time: //p' "$WORK/answer" | head -1)" +%s)
	[ "$revoked" -ge "$before" ]
	[ "$revoked" -le "$(date +%s)" ]
	ask -no_nonce -cert "$WORK/dies.pem"
	says 'dies.pem: revoked'
	ocsptool --ask="$STATUS/ocsp" --nonce --load-issuer "$DIR/ca/issuing.pem" --load-cert "$WORK/dies.pem" \
		--load-trust "$BATS_FILE_TMPDIR/chain.pem" >"$WORK/answer" 2>&1 || true
	says 'Certificate Status: revoked'
	ask -cert "$(client)"
	says 'client.pem: good'
}

# made_up COUNT: certificates that nobody holds, known by the database alone, with a request for each in $WORK/asks.
made_up() {
	mkdir "$WORK/asks"
	local i issuer
	issuer=$(database "SELECT issuer FROM certificate LIMIT 1")
	for i in $(seq "$1"); do
		printf '4%s\n' "$(openssl rand -hex 20 | cut -c2-)"
	done >"$WORK/serials"
	while read -r i; do
		printf "INSERT INTO certificate (serial, issuer, kind, fingerprint, subject, not_before, not_after, der, status, created_at)
			VALUES ('%s', '%s', 'client', randomblob(32), 'CN=x', 0, 9999999999, x'00', 'valid', 0);\\n" "$i" "$issuer"
	done <"$WORK/serials" >"$WORK/rows.sql"
	(echo 'BEGIN IMMEDIATE;' && cat "$WORK/rows.sql" && echo 'COMMIT;') | database
	while read -r i; do request "$WORK/asks/$i" -no_nonce -serial "0x$i"; done <"$WORK/serials"
}
# status_of SERIAL OPTION...: asked now; by what is ready, unless there is a nonce among the options.
status_of() {
	openssl ocsp -issuer "$DIR/ca/issuing.pem" -serial "0x$1" -url "$STATUS/ocsp" -noverify "${@:2}" 2>/dev/null |
		sed -n 's/^0x[0-9a-f]*: //p'
}

@test "twenty revocations while others ask: each is said from the moment that its call returns" {
	made_up 20
	while read -r serial; do # so that there is a ready 'good' of each
		post "$WORK/asks/$serial"
		printf 'url = "%s"\ndata-binary = "@%s"\noutput = "/dev/null"\nnext\n' "$STATUS/ocsp" "$WORK/asks/$serial"
	done <"$WORK/serials" | sed '$d' >"$WORK/all.conf"
	(while [ ! -e "$WORK/enough" ]; do curl -s -K "$WORK/all.conf" || true; done) 3>&- &
	crowd=$!
	late=0
	while read -r serial; do
		revoke "$serial" cessationOfOperation
		[ "$(status_of "$serial" -no_nonce)" = revoked ] || late=$((late + 1))
		[ "$(status_of "$serial")" = revoked ] || late=$((late + 1))
	done <"$WORK/serials"
	touch "$WORK/enough"
	wait "$crowd"
	equal "$late" 0 'answers that came late'
}

# In the database, as the clerk finds it; what is ready is not given for a question with a nonce.
set_status() { database "UPDATE certificate SET status = '$2', revoked_at = $3, reason = $4 WHERE serial = '$1'"; }

@test "held: certificateHold; released: good again" {
	collect_whole "$WORK/held.pem"
	ask -cert "$WORK/held.pem"
	says 'held.pem: good'
	set_status "$SERIAL" held "$(date +%s)" 6
	ask -cert "$WORK/held.pem"
	says 'held.pem: revoked'
	says 'Reason: certificateHold'
	ocsptool --ask --nonce --load-issuer "$DIR/ca/issuing.pem" --load-cert "$WORK/held.pem" \
		--load-trust "$BATS_FILE_TMPDIR/chain.pem" >"$WORK/answer" 2>&1 || true
	says 'Certificate Status: revoked'
	set_status "$SERIAL" valid NULL NULL
	ask -cert "$WORK/held.pem"
	says 'held.pem: good'
	says 'Response verify OK'
}

# A real nginx that asks the responder about every client (ssl_ocsp leaf), by GET and without a nonce.
start_asking_nginx() {
	# shellcheck disable=SC2153 # lib.bash sets it
	web_nginx nginx required <<-CONF
		server {
			listen 127.0.0.1:@required@ ssl;
			ssl_certificate $DIR/tls/members.pem; ssl_certificate_key $DIR/keys/members.key;
			ssl_client_certificate $BATS_FILE_TMPDIR/chain.pem; ssl_verify_client on; ssl_verify_depth 2;
			ssl_ocsp leaf; ssl_ocsp_responder http://127.0.0.1:$PORT_STATUS/ocsp;
			location / { return 200 welcome; }
		}
	CONF
}
let_in() { # let_in CERTIFICATE: what nginx answers; 400 to whom it does not believe
	curl -s --cacert "$CA" --cert "$1" -o "$WORK/page" -w '%{http_code}' "$(web_url nginx required)"
}

@test "nginx with ssl_ocsp leaf lets the good in and the revoked out" {
	start_asking_nginx
	collect_whole "$WORK/one.pem"
	equal "$(let_in "$WORK/one.pem")" 200 'the good one'
	revoke "$SERIAL" keyCompromise
	equal "$(let_in "$WORK/one.pem")" 400 'the revoked one'
	grep -qi 'revoked' "$WORK/page" "$WEB/nginx/error.log"
	equal "$(let_in "$(client)")" 200 'another good one'
}

# nonce_request LENGTH FILE: for serial 7 of the issuer, with a nonce of that many octets.
nonce_request() {
	request "$WORK/plain" -no_nonce -serial 7
	local list nonce=OCTETSTRING:
	list=$(openssl asn1parse -inform DER -in "$WORK/plain" | sed -n 's/.*:\([0-9A-F]\{40\}\)$/\1/p')
	[ "$1" -eq 0 ] || nonce=FORMAT:HEX,OCTETSTRING:$(openssl rand -hex "$1")
	cat >"$WORK/nonce.cnf" <<-CNF
		asn1 = SEQUENCE:request
		[request]
		tbs = SEQUENCE:tbs
		[tbs]
		list = SEQUENCE:list
		extensions = EXPLICIT:2,SEQUENCE:extensions
		[list]
		one = SEQUENCE:one
		[one]
		id = SEQUENCE:id
		[id]
		algorithm = SEQUENCE:algorithm
		name = FORMAT:HEX,OCTETSTRING:$(sed -n 1p <<<"$list")
		key = FORMAT:HEX,OCTETSTRING:$(sed -n 2p <<<"$list")
		serial = INTEGER:7
		[algorithm]
		oid = OID:sha1
		parameters = NULL
		[extensions]
		nonce = SEQUENCE:nonce
		[nonce]
		oid = OID:1.3.6.1.5.5.7.48.1.2
		value = OCTWRAP,$nonce
	CNF
	openssl asn1parse -genconf "$WORK/nonce.cnf" -noout -out "$2"
}

@test "a nonce of 1 to 128 octets comes back as it was; 0 and 129 are malformed" {
	for length in 1 32 128; do
		nonce_request "$length" "$WORK/request"
		post "$WORK/request"
		equal "$STATUS_CODE" 200 "nonce of $length"
		sent=$(sed -n 's/^.*OCTETSTRING:\([0-9a-f]*\)$/\1/p' "$WORK/nonce.cnf" | tail -1)
		equal "${#sent}" $((2 * length)) 'digits sent'
		grep -q "$sent" <<<"$(hex "$WORK/response")"
		grep -q 'application/ocsp-response' "$WORK/head"
	done
	for length in 0 129 200; do
		nonce_request "$length" "$WORK/request"
		post "$WORK/request"
		refusal_is 1
	done
}

@test "malformed requests: malformedRequest with 200, the connection lives, one log line each" {
	head -c 100 /dev/urandom >"$WORK/garbage"
	: >"$WORK/empty"
	request "$WORK/request" -no_nonce -cert "$(client)"
	head -c 30 "$WORK/request" >"$WORK/cut"
	logged=$(grep -c '"route":"/ocsp' "$DIR.log" || true)
	for bad in garbage empty cut; do
		post "$WORK/$bad"
		refusal_is 1
	done
	for path in AAAA 'MEE' '%41%42' '%2F%2f' '%' '%3' '%3D%00'; do
		STATUS_CODE=$(curl -s -o "$WORK/response" -D "$WORK/head" -w '%{http_code}' "$STATUS/ocsp/$path")
		refusal_is 1
	done
	equal "$(($(grep -c '"route":"/ocsp' "$DIR.log") - logged))" 10 'log lines'
	grep '"route":"/ocsp' "$DIR.log" | tail -1 | jq -e '.error == "malformed" and (.why | length > 0) and .status == "200"'
	# bad, then good, on one connection
	curl -s -o "$WORK/bad" --data-binary "@$WORK/garbage" "$STATUS/ocsp" --next -s -o "$WORK/response" -w '%{num_connects}' \
		--data-binary "@$WORK/request" "$STATUS/ocsp" >"$WORK/connects"
	equal "$(cat "$WORK/connects")" 0 'new connections for the second request'
	openssl ocsp -respin "$WORK/response" -noverify -issuer "$DIR/ca/issuing.pem" -cert "$(client)" -no_nonce >"$WORK/answer" 2>&1
	says 'client.pem: good'
}

@test "an address gets so many signed answers a second, then tryLater; what is ready is not counted" {
	request "$WORK/request" -no_nonce -cert "$(client)"
	request "$WORK/nonce" -cert "$(client)"
	for _ in $(seq 120); do
		printf 'url = "%s"\ndata-binary = "@%s"\noutput = "%s"\nnext\n' "$STATUS/ocsp" "$WORK/nonce" "$WORK/flood"
	done | sed '$d' >"$WORK/many.conf" # 120 questions on one connection, in well under a second
	sed -i 's/^ocsp_per_address = .*/ocsp_per_address = 20/' "$DIR/counterfoil.conf"
	restart_installation
	old=$(limited)
	curl -s -K "$WORK/many.conf"
	[ "$(limited)" -gt "$old" ]
	until_true 5 good_again
	ready=$(metric ready)
	for _ in $(seq 30); do post "$WORK/request"; done
	[ "$(metric ready)" -ge $((ready + 30)) ]
	sed -i 's/^ocsp_per_address = .*/ocsp_per_address = 1000/' "$DIR/counterfoil.conf"
	restart_installation
}
metric() { curl -s "http://localhost:$PORT_OPS/metrics" | sed -n "s/^counterfoil_ocsp_total{answer=\"$1\"} //p"; }
limited() { metric limited; }
good_again() { post "$WORK/request" && [ "$(hex "$WORK/response")" != 30030a0103 ]; }

@test "what is too long is refused before it is read" {
	head -c 17000 /dev/zero >"$WORK/giant"
	post "$WORK/giant"
	equal "$STATUS_CODE" 413 'a giant'
	STATUS_CODE=$(curl -s -o "$WORK/response" -w '%{http_code}' "$STATUS/ocsp/$(head -c 1100 /dev/zero | tr '\0' A)")
	equal "$STATUS_CODE" 400 'a giant path'
	serials=()
	for i in $(seq 33); do serials+=(-serial "$i"); done
	request "$WORK/many" -no_nonce "${serials[@]}"
	post "$WORK/many"
	refusal_is 1
	ask -cert "$(client)"
	says 'client.pem: good'
}

# Half of the idle hold from one address all that it may have, which is the asker's too; the others come from twenty.
@test "a thousand connect and close, two hundred idle connections are held, and every query is answered" {
	local idle=() one others crowd asked=0 good=0
	"$BUILD/tools/slow" "$PORT_STATUS" idle 100 5 3 3>&- >"$WORK/others" &
	others=$!
	for _ in $(seq 100); do
		exec {one}<>"/dev/tcp/127.0.0.1/$PORT_STATUS"
		idle+=("$one")
	done
	for _ in $(seq 1000); do
		exec {one}<>"/dev/tcp/127.0.0.1/$PORT_STATUS"
		exec {one}>&-
	done 3>&- &
	crowd=$!
	while [ "$asked" -lt 60 ] || kill -0 "$crowd" 2>/dev/null; do
		asked=$((asked + 1))
		ask -cert "$(client)" && says 'client.pem: good' && says 'Response verify OK' && good=$((good + 1))
	done
	equal "$good" "$asked" 'answers'
	wait "$crowd"
	wait "$others"
	for one in "${idle[@]}"; do exec {one}>&-; done
	grep -q '^100 opened, 0 closed, 100 left' "$WORK/others" || { cat "$WORK/others" >&2; return 1; }
}

@test "a clerk that dies between a revocation and its word to the front takes the ready 'good' with it" {
	collect_whole "$WORK/unsaid.pem"
	equal "$(status_of "$SERIAL" -no_nonce)" good 'what is ready now'
	# what its commit leaves behind (crash points clerk.settle.after and clerk.lapse.after): nobody has been told
	set_status "$SERIAL" revoked "$(date +%s)" 5
	kill -9 "$(child_pid clerk)"
	until_true 20 status_is revoked "$SERIAL" -no_nonce
}
status_is() { [ "$(status_of "${@:2}")" = "$1" ]; }

@test "a signer that dies takes no answer with it" {
	kill -9 "$(child_pid signer)"
	ask -cert "$(client)"
	says 'client.pem: good'
	says 'Response verify OK'
	until_true 20 ready
}

@test "each start has a delegate of its own, which the journal knows; answers of the last one still verify" {
	request "$WORK/request" -no_nonce -cert "$(client)"
	post "$WORK/request"
	cp "$WORK/response" "$WORK/old"
	old=$(grep -c '"op":"delegate"' "$DIR/journal")
	restart_installation
	ask -cert "$(client)"
	says 'client.pem: good'
	serial=$(sed -n '/Serial Number:$/{n;s/[ :]//gp;q}' "$WORK/answer" | digits_40)
	equal "$(grep -c '"op":"delegate"' "$DIR/journal")" $((old + 1)) 'records of delegates'
	grep '"op":"delegate"' "$DIR/journal" | tail -1 | grep -q "\"serial\":\"$serial\""
	openssl ocsp -respin "$WORK/old" -issuer "$DIR/ca/issuing.pem" -cert "$(client)" -no_nonce \
		-CAfile "$BATS_FILE_TMPDIR/chain.pem" >"$WORK/answer" 2>&1
	says 'Response verify OK'
}

@test "a clock that jumps pauses issuing, not OCSP; the delegate renews itself" {
	move_clock $((40 * 86400))
	until_true 10 delegate_made_after "$(date -d '+39 days' +%s)"
	until_true 5 answered_good
	move_clock 0
	until_true 10 delegate_made_before "$(date -d '+39 days' +%s)"
	ask -cert "$(client)"
	says 'Response verify OK'
	says 'client.pem: good'
}
# By the new delegate, a moment after its record; openssl, whose own clock has not moved, does not believe it.
answered_good() { ask -cert "$(client)" || true; grep -q 'Cert Status: good' "$WORK/answer"; }
newest_delegate() { jq -s '[.[] | select(.op == "delegate")] | last | .not_before' "$DIR/journal"; }
delegate_made_after() { [ "$(newest_delegate)" -gt "$1" ]; }
delegate_made_before() { [ "$(newest_delegate)" -lt "$1" ]; }

@test "the chain in PEM, DER and PKCS#7, each with its media type" {
	for file in root issuing; do
		equal "$(curl -s -o "$WORK/$file.cer" -w '%{content_type}' "$STATUS/ca/$file.cer")" application/pkix-cert "$file.cer"
		openssl x509 -inform DER -in "$WORK/$file.cer" -out "$WORK/$file.pem"
		equal "$(curl -s -o "$WORK/served" -w '%{content_type}' "$STATUS/ca/$file.pem")" application/pem-certificate-chain "$file.pem"
		cmp "$WORK/served" "$WORK/$file.pem"
	done
	curl -s -o "$WORK/chain.pem" "$STATUS/ca/chain.pem"
	cmp "$WORK/chain.pem" <(cat "$WORK/issuing.pem" "$WORK/root.pem")
	equal "$(curl -s -o "$WORK/chain.p7c" -w '%{content_type}' "$STATUS/ca/chain.p7c")" \
		'application/pkcs7-mime; smime-type=certs-only' chain.p7c
	openssl pkcs7 -inform DER -in "$WORK/chain.p7c" -print_certs | sed -n '/BEGIN/,/END/p' >"$WORK/from-openssl"
	cmp "$WORK/chain.pem" "$WORK/from-openssl"
	certtool --p7-info --inder --infile "$WORK/chain.p7c" | sed -n '/BEGIN CERT/,/END CERT/p' >"$WORK/from-gnutls"
	equal "$(sort "$WORK/from-gnutls")" "$(sort "$WORK/chain.pem")" 'what GnuTLS reads'
	openssl verify -x509_strict -CAfile "$WORK/root.pem" -untrusted <(openssl pkcs7 -inform DER -in "$WORK/chain.p7c" -print_certs) \
		"$(client)"
}
