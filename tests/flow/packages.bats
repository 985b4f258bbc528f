#!/usr/bin/env bats
# Packages as the recipient gets them, both encodings of each kind of key, in the programs that people open them with: what
# each finds inside, that it opens with no other password, and that those which make calls are known by it. Then how they are
# closed, octet by octet, for programs of before 2021.

bats_require_minimum_version 1.5.0
load lib

# key type | client | what the client is called, which is the friendly name
ORDERS='
p256    | e-banking | e-banking
rsa2048 | year-end  | Årsoppgjør 2026
'

setup_file() {
	export LC_ALL=C.UTF-8 # names are not ASCII
	export PACKAGES=$BATS_FILE_TMPDIR/packages
	start_installation
	make_directory
	WORK=$BATS_FILE_TMPDIR
	mkdir "$PACKAGES"
	curl -sSf "$STATUS/ca/issuing.pem" "$STATUS/ca/root.pem" >"$PACKAGES/ca.pem"
	api POST /v1/clients '{"organisation":"nordbank","service":"document-archive","slug":"year-end","name":"Årsoppgjør 2026","several":true}'
	equal "$STATUS_CODE" 201 "client: $BODY"
	each_order collect_both
	each_order another_password
}
teardown_file() { stop_installation; }

# each_order COMMAND...: with TYPE, CLIENT and NAME of each.
each_order() {
	local TYPE CLIENT NAME done=0
	while IFS='|' read -r TYPE CLIENT NAME; do
		[ -n "$TYPE" ] || continue
		read -r TYPE <<<"$TYPE"
		read -r CLIENT <<<"$CLIENT"
		read -r NAME <<<"$NAME"
		echo "$*: $TYPE" >&2 # what bats shows when it fails; behind `||` nothing in there would fail
		"$@"
		done=$((done + 1))
	done <<<"$ORDERS"
	equal "$done" 2 orders
}
# each_package COMMAND...: with FILE and ENCODING besides; STEM is what both encodings have in common.
each_package() { each_order each_encoding "$@"; }
each_encoding() {
	local ENCODING STEM=$PACKAGES/$TYPE FILE
	for ENCODING in modern compatible; do
		FILE=$STEM-$ENCODING.p12
		echo "$*: $ENCODING" >&2
		"$@"
	done
}

# In a browser as far as the page with both files, which is kept in both languages. STEM.pem is the service's own copy of the
# certificate, STEM.cas what should come with it.
collect_both() {
	local STEM=$PACKAGES/$TYPE language
	mark
	api POST /v1/orders "{\"organisation\":\"nordbank\",\"service\":\"document-archive\",\"client\":\"$CLIENT\",\"contact\":\"kari@nordbank.example\",\"key_type\":\"$TYPE\"}"
	equal "$STATUS_CODE" 201 "order: $BODY"
	ORDER=$(field .id)
	read_messages
	curl -sS --cacert "$CA" -c "$WORK/jar" -o /dev/null -d "code=$CODE" "$LINK/code"
	CLAIM=$(awk '/__Host-claim/ { print $7 }' "$WORK/jar")
	fetch modern "$STEM-modern.p12"
	fetch compatible "$STEM-compatible.p12"
	for language in en nb; do
		curl -sS --cacert "$CA" -b "$WORK/jar" -H "Accept-Language: $language" -o "$STEM-$language.html" "$LINK/file"
	done
	acknowledge "$STEM-compatible.p12"
	equal "$STATUS_CODE" 200 "acknowledge: $BODY"
	read_password
	echo "$PASSWORD" >"$STEM.password"
	database "SELECT writefile('$STEM.der', der) FROM certificate WHERE order_id = '$ORDER'" >/dev/null
	openssl x509 -inform DER -in "$STEM.der" -out "$STEM.pem"
	cat "$STEM.pem" "$PACKAGES/ca.pem" | certificates >"$STEM.certificates"
	equal "$(wc -l <"$STEM.certificates")" 3 certificates
}
# What is as good a password as any, but another file's.
another_password() {
	local type
	for type in p256 rsa2048; do
		[ "$type" = "$TYPE" ] || cp "$PACKAGES/$type.password" "$PACKAGES/$TYPE.wrong"
	done
}

