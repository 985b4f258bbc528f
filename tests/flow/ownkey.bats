#!/usr/bin/env bats
# A key that its recipient makes: the same link and the same code, a request instead of a file, and nothing secret on the way.

load lib

setup_file() {
	start_installation
	make_directory
}
teardown_file() { stop_installation; }

collect() { # collect KEY ARGUMENT...
	local key=$1
	shift
	"$COMMAND" collect "$LINK" --ca "$CA" --key "$key" --out "$key.pem" "$@"
}
own_claim() {
	visit POST "$LINK/code" -d "code=$CODE" -d key=own
	equal "$STATUS_CODE" 200 "code: $BODY"
	CLAIM=$(field .claim)
}
# request_by NAME OPENSSL-REQ-ARGUMENT...: NAME.key and NAME.csr, as anybody makes them.
request_by() {
	local name=$1
	shift
	openssl req -new "$@" -nodes -subj "/CN=whatever" -keyout "$WORK/$name.key" -out "$WORK/$name.csr" 2>/dev/null
}
ec() { request_by "$1" -newkey ec -pkeyopt ec_paramgen_curve:"${2:-P-256}"; }
# bring FILE [TYPE]: the request by hand; what comes is in $WORK/answer.
bring() {
	STATUS_CODE=$(curl -sS --cacert "$CA" -H "Authorization: Bearer $CLAIM" -H "Content-Type: ${2:-application/pkcs10}" \
		--data-binary @"$1" -o "$WORK/answer" -D "$WORK/head" -w '%{http_code}' "$LINK/request")
	BODY=$(tr -d '\0' <"$WORK/answer")
}
# form FILE ARGUMENT...: as a browser sends it.
form() {
	STATUS_CODE=$(curl -sS --cacert "$CA" -H "Authorization: Bearer $CLAIM" -H 'Accept: text/html' "$@" -o "$WORK/page" \
		-D "$WORK/head" -w '%{http_code}' "$LINK/request")
}
# requests_logged: the status of each request for a certificate, as the log has them; logged_behind COUNT STATUSES: since then.
requests_logged() { sed -n 's/.*"event":"http.request".*"route":"[^"]*\/request","status":"\([0-9]*\)".*/\1/p' "$DIR.log"; }
logged_behind() { [ "$(requests_logged | tail -n "+$(($1 + 1))" | xargs)" = "$2" ]; }
messages_of_order() { database "SELECT count(*) FROM message WHERE order_id = '$ORDER' AND kind = '$1'"; }
same_key() { # same_key CERTIFICATE KEY
	equal "$(openssl x509 -in "$1" -noout -pubkey)" "$(openssl pkey -in "$2" -pubout)" 'public key'
}
fingerprint() { openssl x509 -in "$1" -outform DER | sha256sum | cut -d' ' -f1; }

@test "one command: key made here, certificate fetched, acknowledged, used; no password is sent, and all is erased and audited" {
	new_order '"own_key":true'
	exits 0 collect "$WORK/e.key" --code-fd 7 --json 7<<<"$CODE"
	equal "$(stat -c %a "$WORK/e.key")" 600 'mode of the key'
	[ ! -e "$WORK/e.key.csr" ]
	[ ! -e "$WORK/e.key.pem.claim" ]
	same_key "$WORK/e.key.pem" "$WORK/e.key"
	openssl verify -x509_strict -CAfile "$CA" -untrusted "$WORK/e.key.pem" "$WORK/e.key.pem"
	equal "$(order_state)" received state
	cat "$WORK/e.key.pem" "$WORK/e.key" >"$BATS_FILE_TMPDIR/own.pem"
	as own GET /v1/me
	equal "$STATUS_CODE" 200 "me: $BODY"
	until_true 10 state_is in_use
	equal "$(messages_of_order password)" 0 passwords
	equal "$(database "SELECT sealed_key IS NULL AND sealed_modern IS NULL AND sealed_password IS NULL AND erased_at IS NOT NULL FROM parcel WHERE order_id = '$ORDER'")" 1 'nothing rests'
	api GET "/v1/orders/$ORDER"
	for what in order.claimed parcel.made parcel.served parcel.received parcel.erased order.in_use; do
		jq -e --arg what "$what" '.history[] | select((.record | fromjson | .what) == $what)' <<<"$BODY" >"$WORK/found" ||
			{ echo "not audited: $what in $(jq -c '[.history[].record | fromjson | .what]' <<<"$BODY")" >&2; return 1; }
	done
	exits 0 "$COMMAND" call "$MEMBERS/v1/me" --ca "$CA" --identity "$WORK/e.key.pem" --key-file "$WORK/e.key"
}

