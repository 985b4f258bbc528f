#!/bin/sh
# development-pki.sh FOLDER: a throw-away root, issuing CA, server and client, to try 2-way TLS without the daemon.
# The certificates have the shape of ours (see README.md); the keys are not protected. Never use them for anything real.
set -eu
umask 077

[ $# -eq 1 ] || {
	echo "usage: certs/development-pki.sh FOLDER" >&2
	exit 2
}
[ ! -e "$1" ] || {
	echo "development-pki.sh: $1 exists already; nothing was changed" >&2
	exit 1
}
mkdir -p "$1"
cd "$1"

log=$(mktemp)
trap 'rm -f "$log" extensions request.pem' EXIT
ssl() { # openssl is talkative: it is heard when it fails
	openssl "$@" 2>"$log" || {
		cat "$log" >&2
		exit 1
	}
}

key() { # key NAME CURVE
	ssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$2" -out "$1.key"
}

serial() { # 20 octets, positive, 156 of the bits random
	printf '0x4%s' "$(openssl rand -hex 20 | cut -c2-)"
}

# certificate NAME ISSUER DAYS SUBJECT HASH, extensions on standard input. ISSUER = NAME: signed by itself.
certificate() {
	{
		cat
		echo "subjectKeyIdentifier = hash"
		echo "authorityKeyIdentifier = keyid:always"
	} >extensions
	if [ "$1" = "$2" ]; then
		ssl req -new -key "$1.key" -subj "$4" -utf8 -out request.pem
		ssl x509 -req -in request.pem -signkey "$1.key" -days "$3" "-$5" -set_serial "$(serial)" -extfile extensions -out "$1.pem"
	else
		ssl req -new -key "$1.key" -subj "$4" -utf8 -out request.pem
		ssl x509 -req -in request.pem -CA "$2.pem" -CAkey "$2.key" -days "$3" "-$5" -set_serial "$(serial)" \
			-extfile extensions -out "$1.pem"
	fi
}

key root P-384
certificate root root 365 "/O=Development/CN=Development Root" sha384 <<'EXTENSIONS'
basicConstraints = critical, CA:TRUE, pathlen:1
keyUsage = critical, keyCertSign, cRLSign
EXTENSIONS

key issuing P-256
certificate issuing root 180 "/O=Development/CN=Development Issuing" sha384 <<'EXTENSIONS'
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
EXTENSIONS

key server P-256
certificate server issuing 90 "/CN=localhost" sha256 <<'EXTENSIONS'
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
EXTENSIONS

key client P-256
certificate client issuing 90 "/O=Development/OU=e-banking/CN=my page" sha256 <<'EXTENSIONS'
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectAltName = URI:spiffe://example.org/org/development/service/e-banking/client/my-page
EXTENSIONS

cat server.pem issuing.pem >server-chain.pem
cat client.pem issuing.pem >client-chain.pem
ssl verify -x509_strict -purpose sslserver -verify_hostname localhost -CAfile root.pem -untrusted issuing.pem server.pem >/dev/null
ssl verify -x509_strict -purpose sslclient -CAfile root.pem -untrusted issuing.pem client.pem >/dev/null

cat <<TEXT
Made in $(pwd). Try it in two terminals:
  openssl s_server -accept 8443 -cert server.pem -key server.key -cert_chain issuing.pem -CAfile root.pem -Verify 2 -verify_return_error -www
  curl --cacert root.pem --cert client-chain.pem --key client.key https://localhost:8443/
Without --cert the server refuses.
TEXT