# Each certificate of a PEM text on a line of its own, in an order of their own.
certificates() {
	tr -d '\r' | awk '/^-+BEGIN CERTIFICATE/ { inside = 1; text = ""; next } /^-+END CERTIFICATE/ { print text; inside = 0 } inside { text = text $0 }' | sort
}

# Who opens: in OUT, of FILE with the password in PASSWORD_FILE, the public key of the private key in `key`, the certificates in
# `certificates`, the friendly names in `name`.
openssl_pkcs12() {
	openssl pkcs12 -in "$FILE" -passin "file:$PASSWORD_FILE" -nodes >"$OUT/all" || return # for refused, where -e does not count
	openssl pkey -in "$OUT/all" -pubout >"$OUT/key"
	certificates <"$OUT/all" >"$OUT/certificates"
	equal "$(grep -ac friendlyName "$OUT/all")" 2 'bags with a name'
	LC_ALL=C sed -n 's/.*friendlyName: //p' "$OUT/all" | iconv -f latin1 -t utf-8 | sort -u >"$OUT/name"
}
gnutls_certtool() {
	certtool --p12-info --inder --infile "$FILE" --password "$(cat "$PASSWORD_FILE")" >"$OUT/all" || return
	sed -n '/BEGIN ENCRYPTED PRIVATE KEY/,/END ENCRYPTED PRIVATE KEY/p' "$OUT/all" >"$OUT/locked"
	certtool --pubkey-info --load-privkey "$OUT/locked" --password "$(cat "$PASSWORD_FILE")" |
		sed -n '/BEGIN PUBLIC KEY/,/END PUBLIC KEY/p' >"$OUT/key"
	certificates <"$OUT/all" >"$OUT/certificates"
	sed -n 's/.*Friendly name: //p' "$OUT/all" | sort -u >"$OUT/name"
}
# What was taken into the database is given out again: certificate and key are one there only when they belong together.
nss_pk12util() {
	local db=sql:$OUT/db
	mkdir "$OUT/db"
	certutil -N -d "$db" --empty-password
	pk12util -i "$FILE" -d "$db" -w "$PASSWORD_FILE" -K '' || return
	certutil -L -d "$db" | sed -n 's/ *u,u,u *$//p' >"$OUT/name"
	pk12util -o "$OUT/again.p12" -n "$(cat "$OUT/name")" -d "$db" -w "$PASSWORD_FILE" -K ''
	openssl pkcs12 -in "$OUT/again.p12" -passin "file:$PASSWORD_FILE" -nodes >"$OUT/all"
	openssl pkey -in "$OUT/all" -pubout >"$OUT/key"
	certificates <"$OUT/all" >"$OUT/certificates"
}
# It shows no key; that a request which it signs verifies says whose key it had.
java_keytool() {
	store() { keytool -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -storetype PKCS12 -keystore "$FILE" -storepass:file "$PASSWORD_FILE" "$@"; }
	store -list -rfc >"$OUT/all" || { cat "$OUT/all" >&2; return 1; }
	grep -q '^Entry type: PrivateKeyEntry' "$OUT/all"
	sed -n 's/^Alias name: //p' "$OUT/all" >"$OUT/name"
	certificates <"$OUT/all" >"$OUT/certificates"
	store -certreq -alias "$(cat "$OUT/name")" | openssl req -verify -noout -pubkey >"$OUT/key"
}
strongswan_pki() {
	local at
	pki --pkcs12 --list --in "$FILE" <"$PASSWORD_FILE" >"$OUT/list" || return
	sed -n '/Certificates:/,/Private keys:/s/.*\[ *\([0-9]*\)\].*/\1/p' "$OUT/list" | while read -r at; do
		pki --pkcs12 --export "$at" --in "$FILE" <"$PASSWORD_FILE" | openssl x509 -inform DER
	done >"$OUT/all"
	at=$(sed -n '/Private keys:/,$s/.*\[ *\([0-9]*\)\].*/\1/p' "$OUT/list")
	pki --pkcs12 --export "$at" --in "$FILE" <"$PASSWORD_FILE" | openssl pkey -inform DER -pubout >"$OUT/key"
	certificates <"$OUT/all" >"$OUT/certificates"
}

