#!/usr/bin/env bats
# Secrets of whole orders are nowhere afterwards: not in a file but the message that carries them, not in any process.

load lib

@test "after two whole orders no secret is in a file or in a process's memory" {
	run "$ROOT/tests/campaign/canaries" "$BUILD"
	echo "$output"
	equal "$status" 0 canaries
	equal "$(grep -c '^row|' <<<"$output")" 7 rows
}
