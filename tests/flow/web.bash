# web: web servers as customers run them, in front of a service that is none of ours (tests/support/counterpart.py says what it
# serves). For flow tests: `load lib` and `load web`; in setup_file, behind start_installation:
#
#	web_files                     a server's certificate, the CA and its revocation lists (again: the lists as they are now)
#	start_counterpart             the service: REST and SOAP
#	start_nginx, start_apache, start_haproxy      each in front of it; each is optional
#	start_forward_proxy [USER:PASSWORD]           tinyproxy, for the way there
#	web_nginx NAME PORT-NAME...   nginx by itself, with servers of the test's own; web_haproxy and web_apache likewise
#
# or all but the proxy by `web_stage`, with an installation and one client. teardown_file is here. Each has its own folder
# $WEB/NAME with its configuration and logs, ports of its own on 127.0.0.1, and runs as who you are (Apache's children as
# nobody when that is root). A server has one port for each of these, all with HTTP/2 but `required12`:
#
#	none         'test': asks nobody for a certificate
#	optional     'production': asks, lets everybody through, and leaves it to the service to refuse
#	required     'production': demands a certificate of our CA that is not revoked
#	required12   the same, by TLS 1.2
#	location     (Apache alone) demands it for a path, when the handshake is over
#
#	web_url SERVER KIND [PATH]    https://localhost:PORT/PATH
#	web_reload SERVER             read certificates and lists again, without dropping anybody
#	web_port NAME                 of counterpart and forward-proxy
# shellcheck shell=bash disable=SC2034,SC2154

WEB=$BATS_FILE_TMPDIR/web
WEB_KINDS=(none optional required required12)
SERVERS=(nginx apache haproxy)

web_stage() {
	start_installation
	make_directory
	WORK=$BATS_FILE_TMPDIR
	collect_whole "$BATS_FILE_TMPDIR/client.pem"
	(umask 077 && echo "$PASSWORD" >"$BATS_FILE_TMPDIR/password")
	web_files
	start_counterpart
	start_nginx
	start_apache
	start_haproxy
}
# own URL ARGUMENT...: its client calls.
own() {
	"$COMMAND" call --identity "$BATS_FILE_TMPDIR/package.p12" --password-file "$BATS_FILE_TMPDIR/password" --ca "$WEB/ca.pem" "$@"
}

teardown_file() {
	stop_web
	stop_installation
}

web_files() {
	mkdir -p "$WEB"
	cat "$DIR/tls/members.pem" >"$WEB/server.pem"
	(umask 077 && cat "$DIR/keys/members.key" >"$WEB/server.key" && cat "$WEB/server.pem" "$WEB/server.key" >"$WEB/both.pem")
	# shellcheck disable=SC2153 # lib.bash sets it
	curl -sSf "$STATUS/ca/issuing.pem" "$STATUS/ca/root.pem" >"$WEB/ca.pem"
	curl -sSf "$STATUS/crl/bundle.pem" >"$WEB/crl.pem"
}

web_port() { cat "$WEB/$1/port-${2:-$1}"; }
web_url() { echo "https://localhost:$(web_port "$1" "$2")${3:-/}"; }

# web_begin NAME PORT-NAME... -- COMMAND: on inherited sockets from descriptor 3 on, with $PORT_... in its environment.
web_begin() {
	local name=$1
	shift
	mkdir -p "$WEB/$name"
	PATH=$PATH:/usr/sbin "$BUILD/tools/sockets" "$@" 3>&- </dev/null >>"$WEB/$name/out" 2>&1 &
	echo $! >"$WEB/$name/pid"
}

# web_await NAME TRY...: until it answers; what it said when it does not.
web_await() {
	local name=$1
	shift
	until_true 20 "$@" || { tail -n 30 "$WEB/$name"/{out,error.log} >&2; return 1; }
}
web_speaks() { curl -so "$WEB/spoken" "$@"; }
web_serves() { [ -s "$WEB/$1/port-none" ] && web_speaks --cacert "$WEB/ca.pem" "$(web_url "$1" none /seen)"; }