# opens NAME-AS WORDS TOOL: all of it, the name spelled so; and what it says of another password.
opens() {
	local name_as=$1 words=$2 tool=$3 OUT=$WORK/$TYPE-$ENCODING PASSWORD_FILE=$STEM.password
	mkdir "$OUT"
	"$tool"
	equal "$(cat "$OUT/key")" "$(openssl x509 -in "$STEM.pem" -noout -pubkey)" "the key's public half"
	diff "$OUT/certificates" "$STEM.certificates"
	case $name_as in
	exact) equal "$(cat "$OUT/name")" "$NAME" 'friendly name' ;;
	small) equal "$(cat "$OUT/name")" "${NAME,,}" 'friendly name' ;;
	none) ;;
	esac
	refused "$words" "$tool"
}
refused() { # refused WORDS TOOL: by another password
	local OUT=$WORK/$TYPE-$ENCODING-refused PASSWORD_FILE=$STEM.wrong
	mkdir "$OUT"
	refute "$2" >"$OUT/said" 2>&1
	grep -q "$1" "$OUT/said" || { cat "$OUT/said" >&2; return 1; }
	[ ! -s "$OUT/key" ]
}

@test "openssl" { each_package opens exact 'invalid password' openssl_pkcs12; }
@test "GnuTLS: certtool" { each_package opens exact 'Message Authentication Code verification failed' gnutls_certtool; }
@test "NSS: pk12util" { each_package opens exact SEC_ERROR_BAD_PASSWORD nss_pk12util; }
@test "Java: keytool" { each_package opens small 'password was incorrect' java_keytool; }
@test "strongSwan: pki" { each_package opens none 'MAC verification of PKCS#12 container failed' strongswan_pki; }

# known BODY: the service says who calls, by the names of the order and the serial of the certificate.
known() {
	equal "$(jq -r '[.kind, .organisation, .service, .client, .client_name, .serial] | join("/")' <<<"$1")" \
		"client/nordbank/document-archive/$CLIENT/$NAME/$(serial_of "$STEM.pem")" 'who calls'
}
# calls TOOL: the service itself, with the package as it is; no other password will do.
calls() {
	local PASSWORD_FILE=$STEM.password
	BODY=$("$1")
	known "$BODY"
	PASSWORD_FILE=$STEM.wrong
	refute "$1" >"$WORK/said" 2>&1
	grep -q 'mac verify failure' "$WORK/said" || { cat "$WORK/said" >&2; return 1; }
}
libcurl() { curl -sS --cacert "$CA" --cert-type P12 --cert "$FILE:$(cat "$PASSWORD_FILE")" "$MEMBERS/v1/me"; }
node_https() { node "$ROOT/client/examples/rest.mjs" "$MEMBERS/v1/me" "$FILE" "$PASSWORD_FILE" "$CA" | sed '1{/^200$/d}'; }

@test "libcurl calls" { each_package calls libcurl; }
@test "Node calls" { set -o pipefail; each_package calls node_https; }

# Java begins once for all of them.
lines() {
	printf '%s\n' "$TYPE-$ENCODING $FILE $STEM.password" "$TYPE-$ENCODING-wrong $FILE $STEM.wrong"
}
java_today() {
	local said=$WORK/$TYPE-$ENCODING
	[ ! -e "$said.today.refused" ] || { cat "$said.today.refused" >&2; return 1; }
	equal "$(cat "$said.today.alias")" "${NAME,,}" 'friendly name'
	equal "$(cat "$said.today.signs")" true 'key and certificate belong together'
	diff <(certificates <"$said.today.chain.pem") "$STEM.certificates"
	equal "$(cat "$said.today.status")" 200 'a call'
	known "$(cat "$said.today.body")"
	grep -q 'password was incorrect' "$said-wrong.today.refused"
}
java_old() {
	local said=$WORK/$TYPE-$ENCODING
	grep -q . "$said-wrong.old.refused"
	case $ENCODING in
	modern) grep -q 'PBES2 .*not available' "$said.old.refused" ;;
	compatible)
		equal "$(cat "$said.old.alias")" "${NAME,,}" 'friendly name'
		equal "$(cat "$said.old.signs")" true 'key and certificate belong together'
		diff <(certificates <"$said.old.chain.pem") "$STEM.certificates"
		;;
	esac
}

