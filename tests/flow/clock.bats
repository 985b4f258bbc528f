#!/usr/bin/env bats
# A clock that jumps pauses issuing alone, until an operator has looked at it.

load lib

setup_file() {
	start_installation
	make_directory
}
teardown_file() { stop_installation; }
teardown() { move_clock 0; accept_clock; }

accept_clock() { "$DAEMON" clock-accept --config "$DIR/counterfoil.conf" 2>"$WORK/accepted"; }
newest_number() { database 'SELECT max(number) FROM crl'; }
newer_than() { [ "$(newest_number)" -gt "$1" ]; }
prepared() { bearer POST "$LINK/prepare"; }

# jump FROM TO: a certificate is made at the one offset; at the other none is, but that one is revoked, and an order is taken.
jump() {
	move_clock "$1"
	accept_clock
	collect_whole "$WORK/client.pem"
	local number
	number=$(newest_number)
	move_clock "$2"
	new_order
	claim
	prepared
	equal "$STATUS_CODE" 503 "issued by a clock that jumped: $BODY"
	equal "$(database "SELECT count(*) FROM certificate WHERE order_id = '$ORDER'")" 0 certificates
	field .detail | grep -q 'counterfoild clock-accept'
	api POST "/v1/certificates/$SERIAL/revoke" '{"reason":"keyCompromise"}'
	equal "$STATUS_CODE" 200 'revoke meanwhile'
	until_true 20 newer_than "$number"
	accept_clock
	grep -q 'the clock is believed' "$WORK/accepted"
	fetch modern "$WORK/package.p12"
}

@test "an hour forward" { jump 0 3600; }
@test "an hour back" { jump 3600 0; }

@test "what is accepted is the clock of that moment: the next jump pauses again" {
	accept_clock
	accept_clock
	move_clock 3600
	new_order
	claim
	prepared
	equal "$STATUS_CODE" 503 prepare
	prepared
	equal "$STATUS_CODE" 503 'prepare again'
	accept_clock
	fetch modern "$WORK/package.p12"
}

@test "what was accepted is in the audit, by the host, and in the journal" {
	accept_clock
	# The daemon goes on writing meanwhile: the newest record may be its own.
	database "SELECT record, lower(hex(hash)) FROM audit WHERE json_extract(record, '\$.what') = 'clock.accepted'
		ORDER BY sequence DESC LIMIT 1" >"$WORK/row"
	equal "$(sed 's/|[0-9a-f]*$//' "$WORK/row" | jq -r .who)" host record
	head=$(sed 's/.*|//' "$WORK/row")
	equal "$(grep '"op":"clock"' "$DIR/journal" | tail -1 | jq -r .head)" "$head" 'audit head in the journal'
	"$COMMAND" --server "$MEMBERS" --ca "$CA" --identity "$DIR/admin.p12" --password-file "$DIR.admin-password" audit verify
}

@test "a daemon that starts before the journal's time waits, too" {
	move_clock 3600
	accept_clock
	collect_whole "$WORK/client.pem" # the journal has seen that time
	move_clock 0
	restart_installation
	new_order
	claim
	prepared
	equal "$STATUS_CODE" 503 prepare
	accept_clock
	fetch modern "$WORK/package.p12"
}

@test "clock-accept without a configuration is a mistake of usage" {
	status=0
	"$DAEMON" clock-accept 2>"$WORK/log" || status=$?
	equal "$status" 2 exit
	status=0
	"$DAEMON" clock-accept --config "$WORK/none" 2>"$WORK/log" || status=$?
	equal "$status" 2 exit
}
