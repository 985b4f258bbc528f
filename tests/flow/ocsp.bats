#!/usr/bin/env bats
# OCSP as other programs speak it: what a real nginx staples of itself, and what OpenSSL's responder says of a caller.

bats_require_minimum_version 1.5.0
load lib
load web

STAPLERS=(good revoked hold another foreign charged forged none must)

setup_file() {
	export XDG_CONFIG_HOME=$BATS_FILE_TMPDIR/config
	unset COUNTERFOIL_SERVER COUNTERFOIL_IDENTITY COUNTERFOIL_CA COUNTERFOIL_PASSWORD_FILE
	cd "$BATS_FILE_TMPDIR" || return
	make_ca ca
	make_ca twin # of the same name
	certify responder ca 'extendedKeyUsage = OCSPSigning'
	certify stranger ca 'extendedKeyUsage = clientAuth'
	for name in "${STAPLERS[@]}"; do
		certify "$name" ca 'extendedKeyUsage = serverAuth' 'subjectAltName = DNS:localhost' \
			"$([ "$name" != must ] || echo 'tlsfeature = status_request')"
	done
	make_staples
	start_stapling_nginx
}

make_ca() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.pem" -subj '/CN=Test CA' -days 30 2>/dev/null
}
# certify NAME CA EXTENSION...: NAME.pem with its key inside; serial numbers count on.
certify() {
	local name=$1 ca=$2
	shift 2
	SERIAL=$((${SERIAL:-1000} + 1))
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$name.key" -out "$name.csr" -subj "/CN=${name##*/}" 2>/dev/null
	openssl x509 -req -in "$name.csr" -CA "$ca.pem" -CAkey "$ca.key" -set_serial $SERIAL -days 20 -out "$name.pem" \
		-extfile <(printf '%s\n' "$@") 2>/dev/null
	cat "$name.key" >>"$name.pem"
}

# index NAME=STATUS...: what OpenSSL's responder knows: V, or R with a reason.
index() {
	local each name status until=491231235959Z now
	now=$(date -u +%y%m%d%H%M%SZ)
	for each in "$@"; do
		name=${each%%=*} status=${each#*=}
		printf '%s\t%s\t%s\t%s\tunknown\t/CN=%s\n' "${status:0:1}" "$until" \
			"$([ "$status" = V ] || echo "$now,${status#R,}")" "$(openssl x509 -in "$BATS_FILE_TMPDIR/$name.pem" -noout -serial | cut -d= -f2)" "$name"
	done
}
# staple NAME SIGNER ABOUT ARGUMENT...: the answer about another, or about itself, into NAME.staple.
staple() {
	local name=$1 signer=$2 about=$3
	shift 3
	openssl ocsp -issuer ca.pem -cert "$about.pem" -no_nonce -reqout "$name.question" >/dev/null 2>&1
	openssl ocsp -index index -CA ca.pem -rsigner "$signer.pem" -rkey "$signer.key" -reqin "$name.question" \
		-respout "$name.staple" -ndays 1 "$@" >/dev/null 2>&1
	[ -s "$name.staple" ]
}
make_staples() {
	index good=V revoked=R,keyCompromise hold=R,certificateHold another=V foreign=V charged=V forged=V must=V >index
	staple good ca good
	staple revoked ca revoked
	staple hold ca hold
	staple another ca good
	staple foreign stranger foreign
	staple charged responder charged
	staple forged ca forged -badsig
}

# One server for each, on sockets that it inherits; those named none and must staple nothing.
start_stapling_nginx() { stapling_servers | web_nginx nginx "${STAPLERS[@]}"; }
stapling_servers() {
	local name home=$BATS_FILE_TMPDIR
	echo "ssl_client_certificate $home/ca.pem; ssl_verify_client optional;"
	for name in "${STAPLERS[@]}"; do
		echo "server { listen 127.0.0.1:@$name@ ssl; ssl_certificate $home/$name.pem; ssl_certificate_key $home/$name.key;"
		[ ! -e "$home/$name.staple" ] || echo "ssl_stapling on; ssl_stapling_file $home/$name.staple;"
		echo 'location / { return 200 "hello $ssl_client_s_dn"; } }'
	done
}

# called SERVER ARGUMENT...: counterfoil call, and what it said in $output.
called() {
	local name=$1
	shift
	run "${CALLER:-$COMMAND}" call "$(web_url nginx "$name")" --ca "$BATS_FILE_TMPDIR/ca.pem" "$@"
}
answered() {
	called "$@"
	equal "$status" 0 "exit code of $* ($output)"
}
refused() { # refused SENTENCE SERVER ARGUMENT...
	local sentence=$1
	shift
	called "$@"
	equal "$status" 5 "exit code of $* ($output)"
	grep -qF "$sentence" <<<"$output"
}

@test "nginx staples what openssl says: good is called, all else refused by its own name" {
	local how
	for how in soft hard; do
		answered good --staple $how
		answered charged --staple $how
		refused "the server's certificate was revoked" revoked --staple $how
		refused "the server's certificate is on hold" hold --staple $how
		refused 'is about another certificate' another --staple $how
		refused "is not by the certificate's CA" foreign --staple $how
		refused 'signature is wrong' forged --staple $how
	done
}

@test "a server that staples nothing is called, unless that was asked for or its certificate demands it" {
	answered none
	answered none --staple soft
	refused 'must switch OCSP stapling on' none --staple hard
	refused 'says that it must show' must
	refused 'must switch OCSP stapling on' must --staple hard
	called none --staple off
	equal "$status" 2 "--staple off ($output)"
}

@test "an answer whose time is over is refused" {
	export COUNTERFOIL_TEST_CLOCK=$BATS_TEST_TMPDIR/clock
	local CALLER=$BUILD/test/counterfoil
	echo 0 >"$COUNTERFOIL_TEST_CLOCK"
	answered good
	echo $((86400 + 60)) >"$COUNTERFOIL_TEST_CLOCK"
	answered good # five minutes are let pass
	echo $((86400 + 400)) >"$COUNTERFOIL_TEST_CLOCK"
	refused "response's time is over" good
}

# responder SIGNER ARGUMENT...: OpenSSL's, on a port of its own; $RESPONDER is where.
responder() {
	local signer=$1
	shift
	: >"$WORK/responder.out" # what the one before said is not this one's address
	openssl ocsp -port 0 -index "$WORK/index" -CA "$BATS_FILE_TMPDIR/ca.pem" -rsigner "$BATS_FILE_TMPDIR/$signer.pem" \
		-rkey "$BATS_FILE_TMPDIR/$signer.key" "$@" 3>&- </dev/null >"$WORK/responder.out" 2>&1 &
	echo $! >"$WORK/responder.pid"
	until_true 20 grep -q 'waiting for OCSP client connections' "$WORK/responder.out"
	RESPONDER=http://127.0.0.1:$(sed -n 's/^ACCEPT .*:\([0-9]*\) .*/\1/p' "$WORK/responder.out")
}
stop_responder() {
	local pid
	pid=$(cat "$WORK/responder.pid" 2>/dev/null) || return 0
	kill "$pid" 2>/dev/null || true
	until_true 10 sh -c "! kill -0 $pid 2>/dev/null" || kill -9 "$pid"
	rm "$WORK/responder.pid"
}
teardown() { stop_responder; }
judged() { # judged VERDICT EXIT NAME ARGUMENT...
	local verdict=$1 wanted=$2 name=$3
	shift 3
	run "$COMMAND" peer --json --ca "$BATS_FILE_TMPDIR/ca.pem" "$@" "$BATS_FILE_TMPDIR/callers/$name.crt"
	equal "$status" "$wanted" "exit code of $name ($output)"
	grep -q "\"verdict\": \"$verdict\"" <<<"$output"
}
# callers SERIAL NAME...: certificates of clients, in callers/NAME.crt; of NAMED_RESPONDER when it is set.
callers() (
	uri=URI:spiffe://test.example/org/nordbank/service/document-archive/client
	cd "$BATS_FILE_TMPDIR" || exit
	mkdir -p callers
	SERIAL=$1
	shift
	for name; do
		certify "callers/$name" ca 'extendedKeyUsage = clientAuth' "subjectAltName = $uri/$name" \
			"${NAMED_RESPONDER:+authorityInfoAccess = OCSP;URI:$NAMED_RESPONDER}"
		openssl x509 -in "callers/$name.pem" -out "callers/$name.crt"
	done
)

@test "openssl's responder says who of the callers was revoked, by the CA's own key and by one that it has charged" {
	callers 2000 good gone held unheard
	index callers/good=V callers/gone=R,superseded callers/held=R,certificateHold >"$WORK/index"
	local signer more
	for signer in ca responder; do
		for more in '-nmin 5' '-resp_key_id' '-rmd sha384'; do
			# shellcheck disable=SC2086
			responder $signer $more
			judged ok 0 good --ocsp "$RESPONDER/ocsp"
			judged peer_revoked 6 gone --ocsp "$RESPONDER"
			judged peer_held 6 held --ocsp "$RESPONDER"
			judged peer_unknown_status 4 unheard --ocsp "$RESPONDER"
			judged ok 0 unheard --ocsp "$RESPONDER" --unknown-ok
			stop_responder
		done
	done
	judged peer_unknown_status 4 good --ocsp "$RESPONDER" # nobody is there any more
	grep -q 'the OCSP responder cannot be reached' <<<"$output"
	judged ok 0 good --ocsp "$RESPONDER" --unknown-ok
}

@test "a responder that nobody has charged, and one of a CA of the same name, say nothing" {
	callers 3000 poor
	index callers/poor=V >"$WORK/index"
	says_nothing() { # says_nothing SIGNER SENTENCE
		responder "$1"
		judged peer_unknown_status 4 poor --ocsp "$RESPONDER"
		grep -qF "$2" <<<"$output"
		stop_responder
	}
	says_nothing stranger "is not by the certificate's CA"
	says_nothing good "is not by the certificate's CA"
	says_nothing twin 'signature is wrong'
}

@test "the certificate itself may say who is asked" {
	# Number 4001, of a certificate that can be made only when it is known where the responder is.
	printf 'R\t491231235959Z\t%s,keyCompromise\t0FA1\tunknown\t/CN=named\n' "$(date -u +%y%m%d%H%M%SZ)" >"$WORK/index"
	responder ca
	NAMED_RESPONDER=$RESPONDER/ callers 4000 named
	judged peer_revoked 6 named --ocsp certificate
	callers 4100 nameless
	judged peer_unknown_status 4 nameless --ocsp certificate
	grep -q 'names no OCSP responder' <<<"$output"
}

@test "check asks the CA about one's own certificate" {
	callers 5000 fine dropped
	index callers/fine=V callers/dropped=R,superseded >"$WORK/index"
	(umask 077 && echo x >"$WORK/password")
	responder ca
	checks() { # checks EXIT NAME ARGUMENT...
		local wanted=$1 file=$BATS_FILE_TMPDIR/callers/$2
		shift 2
		[ -e "$file.p12" ] || openssl pkcs12 -export -in "$file.pem" -certfile "$BATS_FILE_TMPDIR/ca.pem" -passout pass:x -out "$file.p12"
		run "$COMMAND" check "$file.p12" --days 1 --password-file "$WORK/password" "$@"
		equal "$status" "$wanted" "exit code of $* ($output)"
	}
	checks 0 fine --ocsp "$RESPONDER"
	grep -q 'not revoked' <<<"$output"
	checks 6 dropped --ocsp "$RESPONDER"
	checks 2 fine --ocsp https://localhost/
	checks 5 fine --ocsp certificate
	checks 5 fine --ocsp certificate --ca "$BATS_FILE_TMPDIR/twin.pem"
	checks 2 fine --ocsp "$RESPONDER" --live # it names no list
	stop_responder
	checks 5 fine --ocsp "$RESPONDER"
}

# Apache asks its CA's responder itself.
start_stapling_apache() { stapling_hosts "$@" | web_apache stapling_apache_answers "$@"; }
stapling_hosts() {
	local name
	echo 'LoadModule socache_shmcb_module /usr/lib/apache2/modules/mod_socache_shmcb.so'
	echo "SSLStaplingCache shmcb:$WEB/apache/staples(65536)"
	for name; do
		printf '%s\n' "Listen 127.0.0.1:@$name@" "<VirtualHost 127.0.0.1:@$name@>" 'SSLEngine on' 'SSLUseStapling on' \
			"SSLCertificateFile $BATS_FILE_TMPDIR/$name.pem" "SSLCACertificateFile $BATS_FILE_TMPDIR/ca.pem" '</VirtualHost>'
	done
}
stapling_apache_answers() { [ -s "$WEB/apache/port-up" ] && web_speaks --cacert "$BATS_FILE_TMPDIR/ca.pem" "$(web_url apache up)"; }

# served SERIAL NAME RESPONDER: a server's certificate that names who is to be asked about it, with its CA behind it.
served() (
	cd "$BATS_FILE_TMPDIR" || exit
	SERIAL=$(($1 - 1))
	certify "$2" ca 'extendedKeyUsage = serverAuth' 'subjectAltName = DNS:localhost' "authorityInfoAccess = OCSP;URI:$3"
	cat ca.pem >>"$2.pem"
)

@test "what Apache was told by its CA counts; that its CA's responder is down is as good as nothing" {
	printf 'V\t491231235959Z\t\t1771\tunknown\t/CN=up\nR\t491231235959Z\t%s,keyCompromise\t1772\tunknown\t/CN=gone\n' \
		"$(date -u +%y%m%d%H%M%SZ)" >"$WORK/index"
	responder responder -nmin 5
	served 6001 up "$RESPONDER/"
	served 6002 gone "$RESPONDER/"
	served 6003 down http://127.0.0.1:1/
	start_stapling_apache up gone down
	called_by() { # called_by EXIT NAME HOW SENTENCE
		run "$COMMAND" call "$(web_url apache "$2")" --ca "$BATS_FILE_TMPDIR/ca.pem" --staple "$3" --include
		equal "$status" "$1" "exit code of $2, $3 ($output)"
		grep -qF "$4" <<<"$output"
	}
	called_by 4 up hard 'HTTP 40' # there is no page
	called_by 5 gone soft "the server's certificate was revoked"
	called_by 5 down hard 'must switch OCSP stapling on'
	called_by 4 down soft 'HTTP 40'
	openssl s_client -connect "127.0.0.1:$(cat "$WEB/apache/port-down")" -status </dev/null 2>/dev/null | grep -q 'Response Status: trylater'
}
