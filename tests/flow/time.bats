#!/usr/bin/env bats
# What time does to codes and links, with the clock of the test daemon.

load lib

setup_file() {
	start_installation
	make_directory
}
teardown_file() { stop_installation; }
teardown() { move_clock 0; }

@test "a code works 30 minutes from its hand-over and no longer" {
	new_order
	until_true 20 handed_over
	move_clock 1795
	visit POST "$LINK/code" -d code=AAAAAAAA
	equal "$(field .code)" wrong_code 'just before'
	move_clock 1830
	visit POST "$LINK/code" -d "code=$CODE"
	equal "$STATUS_CODE" 403 "just after: $BODY"
	equal "$(field .code)" expired 'just after'
	equal "$(order_state)" offered state
	mark
	visit POST "$LINK/new-code" -d digits=4567
	equal "$STATUS_CODE" 200 'new code'
	until_true 20 has_message code
	read_code
	visit POST "$LINK/code" -d "code=$CODE"
	equal "$STATUS_CODE" 200 'with the new code'
}
handed_over() { [ "$(database "SELECT count(*) FROM code WHERE order_id = '$ORDER' AND handed_over_at IS NOT NULL")" = 1 ]; }

@test "a link works seven days; then the order lapses and the link looks like any dead one" {
	new_order
	until_true 20 handed_over
	move_clock 604000
	visit GET "$LINK"
	equal "$STATUS_CODE" 200 'the seventh day'
	move_clock 605000
	visit GET "$LINK"
	equal "$STATUS_CODE" 404 'after seven days'
	until_true 30 state_is lapsed
}

@test "a claim that is never acknowledged lapses after a day: certificate revoked, parcel erased" {
	new_order
	claim
	fetch modern "$WORK/p12"
	move_clock 86500
	until_true 40 state_is lapsed
	equal "$(database "SELECT status FROM certificate WHERE order_id = '$ORDER'")" revoked certificate
	equal "$(database "SELECT count(*) FROM parcel WHERE order_id = '$ORDER' AND (sealed_key IS NOT NULL OR sealed_modern IS NOT NULL OR sealed_password IS NOT NULL)")" 0 'parcels left'
	bearer GET "$LINK/package/modern"
	equal "$STATUS_CODE" 404 'the package'
}