@test "a request made by hand, in PEM or DER, EC or RSA: the chain comes back, and again for the same request" {
	local kinds=(P-256 P-384 rsa:2048 rsa:4096) kind
	for kind in "${kinds[@]}"; do
		new_order '"own_key":true'
		own_claim
		if [[ $kind = rsa:* ]]; then request_by "$kind" -newkey "$kind"; else ec "$kind" "$kind"; fi
		openssl req -in "$WORK/$kind.csr" -outform DER -out "$WORK/$kind.der"
		bring "$WORK/$kind.csr"
		equal "$STATUS_CODE" 200 "$kind: $BODY"
		grep -qi '^Content-Type: application/pem-certificate-chain' "$WORK/head"
		cp "$WORK/answer" "$WORK/first"
		equal "$(grep -c BEGIN "$WORK/first")" 3 'certificates in the chain'
		same_key "$WORK/first" "$WORK/$kind.key"
		openssl x509 -in "$WORK/first" -noout -subject -nameopt RFC2253 | grep -q 'CN=e-banking,OU=Document archive,O=Nordbank'
		bring "$WORK/$kind.der"
		equal "$STATUS_CODE" 200 "$kind in DER: $BODY"
		cmp "$WORK/first" "$WORK/answer"
		bearer GET "$LINK/certificate"
		equal "$STATUS_CODE" 200 certificate
		cmp "$WORK/first" "$WORK/body"
		equal "$(order_state)" collecting state
		bearer POST "$LINK/received" -d "sha256=$(sha256sum </dev/null | cut -d' ' -f1)"
		equal "$STATUS_CODE" 409 'acknowledged something else'
		bearer POST "$LINK/received" -d "sha256=$(fingerprint "$WORK/first")"
		equal "$STATUS_CODE" 200 "received: $BODY"
		bearer POST "$LINK/received" -d "sha256=$(fingerprint "$WORK/first")"
		equal "$STATUS_CODE" 200 'received again'
		equal "$(order_state)" received state
	done
	equal "$(message_count password)" 0 passwords
}

@test "an interrupted collect --key is taken up by the same command, at each step: same key, same request, same certificate" {
	local step
	for step in key request claim sent saved acknowledged; do
		new_order '"own_key":true'
		local key=$WORK/$step.key hash=
		ec made
		cp "$WORK/made.key" "$key" && chmod 600 "$key"
		if [ "$step" != key ]; then
			cp "$WORK/made.csr" "$key.csr"
			hash=$(openssl req -in "$key.csr" -outform DER | sha256sum | cut -d' ' -f1)
		fi
		if [ "$step" != key ] && [ "$step" != request ]; then
			own_claim
			(umask 077 && jq -cn --arg t "$(printf %s "${LINK##*/}" | sha256sum | cut -d' ' -f1)" --arg c "$CLAIM" \
				'{token_sha256: $t, claim: $c, sha256: ""}' >"$key.pem.claim")
		fi
		case $step in sent | saved | acknowledged)
			bring "$key.csr"
			equal "$STATUS_CODE" 200 "$step: $BODY"
			cp "$WORK/answer" "$WORK/$step.first"
			;;
		esac
		case $step in saved | acknowledged) cp "$WORK/answer" "$key.pem" ;; esac
		if [ "$step" = acknowledged ]; then
			bearer POST "$LINK/received" -d "sha256=$(fingerprint "$key.pem")"
			equal "$STATUS_CODE" 200 received
		fi
		case $step in
		key | request) exits 0 collect "$key" --code-fd 7 7<<<"$CODE" ;;
		*) exits 0 collect "$key" ;;
		esac
		same_key "$key.pem" "$WORK/made.key"
		cmp "$key" "$WORK/made.key"
		[ ! -e "$WORK/$step.first" ] || cmp "$WORK/$step.first" "$key.pem"
		equal "$(order_state)" received "state after $step"
		equal "$(database "SELECT count(*) FROM certificate WHERE order_id = '$ORDER'")" 1 "certificates after $step"
		[ -z "$hash" ] || equal "$(database "SELECT lower(hex(request_hash)) FROM certificate WHERE order_id = '$ORDER'")" "$hash" 'the very request'
		[ ! -e "$key.csr" ]
		[ ! -e "$key.pem.claim" ]
	done
}

