# terminal: a real terminal for a test (tmux on a socket of its own): keys go in, the screen is looked at.
# shellcheck shell=bash

# terminal_open COLUMNS COMMAND: one command line for a shell, in a new terminal.
terminal_open() {
	TERMINAL=$BATS_TEST_TMPDIR/terminal
	env -u TMUX tmux -u -S "$TERMINAL" -f /dev/null new-session -d -x "$1" -y 30 "$2" 3>&- </dev/null
	tmux -S "$TERMINAL" set-option -g escape-time 0
	tmux -S "$TERMINAL" set-option -g remain-on-exit on
}
terminal_close() {
	[ ! -S "${TERMINAL:-}" ] || tmux -S "$TERMINAL" kill-server || true
}

terminal_type() { tmux -S "$TERMINAL" send-keys -l -- "$1"; }
terminal_key() { tmux -S "$TERMINAL" send-keys "$@"; }
terminal_screen() { tmux -S "$TERMINAL" capture-pane -p; }
terminal_has() { terminal_screen | grep -qF -- "$1"; }
# terminal_shows TEXT: waits for it; what the screen has instead is told.
terminal_shows() {
	until_true 20 terminal_has "$1" && return 0
	echo "not on the screen: [$1]" >&2
	terminal_screen | sed '/^$/d' >&2
	return 1
}
terminal_is_empty() { [ "$(terminal_screen | tr -d '\n ')" = "$1" ]; }
# terminal_empty PROMPT: what was typed and what is shown is wiped, and nothing but the prompt is left.
terminal_empty() {
	terminal_key C-e C-u C-l
	until_true 20 terminal_is_empty "$1" || { terminal_screen >&2; return 1; }
}
