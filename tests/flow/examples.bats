#!/usr/bin/env bats
# client/examples as a reader would run them: built against an installed tree, with the parts that `counterfoil install` lays.
# Each is told who it is with a good certificate, is refused with a revoked one, and speaks to no server but the right one.

bats_require_minimum_version 1.5.0
load lib
load web

setup_file() {
	start_installation
	make_directory
	WORK=$BATS_FILE_TMPDIR
	for who in good revoked; do
		collect_whole "$WORK/$who.pem"
		(umask 077 && echo "$PASSWORD" >"$WORK/$who.password")
		mv "$WORK/package.p12" "$WORK/$who.p12"
		for platform in pem java nginx; do
			"$COMMAND" install "$platform" "$WORK/$who.p12" --password-file "$WORK/$who.password" --to "$WORK/$who" >"$WORK/said" 2>&1
		done
	done
	api POST "/v1/certificates/$SERIAL/revoke" '{"reason":"keyCompromise"}'
	equal "$STATUS_CODE" 200 "revocation: $BODY"
	until_true 60 listed
	web_files
	start_counterpart
	start_nginx
	javac -d "$WORK/classes" "$ROOT/client/examples/Rest.java"
	start_stranger
}
listed() { curl -sSf "$STATUS/crl/issuing.crl" | openssl crl -inform der -noout -text | crl_text_lists "$SERIAL"; }

# A server of the right name whose certificate is from nobody we know. It would say 200.
start_stranger() {
	mkdir "$WEB/stranger"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost -keyout "$WEB/stranger/key.pem" -out "$WEB/stranger/cert.pem" 2>/dev/null
	openssl s_server -accept 127.0.0.1:0 -www -cert "$WEB/stranger/cert.pem" -key "$WEB/stranger/key.pem" \
		3>&- </dev/null >"$WEB/stranger/out" 2>&1 &
	echo $! >"$WEB/stranger/pid"
	until_true 20 grep -q '^ACCEPT' "$WEB/stranger/out"
	sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' "$WEB/stranger/out" >"$WEB/stranger/port-stranger"
}

EXAMPLES=(c c-static java node requests httpx)
# example NAME WHO URL: as its first lines say, with the parts of good or of revoked.
example() {
	local at=$BATS_FILE_TMPDIR/$2 from=$ROOT/client/examples
	case $1 in
	c) "$BUILD/examples/rest" "$3" "$at.p12" "$at.password" ;;
	c-static) "$BUILD/examples/rest-static" "$3" "$at.p12" "$at.password" ;;
	java) java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$BATS_FILE_TMPDIR/classes" Rest "$3" "$at/java" "$at.password" ;;
	node) node "$from/rest.mjs" "$3" "$at.p12" "$at.password" "$at/pem/ca.pem" ;;
	requests) /usr/bin/python3 "$from/rest_requests.py" "$3" "$at/pem" ;;
	httpx) /usr/bin/python3 "$from/rest_httpx.py" "$3" "$at/pem" ;;
	esac
}

@test "install says by its exit code what is wrong, in words what to do, and then leaves nothing" {
	local good=$BATS_FILE_TMPDIR/good
	refused() { # refused EXIT WORDS ARGUMENT...
		local wanted=$1 words=$2
		shift 2
		run "$COMMAND" install "$@" --to "$WORK/none"
		equal "$status" "$wanted" "exit code of $* ($output)"
		grep -q -- "$words" <<<"$output"
		refute test -e "$WORK/none/pem"
	}
	refused 2 'nginx, apache, haproxy, java or pem' iis "$good.p12" --password-file "$good.password"
	refused 2 'goes with java only' pem "$good.p12" --password-file "$good.password" --encoding compatible
	refused 3 'No such file' pem "$WORK/absent.p12" --password-file "$good.password"
	refused 1 'does not open the file' pem "$good.p12" --password-file "$BATS_FILE_TMPDIR/revoked.password"
	openssl x509 -in "$good.pem" -out "$WORK/alone.pem"
	openssl pkcs12 -export -in "$WORK/alone.pem" -inkey "$good.pem" -out "$WORK/alone.p12" -passout "file:$good.password"
	refused 1 "CA's certificates up to its root" pem "$WORK/alone.p12" --password-file "$good.password"
	"$COMMAND" convert "$good.p12" --password-file "$good.password" --to pem --plain-key --out "$WORK/open.pem"
	refused 2 'a key store has a password' java "$WORK/open.pem"
	refute test -e "$WORK/none/java"
	"$COMMAND" install nginx "$WORK/open.pem" --to "$WORK/of-pem"
	cmp "$WORK/of-pem/nginx/key.pem" "$good/nginx/key.pem"
	COMMAND=$BUILD/test/counterfoil COUNTERFOIL_TEST_CLOCK=$WORK/clock
	export COUNTERFOIL_TEST_CLOCK
	echo $((800 * 86400)) >"$WORK/clock"
	refused 6 "time was over" pem "$good.p12" --password-file "$good.password"
	echo 0 >"$WORK/clock"
	"$COMMAND" install java "$good.p12" --password-file "$good.password" --to "$WORK/old" --encoding compatible --json >"$WORK/said"
	equal "$(jq -r '.platform, .key_in_the_clear' "$WORK/said")" $'java\nnull' "what it says of the key"
	grep -q 3-KeyTripleDES <<<"$(openssl pkcs12 -in "$WORK/old/java/keystore.p12" -passin "file:$good.password" -info -noout 2>&1)"
}

