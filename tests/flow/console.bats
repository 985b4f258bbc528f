#!/usr/bin/env bats
# The console from outside: an administrator's certificate, curl, and forms as a browser (or somebody else's page) would send them.

load lib

setup_file() {
	start_installation
	make_directory
	staff_member support support
	staff_member auditor auditor
}
teardown_file() { stop_installation; }

# browse WHO PATH CURL-ARGUMENT...: a page as a browser asks for it; sets STATUS_CODE, keeps body and head.
browse() {
	local who=$1 path=$2
	shift 2
	STATUS_CODE=$(curl -sS --cacert "$CA" --cert "$BATS_FILE_TMPDIR/$who.pem" -H 'Accept: text/html' -o "$WORK/body" -D "$WORK/head" \
		-w '%{http_code}' "$@" "$MEMBERS$path")
}
# send WHO PATH FORM CURL-ARGUMENT...: the form of an own page, with its token.
send() {
	local who=$1 path=$2 form=$3
	shift 3
	browse "$who" "$path" -H "Sec-Fetch-Site: same-origin" -H 'Origin: null' --data-raw "token=$(token_of "$who")&$form" "$@"
}
# The token is in every form that somebody may see.
token_of() {
	curl -sS --cacert "$CA" --cert "$BATS_FILE_TMPDIR/$1.pem" "$MEMBERS/console/contacts/kari@nordbank.example" |
		grep -oE 'name="token" value="[0-9a-f]{64}"' | head -1 | grep -oE '[0-9a-f]{64}'
}
location() { sed -n 's/^[Ll]ocation: //p' "$WORK/head" | tr -d '\r'; }
head_says() { tr -d '\r' <"$WORK/head" | grep -qixF "$1"; }
stored() { database "SELECT $1 FROM contact WHERE name LIKE 'Kari%' OR email LIKE 'kari%'"; }

@test "every page is for staff alone, kept by nobody, framed by nobody, and runs nothing of anybody's" {
	for path in /console /console/orders /console/certificates /console/organisations /console/contacts /console/audit; do
		browse administrator "$path"
		equal "$STATUS_CODE" 200 "$path"
		head_says "Content-Security-Policy: default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
		head_says 'Cache-Control: no-store'
		head_says 'X-Content-Type-Options: nosniff'
		head_says 'Referrer-Policy: no-referrer'
		refute grep -qE '<script>|<style|style="| on[a-z]+="|https?://' "$WORK/body"
	done
	equal "$(curl -s --cacert "$CA" -o /dev/null -w '%{http_code}' "$MEMBERS/console")" 401 'without a certificate'
	for asset in style.css console.js icon.svg; do
		browse auditor "/console/assets/$asset"
		equal "$STATUS_CODE" 200 "$asset"
	done
	browse administrator /console/nothing
	equal "$STATUS_CODE" 404 'an unknown page'
	grep -q 'There is no such thing' "$WORK/body"
	browse support /console/audit
	equal "$STATUS_CODE" 403 'support at the audit'
	grep -q 'this needs the role administrator or auditor; yours is support' "$WORK/body"
	grep -q 'href="/console/orders"' "$WORK/body"
}

@test "a form of one's own page changes; one from anywhere else, or without its token, changes nothing" {
	local contact=/console/contacts/kari@nordbank.example form='name=Kari+Ny&email=kari%40nordbank.example&mobile=%2B4791234567&may_order=yes&may_receive=yes'
	before=$(stored 'name || version')
	for shape in 'Sec-Fetch-Site: cross-site' 'Sec-Fetch-Site: same-site' 'Sec-Fetch-Site: none' 'Origin: https://evil.example' 'Origin: null' 'X-Nothing: 1'; do
		browse administrator "$contact" -H "$shape" --data-raw "token=$(token_of administrator)&$form"
		equal "$STATUS_CODE" 403 "$shape"
	done
	browse administrator "$contact" -H 'Sec-Fetch-Site: same-origin' --data-raw "$form"
	equal "$STATUS_CODE" 403 'without a token'
	browse administrator "$contact" -H 'Sec-Fetch-Site: same-origin' --data-raw "token=$(printf '0%.0s' {1..64})&$form"
	equal "$STATUS_CODE" 403 'with a wrong token'
	staff_member other administrator
	browse administrator "$contact" -H 'Sec-Fetch-Site: same-origin' --data-raw "token=$(token_of other)&$form"
	equal "$STATUS_CODE" 403 "with another administrator's token"
	browse support "$contact" -H 'Sec-Fetch-Site: same-origin' --data-raw "token=$(token_of administrator)&$form"
	equal "$STATUS_CODE" 403 'by support'
	browse administrator "$contact" -H 'Content-Type: application/json' --data-raw '{"name":"Kari Ny"}'
	equal "$STATUS_CODE" 400 'as JSON'
	equal "$(stored 'name || version')" "$before" 'the contact'
	send administrator "$contact" "$form"
	equal "$STATUS_CODE" 303 'its own'
	equal "$(stored name)" 'Kari Ny' 'the name'
	browse administrator "$(location)"
	equal "$STATUS_CODE" 200 'where it leads'
	grep -q 'role="status"' "$WORK/body"
}