@test "killed anywhere it is taken up by the same command" {
	local i pid
	for i in 1 2 3; do
		new_order '"own_key":true'
		(exec "$COMMAND" collect "$LINK" --ca "$CA" --key "$WORK/k$i" --out "$WORK/k$i.pem" --code-fd 7) 7<<<"$CODE" 2>/dev/null &
		pid=$!
		until_true 20 sh -c "[ -e '$WORK/k$i' ] || ! kill -0 $pid 2>/dev/null"
		[ "$i" = 1 ] || until_true 20 sh -c "[ -e '$WORK/k$i.pem.claim' ] || ! kill -0 $pid 2>/dev/null"
		[ "$i" != 3 ] || until_true 20 sh -c "[ -e '$WORK/k$i.pem' ] || ! kill -0 $pid 2>/dev/null"
		kill -9 "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
		cp "$WORK/k$i" "$WORK/before"
		if [ "$(order_state)" != received ]; then
			run collect "$WORK/k$i" --code-fd 7 7<<<"$CODE"
			if [ "$status" != 0 ]; then # the code was used up, and its claim lost with the kill
				mark
				visit POST "$LINK/new-code" -d digits=4567
				until_true 20 has_message code
				read_code
				exits 0 collect "$WORK/k$i" --code-fd 7 7<<<"$CODE"
			fi
			same_key "$WORK/k$i.pem" "$WORK/before"
		fi
		equal "$(order_state)" received state
	done
}

@test "a second run with the same key is refused at once; the first ends as if it had been alone" {
	local pid
	new_order '"own_key":true'
	mkfifo "$WORK/typed"
	exec 8<>"$WORK/typed"
	(exec "$COMMAND" collect "$LINK" --ca "$CA" --key "$WORK/two.key" --out "$WORK/first.pem" --code-fd 7) 7<"$WORK/typed" 8>&- 2>/dev/null 3>&- &
	pid=$!
	until_true 20 test -e "$WORK/two.key.csr"
	exits 4 collect "$WORK/two.key" --code-fd 7 7<<<"$CODE"
	grep -q 'another run is using' <<<"$output"
	printf '%s\n' "$CODE" >&8
	exec 8>&-
	wait "$pid"
	same_key "$WORK/first.pem" "$WORK/two.key"
	equal "$(order_state)" received state
}

@test "a request that was lost once it had its certificate is no dead end; another key hears plainly that it is another's" {
	new_order '"own_key":true'
	own_claim
	ec lost
	bring "$WORK/lost.csr"
	equal "$STATUS_CODE" 200 "sent: $BODY"
	cp "$WORK/answer" "$WORK/lost.first"
	rm "$WORK/lost.csr"
	chmod 600 "$WORK/lost.key"
	mark
	visit POST "$LINK/new-code" -d digits=4567
	until_true 20 has_message code
	read_code
	exits 4 collect "$WORK/anew.key" --code-fd 7 7<<<"$CODE"
	grep -q "made for another key than the one in $WORK/anew.key" <<<"$output"
	mv "$WORK/anew.key.pem.claim" "$WORK/lost.key.pem.claim"
	exits 0 collect "$WORK/lost.key"
	cmp "$WORK/lost.first" "$WORK/lost.key.pem"
	equal "$(order_state)" received state
	new_order '"own_key":true' # where no certificate was made, what was said of the request stands
	exits 1 "$COMMAND" collect "$LINK" --ca "$CA" --key "$WORK/lost.key" --out "$WORK/again.pem" --code-fd 7 7<<<"$CODE"
	grep -q 'certified before' <<<"$output"
}

