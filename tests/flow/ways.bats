#!/usr/bin/env bats
# The ways to the web servers that customers run: HTTP/2, a proxy, chunks, what each passes on of a certificate, and its
# renewal while calls go on.

bats_require_minimum_version 1.5.0
load lib
load web

setup_file() { web_stage; }

@test "HTTP/2 is spoken with each server, and HTTP/1.1 when told" {
	local server
	for server in "${SERVERS[@]}"; do
		equal "$(own "$(web_url "$server" required '/seen?X_PROTOCOL')" | head -c 6)" HTTP/2 "$server"
		equal "$(own "$(web_url "$server" required '/seen?X_PROTOCOL')" --http1 | head -c 6)" HTTP/1 "$server"
		equal "$(own "$(web_url "$server" required12 '/seen?X_PROTOCOL')" | head -c 6)" HTTP/1 "$server"
	done
}

# by_proxy EXIT URL ARGUMENT...
by_proxy() {
	local wanted=$1
	shift
	run --separate-stderr own "$@"
	equal "$status" "$wanted" "exit code of $* ($stderr)"
}

@test "a real proxy is gone through, with its password and without" {
	local server
	start_forward_proxy
	for server in "${SERVERS[@]}"; do
		by_proxy 0 "$(web_url "$server" required /me)" --proxy "http://127.0.0.1:$(web_port forward-proxy)"
		equal "$(jq -r .caller.client_slug <<<"$output")" e-banking "$server"
		grep -q "CONNECT localhost:$(web_port "$server" required) " "$WEB/forward-proxy/error.log"
	done
	web_stop forward-proxy
	by_proxy 5 "$(web_url nginx required /me)" --proxy "http://127.0.0.1:$(web_port forward-proxy)"
	start_forward_proxy ada:lovelace
	by_proxy 4 "$(web_url nginx required /me)" --proxy "http://127.0.0.1:$(web_port forward-proxy)"
	grep -q 'the proxy does not let us through to localhost: it answered 407' <<<"$stderr"
	https_proxy=http://ada:byron@127.0.0.1:$(web_port forward-proxy) by_proxy 4 "$(web_url nginx required /me)" --proxy environment
	for server in "${SERVERS[@]}"; do
		https_proxy=http://ada:lovelace@127.0.0.1:$(web_port forward-proxy) by_proxy 0 "$(web_url "$server" required /me)" \
			--proxy environment
	done
}

@test "bodies go up and come down in chunks, and with their length" {
	local server way
	head -c 3000000 /dev/urandom >"$WORK/body"
	for server in "${SERVERS[@]}"; do
		for way in '' --http1; do
			# shellcheck disable=SC2086,SC2002
			equal "$(cat "$WORK/body" | own "$(web_url "$server" required /count)" -T - $way | jq -r '[.bytes, .transfer] | join(" ")')" \
				'3000000 chunked' "$server $way"
			equal "$(own "$(web_url "$server" required /count)" -T "$WORK/body" $way | jq -r '[.bytes, .transfer] | join(" ")')" \
				'3000000 ' "$server $way"
			own "$(web_url "$server" required /echo)" -T "$WORK/body" $way | cmp - "$WORK/body"
			equal "$(own "$(web_url "$server" required /bytes/3000000)" $way | wc -c)" 3000000 "$server $way"
		done
	done
}

@test "64 MiB go up and come down" {
	local server
	for server in "${SERVERS[@]}"; do
		own "$(web_url "$server" required '/bytes/67108864?chunked')" -o "$WORK/down"
		equal "$(stat -c %s "$WORK/down")" 67108864 "$server"
		equal "$(own "$(web_url "$server" required /count)" -T "$WORK/down" | jq -r .bytes)" 67108864 "$server"
	done
	rm "$WORK/down"
}

# passed_on SERVER KIND HEADER ARGUMENT...: what the service behind it is given.
passed_on() {
	local server=$1 kind=$2 header=$3
	shift 3
	"$COMMAND" call --ca "$WEB/ca.pem" "$(web_url "$server" "$kind" "/seen?$header")" "$@"
}
with=(--identity "$BATS_FILE_TMPDIR/package.p12" --password-file "$BATS_FILE_TMPDIR/password")
# judged FORMAT VERDICT: of standard input
judged() {
	run "$COMMAND" peer --ca "$WEB/ca.pem" --crl "$WEB/crl.pem" --format "$1" --json -
	grep -q "\"verdict\": \"$2\"" <<<"$output" || { echo "$1: wanted $2: $output" >&2; return 1; }
}

