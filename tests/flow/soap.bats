#!/usr/bin/env bats
# SOAP with a service that is written by others (spyne), behind the web servers that customers run; a client that is none of
# ours either (zeep) is told the same.

bats_require_minimum_version 1.5.0
load lib
load web

setup_file() { web_stage; }

# asks VERSION SERVER KIND SERVICE NUMBER ARGUMENT...: sets status, output, stderr
asks() {
	local version=$1 url
	url=$(web_url "$2" "$3" "/soap${version/./}")
	run --separate-stderr "$COMMAND" call "$url" "--soap=$version" --action urn:example:letters:Fetch \
		--identity "$BATS_FILE_TMPDIR/package.p12" --password-file "$BATS_FILE_TMPDIR/password" --ca "$WEB/ca.pem" \
		-d "<Fetch xmlns='urn:example:letters'><organisation>nordbank</organisation><service>$4</service><number>$5</number></Fetch>" \
		"${@:6}"
}
# field_of NAME: of the letter in $output, which stands by itself
field_of() { python3 -c 'import sys; from xml.etree import ElementTree
print(ElementTree.fromstring(sys.stdin.read()).findtext(".//{urn:example:letters}" + sys.argv[1]))' "$1" <<<"$output"; }

@test "a letter is fetched by SOAP 1.1 and 1.2 through each server, marked with its environment" {
	local server version
	for version in 1.1 1.2; do
		for server in "${SERVERS[@]}"; do
			asks "$version" "$server" required document-archive 2
			equal "$status" 0 "$server $version ($stderr)"
			equal "$(field_of title)" 'Østre gate 7 & <Søn>' "$server $version"
			equal "$(field_of environment) $(field_of caller)" 'production e-banking' "$server $version"
			asks "$version" "$server" none payments 1
			equal "$(field_of environment)" test "$server $version"
		done
	done
}

@test "a fault is told in its parts, and the exit code is that of a refusal" {
	local version
	asks 1.1 nginx required document-archive 99
	equal "$status" 4 "1.1 ($output)"
	grep -q '^code: Client.NoSuchLetter$' <<<"$stderr"
	grep -q '^reason: there is no letter 99$' <<<"$stderr"
	asks 1.2 nginx required document-archive 99
	equal "$status" 4 "1.2 ($output)"
	grep -q '^code: Sender$' <<<"$stderr"
	asks 1.1 apache required payments 2 --json
	equal "$(jq -r '[.status, .fault.code, .fault.reason] | join("|")' <<<"$output")" \
		'500|Client.NotYours|letters of nordbank/payments are not for e-banking' 'fault 1.1'
	asks 1.2 haproxy required payments 2 --json
	equal "$(jq -r '[.status, .fault.code, .fault.subcode, .fault.reason] | join("|")' <<<"$output")" \
		'500|Sender|NotYours|letters of nordbank/payments are not for e-banking' 'fault 1.2'
	for version in 1.1 1.2; do
		asks "$version" nginx required payments 2 --json
		jq -r .fault.detail <<<"$output" | grep -qE '^<environment[^<]*>production</environment>$'
		asks "$version" nginx required document-archive 500
		equal "$status" 4 "a service that fails ($stderr)"
		grep -qE '^code: (Server|Receiver)$' <<<"$stderr"
	done
}

@test "what is no envelope is said to be none" {
	asks 1.1 nginx required document-archive x
	grep -q '^code: Client.SchemaValidationError$' <<<"$stderr"
	asks 1.2 nginx required document-archive x # spyne falls over its own fault there, and answers by a page
	equal "$status" 5 "a page ($stderr)"
	grep -q 'status 500 with a page of HTML, not SOAP' <<<"$stderr"
	run --separate-stderr "$COMMAND" call "$(web_url nginx required /soap11)" --soap -d '<x/>' --ca "$WEB/ca.pem"
	equal "$status" 4 "nginx's page, without a certificate ($stderr)"
	grep -q 'demands a client certificate, and none was sent' <<<"$stderr"
}

@test "zeep is told the same with the same certificate" {
	local server
	for server in "${SERVERS[@]}"; do
		/usr/bin/python3 -B "$ROOT/tests/support/zeep_caller.py" "$(web_url "$server" required '/soap11?wsdl')" \
			"$(web_url "$server" required /soap11)" "$WEB/ca.pem" "$BATS_FILE_TMPDIR/client.pem" >"$WORK/zeep"
		equal "$(jq -r '[.title, .environment, .caller] | join("|")' "$WORK/zeep")" 'Østre gate 7 & <Søn>|production|e-banking' "$server"
		asks 1.1 "$server" required payments 2 --json
		equal "$(jq -r '."not ours".reason' "$WORK/zeep")" "$(jq -r .fault.reason <<<"$output")" "$server: not ours"
		asks 1.1 "$server" required document-archive 99 --json
		equal "$(jq -r '."no such".reason' "$WORK/zeep")" "$(jq -r .fault.reason <<<"$output")" "$server: no such"
		equal "$(jq -r '."no such".code' "$WORK/zeep")" 'soap11env:Client.NoSuchLetter' "$server: code"
	done
	run /usr/bin/python3 -B "$ROOT/tests/support/zeep_caller.py" "$(web_url nginx required '/soap11?wsdl')" \
		"$(web_url nginx required /soap11)" "$WEB/ca.pem" "$WEB/both.pem"
	equal "$status" 1 "a server's certificate ($output)"
}
