#!/usr/bin/env bats
# What a web service learns of its callers: a real certificate, passed on by a real nginx, before and after its revocation.

bats_require_minimum_version 1.5.0
load lib
load web

setup_file() {
	start_installation
	make_directory
	WORK=$BATS_FILE_TMPDIR
	collect_whole "$BATS_FILE_TMPDIR/client.pem"
	echo "$SERIAL" >"$BATS_FILE_TMPDIR/serial"
	(umask 077 && echo "$PASSWORD" >"$BATS_FILE_TMPDIR/password")
	# shellcheck disable=SC2153 # lib.bash sets it
	curl -sS "$STATUS/ca/issuing.pem" "$STATUS/ca/root.pem" >"$BATS_FILE_TMPDIR/ca.pem"
	start_passing_nginx
}

# nginx in front of a service that answers with the header it was given (libcounterfoil(3) has the lines that count).
start_passing_nginx() {
	web_nginx nginx optional service <<-CONF
		server {
			listen 127.0.0.1:@optional@ ssl;
			ssl_certificate $DIR/tls/members.pem; ssl_certificate_key $DIR/keys/members.key;
			ssl_client_certificate $BATS_FILE_TMPDIR/ca.pem; ssl_verify_client optional; ssl_verify_depth 2;
			location / { proxy_set_header X-Client-Cert \$ssl_client_escaped_cert; proxy_pass http://127.0.0.1:@service@; }
		}
		server { listen 127.0.0.1:@service@; location / { return 200 \$http_x_client_cert; } }
	CONF
}
# passed_on FILE CURL-ARGUMENT...: what nginx tells the service behind it of this caller.
passed_on() {
	local file=$1
	shift
	curl -sS --cacert "$CA" "$@" -o "$file" "$(web_url nginx optional)"
}
peer() { "$COMMAND" peer --ca "$BATS_FILE_TMPDIR/ca.pem" "$@"; }
refused_with() { # refused_with EXIT VERDICT ARGUMENT...
	local wanted=$1 verdict=$2
	shift 2
	run peer --json "$@"
	equal "$status" "$wanted" "exit code ($output)"
	grep -q "\"verdict\": \"$verdict\"" <<<"$output"
}

@test "what nginx passes on names organisation, service and client; nothing passed on names nobody" {
	passed_on "$WORK/header" --cert "$BATS_FILE_TMPDIR/client.pem"
	peer --crl "$STATUS/crl/issuing.crl" --format nginx --json "$WORK/header" >"$WORK/verdict"
	equal "$(jq -r '[.organisation_slug, .service_slug, .client_slug, .kind, .revocation, .accepted] | join(" ")' "$WORK/verdict")" \
		"nordbank document-archive e-banking client good true" verdict
	equal "$(jq -r .serial "$WORK/verdict" | sed -e :a -e 's/^.\{1,39\}$/0&/;ta')" "$(cat "$BATS_FILE_TMPDIR/serial")" serial
	passed_on "$WORK/nobody" -H "X-Client-Cert: $(cat "$WORK/header")" # what a caller puts there does not get through
	refused_with 4 peer_absent --crl "$STATUS/crl/issuing.crl" --format nginx "$WORK/nobody"
	peer --crl "$STATUS/crl/bundle.pem" <"$WORK/header"
}

@test "staff and servers are refused unless asked for; without a list nobody knows" {
	openssl x509 -in "$BATS_FILE_TMPDIR/administrator.pem" -out "$WORK/staff.pem"
	openssl x509 -in "$DIR/tls/members.pem" -out "$WORK/server.pem"
	openssl x509 -in "$BATS_FILE_TMPDIR/client.pem" -outform der -out "$WORK/client.der"
	refused_with 4 peer_wrong_kind --crl "$STATUS/crl/issuing.crl" "$WORK/staff.pem"
	refused_with 4 peer_wrong_purpose --crl "$STATUS/crl/issuing.crl" "$WORK/server.pem"
	peer --crl "$STATUS/crl/issuing.crl" --kind staff "$WORK/staff.pem"
	peer --crl "$STATUS/crl/issuing.crl" --kind server "$WORK/server.pem"
	refused_with 4 peer_unknown_status "$WORK/client.der"
	refused_with 4 peer_unknown_status --crl "$STATUS/crl/root.crl" "$WORK/client.der"
	refused_with 4 peer_unknown_status --crl http://localhost:1/x.crl "$WORK/client.der"
	peer --unknown-ok "$WORK/client.der"
}

@test "what is given as the CA must be one" {
	openssl x509 -in "$BATS_FILE_TMPDIR/client.pem" -out "$WORK/client.pem"
	openssl pkey -in "$BATS_FILE_TMPDIR/client.pem" -out "$WORK/client.key"
	run "$COMMAND" peer --ca "$WORK/client.pem" --unknown-ok "$WORK/client.pem"
	equal "$status" 2 "a caller's own ($output)"
	grep -q "is no CA's" <<<"$output"
	run "$COMMAND" peer --ca "$WORK/client.key" --unknown-ok "$WORK/client.pem"
	equal "$status" 2 "a key ($output)"
	grep -q 'no certificate was given as the CA of the callers' <<<"$output"
	cat "$WORK/client.pem" "$WORK/client.pem" "$BATS_FILE_TMPDIR/ca.pem" "$WORK/client.key" >"$WORK/twice.pem"
	run "$COMMAND" check "$WORK/twice.pem" --live
	equal "$status" 0 "its own among its CAs ($output)"
}

convert() { "$COMMAND" convert "$BATS_FILE_TMPDIR/package.p12" --password-file "$BATS_FILE_TMPDIR/password" "$@"; }

@test "a file converted is its owner's, opens elsewhere, and calls the service" {
	convert --to pem --plain-key --out "$WORK/open.pem"
	equal "$(stat -c %a "$WORK/open.pem")" 600 mode
	equal "$(curl -sS --cacert "$CA" --cert "$WORK/open.pem" "$MEMBERS/v1/me" | jq -r .client)" e-banking "who calls"
	(umask 077 && echo 'another one' >"$WORK/other")
	for to in modern compatible; do
		convert --to "$to" --new-password-file "$WORK/other" --out "$WORK/$to.p12"
		openssl pkcs12 -in "$WORK/$to.p12" -passin "file:$WORK/other" -info -nodes -out "$WORK/$to.pem" 2>"$WORK/$to.info"
		cmp <(openssl pkey -in "$WORK/$to.pem") <(openssl pkey -in "$WORK/open.pem")
	done
	grep -q 'MAC: sha256' "$WORK/modern.info"
	grep -q 'AES-256-CBC' "$WORK/modern.info"
	grep -q 'MAC: sha1' "$WORK/compatible.info"
	grep -q 'pbeWithSHA1And3-KeyTripleDES-CBC' "$WORK/compatible.info"
	convert --to modern --new-password-fd 7 --out "$WORK/fd.p12" 7<"$WORK/other"
	openssl pkcs12 -in "$WORK/fd.p12" -passin "file:$WORK/other" -nokeys -out "$WORK/fd.pem"
	grep -q 'BEGIN CERTIFICATE' "$WORK/fd.pem"
	run convert --to pem --out "$WORK/open.pem"
	equal "$status" 4 "over an existing one ($output)"
	convert --to pem --force --out "$WORK/open.pem"
	grep -q 'BEGIN ENCRYPTED PRIVATE KEY' "$WORK/open.pem"
	run convert --to modern --plain-key --out "$WORK/x"
	equal "$status" 2 "an open PKCS#12 ($output)"
}

@test "a certificate and its key in PEM, in one file or two, do what a PKCS#12 does" {
	convert --to pem --plain-key --out "$WORK/both.pem"
	convert --to pem --out "$WORK/sealed.pem"
	own() { "$COMMAND" --json call "$MEMBERS/v1/me" "$@" | jq -r .body.client; }
	equal "$(own --identity "$WORK/both.pem")" e-banking "one file, an open key"
	equal "$(own --identity "$WORK/sealed.pem" --password-file "$BATS_FILE_TMPDIR/password")" e-banking "one file, a sealed key"
	sed -n '/BEGIN CERTIFICATE/,/END CERTIFICATE/p' "$WORK/both.pem" >"$WORK/certificates.pem"
	(umask 077 && sed -n '/PRIVATE KEY/,/PRIVATE KEY/p' "$WORK/sealed.pem" >"$WORK/sealed.key")
	pair() { "$@" --key-file "$WORK/sealed.key" --password-file "$BATS_FILE_TMPDIR/password"; }
	equal "$(pair own --identity "$WORK/certificates.pem")" e-banking "two files"
	equal "$(pair "$COMMAND" --json show "$WORK/certificates.pem" | jq -r .client_slug)" e-banking "shown"
	pair "$COMMAND" convert "$WORK/certificates.pem" --to modern --out "$WORK/again.p12"
	equal "$(own --identity "$WORK/again.p12" --password-file "$BATS_FILE_TMPDIR/password")" e-banking "made a PKCS#12 again"
	run "$COMMAND" show "$WORK/certificates.pem"
	equal "$status" 1 "no key ($output)"
	[[ $output == *"no private key"* ]]
	run "$COMMAND" convert "$WORK/both.pem" --to modern --out "$WORK/x.p12"
	equal "$status" 2 "no password for the new file ($output)"
	[[ ! -e "$WORK/x.p12" ]]
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$WORK/other.key"
	run "$COMMAND" show "$WORK/certificates.pem" --key-file "$WORK/other.key"
	[[ $status -ne 0 && $output == *"belongs to none"* ]]
	# what is set for one identity is not put to one that a flag names
	COUNTERFOIL_KEY_FILE="$WORK/other.key" own --identity "$WORK/both.pem"
}

checks() { run "$COMMAND" check "$BATS_FILE_TMPDIR/package.p12" --password-file "$BATS_FILE_TMPDIR/password" "$@"; }

@test "monitoring is told apart: enough days, few, too few, and not known" {
	monitored() { # monitored EXIT WORD ARGUMENT...
		local wanted=$1 word=$2
		shift 2
		run --separate-stderr "$COMMAND" check --nagios "$@"
		equal "$status" "$wanted" "exit code of $* ($output)"
		equal "${#lines[@]}" 1 "lines of $* ($output)"
		equal "$stderr" "" "beside the line of $*"
		grep -q "^COUNTERFOIL $word - " <<<"$output"
	}
	local with=("$BATS_FILE_TMPDIR/package.p12" --password-file "$BATS_FILE_TMPDIR/password")
	monitored 0 OK "${with[@]}"
	monitored 1 WARNING "${with[@]}" --warning 800
	monitored 2 CRITICAL "${with[@]}" --critical 800
	grep -qE ' \| days=7[0-9]{2};30:;800:$' <<<"$output"
	monitored 3 UNKNOWN "${with[@]}" --crl http://localhost:1/x.crl
	grep -qE 'revocation unknown: it cannot be learnt whether the certificate was revoked: .+ \| days=' <<<"$output"
	monitored 3 UNKNOWN "${with[@]}" --warning many # 2 would be CRITICAL
	monitored 3 UNKNOWN "${with[@]}" --wraning 5
	monitored 3 UNKNOWN
	monitored 3 UNKNOWN "${with[@]}" --live --ca "$WORK/nothing.pem"
	monitored 2 CRITICAL "${with[@]}" --crl http://localhost:1/x.crl --critical 800
	monitored 3 UNKNOWN "$BATS_FILE_TMPDIR/package.p12" --password-file "$DIR.admin-password"
	monitored 3 UNKNOWN "$WORK/nothing.p12" --password-file "$BATS_FILE_TMPDIR/password"
	equal "$("$COMMAND" check "${with[@]}" --live --json | jq -r .revocation)" good "revocation"
	equal "$("$COMMAND" check "${with[@]}" --json | jq -r .revocation)" null "revocation, not asked for"
}

@test "check takes the CA from wherever it is set" {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$WORK/other.key" -subj /CN=Other -days 9 \
		-out "$WORK/other.pem" 2>/dev/null
	checks --live --ca "$WORK/other.pem"
	equal "$status" 5 "another CA ($output)"
	COUNTERFOIL_CA="$WORK/other.pem" checks --live
	equal "$status" 5 "another CA by the environment ($output)"
	grep -q 'it does not come from the CA that is set' <<<"$output"
	COUNTERFOIL_CA="$WORK/other.pem" checks --live --ca "$BATS_FILE_TMPDIR/ca.pem"
	equal "$status" 0 "the flag goes first ($output)"
	mkdir -p "$XDG_CONFIG_HOME/counterfoil"
	echo "ca = $WORK/other.pem" >"$XDG_CONFIG_HOME/counterfoil/config"
	checks --live
	rm -r "$XDG_CONFIG_HOME"
	equal "$status" 5 "another CA by the settings ($output)"
	COUNTERFOIL_CA="$DIR/ca/root.pem" checks --live # the CA between is in the file
	equal "$status" 0 "the root alone ($output)"
	COUNTERFOIL_CA="$DIR/ca/root.pem" checks --ocsp certificate
	equal "$status" 0 "asked of the service's own responder ($output)"
	grep -q 'not revoked' <<<"$output"
}

@test "of a certificate that is not Counterfoil's, check says that it did not look" {
	local ec=(-newkey ec -pkeyopt "ec_paramgen_curve:P-256" -nodes -days 90)
	openssl req -x509 "${ec[@]}" -keyout "$WORK/ca.key" -subj /CN=Elsewhere -out "$WORK/elsewhere.pem" 2>/dev/null
	openssl req -x509 "${ec[@]}" -CA "$WORK/elsewhere.pem" -CAkey "$WORK/ca.key" -keyout "$WORK/leaf.key" -subj /CN=stranger \
		-addext basicConstraints=critical,CA:false -addext extendedKeyUsage=clientAuth -out "$WORK/leaf.pem" 2>/dev/null
	(umask 077 && cat "$WORK/leaf.pem" "$WORK/elsewhere.pem" "$WORK/leaf.key" >"$WORK/stranger.pem")
	run "$COMMAND" check "$WORK/stranger.pem" --crl "$STATUS/crl/issuing.crl"
	equal "$status" 5 "exit code ($output)"
	grep -q 'no client and no staff of Counterfoil.s, so its revocation was not looked up' <<<"$output"
}

@test "check tells a wrong --crl or --ca from a list that cannot be had" {
	checks --crl http://localhost:1/x.crl
	equal "$status" 5 "no such list ($output)"
	checks --crl https://localhost/x.crl
	equal "$status" 2 "a list by https ($output)"
	grep -q 'is fetched from http://' <<<"$output"
	checks --live --ca "$BATS_FILE_TMPDIR/password"
	equal "$status" 2 "a CA that is none ($output)"
	checks --nagios --crl https://localhost/x.crl
	equal "$status" 3 "a list by https ($output)"
	openssl x509 -in "$BATS_FILE_TMPDIR/client.pem" -out "$WORK/alone.pem"
	openssl pkcs12 -export -in "$WORK/alone.pem" -inkey "$BATS_FILE_TMPDIR/client.pem" -out "$WORK/alone.p12" \
		-passout "file:$BATS_FILE_TMPDIR/password"
	run "$COMMAND" check "$WORK/alone.p12" --password-file "$BATS_FILE_TMPDIR/password" --live
	equal "$status" 2 "a file without CA ($output)"
	grep -q 'give --ca FILE' <<<"$output"
}

@test "once revoked it is refused, and check says so to people and to monitoring" {
	checks --live
	equal "$status" 0 "before ($output)"
	grep -q 'not revoked' <<<"$output"
	checks --live --nagios
	equal "$status" 0 "before ($output)"
	grep -qE '^COUNTERFOIL OK - e-banking: 7[0-9]{2} days left, .*not revoked \| days=7[0-9]{2};30:;7:$' <<<"$output"
	api POST "/v1/certificates/$(cat "$BATS_FILE_TMPDIR/serial")/revoke" '{"reason":"keyCompromise"}'
	until_true 60 revoked_everywhere
	checks --ocsp certificate
	equal "$status" 6 "after, by the service's own responder ($output)"
	checks --live --nagios
	equal "$status" 2 "after ($output)"
	grep -q '^COUNTERFOIL CRITICAL - .*revoked | days=' <<<"$output"
	checks --crl "$STATUS/crl/issuing.crl"
	equal "$status" 6 "after ($output)"
	openssl x509 -in "$BATS_FILE_TMPDIR/client.pem" -out "$WORK/client.pem"
	refused_with 6 peer_revoked --crl "$STATUS/crl/bundle.pem" --format pem "$WORK/client.pem"
}
revoked_everywhere() {
	openssl x509 -in "$BATS_FILE_TMPDIR/client.pem" | peer --crl "$STATUS/crl/issuing.crl" >/dev/null 2>&1
	[ $? -eq 6 ]
}
