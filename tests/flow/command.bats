#!/usr/bin/env bats
# The command counterfoil as staff and recipients use it, against a real service.

load lib
load terminal

setup_file() {
	start_installation
	make_directory
}
teardown_file() { stop_installation; }
teardown() { terminal_close; }

staff() { "$COMMAND" --server "$MEMBERS" --ca "$CA" --identity "$DIR/admin.p12" --password-file "$DIR.admin-password" "$@"; }
collect() { # collect FILE ARGUMENT...
	local file=$1
	shift
	"$COMMAND" collect "$LINK" --ca "$CA" --out "$file" --no-password "$@"
}

@test "staff add, list and show; faults come one a line; exit codes tell the kinds apart" {
	exits 0 staff organisation add sorbank --name 'Sørbank'
	exits 4 staff organisation add sorbank --name 'Sørbank'
	exits 1 staff contact add --organisation sorbank --name 'Ola' --email ola --mobile 123
	grep -q '^counterfoil: email: ' <<<"$output"
	grep -q '^counterfoil: mobile: ' <<<"$output"
	exits 3 staff organisation show nowhere
	exits 2 staff organisation shwo nowhere
	grep -q 'did you mean "organisation show"' <<<"$output"
	exits 5 "$COMMAND" --server https://localhost:1 --ca "$CA" --identity "$DIR/admin.p12" --password-file "$DIR.admin-password" me
	exits 0 staff organisation list
	grep -qE '^sorbank +Sørbank' <<<"$output"
	exits 0 staff organisation list --json
	equal "$(jq -r '.items[] | select(.slug == "sorbank") | .name' <<<"$output")" 'Sørbank' name
}

@test "help of a noun and of a verb begins with examples, within 80 columns, and a slip is told what was meant" {
	exits 0 "$COMMAND" order new --help
	equal "${lines[0]}" Examples: "the first line"
	grep -qE -- '^  --contact CONTACT +who receives it' <<<"$output"
	exits 0 "$COMMAND" order --help
	grep -qE '^  new +Order a certificate' <<<"$output"
	exits 0 "$COMMAND" --help
	grep -qE '^  order +new, list' <<<"$output"
	refute grep -qE '^.{81}' <<<"$output"
	exits 2 "$COMMAND" ordr
	grep -qF 'did you mean "order"?' <<<"$output"
	exits 2 "$COMMAND" order nwe
	grep -qF 'did you mean "order new"?' <<<"$output"
	exits 2 "$COMMAND" order new --conatct x
	grep -qF 'did you mean --contact?' <<<"$output"
	exits 2 "$COMMAND" order
	grep -qF 'order wants one of: new, list' <<<"$output"
}

@test "settings come from the file, the environment and flags" {
	mkdir -p "$XDG_CONFIG_HOME/counterfoil"
	printf 'server = %s\nidentity = %s\npassword_file = %s\n' "$MEMBERS" "$DIR/admin.p12" "$DIR.admin-password" \
		>"$XDG_CONFIG_HOME/counterfoil/config"
	chmod 664 "$XDG_CONFIG_HOME/counterfoil/config"
	exits 4 "$COMMAND" me
	grep -q 'counterfoil/config may be written by others' <<<"$output"
	chmod 644 "$XDG_CONFIG_HOME/counterfoil/config"
	exits 0 "$COMMAND" me # the CA is in the file itself
	grep -q 'Ada Administrator' <<<"$output"
	COUNTERFOIL_SERVER=https://localhost:1 exits 5 "$COMMAND" me
	COUNTERFOIL_SERVER=https://localhost:1 exits 0 "$COMMAND" me --server "$MEMBERS"
	COUNTERFOIL_CA=$CA exits 0 "$COMMAND" config --server https://localhost:1
	grep -qE '^SETTING +VALUE +FROM$' <<<"$output"
	grep -qE '^server +https://localhost:1 +--server$' <<<"$output"
	grep -qE "^ca +$CA +COUNTERFOIL_CA$" <<<"$output"
	grep -qE "^identity +$DIR/admin.p12 +$XDG_CONFIG_HOME/counterfoil/config:2$" <<<"$output"
	grep -qE '^key-file +- +-$' <<<"$output"
	exits 0 "$COMMAND" config --json
	equal "$(jq -r '.items[0] | .setting + " " + .value + " " + .origin' <<<"$output")" "server $MEMBERS file" "the server"
	equal "$(jq -r .file <<<"$output")" "$XDG_CONFIG_HOME/counterfoil/config" "the file"
	echo 'sevrer = x' >>"$XDG_CONFIG_HOME/counterfoil/config"
	exits 2 "$COMMAND" me
	grep -q 'counterfoil/config:4: unknown key "sevrer": did you mean "server"?' <<<"$output"
	exits 2 "$COMMAND" config
	rm -r "$XDG_CONFIG_HOME"
	exits 2 "$COMMAND" me
}

