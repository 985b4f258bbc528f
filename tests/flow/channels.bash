# channels: mail by a real SMTP server and SMS by a gateway, both by TLS on loopback (tests/support/mail_server.py and
# sms_gateway.py, which say how each can be made to fail), instead of the spool. For flow tests and campaigns, behind lib.bash:
#
#	channels_begin                        before the installation, whose HOOK is then "$(channels_hook)"
#	channels_end                          behind it
#	$CHANNELS/mail, $CHANNELS/sms         the folders of both
#
# read_link, read_code and read_password then look there.
# shellcheck shell=bash disable=SC2034

CHANNELS=$BATS_FILE_TMPDIR/channels
CHANNELS_SECRET='s3cr3t-of-the-gateway' # as sms_gateway.py has it

channels_begin() {
	mkdir -p "$CHANNELS"/{mail,sms}
	(
		cd "$CHANNELS" || exit
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=Channels test CA' -keyout ca.key -out ca.pem
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout key.pem -out request.pem
		openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out certificate.pem \
			-extfile <(echo 'subjectAltName=DNS:localhost,IP:127.0.0.1')
		umask 077
		echo 'a password, with spaces' >mail-password
		echo "$CHANNELS_SECRET" >sms-secret
		echo the-key-that-signs-requests >sms-signing
		openssl rand -base64 32 >sms-receipts
	) 2>/dev/null
	: >"$CHANNELS/sms/sent"
	"$ROOT/tests/support/mail_server.py" "$CHANNELS/mail" --user ca --password "$(cat "$CHANNELS/mail-password")" \
		--certificate "$CHANNELS/certificate.pem" --key "$CHANNELS/key.pem" >"$CHANNELS/mail.log" 2>&1 3>&- </dev/null &
	echo $! >"$CHANNELS/mail.pid"
	"$ROOT/tests/support/sms_gateway.py" "$CHANNELS/sms" "$CHANNELS/certificate.pem" "$CHANNELS/key.pem" \
		>"$CHANNELS/sms.log" 2>&1 3>&- </dev/null &
	echo $! >"$CHANNELS/sms.pid"
	until_true 20 test -e "$CHANNELS/mail/port" -a -e "$CHANNELS/sms/port" || { cat "$CHANNELS"/*.log >&2; return 1; }
}
channels_end() {
	local pid
	for pid in "$CHANNELS"/*.pid; do kill "$(cat "$pid")" 2>/dev/null || true; done
}

# Shell text that writes them into the configuration of $1.
channels_hook() {
	local setting text='sed -i'
	for setting in mail=smtp "mail_server=localhost:$(cat "$CHANNELS/mail/port")" mail_user=ca mail_password="$CHANNELS/mail-password" \
		mail_ca="$CHANNELS/ca.pem" mail_from=ca@counterfoil.example sms=webhook "sms_url=https://127.0.0.1:$(cat "$CHANNELS/sms/port")/hook" \
		sms_account=k3y sms_sender=Nordbank sms_secret="$CHANNELS/sms-secret" sms_signing="$CHANNELS/sms-signing" \
		sms_receipts="$CHANNELS/sms-receipts" sms_ca="$CHANNELS/ca.pem" staff_mail=staff@counterfoil.example patience=5s \
		'sms_template={"recipient":{to},"message":{text},"ref":{id},"by":{from},"report":{receipt}}'; do
		text+=" -e 's|^${setting%%=*} =.*|${setting%%=*} = ${setting#*=}|'"
	done
	echo "$text \$1/counterfoil.conf"
}

mark() {
	touch "$WORK/marker"
	wc -l <"$CHANNELS/sms/sent" >"$WORK/marked"
	sleep 0.02
}
# The newest of what has come since: mails that have a link, and SMS that have a code or a password.
spool_since() {
	local mail
	case $1 in
	link)
		while read -r mail; do
			"$ROOT/tests/support/read_mail.py" "$mail" | jq -r .text >"$WORK/link.txt"
			if grep -qF "$PUBLIC/d/" "$WORK/link.txt"; then
				echo "$WORK/link.txt"
				return
			fi
		done < <(find "$CHANNELS/mail" -name '*.eml' -newer "$WORK/marker" | sort -rV)
		;;
	code) newest_sms '#[2-9A-HJ-NP-Z]{8}' ;;
	password) newest_sms '[2-9A-HJ-NP-Z]{4}(-[2-9A-HJ-NP-Z]{4}){5}' ;;
	esac
}
newest_sms() { # newest_sms PATTERN
	tail -n "+$(($(cat "$WORK/marked") + 1))" "$CHANNELS/sms/sent" | jq -r '.text | gsub("\n"; " ")' | grep -E "$1" | tail -1 >"$WORK/sms.txt"
	[ ! -s "$WORK/sms.txt" ] || echo "$WORK/sms.txt"
}
