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
teardown_file() {
	stop_web
	stop_installation
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

@test "nginx" {
	walk nginx
	renewed
}

@test "Apache" {
	walk apache
	renewed
}

@test "HAProxy" {
	walk haproxy
	renewed
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
