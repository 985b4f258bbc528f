# guide: runs docs/platforms/*.md as a reader would, so that they cannot rot. For flow tests: `load lib`, `load web`, `load guide`.
#
# What is done with a fenced block stands behind its language; a block without any of these is for reading alone.
#
#	sh run            a shell runs it, in a folder with the reader's files; it must succeed
#	sh fails          it must fail, and the block behind it says how
#	output            what the block before printed, standard error too; "..." is anything
#	LANGUAGE file=F   the content of file F
#
# The reader's addresses and paths become the test's:
#
#	/etc/                          a folder of the test's own
#	https://archive.example        a customer's service that demands a certificate (web.bash)
#	https://your.example, *:443    the server that the guide sets up, on a port of its own
#	127.0.0.1:8081                 what it serves to its own machine, likewise
#	127.0.0.1:8000                 the application behind it (tests/support/counterpart.py)
#	ca.example:9443, ca.example:8080    the service itself
#
# Commands of Debian's that would act on the whole machine act on the test's own server: systemctl, nginx, apache2ctl,
# a2enmod, a2ensite, haproxy; and sh, so that scripts run by it know these.
# shellcheck shell=bash disable=SC2034,SC2154

# Ports that nobody else is given and that the guide's server can take: bound by us, who never listen.
guide_ports() {
	local dir=$WEB/ports
	mkdir -p "$dir"
	/usr/bin/python3 - "$dir/ports" >/dev/null 2>&1 3>&- <<-'PYTHON' &
		import os, signal, socket, sys
		held = [socket.socket() for _ in range(2)]
		for s in held:
		    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		    s.bind(("127.0.0.1", 0))
		with open(sys.argv[1] + ".new", "w") as out:
		    print(*(s.getsockname()[1] for s in held), file=out)
		os.rename(sys.argv[1] + ".new", sys.argv[1])
		signal.pause()
	PYTHON
	echo $! >"$dir/pid"
	until_true 20 test -e "$dir/ports"
}

# guide_begin PLATFORM: a machine's folder, with the files that every guide begins with.
guide_begin() {
	GUIDE=$BATS_TEST_TMPDIR/guide
	PLATFORM=$1
	read -r PORT_HTTPS PORT_LOCAL <"$WEB/ports/ports"
	local archive
	archive=$(web_port nginx required)
	mkdir -p "$GUIDE"/{etc/ssl/private,home}
	cp "$WEB/server.pem" "$GUIDE/etc/ssl/localhost.pem"
	cp "$WEB/server.key" "$GUIDE/etc/ssl/private/localhost.key"
	cp "$BATS_FILE_TMPDIR"/{e-banking,next,test}.{p12,password} "$GUIDE/home/"
	cat >"$GUIDE/words" <<-SED
		s|/usr/local/share/doc/counterfoil/examples|$ROOT/client/examples|g
		s|/etc/|$GUIDE/etc/|g
		s|https://archive\.example|https://localhost:$archive|g
		s|archive\.example:443|127.0.0.1:$archive|g
		s|https://your\.example|https://localhost:$PORT_HTTPS|g
		s/\(listen \|bind \*:\|<VirtualHost \*:\)443/\1@443/
		s/\(\*:\|\)@443/127.0.0.1:$PORT_HTTPS/
		s/\(archive\|your\)\.example/localhost/g
		s|127\.0\.0\.1:8081|127.0.0.1:$PORT_LOCAL|g
		s|127\.0\.0\.1:8000|127.0.0.1:$(web_port counterpart)|g
		s|https://ca\.example:9443|$MEMBERS|g
		s|http://ca\.example:8080|$STATUS|g
	SED
}

# The blocks of a guide as files NNN.info and NNN.text.
guide_blocks() {
	mkdir -p "$GUIDE/blocks"
	awk -v dir="$GUIDE/blocks" '
		/^```/ && inside { inside = 0; close(file); next }
		/^```/ { inside = 1; file = sprintf("%s/%03d", dir, ++n); print substr($0, 4) >(file ".info"); close(file ".info")
			file = file ".text"; printf "" >file; next }
		inside { print >file }' "$1"
}

