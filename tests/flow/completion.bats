#!/usr/bin/env bats
# Completion as shells give it at the key stroke, from scripts that the command makes of its table.

load lib
load terminal

setup() {
	export HOME=$BATS_TEST_TMPDIR/home
	export PATH=$BUILD:$PATH
	mkdir -p "$HOME/folder" "$HOME/site"
	cd "$HOME" || exit
	touch 'e banking.p12' statement.txt
}
teardown() { terminal_close; }

# What is typed, and the line that the key makes of it: of nouns, verbs, flags, values, files and folders.
cases() {
	cat <<-'EOF'
	counterfoil ord|counterfoil order
	counterfoil order n|counterfoil order new
	counterfoil order new --key-t|counterfoil order new --key-type
	counterfoil order new --key-type p3|counterfoil order new --key-type p384
	counterfoil order new --key-type=rsa3|counterfoil order new --key-type=rsa3072
	counterfoil --json order list --state lo|counterfoil --json order list --state locked
	counterfoil --server https://localhost:9443 cert revoke 3f:9a --reason k|counterfoil --server https://localhost:9443 cert revoke 3f:9a --reason keyCompromise
	counterfoil cert list --status=he|counterfoil cert list --status=held
	counterfoil install ng|counterfoil install nginx
	counterfoil install nginx e\ b|counterfoil install nginx e\ banking.p12
	counterfoil install nginx x --to f|counterfoil install nginx x --to folder/
	counterfoil contact add --may-o|counterfoil contact add --may-order
	counterfoil contact add --may-order y|counterfoil contact add --may-order yes
	counterfoil convert x --to comp|counterfoil convert x --to compatible
	counterfoil call https://x/y --identity e|counterfoil call https://x/y --identity e\ banking.p12
	counterfoil completion fi|counterfoil completion fish
	EOF
}

# completes PROMPT: every case, in the shell that runs in the terminal.
completes() {
	local typed wanted count=0
	while IFS='|' read -r typed wanted; do
		terminal_empty "$1"
		terminal_type "$typed"
		terminal_key Tab
		terminal_shows "$1 $wanted"
		count=$((count + 1))
	done < <(cases)
	equal "$count" "$(cases | wc -l)" cases
}

@test "a real bash completes nouns, verbs, flags, values, files and folders" {
	counterfoil completion bash >"$HOME/counterfoil"
	shellcheck "$HOME/counterfoil"
	terminal_open 160 "env PS1='%% ' bash --norc --noprofile"
	terminal_type 'source ./counterfoil; echo read=$?'
	terminal_key Enter
	terminal_shows read=0
	completes %%
	# what no value goes with offers flags, and never a file
	terminal_empty %%
	terminal_type 'counterfoil audit verify s'
	terminal_key Tab Tab
	terminal_type '#'
	terminal_shows 'audit verify s#'
	refute terminal_has statement
	# all that there is, in the table's order or the alphabet's
	terminal_empty %%
	terminal_type 'counterfoil help order '
	terminal_key Tab Tab
	terminal_shows reissue
	terminal_shows unlock
}

@test "zsh completes the same" {
	counterfoil completion zsh >"$HOME/site/_counterfoil"
	zsh -fn "$HOME/site/_counterfoil"
	terminal_open 160 "env PS1='%% ' zsh -f"
	# shellcheck disable=SC2016
	terminal_type 'PS1="## "; fpath=($PWD/site $fpath); autoload -U compinit; compinit -u -D; print read=$?'
	terminal_key Enter
	terminal_shows read=0
	completes '##'
}

@test "fish completes the same" {
	mkdir -p "$HOME/.config/fish/completions"
	counterfoil completion fish >"$HOME/.config/fish/completions/counterfoil.fish"
	fish -n "$HOME/.config/fish/completions/counterfoil.fish"
	local typed wanted
	while IFS='|' read -r typed wanted; do
		run --separate-stderr fish -c "complete -C $(printf '%q' "$typed")"
		equal "$stderr" '' "what fish says of [$typed]"
		# the last word, whole, is offered
		cut -f 1 <<<"$output" | sed 's/ /\\ /g' | grep -qxF -- "$(sed -E 's/^.*[^\\] //' <<<"$wanted")" ||
			{ echo "[$typed] is not completed to [$wanted]: $output" >&2; return 1; }
	done < <(cases)
}

@test "a shell that is not known is refused with those that are" {
	exits 2 "$COMMAND" completion csh
	grep -q 'want bash, zsh or fish' <<<"$output"
}
