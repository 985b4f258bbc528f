#!/usr/bin/env bats
# The command against the web servers that customers run, in front of a service of theirs: with the right certificate, without
# one, and with those that are refused. docs/platforms/refusals.md is the table of `refusals` below, in words.

bats_require_minimum_version 1.5.0
load lib
load web

setup_file() {
	web_stage
	echo "$SERIAL" >"$BATS_FILE_TMPDIR/serial"
	make_others
}

# Those that the product does not make: of another time, and of other CAs, one of which has our CA's name.
make_others() {
	local dir=$BATS_FILE_TMPDIR/others
	mkdir "$dir"
	cat >"$dir/ca.conf" <<-CONF
		[ca]
		default_ca = any
		[any]
		database = $dir/index
		new_certs_dir = $dir
		rand_serial = yes
		default_md = sha256
		policy = names
		unique_subject = no
		[names]
		organizationName = supplied
		commonName = supplied
		[client]
		basicConstraints = critical, CA:false
		keyUsage = critical, digitalSignature
		extendedKeyUsage = clientAuth
		authorityKeyIdentifier = keyid
		subjectAltName = URI:spiffe://test.example/org/nordbank/service/document-archive/client/e-banking
	CONF
	: >"$dir/index"
	other_ca stranger '/O=Stranger/CN=Stranger CA'
	other_ca namesake '/O=Counterfoil test/CN=Counterfoil test Issuing'
	other_client expired "$DIR/ca/issuing.pem" "$DIR/keys/issuing.key" 20240101000000Z 20240601000000Z
	other_client future "$DIR/ca/issuing.pem" "$DIR/keys/issuing.key" 20980101000000Z 20990101000000Z
	other_client stranger "$dir/stranger-ca.pem" "$dir/stranger-ca.key" 20240101000000Z 20990101000000Z
	other_client namesake "$dir/namesake-ca.pem" "$dir/namesake-ca.key" 20240101000000Z 20990101000000Z
}
other_ca() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$dir/$1-ca.key" -out "$dir/$1-ca.pem" \
		-days 30 -subj "$2" 2>>"$dir/log"
}
other_client() { # other_client NAME CA KEY FROM UNTIL
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$dir/$1.key" -out "$dir/$1.csr" \
		-subj '/O=Nordbank/CN=e-banking' 2>>"$dir/log"
	openssl ca -batch -notext -config "$dir/ca.conf" -extensions client -cert "$2" -keyfile "$3" -startdate "$4" -enddate "$5" \
		-in "$dir/$1.csr" -out "$dir/$1.pem" 2>>"$dir/log"
	openssl pkcs12 -export -in "$dir/$1.pem" -inkey "$dir/$1.key" -certfile "$2" -out "$dir/$1.p12" \
		-passout "file:$BATS_FILE_TMPDIR/password"
}