@test "each example is told who it is" {
	local name
	for name in "${EXAMPLES[@]}"; do
		run --separate-stderr example "$name" good "$MEMBERS/v1/me"
		equal "$status" 0 "$name ($output $stderr)"
		equal "${lines[0]}" 200 "$name"
		equal "$(jq -r .client <<<"${lines[1]}")" e-banking "$name"
	done
}

@test "each example is refused with a revoked certificate, and says so" {
	local name
	for name in "${EXAMPLES[@]}"; do
		run --separate-stderr example "$name" revoked "$MEMBERS/v1/me"
		equal "$status" 1 "$name ($output $stderr)"
		equal "${lines[0]}" 403 "$name"
		equal "$(jq -r .code <<<"${lines[1]}")" revoked "$name"
	done
}

@test "no example speaks to a server of another CA, or of another name" {
	local name stranger
	stranger=https://localhost:$(web_port stranger)
	equal "$(curl -sk -o "$WORK/said" -w '%{http_code}' "$stranger")" 200 "the stranger itself"
	for name in "${EXAMPLES[@]}"; do
		run example "$name" good "$stranger/"
		equal "$status" 1 "$name at another CA's ($output)"
		refute grep -q '^200' <<<"$output"
		run example "$name" good "${MEMBERS/localhost/127.0.0.1}/v1/me"
		equal "$status" 1 "$name by another name ($output)"
		refute grep -q '^[2-5][0-9][0-9]$' <<<"$output"
	done
}

soap() { "$BUILD/examples/soap$1" "$(web_url nginx optional /soap11)" "$BATS_FILE_TMPDIR/$2.p12" "$BATS_FILE_TMPDIR/$2.password" "$3"; }

@test "the SOAP example gets its letter, tells a fault, and is refused once revoked" {
	local kind
	for kind in '' -static; do
		run --separate-stderr soap "$kind" good 1
		equal "$status" 0 "a letter ($output $stderr)"
		grep -q 'Annual statement' <<<"$output"
		grep -q 'production' <<<"$output"
		run --separate-stderr soap "$kind" good 77
		equal "$status" 1 "no such letter ($output $stderr)"
		grep -q 'Client.NoSuchLetter: there is no letter 77' <<<"$output"
		run --separate-stderr soap "$kind" revoked 1
		equal "$status" 1 "revoked ($output $stderr)"
		equal "${lines[0]}" 403 "revoked"
		grep -q '^soap: revoked: ' <<<"$stderr"
	done
}

async() { # async KIND WHO URL...
	local at=$BATS_FILE_TMPDIR/$2 kind=$1
	shift 2
	"$BUILD/examples/async$kind" "$at.p12" "$at.password" "$@"
}

@test "the asynchronous example has its calls side by side, and each ends by itself" {
	local kind stranger
	stranger=https://localhost:$(web_port stranger)/
	for kind in '' -static; do
		run --separate-stderr async "$kind" good "$MEMBERS/v1/me" "$MEMBERS/v1/me" "$MEMBERS/v1/me"
		equal "$status" 0 "three calls ($output $stderr)"
		equal "$output" "$(printf '200 %s\n' "$MEMBERS/v1/me" "$MEMBERS/v1/me" "$MEMBERS/v1/me")" "three calls"
		run --separate-stderr async "$kind" good "$stranger" "$MEMBERS/v1/me" "http://localhost/"
		equal "$status" 1 "a stranger and a URL that is none ($output $stderr)"
		equal "$output" "200 $MEMBERS/v1/me" "the one beside them"
		grep -q "^async: $stranger: unknown_ca: " <<<"$stderr"
		grep -q '^async: http://localhost/: bad_input: ' <<<"$stderr"
		run --separate-stderr async "$kind" revoked "$MEMBERS/v1/me" "$MEMBERS/v1/me"
		equal "$status" 1 "revoked ($output $stderr)"
		equal "$(grep -c ': revoked: ' <<<"$stderr")" 2 "revoked ($stderr)"
	done
}

