# stage: an installation for a campaign's script, which is not a bats file but drives the daemon with the same words.
# The script has set BUILD; stage_begin sets the rest, and the installation ends with the script.
# shellcheck shell=bash disable=SC2034
set -euo pipefail

BATS_TEST_DIRNAME=$(cd "$(dirname "${BASH_SOURCE[0]}")/../flow" && pwd)
BUILD=$(realpath "${BUILD:?}")
# shellcheck disable=SC1091
. "$BATS_TEST_DIRNAME/lib.bash"

# stage_begin [COMMAND...]: HOOK as in start_installation; COMMAND comes before that, with the folder that is there by then.
stage_begin() {
	BATS_FILE_TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/counterfoil-campaign.XXXXXX")
	BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
	WORK=$BATS_FILE_TMPDIR
	trap stage_end EXIT
	"${@:-true}"
	start_installation
}

stage_end() {
	local status=$?
	if [ "$status" -gt 1 ]; then tail -20 "$DIR.log" >&2 || true; fi
	stop_installation || [ "$status" -ne 0 ] || status=1 # what a sanitizer found
	! declare -F channels_end >/dev/null || channels_end
	if mountpoint -q "$DIR"; then umount "$DIR" || umount -l "$DIR"; fi # by its hook
	rm -rf "$BATS_FILE_TMPDIR"
	exit "$status"
}

# row NAME FIGURE VIOLATIONS: one line of the campaign's report.
row() { printf 'row|%s|%s|%s\n' "$1" "$2" "$3"; }
