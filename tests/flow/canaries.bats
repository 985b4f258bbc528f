#!/usr/bin/env bats
# Secrets of whole orders are nowhere afterwards: not in a file but the message that carries them, not in any process.

load lib

nowhere() { # nowhere WAY
	run "$ROOT/tests/campaign/canaries" "$BUILD" 1 "$1"
	echo "$output"
	equal "$status" 0 canaries
	equal "$(grep -c '^row|' <<<"$output")" 7 rows
}

@test "after two whole orders no secret is in a file or in a process's memory" { nowhere spool; }
@test "nor when mail went out by SMTP and SMS by a gateway" { nowhere gateways; }
