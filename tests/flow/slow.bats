#!/usr/bin/env bats
# Slow, silent, idle and flooding connections: others are served meanwhile, each ends at its deadline, and nothing stays behind.

load lib

@test "200 slow or silent connections of each kind hold nobody up and leave nothing behind" {
	run "$ROOT/tests/campaign/slow" "$BUILD"
	echo "$output"
	equal "$status" 0 slow
	equal "$(grep -c '^row|' <<<"$output")" 13 rows
}