# The file itself: only addresses and folders are the test's.
start_outward() { # start_outward WHO
	local dir=$WEB/outward
	mkdir -p "$dir"
	sed -e "s|/etc/counterfoil/e-banking/|$BATS_FILE_TMPDIR/$1/|" -e "s|https://archive.example|$MEMBERS|" \
		-e "s|^http {|http { $(nginx_folders "$dir")|" -e 's|127.0.0.1:8081|127.0.0.1:@outward@|' \
		"$ROOT/client/examples/nginx.conf" >"$dir/conf"
	grep -q "include $BATS_FILE_TMPDIR/$1/nginx/proxy.conf;" "$dir/conf"
	KINDS=outward web_begin outward outward -- sh -c "$web_ports
		NGINX='3;' exec nginx -e \"\$1/error.log\" -c \"\$1/conf\" -g \"daemon off; pid \$1/nginx-pid; \$2\"" sh "$dir" \
		"$([ "$(id -u)" != 0 ] || echo 'user root;')"
	web_await outward outward_answers
}
outward_answers() { [ -s "$WEB/outward/port-outward" ] && web_speaks "http://127.0.0.1:$(web_port outward)/"; }
outward() { curl -sS "http://127.0.0.1:$(web_port outward)$1"; }

@test "nginx as the application's way out adds the certificate; renewed, it is another, and no call fails meanwhile" {
	start_outward good
	equal "$(outward /v1/me | jq -r .client)" e-banking "who calls"
	WORK=$BATS_TEST_TMPDIR
	collect_whole "$WORK/next.pem"
	(umask 077 && echo "$PASSWORD" >"$WORK/password")
	run "$COMMAND" install nginx "$WORK/package.p12" --password-file "$WORK/password" --to "$BATS_FILE_TMPDIR/good"
	equal "$status" 4 "over the one in use ($output)"
	local old calls
	old=$(outward /v1/me | jq -r .serial)
	: >"$WORK/answers"
	(
		for _ in {1..2000}; do # one after the other, until the new one has answered some
			outward /v1/me >>"$WORK/answers" || echo failed >>"$WORK/answers"
			echo >>"$WORK/answers"
			[ "$(grep -c "\"serial\":\"$SERIAL\"" "$WORK/answers")" -lt 20 ] || break
		done
	) &
	calls=$!
	until_true 20 grep -q "\"serial\":\"$old\"" "$WORK/answers"
	"$COMMAND" install nginx "$WORK/package.p12" --password-file "$WORK/password" --to "$BATS_FILE_TMPDIR/good" --replace
	kill -HUP "$(cat "$WEB/outward/pid")"
	wait "$calls"
	equal "$(grep -c '"client":"e-banking"' "$WORK/answers")" "$(grep -c . "$WORK/answers")" "calls while it was renewed"
	equal "$(grep -c "\"serial\":\"$SERIAL\"" "$WORK/answers")" 20 "calls by the new certificate"
}

# Named by the link itself, certificate and key do not fit in one of twenty readings of these.
@test "a server that reads its settings while sets are exchanged never has the certificate of one and the key of another" {
	local read=0 to=$WORK/to
	echo "pid $WORK/pid; events { } http { $(nginx_folders "$WORK") server { listen 127.0.0.1:1; include $to/nginx/proxy.conf; location / { proxy_pass $MEMBERS; } } }" >"$WORK/conf"
	lay() { "$COMMAND" install nginx "$BATS_FILE_TMPDIR/$1.p12" --password-file "$BATS_FILE_TMPDIR/$1.password" --to "$to" --replace; }
	lay good
	(
		for _ in {1..20}; do lay revoked && lay good; done 2>/dev/null || touch "$WORK/failed"
		touch "$WORK/done"
	) &
	while [ ! -e "$WORK/done" ]; do
		nginx -t -e "$WORK/error.log" -c "$WORK/conf" 2>"$WORK/said" || { cat "$WORK/said" >&2; return 1; }
		read=$((read + 1))
	done
	[ ! -e "$WORK/failed" ]
	equal "$(find "$to" -name key.pem | wc -l)" 41 sets
	[ "$read" -gt 20 ]
}

