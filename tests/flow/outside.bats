#!/usr/bin/env bats
# One walk, many judges: a good certificate, a revoked one and one on hold before programs and servers that are none of
# ours, by what the daemon publishes. Then the hold is released, and each judges again by what is published then.

load lib
load web

PUBLISHED=$BATS_FILE_TMPDIR/published # what the daemon gives to anybody; nothing else is known to the judges

setup_file() {
	start_installation
	make_directory
	WORK=$BATS_FILE_TMPDIR
	for name in good revoked held; do collect_whole "$BATS_FILE_TMPDIR/$name.pem"; done
	change_standing revoked revoke '{"reason":"keyCompromise"}'
	change_standing held hold '{"note":"laptop missing"}'
	until_true 20 fetch_published revoked held
	trust_by_nss
	start_judges
}
start_judges() {
	start_nginx_judges
	start_apache_judges
	start_haproxy_judge
}
change_standing() { # change_standing NAME VERB JSON
	api POST "/v1/certificates/$(serial_of "$BATS_FILE_TMPDIR/$1.pem")/$2" "$3"
	equal "$STATUS_CODE" 200 "$2: $BODY"
}

# fetch_published NAME...: all of it; true when the list has these certificates and no others.
fetch_published() {
	local file name
	mkdir -p "$PUBLISHED"
	for file in ca/root.pem ca/chain.pem ca/issuing.pem crl/issuing.crl crl/root.crl crl/bundle.pem; do
		curl -sSf -o "$PUBLISHED/${file##*/}" "$STATUS/$file" || return
	done
	openssl crl -inform DER -in "$PUBLISHED/issuing.crl" -noout -text >"$WORK/listed"
	[ "$(grep -c 'Serial Number:' "$WORK/listed")" -eq $# ] || return
	for name; do crl_text_lists "$(serial_of "$BATS_FILE_TMPDIR/$name.pem")" <"$WORK/listed" || return; done
}

# Who judges | what it says of one that it takes | of a revoked one | of one on hold. A server says an HTTP status first.
judges='
openssl_verify        | \.pem: OK$                              | error 23 .*certificate revoked              | same
openssl_ocsp          | ^Response verify OK .*: good            | ^Response verify OK .*Reason: keyCompromise | ^Response verify OK .*Reason: certificateHold
openssl_ocsp_nonce    | ^Response verify OK .*: good            | ^Response verify OK .*Reason: keyCompromise | ^Response verify OK .*Reason: certificateHold
gnutls_certtool       | Chain .*output: Verified                | Chain .*output: Not verified.*is revoked    | same
gnutls_ocsptool       | Status: good .*Response: Success        | Status: revoked .*Response: Success         | same
gnutls_ocsptool_nonce | Status: good .*Response: Success        | Status: revoked .*Response: Success         | same
nss_certutil          | certificate is valid$                   | has been revoked                            | same
strongswan_pki        | crl correctly .*certificate not revoked | reason: key compromise                      | reason: certificate hold
nginx_crl             | ^200 welcome                            | ^400 .*certificate revoked                  | same
nginx_ocsp            | ^200 welcome                            | ^400 .*verify error: certificate revoked    | same
apache_crl            | ^200 .*Apache Status                    | alert certificate revoked                   | same
apache_ocsp           | ^200 .*Apache Status                    | alert certificate revoked                   | same
apache_ocsp_nonce     | ^200 .*Apache Status                    | alert certificate revoked                   | same
haproxy_crl           | ^200 welcome                            | alert certificate revoked                   | same
'

# Each prints whatever it says of a certificate's file.
openssl_verify() {
	openssl verify -x509_strict -crl_check_all -purpose sslclient -CAfile "$PUBLISHED/root.pem" \
		-untrusted "$PUBLISHED/chain.pem" -CRLfile "$PUBLISHED/bundle.pem" "$1"
}
openssl_ocsp() {
	openssl ocsp -issuer "$PUBLISHED/issuing.pem" -cert "$1" -url "$STATUS/ocsp" -CAfile "$PUBLISHED/root.pem" \
		-verify_other "$PUBLISHED/chain.pem" "${2:--no_nonce}"
}
openssl_ocsp_nonce() { openssl_ocsp "$1" -nonce; }
gnutls_certtool() {
	certtool --verify --verify-purpose 1.3.6.1.5.5.7.3.2 --load-ca-certificate "$PUBLISHED/chain.pem" \
		--load-crl "$PUBLISHED/bundle.pem" --infile "$1"
}
gnutls_ocsptool() {
	ocsptool --ask --load-issuer "$PUBLISHED/issuing.pem" --load-cert "$1" --load-trust "$PUBLISHED/chain.pem" "${@:2}"
}
gnutls_ocsptool_nonce() { gnutls_ocsptool "$1" --nonce; }
trust_by_nss() {
	local db=sql:$BATS_FILE_TMPDIR/nss name
	mkdir "$BATS_FILE_TMPDIR/nss"
	certutil -N -d "$db" --empty-password
	certutil -A -d "$db" -n root -t CT,, -i "$PUBLISHED/root.pem"
	certutil -A -d "$db" -n issuing -t ,, -i "$PUBLISHED/issuing.pem"
	for name in good revoked held; do certutil -A -d "$db" -n $name -t ,, -i "$BATS_FILE_TMPDIR/$name.pem"; done
}
nss_certutil() {
	local db=sql:$BATS_FILE_TMPDIR/nss list
	for list in root issuing; do crlutil -I -d "$db" -t 1 -i "$PUBLISHED/$list.crl"; done
	certutil -V -d "$db" -e -u C -n "$(basename "$1" .pem)"
}
strongswan_pki() {
	pki --verify --in "$1" --cacert "$PUBLISHED/root.pem" --cacert "$PUBLISHED/issuing.pem" \
		--crl "$PUBLISHED/issuing.crl" --crl "$PUBLISHED/root.crl"
}


start_nginx_judges() {
	web_nginx nginx crl ocsp <<-CONF
		ssl_certificate $DIR/tls/members.pem; ssl_certificate_key $DIR/keys/members.key; ssl_session_tickets off;
		ssl_client_certificate $PUBLISHED/chain.pem; ssl_verify_client on; ssl_verify_depth 2;
		server { listen 127.0.0.1:@crl@ ssl; ssl_crl $PUBLISHED/bundle.pem; location / { return 200 welcome; } }
		server {
			listen 127.0.0.1:@ocsp@ ssl;
			ssl_ocsp leaf; ssl_ocsp_responder http://127.0.0.1:$PORT_STATUS/ocsp;
			location / { return 200 welcome; }
		}
	CONF
}
start_apache_judges() { apache_judges | web_apache apache_judges_up crl ocsp ocsp_nonce; }
apache_judges_up() { [ -s "$WEB/apache/port-crl" ] && apache_crl "$BATS_FILE_TMPDIR/good.pem" | grep -q '^200'; }
apache_judges() {
	local kind lines
	echo 'LoadModule status_module /usr/lib/apache2/modules/mod_status.so'
	for kind in crl ocsp ocsp_nonce; do
		case $kind in
		crl) lines="SSLCARevocationFile $PUBLISHED/bundle.pem"$'\nSSLCARevocationCheck chain' ;;
		ocsp) lines=$'SSLOCSPEnable leaf\nSSLOCSPUseRequestNonce off' ;;
		ocsp_nonce) lines='SSLOCSPEnable leaf' ;;
		esac
		cat <<-CONF
			Listen 127.0.0.1:@$kind@
			<VirtualHost 127.0.0.1:@$kind@>
			SSLEngine on
			SSLCertificateFile $DIR/tls/members.pem
			SSLCertificateKeyFile $DIR/keys/members.key
			SSLCACertificateFile $PUBLISHED/chain.pem
			SSLVerifyClient require
			SSLVerifyDepth 2
			$lines
			DocumentRoot /
			<Location />
			SetHandler server-status
			</Location>
			</VirtualHost>
		CONF
	done
}
start_haproxy_judge() {
	local ca=$PUBLISHED/chain.pem lists=$PUBLISHED/bundle.pem
	(umask 077 && cat "$DIR/tls/members.pem" "$DIR/keys/members.key" >"$BATS_FILE_TMPDIR/both.pem")
	web_haproxy crl <<-CONF
		frontend crl
			bind fd@3 ssl crt $BATS_FILE_TMPDIR/both.pem no-tls-tickets verify required ca-file $ca crl-file $lists
			http-request return status 200 content-type text/plain string welcome
	CONF
	web_await haproxy haproxy_judge_up
}
haproxy_judge_up() { [ -s "$WEB/haproxy/port-crl" ] && haproxy_crl "$BATS_FILE_TMPDIR/good.pem" | grep -q '^200'; }
# by_server SERVER KIND FILE: the status, the page, what curl says, and what the server has logged meanwhile. By TLS 1.2,
# where a refusal is part of the handshake: by TLS 1.3 it comes behind, and a reset may overtake it.
by_server() {
	local log=$WEB/$1/error.log before=0
	[ ! -e "$log" ] || before=$(stat -c %s "$log")
	echo none >"$WORK/page"
	curl -sS --tls-max 1.2 --cacert "$PUBLISHED/root.pem" --cert "$3" -o "$WORK/page" -w '%{http_code} ' \
		"$(web_url "$1" "$2")"
	head -c 200 "$WORK/page" | tr '\n' ' '
	[ ! -e "$log" ] || tail -c "+$((before + 1))" "$log"
}
nginx_crl() { by_server nginx crl "$1"; }
nginx_ocsp() { by_server nginx ocsp "$1"; }
apache_crl() { by_server apache crl "$1"; }
apache_ocsp() { by_server apache ocsp "$1"; }
apache_ocsp_nonce() { by_server apache ocsp_nonce "$1"; }
haproxy_crl() { by_server haproxy crl "$1"; }