@test "a secret file that others may read is refused" {
	cp "$DIR.admin-password" "$WORK/password"
	chmod 644 "$WORK/password"
	exits 4 "$COMMAND" show "$DIR/admin.p12" --password-file "$WORK/password"
	chmod 600 "$WORK/password"
	exits 0 "$COMMAND" show "$DIR/admin.p12" --password-file "$WORK/password"
	grep -q 'Ada Administrator' <<<"$output"
}

@test "a file or a folder that is not there exits 3, whoever wants it" {
	local own=("$DIR/admin.p12" --password-file "$DIR.admin-password")
	for verb in show check 'install pem' 'convert --to pem --out x' 'peer --ca'; do
		# shellcheck disable=SC2086
		exits 3 "$COMMAND" $verb "$WORK/none.p12"
	done
	exits 3 "$COMMAND" show "${own[0]}" --password-file "$WORK/none"
	exits 3 "$COMMAND" show "$CA" --key-file "$WORK/none"
	exits 3 "$COMMAND" check "${own[@]}" --crl x --ca "$WORK/none"
	exits 3 "$COMMAND" convert "${own[@]}" --to pem --out "$WORK/none/x.pem"
	exits 4 "$COMMAND" convert "${own[@]}" --to pem --out "$CA"
	called() { "$COMMAND" call "$PUBLIC/d/AAAAAAAAAAAAAAAAAAAAAA" "$@"; }
	exits 3 called --identity "$WORK/none.p12"
	exits 3 called --ca "$WORK/none.pem"
	exits 3 called --ca "$CA" -d "@$WORK/none"
	exits 3 called --ca "$CA" -F a=b -F "c=@$WORK/none"
	exits 3 called --ca "$CA" -o "$WORK/none/x"
	exits 1 called --ca "$CA" --identity "$WORK"
}

@test "order, collect, open, call, revoke: all by the command" {
	mark
	ORDER=$(staff --json order new --organisation nordbank --service document-archive --client e-banking \
		--contact kari@nordbank.example | jq -r .id)
	equal "$(order_state)" offered state
	read_messages
	exits 4 collect "$WORK/e.p12" --code-fd 7 7<<<AAAAAAAA
	[ ! -e "$WORK/e.p12" ]
	[ ! -e "$WORK/e.p12.claim" ]
	exits 0 collect "$WORK/e.p12" --code-fd 7 7<<<"$CODE"
	[ ! -e "$WORK/e.p12.claim" ]
	equal "$(stat -c %a "$WORK/e.p12")" 600 mode
	read_password
	(umask 077 && echo "$PASSWORD" >"$WORK/password")
	exits 1 "$COMMAND" show "$WORK/e.p12" --password-file "$DIR.admin-password"
	exits 0 "$COMMAND" check "$WORK/e.p12" --password-file "$WORK/password"
	exits 1 "$COMMAND" check "$WORK/e.p12" --password-file "$WORK/password" --days 9999
	own() { "$COMMAND" call "$MEMBERS$1" --identity "$WORK/e.p12" --password-file "$WORK/password"; }
	exits 0 own /v1/services/nordbank/document-archive
	exits 4 own /v1/services/nordbank/payments
	SERIAL=$("$COMMAND" --json show "$WORK/e.p12" --password-file "$WORK/password" | jq -r .serial)
	exits 2 setsid -w "$COMMAND" --server "$MEMBERS" --ca "$CA" --identity "$DIR/admin.p12" \
		--password-file "$DIR.admin-password" cert revoke "$SERIAL" --reason keyCompromise
	exits 0 own /v1/me
	exits 0 staff cert revoke "${SERIAL:0:2}:${SERIAL:2}" --reason keyCompromise --yes
	exits 6 own /v1/me
	exits 4 staff cert revoke "$SERIAL" --reason keyCompromise --yes
	exits 0 staff audit verify
	grep -qE '^audit: [0-9]+ records, chain whole, journal head at record [0-9]+$' <<<"$output"
}