# who WHO URL ARGUMENT...: call as who. The clock of the command alone is moved to where the certificate is valid.
who() {
	local who=$1 offset=0 identity=()
	shift
	case $who in
	none) ;;
	ours) identity=(--identity "$BATS_FILE_TMPDIR/package.p12") ;;
	*) identity=(--identity "$BATS_FILE_TMPDIR/others/$who.p12") ;;
	esac
	[ "$who" != expired ] || offset=$(($(date -d 2024-03-01 +%s) - $(date +%s)))
	[ "$who" != future ] || offset=$(($(date -d 2098-03-01 +%s) - $(date +%s)))
	echo "$offset" >"$WORK/clock"
	[ ${#identity[@]} -eq 0 ] || identity+=(--password-file "$BATS_FILE_TMPDIR/password")
	COUNTERFOIL_TEST_CLOCK=$WORK/clock "$BUILD/test/counterfoil" call --ca "$WEB/ca.pem" "${identity[@]}" "$@"
}

@test "each server lets the right certificate in, by TLS 1.2 and 1.3, and the answer says from which environment it is" {
	local server kind
	for server in "${SERVERS[@]}"; do
		equal "$(own "$(web_url "$server" none /me)" | jq -r '[.environment, .caller] | join(" ")')" "test " "$server"
		for kind in optional required required12; do
			equal "$(own "$(web_url "$server" "$kind" /me)" | jq -r '[.environment, .caller.service_slug, .caller.client_slug] | join(" ")')" \
				"production document-archive e-banking" "$server $kind"
		done
	done
	equal "$(own "$(web_url apache location /me)" | jq -r .caller.client_slug)" e-banking 'apache location'
	equal "$(own "$(web_url apache location /count)" -d 'sent once more, by HTTP/1.1' | jq -r .bytes)" 27 'apache location'
}

@test "a caller reaches the letters of its own service alone" {
	local server
	for server in "${SERVERS[@]}"; do
		equal "$(own "$(web_url "$server" required /letters/nordbank/document-archive/1)" | jq -r .title)" "Annual statement" "$server"
		run own "$(web_url "$server" required /letters/nordbank/payments/1)"
		equal "$status" 4 "$server: another's ($output)"
	done
}

# SERVERS KINDS | WHO | exit code | what the command says. By TLS 1.2 Apache and HAProxy cannot say that none was sent; by
# `optional` nginx, Apache and HAProxy leave strangers to the service, but nginx and Apache no certificate of another time.
refusals='
nginx           required,required12          none      4  demands a client certificate, and none was sent
nginx           required,required12          expired   4  does not accept the client certificate
nginx           required,required12          future    4  does not accept the client certificate
nginx           required,required12          stranger  4  does not accept the client certificate
nginx           required,required12          namesake  4  does not accept the client certificate
nginx           optional                     expired   4  does not accept the client certificate
apache,haproxy  required                     none      4  demands a client certificate, and none was sent
apache          location                     none      4  demands a client certificate, and none was sent
apache,haproxy  required12                   none      4  refused the TLS handshake: it wants a client certificate
apache,haproxy  required,required12          expired   6  the certificate.s time is over
apache,haproxy  required,required12          future    4  refused the client certificate
apache,haproxy  required,required12          stranger  4  refused the client certificate
apache,haproxy  required,required12          namesake  4  refused the client certificate
apache          optional,location            expired   6  the certificate.s time is over
apache          location                     stranger  4  refused the client certificate
haproxy         optional                     expired   6  the certificate.s time was over .* .status 403
nginx,apache,haproxy  optional               none      4  no certificate was presented.* .status 401
nginx,apache,haproxy  optional               stranger  4  does not come from the CA.* .status 403
nginx,apache,haproxy  optional               namesake  4  does not come from the CA.* .status 403
'

@test "each way in which a server refuses is told by the right exit code and sentence" {
	local servers kinds who wanted text server kind count=0
	while read -r servers kinds who wanted text; do
		[ -n "$servers" ] || continue
		for server in ${servers//,/ }; do
			for kind in ${kinds//,/ }; do
				run --separate-stderr who "$who" "$(web_url "$server" "$kind" /me)"
				equal "$status" "$wanted" "exit code of $server $kind $who ($stderr)"
				grep -qE "$text" <<<"$stderr" || { echo "$server $kind $who: $stderr" >&2; return 1; }
				count=$((count + 1))
			done
		done
	done <<<"$refusals"
	equal "$count" 45 'refusals tried'
}

@test "who is refused in the middle of an upload hears why" {
	local server kind http text
	head -c 8M /dev/zero >"$WORK/body"
	for server in "${SERVERS[@]}"; do
		for kind in optional required required12; do
			case $kind,$server in
			optional,*) text='does not come from the CA.* .status 403' ;;
			*,nginx) text='does not accept the client certificate' ;;
			*) text='refused the client certificate' ;;
			esac
			for http in '' --http1; do
				run --separate-stderr who stranger "$(web_url "$server" "$kind" /count)" -T "$WORK/body" $http
				equal "$status" 4 "$server $kind $http ($stderr)"
				grep -qE "$text" <<<"$stderr" || { echo "$server $kind $http: $stderr" >&2; return 1; }
			done
		done
	done
}

# refused_at SERVER KIND EXIT TEXT
refused_at() {
	run --separate-stderr own "$(web_url "$1" "$2" /me)"
	[ "$status" = "$3" ] && grep -q "$4" <<<"$stderr"
}

@test "a certificate that was let in is refused once it is revoked and the servers have read the new list" {
	local server kind
	for server in "${SERVERS[@]}"; do own "$(web_url "$server" required /me)" >"$WORK/answer"; done
	api POST "/v1/certificates/$(cat "$BATS_FILE_TMPDIR/serial")/revoke" '{"reason":"keyCompromise"}'
	equal "$STATUS_CODE" 200 revoke
	until_true 60 listed
	for server in "${SERVERS[@]}"; do web_reload "$server"; done
	for kind in required required12; do
		until_true 20 refused_at nginx "$kind" 4 'does not accept the client certificate'
		until_true 20 refused_at apache "$kind" 6 'the certificate was revoked'
		until_true 20 refused_at haproxy "$kind" 6 'the certificate was revoked'
	done
	until_true 20 refused_at apache location 6 'the certificate was revoked'
	for server in "${SERVERS[@]}"; do until_true 20 refused_at "$server" optional 6 'the certificate was revoked.* (status 403)'; done
}
listed() {
	web_files
	openssl crl -in "$WEB/crl.pem" -noout -text | crl_text_lists "$(cat "$BATS_FILE_TMPDIR/serial")"
}