@test "what cannot come to a good end is refused before the code is used up, and nothing is made or moved" {
	local words status name
	new_order '"own_key":true'
	mkdir "$WORK/taken"
	openssl genpkey -algorithm ed25519 -out "$WORK/ed.key" 2>/dev/null
	openssl genrsa -out "$WORK/weak.key" 1024 2>/dev/null
	ec small
	rm "$WORK/small.csr"
	chmod 600 "$WORK"/*.key
	find "$WORK" -type f | sort >"$WORK.before"
	before_code() { # before_code STATUS WORDS ARGUMENT...
		status=$1 words=$2
		shift 2
		exits "$status" "$COMMAND" collect "$LINK" --ca "$CA" --code-fd 7 "$@" 7<<<"$CODE"
		grep -q -- "$words" <<<"$output" || { echo "wanted $words, had $output" >&2; return 1; }
		find "$WORK" -type f | sort | cmp - "$WORK.before"
	}
	for name in n.key ./n.key n.key.csr taken/../n.key; do
		before_code 2 'is the name of the key or of its request' --key "$WORK/n.key" --out "$WORK/$name"
	done
	before_code 2 'is the name of the key' --key "$WORK/small.key" --out "$WORK/small.key"
	before_code 2 'is where the claim is kept' --key "$WORK/n.pem.claim" --out "$WORK/n.pem"
	before_code 3 'No such file or directory' --key "$WORK/n.key" --out "$WORK/missing/n.pem"
	for name in ed weak; do
		before_code 4 'P-256, P-384, and RSA of 2048 to 4096 bits' --key "$WORK/$name.key" --out "$WORK/n.pem"
	done
	before_code 2 'the key that lies in .* is p256' --key "$WORK/small.key" --key-type rsa4096 --out "$WORK/n.pem"
	equal "$(order_state)" offered state
	exits 0 collect "$WORK/small.key" --key-type p256 --code-fd 7 7<<<"$CODE"
}

@test "what is refused says why, to a program and on the page, and changes nothing" {
	new_order '"key_type":"request"'
	own_claim
	ec good
	request_by weak -newkey rsa:1024
	request_by curve -newkey ec -pkeyopt ec_paramgen_curve:secp256k1
	head -c 300 /dev/urandom >"$WORK/garbage"
	openssl req -in "$WORK/good.csr" -outform DER -out "$WORK/forged"
	printf '\x00' | dd of="$WORK/forged" bs=1 seek=$(($(stat -c %s "$WORK/forged") - 6)) conv=notrunc 2>/dev/null
	head -c 20000 /dev/zero | tr '\0' A >"$WORK/long"
	: >"$WORK/empty"
	local name status words
	while IFS='|' read -r name status words; do
		bring "$WORK/$name"
		equal "$STATUS_CODE" "$status" "$name: $BODY"
		grep -q "$words" <<<"$BODY" || { echo "$name: wanted $words, had $BODY" >&2; return 1; }
		form -F "file=@$WORK/$name"
		equal "$STATUS_CODE" "$status" "$name by the form"
		[ "$status" = 413 ] || grep -qE "$words" "$WORK/page" || { echo "$name: wanted $words on the page" >&2; cat "$WORK/page" >&2; return 1; }
	done <<-END
		weak.csr|422|2048 to 4096
		curve.csr|422|P-256
		garbage|400|neither DER nor a PEM block CERTIFICATE REQUEST
		forged|422|not signed by its own key
		good.key|400|neither DER nor a PEM block CERTIFICATE REQUEST
		empty|422|no request was sent
		long|413|.
	END
	bring "$WORK/good.csr" text/plain
	equal "$STATUS_CODE" 400 'another type'
	equal "$(database "SELECT count(*) FROM certificate WHERE order_id = '$ORDER'")" 0 certificates
	equal "$(order_state)" collecting state
	form --data-urlencode "request@$WORK/good.csr" # and then it is taken
	equal "$STATUS_CODE" 303 form
	bearer GET "$LINK/certificate"
	equal "$STATUS_CODE" 200 certificate
	same_key "$WORK/body" "$WORK/good.key"
	ec other
	bring "$WORK/other.csr"
	equal "$STATUS_CODE" 409 'another request'
	grep -q 'by another request' <<<"$BODY"
	new_order '"own_key":true'
	own_claim
	form -F "request=<$WORK/good.csr"
	equal "$STATUS_CODE" 422 'a key that was certified before, by the form'
	grep -q 'certified before' "$WORK/page"
	bring "$WORK/good.csr"
	equal "$STATUS_CODE" 422 'the same by itself'
	grep -q 'certified before' <<<"$BODY"
	until_true 20 grep -qF "$(field .request)" "$DIR.log"
	# what is refused leaves the connection sane, and one line in the log
	local asked had
	asked=(-sS --cacert "$CA" -H "Authorization: Bearer $CLAIM" -H 'Content-Type: application/pkcs10' -w '%{http_code} %{num_connects}\n')
	had=$(requests_logged | wc -l)
	equal "$(curl "${asked[@]}" --data-binary "@$WORK/garbage" -o "$WORK/refusal" "$LINK/request" \
		--next "${asked[@]}" --data-binary "@$WORK/other.csr" -o "$WORK/chain" "$LINK/request" | xargs)" '400 1 200 0' 'status, new connections'
	same_key "$WORK/chain" "$WORK/other.key"
	until_true 20 logged_behind "$had" '400 200'
	equal "$(grep -cF "$(jq -r .request "$WORK/refusal")" "$DIR.log")" 1 'lines about the refused one'
	CLAIM=AAAAAAAAAAAAAAAAAAAAAA
	bring "$WORK/other.csr"
	equal "$STATUS_CODE" 403 'without the claim'
	form -F "file=@$WORK/other.csr"
	equal "$STATUS_CODE" 403 'without the claim, by the form'
}

@test "the page of such an order says what to run and takes a request; English and Norwegian" {
	local language
	for language in en nb; do
		new_order '"key_type":"request"'
		own_claim
		curl -sS --cacert "$CA" -H "Authorization: Bearer $CLAIM" -H 'Accept: text/html' -H "Accept-Language: $language" -o "$WORK/page" "$LINK/file"
		grep -qF "counterfoil collect $LINK --key e-banking.key" "$WORK/page"
		grep -qE 'enctype="multipart/form-data"' "$WORK/page"
		case $language in en) words='never leaves your machine' ;; nb) words='forlater aldri maskinen' ;; esac
		grep -q "$words" "$WORK/page"
		ec "$language"
		form -F "request=<$WORK/$language.csr" -F 'file=@/dev/null;filename='
		equal "$STATUS_CODE" 303 form
		curl -sS --cacert "$CA" -H "Authorization: Bearer $CLAIM" -H 'Accept: text/html' -H "Accept-Language: $language" -o "$WORK/page" "$LINK/file"
		grep -qE 'href="/d/[^"]*/certificate"' "$WORK/page"
		bearer POST "$LINK/received"
		equal "$STATUS_CODE" 200 "the certificate came with the request's answer: $BODY"
		curl -sS --cacert "$CA" -H "Authorization: Bearer $CLAIM" -H 'Accept: text/html' -H "Accept-Language: $language" -o "$WORK/page" "$LINK/done"
		case $language in en) words='nothing more will come' ;; nb) words='det kommer ikke mer' ;; esac
		grep -q "$words" "$WORK/page"
		equal "$(messages_of_order password)" 0 passwords
	done
}