web_running() { [ -s "$WEB/$1/pid" ] && kill -0 "$(cat "$WEB/$1/pid")" 2>/dev/null; }
web_stopped() { ! web_running "$1"; }
web_stop() { # web_stop NAME
	web_running "$1" || return 0
	kill "$(cat "$WEB/$1/pid")"
	until_true 10 web_stopped "$1" || kill -9 "$(cat "$WEB/$1/pid")"
	rm "$WEB/$1/pid"
}
stop_web() {
	local pid
	for pid in "$WEB"/*/pid; do
		[ ! -e "$pid" ] || web_stop "$(basename "$(dirname "$pid")")"
	done
}

start_counterpart() {
	export COUNTERPART_COMMAND=$COMMAND COUNTERPART_CA=$WEB/ca.pem COUNTERPART_CRL=$WEB/crl.pem
	# shellcheck disable=SC2016
	web_begin counterpart backend -- sh -c 'echo "$PORT_BACKEND" >"$1/port-counterpart"
		PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/gunicorn --chdir "$1" --pythonpath "$2" --bind fd://3 --worker-class gthread \
			--threads 8 --worker-tmp-dir "$1" --graceful-timeout 1 counterpart:application' sh "$WEB/counterpart" "$ROOT/tests/support"
	web_await counterpart counterpart_answers
}
counterpart_answers() { [ -s "$WEB/counterpart/port-counterpart" ] && web_speaks "http://127.0.0.1:$(web_port counterpart)/seen"; }

# The ports are known only when the sockets are there: the configuration has $NAMES, which the environment fills in.
web_ports='for kind in $KINDS; do eval "port=\$PORT_$(echo "$kind" | tr a-z A-Z)"; echo "$port" >"$1/port-$kind"
	sed -i "s/@$kind@/$port/g" "$1/conf"; done'

# nginx_folders FOLDER: what it would lay elsewhere.
nginx_folders() {
	local kind
	printf 'access_log off;'
	for kind in client_body proxy fastcgi uwsgi scgi; do printf ' %s_temp_path %s/%s;' "$kind" "$1" "$kind"; done
}

# web_nginx NAME PORT-NAME...: nginx with what is on standard input inside http { }, where @PORT-NAME@ is a port.
web_nginx() {
	local name=$1 dir=$WEB/$1
	shift
	mkdir -p "$dir"
	{
		[ "$(id -u)" != 0 ] || echo 'user root;'
		echo "daemon off; worker_processes 1; pid $dir/nginx-pid; error_log $dir/error.log info; events { }"
		echo "http { $(nginx_folders "$dir")"
		cat
		echo '}'
	} >"$dir/conf"
	KINDS="$*" NGINX="$(seq -s ';' 3 $((2 + $#)));" web_begin "$name" "$@" -- \
		sh -c "$web_ports; exec nginx -e \"\$1/error.log\" -c \"\$1/conf\"" sh "$dir"
	web_await "$name" test -s "$dir/nginx-pid"
}

start_nginx() {
	nginx_servers | web_nginx nginx "${WEB_KINDS[@]}"
	web_await nginx web_serves nginx
}
nginx_servers() {
	local kind lines
	cat <<-CONF
		client_max_body_size 0; proxy_http_version 1.1; proxy_request_buffering off; proxy_buffering off;
		ssl_certificate $WEB/server.pem; ssl_certificate_key $WEB/server.key; ssl_session_tickets off;
	CONF
	for kind in "${WEB_KINDS[@]}"; do
		case $kind in
		none) lines='listen 127.0.0.1:@none@ ssl http2; set $environment test;' ;;
		optional) lines="listen 127.0.0.1:@optional@ ssl http2; ssl_verify_client optional_no_ca;" ;;
		required) lines="listen 127.0.0.1:@required@ ssl http2; ssl_verify_client on;" ;;
		required12) lines="listen 127.0.0.1:@required12@ ssl; ssl_protocols TLSv1.2; ssl_verify_client on;" ;;
		esac
		case $kind in
		none) ;;
		*) lines+=" set \$environment production; ssl_client_certificate $WEB/ca.pem; ssl_verify_depth 2;" ;;
		esac
		case $kind in required*) lines+=" ssl_crl $WEB/crl.pem;" ;; esac
		cat <<-CONF
			server {
				$lines
				location / {
					proxy_pass http://127.0.0.1:$(web_port counterpart);
					proxy_set_header Host \$http_host;
					proxy_set_header X-Environment \$environment;
					proxy_set_header X-Protocol \$server_protocol;
					proxy_set_header X-Client-Cert \$ssl_client_escaped_cert;
				}
			}
		CONF
	done
}

# web_haproxy PORT-NAME...: HAProxy with what is on standard input behind global and defaults; its sockets are fd@3 and on.
# Headers are written into a buffer that the body has filled already but for maxrewrite: as it is by itself (1024) there is no
# room for a certificate, and who uploads gets status 500.
web_haproxy() {
	local dir=$WEB/haproxy
	mkdir -p "$dir"
	{
		cat <<-CONF
			global
				master-worker
				tune.maxrewrite 8192
				stats socket $dir/s mode 600 level admin
			defaults
				mode http
				timeout connect 5s
				timeout client 60s
				timeout server 60s
		CONF
		cat
	} >"$dir/conf"
	KINDS="$*" web_begin haproxy "$@" -- sh -c "$web_ports; exec haproxy -W -f \"\$1/conf\"" sh "$dir"
}

start_haproxy() {
	haproxy_frontends | web_haproxy "${WEB_KINDS[@]}"
	web_await haproxy web_serves haproxy
}
haproxy_frontends() {
	local kind lines fd=3
	for kind in "${WEB_KINDS[@]}"; do
		case $kind in
		none) lines="alpn h2,http/1.1" ;;
		optional) lines="alpn h2,http/1.1 verify optional ca-file $WEB/ca.pem ca-ignore-err all crt-ignore-err all" ;;
		required) lines="alpn h2,http/1.1 verify required ca-file $WEB/ca.pem crl-file $WEB/crl.pem" ;;
		required12) lines="ssl-max-ver TLSv1.2 verify required ca-file $WEB/ca.pem crl-file $WEB/crl.pem" ;;
		esac
		cat <<-CONF
			frontend $kind
				bind fd@$fd ssl crt $WEB/both.pem no-tls-tickets $lines
				http-request set-header X-Environment $([ "$kind" = none ] && echo test || echo production)
				http-request set-header X-Protocol HTTP/%[fc_http_major]
				http-request set-header X-Client-Cert %[ssl_c_der,base64]
				http-request del-header Client-Cert
				http-request set-header Client-Cert :%[ssl_c_der,base64]: if { ssl_c_used }
				default_backend counterpart
		CONF
		fd=$((fd + 1))
	done
	cat <<-CONF
		backend counterpart
			server counterpart 127.0.0.1:$(web_port counterpart)
	CONF
}

# web_apache ANSWERS PORT-NAME...: Apache with what is on standard input (further modules first), where @PORT-NAME@ is a port,
# until ANSWERS is true. It takes no sockets over: its ports were free just before.
web_apache() {
	local dir=$WEB/apache answers=$1
	shift
	mkdir -p "$dir/pages"
	apache_main "$dir" >"$dir/conf.in"
	for _ in 1 2 3 4 5; do
		cp "$dir/conf.in" "$dir/conf"
		# shellcheck disable=SC2016
		KINDS="$*" web_begin apache "$@" -- sh -c "$web_ports"'; fd=3; for kind in $KINDS; do eval "exec $fd>&-"; fd=$((fd + 1)); done
			exec apache2 -DFOREGROUND -f "$1/conf"' sh "$dir"
		until_true 10 apache_decided "$answers" || break
		! web_running apache || break
	done
	web_await apache "$answers"
}
apache_decided() { "$1" || web_stopped apache; }
apache_main() { # apache_main FOLDER
	local module
	for module in mpm_event authz_core ssl; do
		echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"
	done
	cat <<-CONF
		ServerRoot $1
		DefaultRuntimeDir $1
		PidFile $1/apache-pid
		ErrorLog $1/error.log
		DocumentRoot $1/pages
		ServerName localhost
		Mutex posixsem
		StartServers 1
		ThreadsPerChild 16
		MaxRequestWorkers 32
		ServerLimit 2
		SSLSessionCache none
		SSLSessionTickets off
	CONF
	[ "$(id -u)" != 0 ] || printf 'User nobody\nGroup nogroup\n'
	cat
}

start_apache() { apache_hosts | web_apache apache_serves "${WEB_KINDS[@]}" location; }
apache_serves() { web_serves apache; }
apache_hosts() {
	local module kind
	for module in http2 headers proxy proxy_http; do
		echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"
	done
	for kind in "${WEB_KINDS[@]}" location; do
		echo "Listen 127.0.0.1:@$kind@"
		echo "<VirtualHost 127.0.0.1:@$kind@>"
		apache_host "$kind"
		echo '</VirtualHost>'
	done
}
apache_host() { # apache_host KIND
	local verify="SSLCACertificateFile $WEB/ca.pem"$'\nSSLVerifyDepth 2' environment=production
	local crl="SSLCARevocationFile $WEB/crl.pem
		SSLCARevocationCheck chain"
	case $1 in
	none) verify='' environment=test ;;
	optional) verify+=$'\nSSLVerifyClient optional_no_ca' ;;
	required) verify+=$'\nSSLVerifyClient require\n'$crl ;;
	required12) verify+=$'\nSSLVerifyClient require\nSSLProtocol TLSv1.2\n'$crl ;;
	location) verify+=$'\n'$crl$'\n<Location />\nSSLVerifyClient require\n</Location>' ;;
	esac
	cat <<-CONF
		SSLEngine on
		SSLCertificateFile $WEB/server.pem
		SSLCertificateKeyFile $WEB/server.key
		$verify
		Protocols $([ "$1" = required12 ] || echo h2) http/1.1
		RequestHeader set X-Environment $environment
		RequestHeader set X-Protocol "expr=%{SERVER_PROTOCOL}"
		RequestHeader set X-Client-Cert "%{SSL_CLIENT_CERT}s"
		ProxyPass / http://127.0.0.1:$(web_port counterpart)/
		ProxyPreserveHost on
	CONF
}

# What of their own each re-reads by; those that were being served end with what they began with.
web_reload() {
	local signal
	case $1 in
	nginx) signal=HUP ;;
	apache) signal=USR1 ;;
	haproxy) signal=USR2 ;;
	esac
	kill "-$signal" "$(cat "$WEB/$1/pid")"
}

start_forward_proxy() {
	local dir=$WEB/forward-proxy try
	mkdir -p "$dir"
	for try in 1 2 3 4 5; do
		cat >"$dir/conf" <<-CONF
			Port @proxy@
			Listen 127.0.0.1
			Timeout 60
			LogFile "$dir/error.log"
			LogLevel Connect
			MaxClients 50
			Allow 127.0.0.1
			${1:+BasicAuth ${1%%:*} ${1#*:}}
		CONF
		KINDS=proxy web_begin forward-proxy proxy -- sh -c "$web_ports; mv \"\$1/port-proxy\" \"\$1/port-forward-proxy\"
			exec 3>&-; exec tinyproxy -d -c \"\$1/conf\"" sh "$dir"
		until_true 10 proxy_decided || break
		! web_running forward-proxy || break
	done
	web_await forward-proxy proxy_answers
}
proxy_answers() {
	[ -s "$WEB/forward-proxy/port-forward-proxy" ] && web_speaks "http://127.0.0.1:$(web_port forward-proxy)/"
}
proxy_decided() { proxy_answers || web_stopped forward-proxy; }