# refresh TEXT...: as a timer runs it, on what a server would send; RELOAD says that it was called.
refresh() {
	cat "$@" >"$WORK/sent"
	run sh "$ROOT/client/examples/refresh-crl" "file://$WORK/sent" "$WEB/ca.pem" "$WORK/crl.pem" "echo reloaded; $RELOAD"
}
stays() { # stays WORDS TEXT...
	local words=$1
	shift
	refresh "$@"
	equal "$status" 1 "exit code ($output)"
	grep -q "$words" <<<"$output"
	refute grep -q reloaded <<<"$output"
	cmp "$WORK/before" "$WORK/crl.pem"
}
other_list() { # other_list NAME CA KEY OPTION...: NAME.crl, by openssl
	: >"$WORK/index"
	printf '[ca]\ndefault_ca=a\n[a]\ndatabase=%s\ndefault_md=sha256\n' "$WORK/index" >"$WORK/conf"
	openssl ca -config "$WORK/conf" -gencrl -cert "$2" -keyfile "$3" "${@:4}" -out "$WORK/$1.crl" 2>>"$WORK/log"
}
other_ca() { # other_ca NAME SUBJECT: with a list of its own
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "$2" -keyout "$WORK/$1.key" \
		-out "$WORK/$1.pem" 2>>"$WORK/log"
	other_list "$1" "$WORK/$1.pem" "$WORK/$1.key" -crldays 1
}

@test "refresh-crl takes over a list for each CA, by that CA and in its time, and nothing else; reloads for news alone" {
	local RELOAD=true list
	curl -sSf "$STATUS/crl/bundle.pem" >"$WORK/good.crl"
	for list in issuing root; do curl -sSf "$STATUS/crl/$list.crl" | openssl crl -inform der -out "$WORK/$list.crl"; done
	other_ca namesake '/O=Counterfoil test/CN=Counterfoil test Issuing'
	other_ca public '/CN=Public CA'
	equal "$(openssl crl -in "$WORK/namesake.crl" -noout -issuer)" "$(openssl crl -in "$WORK/issuing.crl" -noout -issuer)" names
	other_list over "$DIR/ca/issuing.pem" "$DIR/keys/issuing.key" -crl_lastupdate 20240101000000Z -crl_nextupdate 20240102000000Z

	refresh "$WORK/good.crl"
	equal "$status $output" '0 reloaded' 'the first'
	cp "$WORK/crl.pem" "$WORK/before"
	refresh "$WORK/good.crl"
	equal "$status $output" '0 ' 'the same again'
	refresh "$WORK/namesake.crl" "$WORK/root.crl" "$WORK/over.crl" "$WORK/issuing.crl" "$WEB/stranger/cert.pem"
	equal "$status" 0 "with others among them ($output)"
	equal "$(grep -c BEGIN "$WORK/crl.pem") $(openssl crl -in "$WORK/crl.pem" -noout -issuer)" \
		"2 $(openssl crl -in "$WORK/issuing.crl" -noout -issuer)" 'lists that were taken over'

	cp "$WORK/crl.pem" "$WORK/before"
	echo '<html><title>Log in to this network</title></html>' >"$WORK/portal"
	head -c 200 "$WORK/issuing.crl" >"$WORK/cut"
	stays 'no list' "$WORK/portal"
	stays 'no list' /dev/null
	stays 'Issuing' "$WORK/root.crl"
	stays 'Root' "$WORK/issuing.crl"
	stays 'Issuing' "$WORK/root.crl" "$WORK/cut"
	stays 'Issuing' "$WORK/root.crl" "$WORK/over.crl"
	stays 'Issuing' "$WORK/root.crl" "$WORK/namesake.crl"
	mkdir "$WORK/public" # what this machine trusts for other purposes
	cp "$WORK/public.pem" "$WORK/public/"
	openssl rehash "$WORK/public"
	SSL_CERT_DIR=$WORK/public stays 'Issuing' "$WORK/root.crl" "$WORK/public.crl"
	run sh "$ROOT/client/examples/refresh-crl" "file://$WORK/absent" "$WEB/ca.pem" "$WORK/crl.pem" true
	equal "$status" 1 "what is not to be had ($output)"

	other_list issuing "$DIR/ca/issuing.pem" "$DIR/keys/issuing.key" -crldays 1
	RELOAD=false refresh "$WORK/issuing.crl" "$WORK/root.crl"
	equal "$status" 1 "a reload that fails ($output)"
	refresh "$WORK/issuing.crl" "$WORK/root.crl"
	equal "$status $output" '0 reloaded' 'the reload, again'
	equal "$(cd "$WORK" && echo crl.pem*)" crl.pem 'what is left'
}
