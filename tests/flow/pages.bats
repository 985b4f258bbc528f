#!/usr/bin/env bats
# The recipient's pages from outside, as a browser without scripts; and the commands on the last one, run as they stand there.

bats_require_minimum_version 1.5.0
load lib

setup_file() {
	start_installation
	make_directory
}
teardown_file() { stop_installation; }

# browse METHOD PATH CURL-ARGUMENT...: sets STATUS_CODE and PAGE; the cookie is kept.
browse() {
	STATUS_CODE=$(curl -sS --cacert "$CA" -b "$WORK/jar" -c "$WORK/jar" -X "$1" -H 'Accept: text/html' -H 'Accept-Language: nb' \
		-o "$WORK/page" -w '%{http_code}' "${@:3}" "$LINK$2")
	PAGE=$(tr -d '\0' <"$WORK/page")
}
made() { browse GET /file && grep -q 'id="download"' <<<"$PAGE"; }

# To the last page, in $PAGE; the file and its password where the commands look for them: FILE and STEM in HERE.
collect_by_pages() {
	HERE=$WORK/here
	mkdir -p "$HERE"
	new_order
	browse POST /code -d "code=$CODE"
	equal "$STATUS_CODE" 303 code
	until_true 30 made
	FILE=$(grep -o 'download="[^"]*"' <<<"$PAGE" | head -1 | cut -d'"' -f2)
	STEM=${FILE%.p12}
	browse GET /package/modern
	cp "$WORK/page" "$HERE/$FILE"
	browse POST /received -d ''
	equal "$STATUS_CODE" 303 received
	read_password
	browse GET /done
	equal "$STATUS_CODE" 200 'the last page'
}

# The page's commands, one a file, as one would copy them.
commands() {
	node -e '
		const { readFileSync, writeFileSync } = require("fs");
		const page = readFileSync(process.argv[1], "utf8");
		const plain = (text) => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&quot;/g, "\"").replace(/&#39;/g, "\u0027").replace(/&amp;/g, "&");
		[...page.matchAll(/<pre><code>([^]*?)<\/code><\/pre>/g)].forEach((found, n) =>
			writeFileSync(`${process.argv[2]}/${String(n).padStart(2, "0")}`, plain(found[1]) + "\n"));
	' "$WORK/page" "$1"
}

# run_one FILE: a command in HERE, but on this machine's places and with this installation for the service.
run_one() {
	sed -e 's/sudo //g' -e "s|/etc/counterfoil/|$HERE/etc/|g" -e "s|https://archive.example/me|$MEMBERS/v1/me|g" "$1" >"$WORK/command"
	(cd "$HERE" && PATH=$BUILD:$PATH bash -eu "$WORK/command" <"$WORK/typed" >"$WORK/printed" 2>&1) ||
		{ cat "$WORK/command" "$WORK/printed" >&2; return 1; }
}

@test "every command of the last page does what it is there for, with the very file" {
	collect_by_pages
	mkdir "$WORK/commands"
	commands "$WORK/commands"
	equal "$(find "$WORK/commands" -type f | wc -l)" 20 'commands'
	printf '%s\n%s\n%s\n' "$PASSWORD" "$PASSWORD" "$PASSWORD" >"$WORK/typed"
	echo "$PASSWORD" >"$WORK/once"
	local ran=0 command
	for command in "$WORK/commands"/*; do
		case $(cat "$command") in
		*'cat >'*)
			cp "$WORK/once" "$WORK/typed"
			run_one "$command"
			equal "$(cat "$HERE/$STEM.password")" "$PASSWORD" 'the password in its file'
			equal "$(stat -c %a "$HERE/$STEM.password")" 600 'its mode'
			printf '%s\n%s\n%s\n' "$PASSWORD" "$PASSWORD" "$PASSWORD" >"$WORK/typed"
			;;
		*systemctl* | Import-Pfx* | *X509Certificate2Collection* | security*) continue ;; # nothing of that is on this machine
		'new https.Agent'*)
			{
				echo "const https = require('https'); const { readFileSync } = require('fs'); const agent ="
				cat "$command"
				echo "; https.get('$MEMBERS/v1/me', { agent }, (answer) => console.log(answer.statusCode))"
			} >"$HERE/agent.js"
			equal "$(cd "$HERE" && node agent.js)" 200 'the agent is let in'
			;;
		*) run_one "$command" ;;
		esac
		case $(cat "$command") in
		*curl*) equal "$(jq -r .client "$WORK/printed" 2>/dev/null || cat "$WORK/printed")" e-banking 'who calls' ;;
		*'install nginx'*) [ -s "$HERE/etc/e-banking/nginx/proxy.conf" ] ;;
		*'-nocerts'*) openssl pkey -in "$HERE/$STEM.key" -noout && equal "$(stat -c %a "$HERE/$STEM.key")" 600 'its mode' ;;
		esac
		ran=$((ran + 1))
	done
	equal "$ran" 14 'commands that were run'
}

@test "a path that is nothing is the same calm page" {
	for path in /d /d/ /d/x/y /x /file /assets/none.css; do
		equal "$(curl -sS --cacert "$CA" -H 'Accept: text/html' -H 'Accept-Language: nb' -o "$WORK/page" -w '%{http_code}' "$PUBLIC$path")" 404 "$path"
		grep -q '<h1>Denne lenken er ikke i bruk</h1>' "$WORK/page"
	done
}