@test "a stale form overwrites nothing, and says who was first" {
	local contact=/console/contacts/kari@nordbank.example
	version=$(stored version)
	send administrator "$contact" "name=First&email=kari%40nordbank.example&mobile=%2B4791234567&may_order=yes&may_receive=yes&if_match=%22$version%22"
	equal "$STATUS_CODE" 303 first
	send administrator "$contact" "name=Second&email=kari%40nordbank.example&mobile=%2B4791234567&may_order=yes&may_receive=yes&if_match=%22$version%22"
	equal "$STATUS_CODE" 412 second
	equal "$(database "SELECT name FROM contact WHERE email = 'kari@nordbank.example'")" First 'the name'
	grep -q 'value="Second"' "$WORK/body"
	grep -q 'It is now: <strong class="wrap">First</strong>' "$WORK/body"
	grep -q 'Administrator' <(sed -n '/id="faults"/,/<\/div>/p' "$WORK/body")
}

@test "a second press makes nothing" {
	key=0123456789abcdef0123456789abcdef
	for n in 1 2; do
		send administrator /console/organisations "slug=twice&name=Twice&idempotency_key=$key"
		equal "$STATUS_CODE" 303 "press $n"
		location >"$WORK/location.$n"
	done
	cmp "$WORK/location.1" "$WORK/location.2"
	equal "$(database "SELECT COUNT(*) FROM organisation WHERE slug = 'twice'")" 1 organisations
}

@test "what is wrong with a form is told all at once, with what was typed, and no script of it" {
	canary='%3Cscript%3Ealert(1)%3C%2Fscript%3E'
	send administrator /console/contacts/kari@nordbank.example "name=$canary&email=no+address&mobile=12"
	equal "$STATUS_CODE" 422 'a form full of faults'
	equal "$(grep -c 'class="fault"' "$WORK/body")" 2 faults
	grep -q 'value="&lt;script&gt;alert(1)&lt;/script&gt;"' "$WORK/body"
	refute grep -q '<script>' "$WORK/body"
	api POST /v1/organisations '{"slug":"canary","name":"<img src=x onerror=alert(1)>\"'"'"'{{token}}"}'
	equal "$STATUS_CODE" 201 'an organisation with a name like that'
	browse administrator /console/organisations
	grep -qF '&lt;img src=x onerror=alert(1)&gt;&quot;&#39;{{token}}' "$WORK/body"
	refute grep -qF '<img' "$WORK/body"
}

@test "nothing is done by a GET" {
	mark
	new_order
	for deed in resend unlock cancel reissue; do
		browse administrator "/console/orders/$ORDER/$deed"
		equal "$STATUS_CODE" 405 "$deed"
	done
	browse administrator "/console/orders/$ORDER?said=resent"
	equal "$STATUS_CODE" 200 'the order'
	state_is offered
}

@test "what needs attention is on the first page until somebody has seen to it" {
	mark
	new_order
	database "UPDATE orders SET state = 'locked' WHERE id = '$ORDER'"
	browse support /console
	grep -q 'id="locked"' "$WORK/body"
	grep -q "href=\"/console/orders/$ORDER\"" "$WORK/body"
	as support POST "/v1/orders/$ORDER/unlock"
	equal "$STATUS_CODE" 200 unlock
	browse support /console
	refute grep -q 'id="locked"' "$WORK/body"
}
