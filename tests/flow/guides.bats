#!/usr/bin/env bats
# docs/platforms, walked through as a reader would: guide.bash says how.

bats_require_minimum_version 1.5.0
load lib
load web
load guide

setup_file() {
	start_installation
	make_directory
	WORK=$BATS_FILE_TMPDIR
	for name in test e-banking next; do
		collect_whole "$WORK/$name.pem"
		echo "$SERIAL" >"$WORK/$name.serial"
		(umask 077 && echo "$PASSWORD" >"$WORK/$name.password")
		mv "$WORK/package.p12" "$WORK/$name.p12"
	done
	api POST "/v1/certificates/$(cat "$WORK/test.serial")/revoke" '{"reason":"cessationOfOperation"}'
	equal "$STATUS_CODE" 200 "revocation: $BODY"
	until_true 60 listed
	web_files
	start_counterpart
	start_nginx
	guide_ports
}
teardown() { web_stop guide; }
listed() { curl -sSf "$STATUS/crl/issuing.crl" | openssl crl -inform der -noout -text | crl_text_lists "$(cat "$WORK/test.serial")"; }

walk() { # walk PLATFORM
	guide_begin "$1"
	guide_machine
	guide_walk "$ROOT/docs/platforms/$1.md"
}
# The service was called with the certificate before, and behind the section on renewal with the next one.
renewed() {
	grep -q "\"serial\": \"$(cat "$BATS_FILE_TMPDIR/e-banking.serial")\"" "$GUIDE/log"
	grep -q "\"serial\": \"$(cat "$BATS_FILE_TMPDIR/next.serial")\"" "$GUIDE/log"
}

# What the section on demanding certificates leaves behind serves whom it should, and nobody else.
serves() {
	guide_run "counterfoil call https://localhost:$PORT_HTTPS/me --identity e-banking.p12 --password-file e-banking.password" ||
		{ cat "$GUIDE/printed" "$WEB/guide"/{out,error.log} >&2; return 1; }
	refute guide_run "counterfoil call https://localhost:$PORT_HTTPS/me --identity test.p12 --password-file test.password"
}
workers() { pgrep -P "$(cat "$WEB/guide/pid")" | sort; }
# The guide's last block, which a timer runs: with a list that is new, with the same again, and with what is no list.
refreshes() {
	local lists=$GUIDE/etc/counterfoil/crl.pem block had
	block=$(sed -f "$GUIDE/words" "$(grep -lx 'sh run' "$GUIDE"/blocks/*.info | tail -n 1 | sed 's/info$/text/')")
	grep -q "$STATUS/crl/bundle.pem .*systemctl reload" <<<"$block"
	serves
	had=$(workers)
	echo >>"$lists"
	guide_run "$block"
	equal "$(comm -12 <(echo "$had") <(workers))" '' 'workers that have not read the new list'
	serves
	had=$(workers)
	cp "$lists" "$WORK/lists"
	guide_run "$block"
	! cmp -s "$lists" "$WORK/lists" || equal "$(comm -23 <(echo "$had") <(workers))" '' 'workers that have left, when nothing is new'
	cp "$lists" "$WORK/lists"
	echo '<html><title>Log in to this network</title></html>' >"$WORK/portal"
	refute guide_run "${block//$STATUS\/crl\/bundle.pem/file://$WORK/portal}"
	grep -q "$lists stays as it is" "$GUIDE/printed"
	cmp "$lists" "$WORK/lists"
	serves
}

@test "nginx" {
	walk nginx
	renewed
	refreshes
	head -c 2M /dev/zero >"$GUIDE/home/large"
	guide_run "curl -sSf -T large http://127.0.0.1:$PORT_LOCAL/count"
	grep -q '"bytes": 2097152' "$GUIDE/printed"
	guide_run "counterfoil call https://localhost:$PORT_HTTPS/count -T large --identity e-banking.p12 --password-file e-banking.password"
	grep -q '"bytes": 2097152' "$GUIDE/printed"
}

@test "Apache" {
	walk apache
	renewed
	refreshes
}

@test "HAProxy" {
	walk haproxy
	renewed
	refreshes
}

@test "Java" {
	walk java
	renewed
}

@test "Node" {
	walk node
	renewed
}

@test "Python" {
	walk python
	renewed
}

@test "curl" {
	walk curl
	renewed
}

@test ".NET and Windows, as far as it is ours" {
	walk dotnet-windows
}

@test "no guide is left out, and each link within them leads somewhere" {
	local guide link
	for guide in "$ROOT"/docs/platforms/*.md; do
		case $(basename "$guide" .md) in
		README) ;;
		refusals) grep -q "$(basename "$guide")" "$ROOT/tests/flow/servers.bats" ;; # a table, which is walked there
		*) grep -q "walk $(basename "$guide" .md)\$" "$BATS_TEST_FILENAME" ;;
		esac
		grep -oE '\]\([a-z-]+\.md' "$guide" | tr -d '](' | sort -u | while read -r link; do
			[ -e "$ROOT/docs/platforms/$link" ] || { echo "$guide: $link" >&2; return 1; }
		done
	done
}