@test "an order says whether its key is the service's, the recipient's or either's; who is too late hears why" {
	new_order
	exits 4 collect "$WORK/no.key" --code-fd 7 7<<<"$CODE"
	grep -q 'made by the service: run it without --key' <<<"$output"
	[ ! -e "$WORK/no.key" ]
	[ ! -e "$WORK/no.key.csr" ] # nothing of it was sent
	own_claim
	ec no
	bring "$WORK/no.csr"
	equal "$STATUS_CODE" 409 'no request was approved'
	new_order '"key_type":"request"'
	api GET "/v1/orders/$ORDER"
	equal "$(field .may_bring_request)" true 'what order show says'
	exits 4 "$COMMAND" collect "$LINK" --ca "$CA" --out "$WORK/x.p12" --code-fd 7 7<<<"$CODE"
	grep -q 'run it again with --key FILE' <<<"$output"
	exits 0 collect "$WORK/yes.key" --key-type p384 --code-fd 7 7<<<"$CODE"
	openssl pkey -in "$WORK/yes.key" -noout -text | grep -q 'NIST CURVE: P-384'
	api POST /v1/orders '{"organisation":"nordbank","service":"document-archive","client":"e-banking","contact":"kari@nordbank.example","key_type":"request","own_key":false}'
	equal "$STATUS_CODE" 422 'a request that may not be'
	new_order '"own_key":true'
	claim
	until_true 30 prepare_once
	exits 4 collect "$WORK/late.key"
	grep -q 'made by the service already' <<<"$output"
	ec late
	bring "$WORK/late.csr"
	equal "$STATUS_CODE" 409 'too late'
	grep -q 'made here already' <<<"$BODY"
	new_order '"own_key":true'
	own_claim
	ec once
	bring "$WORK/once.csr"
	equal "$STATUS_CODE" 200 once
	bearer GET "$LINK/package/modern"
	equal "$STATUS_CODE" 409 'no file of such an order'
}

