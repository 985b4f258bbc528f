#!/usr/bin/env bats
# What hostile bytes get: each shape of tests/campaign/hostile its own refusal, and nothing after it; others are served meanwhile.

load lib

@test "every hostile shape is refused or answered rightly on every listener, and others are served meanwhile" {
	run "$ROOT/tests/campaign/hostile-bytes" "$BUILD"
	echo "$output"
	equal "$status" 0 'hostile bytes'
	equal "$(grep -c '^row|' <<<"$output")" 8 rows
}