@test "a list is taken whole with --all, page by page, and says how to go on without it" {
	local i
	for i in 1 2 3; do exits 0 staff organisation add "page-$i" --name "Page $i"; done
	exits 0 staff audit list --limit 2
	grep -qE '^more: --after [0-9]+, or --all$' <<<"$output"
	exits 0 staff audit list --json --limit 2 --all
	local count
	count=$(jq '.items | length' <<<"$output")
	[ "$count" -gt 4 ]
	equal "$(jq -r '.next' <<<"$output")" null next
	equal "$(jq '.items | map(.sequence) | unique | length' <<<"$output")" "$count" "each once"
	exits 0 staff audit list --json --limit 500
	equal "$(jq '.items | length' <<<"$output")" "$count" "as many as in one page"
}

# Programs rely on these: members may be added to them, never taken away or renamed.
@test "what --json prints keeps its members" {
	new_order
	local line command wanted missing
	while IFS='|' read -r command wanted; do
		# shellcheck disable=SC2086
		exits 0 staff --json $command
		missing=$(jq -r --arg wanted "$wanted" '(if has("items") then .items[0] else . end) | keys as $had
			| ($wanted | split(" ")) - $had | join(" ")' <<<"$output")
		equal "$missing" '' "what $command lacks"
	done <<-EOF
		organisation list|slug name services contacts created_at
		service list|organisation slug name clients created_at
		client list|organisation service slug name created_at
		contact list|id organisation name email mobile may_order may_receive language
		order list|id state organisation service client contact_name created_at
		order show $ORDER|id state state_at created_at organisation organisation_name service client client_name contact contact_name contact_email key_type note replaces replaced_by messages attempts history
		staff list|id name role status email certificate_not_after
		audit list|sequence record hash
		outbox show|paused waiting dead
		me|role name
		config|setting value origin from
	EOF
}

@test "tables fit the terminal, ids whole, and colour is for states alone" {
	new_order
	cat >"$WORK/orders" <<-EOF
		#!/bin/sh
		exec "$COMMAND" --server "$MEMBERS" --ca "$CA" --identity "$DIR/admin.p12" --password-file "$DIR.admin-password" order list "\$@"
	EOF
	chmod 755 "$WORK/orders"
	terminal_open 80 "env PS1='%% ' bash --norc --noprofile"
	terminal_type "$WORK/orders --state offered"
	terminal_key Enter
	terminal_shows "$ORDER  offered"
	terminal_shows 'CREATED'
	equal "$(terminal_screen | grep -c "^$ORDER.*…$")" 1 "the order's line, its time cut to the date"
	exits 0 "$WORK/orders"
	refute grep -q $'\033' <<<"$output"
}

@test "a dry run says what a revocation would stop, and changes nothing; a search finds it in any notation" {
	collect_whole "$BATS_FILE_TMPDIR/dry.pem"
	local before
	before=$(database 'SELECT COUNT(*) FROM audit')
	exits 0 staff cert revoke "$SERIAL" --dry-run
	grep -qE '^client +e-banking$' <<<"$output"
	grep -q 'nothing was changed' <<<"$output"
	equal "$(staff cert revoke "$SERIAL" --dry-run --json 2>/dev/null | jq -r .serial)" "$SERIAL" 'the preview'
	exits 3 staff cert revoke 00ff00ff --dry-run
	equal "$(database 'SELECT COUNT(*) FROM audit')" "$before" 'audit records'
	exits 0 staff cert show "$SERIAL" --json
	equal "$(jq -r .status <<<"$output")" valid status
	for wanted in "$SERIAL" "0x$SERIAL" "$(sed 's/../&:/g; s/:$//' <<<"${SERIAL^^}")" "$(jq -r .fingerprint <<<"$output")"; do
		exits 0 staff search "$wanted" --json
		jq -e --arg serial "$SERIAL" '.items | length == 1 and .[0].kind == "certificate" and .[0].id == $serial' <<<"$output"
	done
	exits 0 staff search kari@nordbank.example --json
	jq -e '.items | any(.kind == "contact" and .name == "Kari Nordmann")' <<<"$output"
}

@test "what cannot be undone is asked for in a terminal, with the names of what it is about" {
	collect_whole "$BATS_FILE_TMPDIR/asked.pem"
	cat >"$WORK/asked" <<-EOF
		#!/bin/sh
		exec "$COMMAND" --server "$MEMBERS" --ca "$CA" --identity "$DIR/admin.p12" --password-file "$DIR.admin-password" "\$@"
	EOF
	chmod 755 "$WORK/asked"
	terminal_open 100 "env PS1='%% ' bash --norc --noprofile"
	local question='Revoke this certificate? It cannot be undone. Type yes:'
	for answer in no yes; do
		terminal_type "$WORK/asked cert revoke $SERIAL --reason superseded >$WORK/told; echo ended=\$?"
		terminal_key Enter
		terminal_shows "$question"
		terminal_shows "serial        $SERIAL"
		terminal_shows "client        e-banking"
		terminal_shows "organisation  Nordbank"
		terminal_shows "status        valid"
		exits 0 staff cert show "$SERIAL" --json
		equal "$(jq -r .status <<<"$output")" valid "the status while it is asked"
		terminal_type $answer
		terminal_key Enter
		if [ $answer = no ]; then
			terminal_shows 'nothing was done'
			terminal_shows 'ended=4'
			terminal_key C-l
			until_true 20 terminal_is_empty %%
		fi
	done
	terminal_shows 'ended=0'
	grep -qE '^status +revoked' "$WORK/told"
	terminal_close
	new_order
	exits 2 setsid -w "$WORK/asked" order cancel "$ORDER" 3>&- </dev/null
	grep -qE '^  order +'"$ORDER" <<<"$output"
	grep -q 'give --yes' <<<"$output"
	equal "$(order_state)" offered state
	exits 2 setsid -w "$WORK/asked" order reissue "${SERIAL:0:4}:${SERIAL:4}" 3>&- </dev/null
	grep -qE "^  serial +$SERIAL" <<<"$output"
	exits 0 "$WORK/asked" order cancel "$ORDER" --yes
	equal "$(order_state)" cancelled state
}

@test "call --json tells status, headers and body as one object, of a refusal too" {
	call() { "$COMMAND" call --json --ca "$CA" "$@"; }
	exits 0 call "$MEMBERS/v1/me" --identity "$DIR/admin.p12" --password-file "$DIR.admin-password"
	equal "$(jq -r '.status, .body.role, .headers["content-type"]' <<<"$output" | tr '\n' ' ')" '200 administrator application/json ' "the answer"
	run --separate-stderr call "$MEMBERS/v1/organisations/nowhere" --identity "$DIR/admin.p12" --password-file "$DIR.admin-password"
	equal "$status" 3 "not found ($stderr)"
	equal "$(jq -r '.status, .body.code' <<<"$output" | tr '\n' ' ')" '404 not_found ' "the problem"
	run --separate-stderr call "$PUBLIC/d/AAAAAAAAAAAAAAAAAAAAAA"
	equal "$(jq -r '.status, (.text | type), (.headers["content-type"] | startswith("text/html"))' <<<"$output" | tr '\n' ' ')" '404 string true ' "a page"
	exits 0 call "$MEMBERS/v1/me" --identity "$DIR/admin.p12" --password-file "$DIR.admin-password" -o "$WORK/me.json"
	equal "$(jq -r '.status, has("body")' <<<"$output" | tr '\n' ' ')" '200 false ' "the body in a file"
	equal "$(jq -r .role "$WORK/me.json")" administrator "the file"
}

@test "a collection killed anywhere is taken up by the same command without a code" {
	new_order
	# by exec: killing the shell around it would leave it at work
	(exec "$COMMAND" collect "$LINK" --ca "$CA" --out "$WORK/k.p12" --no-password --code-fd 7) 7<<<"$CODE" 2>/dev/null &
	local pid=$!
	until_true 20 grep -qs claim "$WORK/k.p12.claim" || true # one that was only made room for is empty of it
	kill -9 "$pid" 2>/dev/null || true
	wait "$pid" || true
	if [ -e "$WORK/k.p12.claim" ]; then # killed before the receipt
		exits 0 collect "$WORK/k.p12"
	fi
	equal "$(sha256sum <"$WORK/k.p12" | wc -l)" 1 file
	read_password
	open_package "$WORK/k.p12" "$WORK/k.pem"
	[ ! -e "$WORK/k.p12.claim" ]
}

@test "collect --install lays the parts once the password has come, and what it cannot do is said before a code is used" {
	chmod go-w "$WORK" # whatever the umask
	new_order
	exits 2 collect "$WORK/i.p12" --install nginx --to "$WORK/in" --code-fd 7 7<<<"$CODE" # with --no-password
	exits 2 "$COMMAND" collect "$LINK" --ca "$CA" --out "$WORK/i.p12" --install iis --code-fd 7 7<<<"$CODE"
	exits 2 "$COMMAND" collect "$LINK" --ca "$CA" --out "$WORK/i.p12" --install pem --to 'a b' --code-fd 7 7<<<"$CODE"
	mkfifo "$WORK/password"
	{ read_password && echo "$PASSWORD"; } >"$WORK/password" &
	local phone=$!
	exits 0 "$COMMAND" collect "$LINK" --ca "$CA" --out "$WORK/i.p12" --install nginx --to "$WORK/in" --json --code-fd 7 \
		--password-fd 8 7<<<"$CODE" 8<"$WORK/password"
	wait "$phone"
	equal "$(stat -c %a "$WORK/in/nginx/key.pem")" 600 "mode of the key"
	equal "$(curl -sS --cacert "$CA" --cert "$WORK/in/nginx/chain.pem" --key "$WORK/in/nginx/key.pem" "$MEMBERS/v1/me" | jq -r .client)" \
		e-banking "who calls"
	grep -q '"platform": "nginx"' <<<"$output"
}

@test "a file that exists is not overwritten, and costs no code" {
	new_order
	echo mine >"$WORK/mine.p12"
	exits 4 collect "$WORK/mine.p12" --code-fd 7 7<<<"$CODE"
	equal "$(cat "$WORK/mine.p12")" mine file
	exits 0 collect "$WORK/other.p12" --code-fd 7 7<<<"$CODE"
}

@test "the compatible encoding is 3DES, and opens" {
	new_order
	exits 0 collect "$WORK/c.p12" --encoding compatible --code-fd 7 7<<<"$CODE"
	read_password
	(umask 077 && echo "$PASSWORD" >"$WORK/password")
	exits 0 "$COMMAND" show "$WORK/c.p12" --password-file "$WORK/password"
	openssl pkcs12 -in "$WORK/c.p12" -passin "pass:$PASSWORD" -info -noout 2>&1 | grep -q '3-KeyTripleDES'
}

@test "the audit chain with one byte changed in the database is found" {
	exits 0 staff audit verify
	local at
	at=$(database "SELECT sequence FROM audit WHERE record LIKE '%organisation_added%' LIMIT 1")
	database "UPDATE audit SET record = replace(record, 'organisation_added', 'organisation_addec') WHERE sequence = $at"
	exits 1 staff audit verify
	grep -q "record $at has been changed" <<<"$output"
	database "UPDATE audit SET record = replace(record, 'organisation_addec', 'organisation_added') WHERE sequence = $at"
	exits 0 staff audit verify
}

@test "a lost file is reissued: the old certificate is refused at once, the new order goes to the same contact, once" {
	collect_whole "$BATS_FILE_TMPDIR/lost.pem"
	old=$ORDER
	as lost GET /v1/me
	equal "$STATUS_CODE" 200 before
	mark
	exits 0 staff order reissue "$SERIAL" --note 'the disk died' --json --yes
	ORDER=$(jq -r .id <<<"$output")
	equal "$(jq -r .replaces <<<"$output")" "$old" replaces
	equal "$(jq -r .state <<<"$output")" offered state
	as lost GET /v1/me
	equal "$STATUS_CODE" 403 after
	equal "$(field .code)" revoked reason
	read_messages
	exits 0 staff order reissue "$old" --json --yes # a repeat
	equal "$(jq -r .id <<<"$output")" "$ORDER" 'the same order'
	exits 0 staff order show "$old" --json
	equal "$(jq -r .replaced_by <<<"$output")" "$ORDER" 'replaced by'
	exits 0 staff cert show "$SERIAL" --json
	equal "$(jq -r '.status + " " + .reason' <<<"$output")" 'revoked superseded' certificate
	exits 4 staff order reissue "$ORDER" --yes
	grep -q 'order resend' <<<"$output"
	exits 3 staff order reissue no-such-order --yes
	claim
	fetch modern "$WORK/again.p12"
	acknowledge "$WORK/again.p12"
	equal "$STATUS_CODE" 200 'the new file'
	exits 0 staff audit verify
}