@test "what each server passes on of a certificate is read in its own form, and in no other" {
	local server form header format
	while read -r server form header; do
		passed_on "$server" required "$header" "${with[@]}" >"$WORK/$form"
		judged "$form" ok <"$WORK/$form"
		judged auto ok <"$WORK/$form"
		for format in nginx apache haproxy rfc9440 der; do
			[ "$format" = "$form" ] || judged "$format" peer_malformed <"$WORK/$form"
		done
	done <<-TABLE
		nginx nginx X_CLIENT_CERT
		apache apache X_CLIENT_CERT
		haproxy haproxy X_CLIENT_CERT
		haproxy rfc9440 CLIENT_CERT
	TABLE
}

@test "without a certificate nothing is passed on, whatever the caller says itself" {
	local server form header
	passed_on nginx required X_CLIENT_CERT "${with[@]}" >"$WORK/mine"
	while read -r server form header; do
		passed_on "$server" optional "$header" -H "X-Client-Cert: $(cat "$WORK/mine")" -H "Client-Cert: :AAAA:" \
			-H 'X-Environment: test' >"$WORK/nothing"
		judged "$form" peer_absent <"$WORK/nothing"
		judged auto peer_absent <"$WORK/nothing"
	done <<-TABLE
		nginx nginx X_CLIENT_CERT
		apache apache X_CLIENT_CERT
		haproxy haproxy X_CLIENT_CERT
		haproxy rfc9440 CLIENT_CERT
	TABLE
	for server in "${SERVERS[@]}"; do
		run --separate-stderr passed_on "$server" optional '' -H 'X-Environment: test' --include
		grep -qi '^x-environment: production' <<<"$output"
	done
}

# Each of the four threads has been answered with the one certificate, and then with the other.
renewed() { [ "$(grep -vc '^calls' "$WORK/$1.said")" -ge 8 ]; }
called() { [ -s "$WORK/$1.said" ]; }

@test "a certificate is renewed while calls go on, and none of them fails" {
	local server pids=()
	(umask 077 && echo 'the same for both' >"$WORK/password")
	convert() { "$COMMAND" convert "$1" --password-file "$2" --to modern --new-password-file "$WORK/password" --out "$3"; }
	convert "$BATS_FILE_TMPDIR/package.p12" "$BATS_FILE_TMPDIR/password" "$WORK/live.p12"
	new_order
	claim
	fetch modern "$WORK/package.p12"
	acknowledge "$WORK/package.p12"
	read_password
	(umask 077 && echo "$PASSWORD" >"$WORK/its-password")
	convert "$WORK/package.p12" "$WORK/its-password" "$WORK/next.p12"
	mkfifo "$WORK/open"
	for server in "${SERVERS[@]}"; do
		"$BUILD/tools/steady" "$(web_url "$server" required '/seen?X_CLIENT_CERT')" "$WEB/ca.pem" "$WORK/live.p12" "$WORK/password" \
			<"$WORK/open" >"$WORK/$server.said" 2>"$WORK/$server.complaints" 3>&- &
		pids+=($!)
	done
	exec 8>"$WORK/open"
	for server in "${SERVERS[@]}"; do until_true 20 called "$server"; done
	mv "$WORK/next.p12" "$WORK/live.p12"
	for server in "${SERVERS[@]}"; do until_true 20 renewed "$server"; done
	exec 8>&-
	for server in "${!SERVERS[@]}"; do
		wait "${pids[$server]}" || { cat "$WORK/${SERVERS[$server]}.complaints" >&2; return 1; }
	done
	for server in "${SERVERS[@]}"; do
		equal "$(grep -v '^calls' "$WORK/$server.said" | sort -u | wc -l)" 2 "$server: certificates"
		equal "$(grep -vc '^calls' "$WORK/$server.said")" 8 "$server: changes of four threads"
		grep -v '^calls' "$WORK/$server.said" | tail -1 >"$WORK/last"
		equal "$("$COMMAND" peer --ca "$WEB/ca.pem" --unknown-ok --json "$WORK/last" | jq -r .serial | sed -e :a -e 's/^.\{1,39\}$/0&/;ta')" \
			"$(openssl pkcs12 -in "$WORK/live.p12" -passin "file:$WORK/password" -nokeys 2>/dev/null >"$WORK/new.pem" && serial_of "$WORK/new.pem")" \
			"$server: the last"
	done
}
