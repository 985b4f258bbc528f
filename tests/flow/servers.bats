#!/usr/bin/env bats
# The command against the web servers that customers run, in front of a service of theirs: with the right certificate, without
# one, and with those that are refused.

bats_require_minimum_version 1.5.0
load lib
load web

setup_file() {
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
teardown_file() {
	stop_web
	stop_installation
}

own() { "$COMMAND" call --identity "$BATS_FILE_TMPDIR/package.p12" --password-file "$BATS_FILE_TMPDIR/password" --ca "$WEB/ca.pem" "$@"; }
SERVERS=(nginx apache haproxy)

@test "each server lets the right certificate in, by TLS 1.2 and 1.3, and the answer says from which environment it is" {
	local server kind
	for server in "${SERVERS[@]}"; do
		equal "$(own "$(web_url "$server" none /me)" | jq -r '[.environment, .caller] | join(" ")')" "test " "$server"
		for kind in optional required required12; do
			equal "$(own "$(web_url "$server" "$kind" /me)" | jq -r '[.environment, .caller.service_slug, .caller.client_slug] | join(" ")')" \
				"production document-archive e-banking" "$server $kind"
		done
	done
}

@test "a caller reaches the letters of its own service alone" {
	local server
	for server in "${SERVERS[@]}"; do
		equal "$(own "$(web_url "$server" required /letters/nordbank/document-archive/1)" | jq -r .title)" "Annual statement" "$server"
		run own "$(web_url "$server" required /letters/nordbank/payments/1)"
		equal "$status" 4 "$server: another's ($output)"
	done
}
