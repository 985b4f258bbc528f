#!/usr/bin/env bats
# People are written to in their own language, and an installation has the last word on the words.

load lib

setup_file() {
	# shellcheck disable=SC2016
	HOOK='cd "$1" && mkdir languages && sed -i "s|^languages *=.*|languages = languages|" counterfoil.conf
		printf "[code]\nsms = {{code}} er koden til {{client}} fra oss. Den virker i {{minutes}} minutter.\n" >languages/nb.txt
		sed "s/^hello = .*/hello = Hej {{contact}},/" '"$BATS_TEST_DIRNAME"'/../../delivery/languages/en.txt >languages/sv.txt
		chmod 644 languages/*.txt' start_installation
	make_directory
}
teardown_file() { stop_installation; }

# contact TAG EMAIL: adds one, with a language unless TAG is empty.
contact() {
	api POST /v1/contacts '{"organisation":"nordbank","name":"Kari Nordmann","email":"'"$2"'","mobile":"+4791234567"'"${1:+,\"language\":\"$1\"}"'}'
}

# written_to EMAIL: orders a certificate for it, and leaves its mail and SMS in MAIL and SMS.
written_to() {
	rm -f "$DIR"/spool/*
	api POST /v1/orders '{"organisation":"nordbank","service":"document-archive","client":"e-banking","contact":"'"$1"'"}'
	equal "$STATUS_CODE" 201 "order: $BODY"
	until_true 20 sh -c "ls '$DIR'/spool/*-mail-link-*.txt && ls '$DIR'/spool/*-sms-code-*.txt" >/dev/null 2>&1
	MAIL=$(cat "$DIR"/spool/*-mail-link-*.txt)
	SMS=$(cat "$DIR"/spool/*-sms-code-*.txt)
}

@test "a contact is written to in the language that stands with it" {
	contact nb nb@nordbank.example
	equal "$STATUS_CODE" 201 "$BODY"
	written_to nb@nordbank.example
	grep -q 'Subject: Sertifikatet til e-banking er klart til henting' <<<"$MAIL"
	grep -q 'Hei Kari Nordmann,' <<<"$MAIL"
	grep -qE '^@localhost #[2-9A-HJ-NP-Z]{8}$' <<<"$SMS"
	api GET /v1/contacts/nb@nordbank.example
	equal "$(jq -r .language <<<"$BODY")" nb 'as shown'
}

@test "without one the installation's is taken" {
	contact '' none@nordbank.example
	written_to none@nordbank.example
	grep -q 'Subject: Certificate for e-banking is ready to collect' <<<"$MAIL"
	grep -q 'is your code to collect' <<<"$SMS"
}

@test "a file of the folder replaces a text, and another adds a language" {
	contact no no@nordbank.example # Norwegian by its older tag
	written_to no@nordbank.example
	grep -q 'er koden til e-banking fra oss' <<<"$SMS"
	contact sv sv@nordbank.example
	written_to sv@nordbank.example
	grep -q 'Hej Kari Nordmann,' <<<"$MAIL"
}

@test "a language that there is not is refused by its field" {
	for tag in de xx nb_NO ../nb '<script>' 'nb nb'; do
		contact "$tag" "x@nordbank.example"
		equal "$STATUS_CODE" 422 "$tag: $BODY"
		grep -q '"language"' <<<"$BODY"
	done
	api GET /v1/contacts/x@nordbank.example
	equal "$STATUS_CODE" 404 'it was not added'
}

@test "the language of a contact is changed by a command, for what is ordered next" {
	contact en later@nordbank.example
	run "$COMMAND" --server "$MEMBERS" --ca "$CA" --identity "$DIR/admin.p12" --password-file "$DIR.admin-password" --json \
		contact change later@nordbank.example --language nb
	equal "$status" 0 "$output"
	equal "$(jq -r .language <<<"$output")" nb 'as shown'
	written_to later@nordbank.example
	grep -q 'Hei Kari Nordmann,' <<<"$MAIL"
	api POST /v1/contacts/later@nordbank.example '{"language":"tlh"}'
	equal "$STATUS_CODE" 422 "$BODY"
}

@test "the pages are in the languages of the folder, by browser and by address" {
	page=$(curl -sS --cacert "$CA" -H 'Accept: text/html' -H 'Accept-Language: sv-SE, en;q=0.5' "$PUBLIC/")
	grep -q '<html lang="sv">' <<<"$page"
	grep -q 'href="?lang=nb" lang="nb" hreflang="nb">Norsk' <<<"$page"
	grep -q '<html lang="nb">' < <(curl -sS --cacert "$CA" -H 'Accept: text/html' "$PUBLIC/?lang=no")
}

@test "check names the languages, and the file and line of a fault; the daemon does not start with it" {
	run "$DAEMON" check --config "$DIR/counterfoil.conf"
	equal "$status" 0 "$output"
	grep -q 'language sv: English' <<<"$output"
	mkdir "$WORK/bad"
	printf '[home]\n\ntitle = {{client}}\n' >"$WORK/bad/nb.txt"
	chmod 644 "$WORK/bad/nb.txt"
	sed "s|^languages *=.*|languages = $WORK/bad|" "$DIR/counterfoil.conf" >"$DIR/changed.conf"
	run "$DAEMON" check --config "$DIR/changed.conf"
	equal "$status" 2 exit
	grep -q "$WORK/bad/nb.txt:3: home.title: there is no {{client}} for it" <<<"$output"
	chmod 666 "$WORK/bad/nb.txt"
	run "$DAEMON" check --config "$DIR/changed.conf"
	grep -q "$WORK/bad/nb.txt.*chmod" <<<"$output"
	sed "s|^language *=.*|language = fi|" "$DIR/counterfoil.conf" >"$DIR/changed.conf"
	run "$DAEMON" check --config "$DIR/changed.conf"
	grep -q 'delivery.language = fi: there is no such language' <<<"$output"
}