# says JUDGE NAME TEXT: asked about NAME.pem, the judge says this; everything on one line.
says() {
	"$1" "$BATS_FILE_TMPDIR/$2.pem" 2>&1 | tr -s ' \t\n' ' ' | sed 's/ $//' >"$WORK/said"
	grep -qE "$3" "$WORK/said"
}
# judged COLUMN NAME: all judges say what stands in that column of their table (taken, revoked, held).
judged() {
	local judge taken revoked held text count=0 otherwise=0
	# shellcheck disable=SC2034
	while IFS='|' read -r judge taken revoked held; do
		[ -n "$judge" ] || continue
		read -r judge <<<"$judge"
		read -r text <<<"${!1}"
		[ "$text" != same ] || read -r text <<<"$revoked"
		count=$((count + 1))
		says "$judge" "$2" "$text" && continue
		otherwise=$((otherwise + 1))
		echo "$judge of $2: wanted [$text], said [$(cat "$WORK/said")]" >&2
	done <<<"$judges"
	equal "$count" 14 judges
	equal "$otherwise" 0 "said something else of $2"
}

@test "what is good is taken, what was revoked and what is on hold is refused, by its own name" {
	judged taken good
	judged revoked revoked
	judged held held
}

@test "what was on hold and is released is taken again, and nothing else" {
	change_standing held release '{"note":"laptop found"}'
	until_true 20 fetch_published revoked
	stop_web
	start_judges
	judged taken held
	judged taken good
	judged revoked revoked
}
