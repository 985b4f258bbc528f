#!/usr/bin/env bats
# Each child dies once in mid-order, and the order ends well; the supervisor's death takes all along.

load lib

setup_file() {
	start_installation
	make_directory
}
teardown_file() { stop_installation; }

kill_child() {
	local old
	old=$(child_pid "$1")
	[ -n "$old" ]
	kill -9 "$old"
	until_true 20 replaced "$1" "$old"
}
replaced() { local now; now=$(child_pid "$1"); [ -n "$now" ] && [ "$now" != "$2" ]; }

try_code() { visit POST "$LINK/code" -d "code=$CODE" && [ "$STATUS_CODE" = 200 ]; }
try_fetch() {
	STATUS_CODE=$(curl -sS --cacert "$CA" -H "Authorization: Bearer $CLAIM" -o "$1" -w '%{http_code}' "$LINK/package/modern") &&
		[ "$STATUS_CODE" = 200 ]
}
try_acknowledge() { acknowledge "$1" && [ "$STATUS_CODE" = 200 ]; }

# through CHILD STEP: an order in which CHILD dies just before STEP.
through() {
	mark
	[ "$2" != order ] || kill_child "$1"
	until_true 20 ready
	new_order
	[ "$2" != code ] || kill_child "$1"
	until_true 20 try_code
	CLAIM=$(field .claim)
	[ "$2" != fetch ] || kill_child "$1"
	until_true 30 prepare_once
	until_true 20 try_fetch "$WORK/package.p12"
	[ "$2" != acknowledge ] || kill_child "$1"
	until_true 20 try_acknowledge "$WORK/package.p12"
	[ "$2" != password ] || kill_child "$1"
	read_password
	open_package "$WORK/package.p12" "$BATS_FILE_TMPDIR/client.pem"
	until_true 20 ready
	as client GET /v1/me
	equal "$STATUS_CODE" 200 "me after $1 died before $2"
	equal "$(database "SELECT count(*) FROM certificate WHERE order_id = '$ORDER' AND status <> 'revoked'")" 1 'live certificates'
	equal "$(database "SELECT count(*) FROM message WHERE order_id = '$ORDER' AND kind = 'password'")" 1 'password messages'
}

@test "the signer dies before the order" { through signer order; }
@test "the signer dies before the code" { through signer code; }
@test "the signer dies before the download" { through signer fetch; }
@test "the front dies before the order" { through front order; }
@test "the front dies before the code" { through front code; }
@test "the front dies before the download" { through front fetch; }
@test "the front dies before the acknowledgement" { through front acknowledge; }
@test "the courier dies before the order" { through courier order; }
@test "the courier dies before the password" { through courier password; }
@test "the clerk dies before the order" { through clerk order; }
@test "the clerk dies before the password" { through clerk password; }

@test "the signer hangs: collecting waits, and nothing is lost" {
	new_order
	pid=$(child_pid signer)
	kill -STOP "$pid"
	visit POST "$LINK/code" -d "code=$CODE"
	kill -CONT "$pid"
	equal "$STATUS_CODE" 200 "code while the signer hangs: $BODY"
	CLAIM=$(field .claim)
	fetch modern "$WORK/package.p12"
	acknowledge "$WORK/package.p12"
	equal "$STATUS_CODE" 200 acknowledge
	equal "$(database "SELECT count(*) FROM certificate WHERE order_id = '$ORDER' AND status <> 'revoked'")" 1 'live certificates'
}

@test "the audit chain is whole after all that, and the journal's head is in it" {
	"$COMMAND" --server "$MEMBERS" --ca "$CA" --identity "$DIR/admin.p12" --password-file "$DIR.admin-password" audit verify
}

@test "a daemon that is stopped and started again goes on where it was" {
	new_order
	restart_installation
	claim
	fetch modern "$WORK/package.p12"
	restart_installation
	until_true 20 try_acknowledge "$WORK/package.p12"
	read_password
	open_package "$WORK/package.p12" "$WORK/client.pem"
}

@test "the supervisor's death takes the children along" {
	pid=$(cat "$DIR.pid")
	children=$(pgrep -P "$pid")
	equal "$(wc -w <<<"$children")" 4 children
	kill -9 "$pid"
	for child in $children; do
		until_true 10 gone "$child"
	done
}
gone() { ! kill -0 "$1" 2>/dev/null; }