@test "--install lays key and certificate for each platform; what lies there is never overwritten" {
	local platform
	for platform in nginx apache haproxy pem; do
		new_order '"own_key":true'
		exits 0 collect "$WORK/$platform.key" --install "$platform" --to "$WORK/in-$platform" --code-fd 7 7<<<"$CODE"
		[ -e "$WORK/in-$platform/$platform" ]
		cat "$WORK/in-$platform/$platform"/*.pem >"$WORK/all"
		grep -q 'PRIVATE KEY' "$WORK/all"
	done
	new_order '"own_key":true'
	(umask 077 && echo 'a password of mine' >"$WORK/store")
	exits 0 collect "$WORK/java.key" --install java --to "$WORK/in-java" --password-file "$WORK/store" --code-fd 7 7<<<"$CODE"
	openssl pkcs12 -in "$WORK/in-java/java/keystore.p12" -passin file:"$WORK/store" -nodes -out "$WORK/opened" 2>/dev/null
	same_key "$WORK/opened" "$WORK/java.key"
	new_order '"own_key":true'
	exits 4 "$COMMAND" collect "$LINK" --ca "$CA" --key "$WORK/new.key" --out "$WORK/java.key.pem" --code-fd 7 7<<<"$CODE"
	grep -q 'exists already' <<<"$output"
	echo garbage >"$WORK/garbage.key" && chmod 600 "$WORK/garbage.key"
	exits 1 collect "$WORK/garbage.key" --code-fd 7 7<<<"$CODE"
	chmod 644 "$WORK/nginx.key"
	exits 4 "$COMMAND" collect "$LINK" --ca "$CA" --key "$WORK/nginx.key" --out "$WORK/z.pem" --code-fd 7 7<<<"$CODE"
	exits 2 collect "$WORK/y.key" --key-type ed25519 --code-fd 7 7<<<"$CODE"
	grep -q 'p256, p384' <<<"$output"
}

@test "the private key is nowhere on the service's side: not in a file, not in a process" {
	new_order '"own_key":true'
	exits 0 collect "$WORK/canary.key" --code-fd 7 7<<<"$CODE"
	local scalar
	scalar=$(openssl pkey -in "$WORK/canary.key" -noout -text | sed -n '/^priv:/,/^pub:/p' | grep -oE '([0-9a-f]{2}:?)+$' | tr -d ':\n' | grep -oE '[0-9a-f]{64}$')
	equal "${#scalar}" 64 'digits of the key'
	{
		echo "binary $scalar"
		echo "hex $(printf %s "$scalar" | xxd -p | tr -d '\n')"
		sed -n '2p' "$WORK/canary.key" | tr -d '\n' | xxd -p | tr -d '\n' | sed 's/^/pem /; s/$/\n/'
	} >"$WORK/needles"
	# the search finds each where it is
	openssl pkey -in "$WORK/canary.key" -outform DER -out "$WORK/canary.der"
	echo "$scalar" >"$WORK/canary.hex"
	run "$BUILD/tools/memory_search" "$WORK"/canary.{key,der,hex} <"$WORK/needles"
	equal "$status" 1 "control: $output"
	equal "$(cut -d'|' -f1 <<<"$output" | sort -u | xargs)" 'binary hex pem' 'found by the control'
	mapfile -t files < <(find "$DIR" "$DIR".* -type f)
	"$BUILD/tools/memory_search" "${files[@]}" <"$WORK/needles"
	memory_readable || return 0
	mapfile -t pids < <(pgrep -P "$(cat "$DIR.pid")")
	"$BUILD/tools/memory_search" "$(cat "$DIR.pid")" "${pids[@]}" <"$WORK/needles"
}