@test "Java: a key store for HttpClient, which calls; a Java of before 8u301 opens what is compatible" {
	each_package lines >"$WORK/lines"
	java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC "$ROOT/tests/support/OpenPackages.java" "$MEMBERS/v1/me" "$CA" "$WORK" <"$WORK/lines"
	each_package java_today
	each_package java_old
}

# shape FILE: what stands outside of the encryption, in its order: the safe of the certificates, that of the key (but its name,
# which has been seen), the MAC. Of octets their number, but for what is encrypted.
shape() {
	local safes key
	safes=$(octets_at 1 <(openssl asn1parse -inform DER -in "$1"))
	openssl asn1parse -inform DER -in "$1" -strparse "$safes" -out "$WORK/safes" >"$WORK/safes.text"
	key=$(octets_at '$' "$WORK/safes.text")
	{
		sed "/^ *$key:/d" "$WORK/safes.text"
		openssl asn1parse -inform DER -in "$WORK/safes" -strparse "$key" | sed '/l= *[0-9]\{3,\} prim: OCTET STRING/q'
		openssl asn1parse -inform DER -in "$1" | sed "1,/^ *$safes:/d"
	} | sed -n -e 's/.*OBJECT *://p' -e 's/.*INTEGER *:\(.*\)/number \1/p' \
		-e 's/.*l= *\([0-9]\{1,2\}\) prim: OCTET STRING.*/\1 octets/p' -e 's/.*OCTET STRING.*/encrypted/p'
}
octets_at() { sed -n 's/^ *\([0-9]*\):.*OCTET STRING.*/\1/p' "$2" | sed -n "$1p"; }

as_wanted() { shape "$FILE" | diff "$WORK/$ENCODING" -; }

@test "compatible is PBE-SHA1-3DES and HMAC-SHA-1 throughout, modern PBES2 by AES-256 and HMAC-SHA-256; nothing is RC2" {
	for encoding in modern compatible; do
		case $encoding in
		modern) closed=(PBES2 PBKDF2 '8 octets' 'number 0800' hmacWithSHA256 aes-256-cbc '16 octets') mac=(sha256 '32 octets') ;;
		compatible) closed=(pbeWithSHA1And3-KeyTripleDES-CBC '8 octets' 'number 0800') mac=(sha1 '20 octets') ;;
		esac
		printf '%s\n' pkcs7-encryptedData 'number 00' pkcs7-data "${closed[@]}" pkcs7-data pkcs8ShroudedKeyBag "${closed[@]}" encrypted \
			"${mac[@]}" '8 octets' 'number 0800' >"$WORK/$encoding"
	done
	each_package as_wanted
	# what OpenSSL wrote before its version 3 is told from it
	openssl pkcs12 -export -legacy -in "$PACKAGES/p256.pem" -nokeys -passout pass:x -out "$WORK/rc2.p12"
	openssl asn1parse -inform DER -in "$WORK/rc2.p12" -strparse "$(octets_at 1 <(openssl asn1parse -inform DER -in "$WORK/rc2.p12"))" |
		grep -q pbeWithSHA1And40BitRC2-CBC
}

# behind WORDS ENCODING: the first file that the page offers behind these words.
behind() {
	local page
	page=$(tr '\n' ' ' <"$STEM-$language.html")
	[[ $page == *"$1"* ]] || { echo "the page says nothing of $1" >&2; return 1; }
	grep -oE 'href="/d/[^"]*/package/[a-z]*"' <<<"${page#*"$1"}" | sed -n "1s|.*/package/\(.*\)\"|\1|p" | grep -qx "$2"
}
right_words() {
	local STEM=$PACKAGES/$TYPE language
	for language in en nb; do
		behind 'Java 8u301' modern
		behind 'Windows Server 2016' compatible
		behind 'macOS 12' compatible
		behind 'macOS 13' modern
	done
}

@test "the page gives the older encoding to those that need it, in both languages" { each_order right_words; }