# One line of `output` after the other as a pattern, the whole against the whole.
guide_matches() { # guide_matches TEXT HAD
	local pattern=$1
	pattern=${pattern//\\/\\\\}
	pattern=${pattern//\*/\\*}
	pattern=${pattern//\?/\\?}
	pattern=${pattern//\[/\\[}
	pattern=${pattern//.../*}
	# shellcheck disable=SC2053 # a pattern it is
	[[ $2 == $pattern ]]
}

guide_say() { printf '%s, block %s (%s):\n%s\nprinted:\n%s\n' "$PLATFORM.md" "$1" "$2" "$3" "$(cat "$GUIDE/printed")" >&2; }

# As the reader's shell, in the reader's folder; a shell of its own, for in this one -e counts for nothing behind `if` and `||`.
guide_run() { # guide_run TEXT
	export -f sh python3 java nginx apache2ctl a2enmod a2ensite systemctl guide_serve guide_decided guide_serves web_running until_true
	export WEB GUIDE PORT_HTTPS PORT_LOCAL
	( cd "$GUIDE/home" && PATH=$BUILD:$PATH exec bash -euo pipefail -c "$1" ) </dev/null >"$GUIDE/printed" 2>&1 3>&-
}

guide_walk() { # guide_walk FILE: every block in its order
	local info text had kind blocks=0 open=
	guide_blocks "$1"
	for info in "$GUIDE"/blocks/*.info; do
		kind=$(cat "$info")
		text=$(sed -f "$GUIDE/words" "${info%.info}.text")
		[ -z "$open" ] || [ "$kind" = output ] || break
		open=
		case $kind in
		'sh run') guide_status "$text" && had=0 || had=$?
			[ "$had" -eq 0 ] || { guide_say "$info" "should succeed, exits $had" "$text"; return 1; } ;;
		'sh fails') guide_status "$text" && had=0 || had=$?
			[ "$had" -ne 0 ] || { guide_say "$info" "should fail" "$text"; return 1; }
			open=$info ;;
		output) guide_matches "$text" "$(cat "$GUIDE/printed")" || { guide_say "$info" "is said to print" "$text"; return 1; } ;;
		*' file='*) guide_write "$(sed -f "$GUIDE/words" <<<"${kind#* file=}")" "$text" ;;
		*) continue ;;
		esac
		blocks=$((blocks + 1))
	done
	[ -z "$open" ] || { guide_say "$open" "fails, and no block says how" "$(cat "${open%.info}.text")"; return 1; }
	cat "$GUIDE"/blocks/*.info | grep -q '^sh run$' && [ "$blocks" -ge 2 ]
}
# What it printed is kept for the test as well.
guide_status() {
	local had=0
	guide_run "$1" || had=$?
	cat "$GUIDE/printed" >>"$GUIDE/log"
	return $had
}
guide_write() { # guide_write PATH TEXT: from the reader's folder
	(cd "$GUIDE/home" && umask 077 && mkdir -p "$(dirname "$1")" && printf '%s\n' "$2" >"$1")
}

# The commands of the machine.

sh() { bash "$@"; }
python3() { /usr/bin/python3 "$@"; }
java() { command java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC "$@"; } # it starts in half the time
nginx() { command nginx -e "$WEB/guide/error.log" -c "$WEB/guide/nginx.conf" "$@"; }
apache2ctl() { # configtest, alone
	[ "$*" = configtest ]
	command apache2 -t -f "$WEB/guide/apache2.conf"
}
a2enmod() {
	local module
	for module in "$@"; do
		echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so" >>"$GUIDE/etc/apache2/modules.conf"
	done
}
a2ensite() {
	mkdir -p "$GUIDE/etc/apache2/sites-enabled"
	ln -s "$GUIDE/etc/apache2/sites-available/$1.conf" "$GUIDE/etc/apache2/sites-enabled/$1.conf"
}

# systemctl reload SERVER: as its unit does; the first time it begins.
systemctl() {
	[ "$1" = reload ]
	case $2 in
	nginx) guide_serve HUP nginx -e "$WEB/guide/error.log" -c "$WEB/guide/nginx.conf" ;;
	apache2) guide_serve USR1 apache2 -DFOREGROUND -f "$WEB/guide/apache2.conf" ;;
	haproxy) guide_serve USR2 haproxy -W -f "$GUIDE/etc/haproxy/haproxy.cfg" ;;
	esac
}
guide_serve() { # guide_serve SIGNAL COMMAND...
	local signal=$1 old=
	shift
	if ! web_running guide; then
		(exec "$@") 3>&- </dev/null >>"$WEB/guide/out" 2>&1 & # the program, not our function of its name
		echo $! >"$WEB/guide/pid"
	else
		old=$(pgrep -P "$(cat "$WEB/guide/pid")" | sort)
		kill "-$signal" "$(cat "$WEB/guide/pid")"
	fi
	until_true 20 guide_decided "$old" && web_running guide && return 0
	cat "$WEB/guide"/{out,error.log} >&2
	return 1
}
guide_decided() { ! web_running guide || guide_serves "$1"; }
# guide_serves OLD: somebody listens, and none of the old workers is there any more.
guide_serves() {
	local now
	now=$(pgrep -P "$(cat "$WEB/guide/pid")" | sort)
	[ -n "$now" ] && [ -z "$(comm -12 <(echo "$1") <(echo "$now") | grep .)" ] &&
		{ (: <"/dev/tcp/127.0.0.1/$PORT_HTTPS") || (: <"/dev/tcp/127.0.0.1/$PORT_LOCAL"); } 2>/dev/null
}

# What Debian's own configuration gives the reader: the files that a site's are included by.
guide_machine() {
	mkdir -p "$WEB/guide" "$GUIDE/etc/apache2" "$GUIDE/etc/nginx/conf.d"
	rm -rf "${WEB:?}/guide"/*
	cat >"$WEB/guide/nginx.conf" <<-CONF
		daemon off; pid $WEB/guide/nginx-pid; worker_processes 1; $([ "$(id -u)" != 0 ] || echo 'user root;')
		events { }
		http { $(nginx_folders "$WEB/guide") include $GUIDE/etc/nginx/conf.d/*.conf; }
	CONF
	{
		echo "ServerRoot $WEB/guide"
		echo "DefaultRuntimeDir $WEB/guide"
		printf '%s\n' "PidFile $WEB/guide/apache-pid" "ErrorLog $WEB/guide/error.log" 'ServerName localhost' 'Mutex posixsem' 'StartServers 1'
		[ "$(id -u)" != 0 ] || printf 'User nobody\nGroup nogroup\n'
		for kind in mpm_event authz_core; do echo "LoadModule ${kind}_module /usr/lib/apache2/modules/mod_$kind.so"; done
		printf 'Include %s\n' "$GUIDE/etc/apache2/modules.conf"
		printf 'Listen 127.0.0.1:%s\n' "$PORT_HTTPS" # ports.conf
		printf 'IncludeOptional %s\n' "$GUIDE/etc/apache2/sites-enabled/*.conf"
	} >"$WEB/guide/apache2.conf"
	: >"$GUIDE/etc/apache2/modules.conf"
}
