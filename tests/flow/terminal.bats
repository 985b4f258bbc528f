#!/usr/bin/env bats
# counterfoil collect as an administrator without a browser meets it: at a terminal, in a hurry, with slips.

load lib

setup_file() {
	start_installation
	make_directory
}
teardown_file() { stop_installation; }

# person [PROMPT=ANSWER]... -- ARGUMENT...: collect LINK with them, at a terminal; what it showed is in $output.
person() {
	local steps=()
	while [ "$1" != -- ]; do
		steps+=("$1")
		shift
	done
	shift
	run /usr/bin/python3 "$ROOT/tests/support/terminal.py" "${steps[@]}" -- "$COMMAND" collect "$LINK" --ca "$CA" "$@"
}
says() { grep -F -- "$1" <<<"$output" || { echo "not said: $1, but: $output" >&2; return 1; }; }
tries_left() { visit GET "$LINK"; field .tries_left; }

@test "a slip is corrected, the password is asked for, and what to do next is said" {
	new_order
	mkfifo "$WORK/phone"
	{ read_password && echo "$PASSWORD" >"$WORK/phone"; } &
	local phone=$!
	person 'Code from the SMS=AAAA AAAA' "Code from the SMS= ${CODE:0:4}-${CODE:4} " "assword=@$WORK/phone" -- --out "$WORK/a.p12"
	wait "$phone"
	equal "$status" 0 "exit code ($output)"
	says '4 tries are left'
	says 'Saved and acknowledged. The password follows by SMS.'
	says 'It opens: certificate of e-banking'
	says 'counterfoil call URL --identity'
}

@test "a code that did not come, or is too old, is sent anew against the last four digits" {
	new_order
	mark
	mkfifo "$WORK/phone"
	{ until_true 20 has_message code && read_code && echo "$CODE" >"$WORK/phone"; } &
	local phone=$!
	person 'Code from the SMS=' 'Last four digits=0000' 'Code from the SMS=' 'Last four digits=4567' "Code from the SMS=@$WORK/phone" \
		-- --out "$WORK/b.p12" --no-password
	wait "$phone"
	equal "$status" 0 "exit code ($output)"
	says 'not the last four digits'
	says 'A new code is on its way. The old one no longer works.'
	[ -s "$WORK/b.p12" ]
}

@test "a person who stops at the prompt loses nothing, and leaves nothing" {
	new_order
	person 'Code from the SMS=^C' -- --out "$WORK/c.p12"
	[ "$status" -ne 0 ]
	[ "$status" -ne 99 ]
	person 'Code from the SMS=' 'Last four digits=^C' -- --out "$WORK/c.p12"
	[ "$status" -ne 0 ]
	[ "$status" -ne 99 ]
	equal "$(find "$WORK" -name 'c.p12*' | wc -l)" 0 'files'
	equal "$(tries_left)" 5 tries
}

@test "a code from a file has one try, and a file that others may read is refused" {
	new_order
	(umask 077 && echo AAAAAAAA >"$WORK/wrong" && echo "$CODE" >"$WORK/code")
	run "$COMMAND" collect "$LINK" --ca "$CA" --out "$WORK/d.p12" --no-password --code-file "$WORK/wrong"
	equal "$status" 4 "a wrong code ($output)"
	says '4 tries are left'
	chmod 644 "$WORK/code"
	run "$COMMAND" collect "$LINK" --ca "$CA" --out "$WORK/d.p12" --no-password --code-file "$WORK/code"
	equal "$status" 4 "read by others ($output)"
	run "$COMMAND" collect "$LINK" --ca "$CA" --code-file "$WORK/code" --code-fd 7
	equal "$status" 2 "both ($output)"
	equal "$(tries_left)" 4 tries
	chmod 600 "$WORK/code"
	run "$COMMAND" collect "$LINK" --ca "$CA" --out "$WORK/d.p12" --no-password --code-file "$WORK/code"
	equal "$status" 0 "the right one ($output)"
}

@test "a folder that is not there, or has no room, is found out before the code is used" {
	new_order
	run "$COMMAND" collect "$LINK" --ca "$CA" --out "$WORK/none/e.p12" --no-password --code-fd 7 7<<<"$CODE"
	equal "$status" 3 "no folder ($output)"
	says "$WORK/none/e.p12.claim"
	run sh -c 'ulimit -f 0; trap "" XFSZ; exec "$@"' sh "$COMMAND" collect "$LINK" --ca "$CA" --out "$WORK/e.p12" --no-password --code-fd 7 7<<<"$CODE"
	[ "$status" -ne 0 ]
	equal "$(find "$WORK" -name 'e.p12*' | wc -l)" 0 'files'
	equal "$(tries_left)" 5 tries
	run "$COMMAND" collect "$LINK" --ca "$CA" --out "$WORK/e.p12" --no-password --code-fd 7 7<<<"$CODE"
	equal "$status" 0 "the code still works ($output)"
}
