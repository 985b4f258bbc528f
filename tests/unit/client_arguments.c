/* Command lines against the table: what is taken, what is refused and how, and what the table itself must keep. */
#include "client/command/completion.h"
#include "client/command/help.h"
#include "client/command/lookup.h"
#include "client/command/request.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 24 };

static const struct sheet_style plain = {0};

static enum err parse(const char *const *words, struct arguments *a, struct errbuf *why)
{
	int count = 0;
	while (words[count])
		count++;
	return arguments_parse(count, words, a, why);
}

static void wrong_lines_are_refused_and_say_what_was_meant(void **state)
{
	(void)state;
	const struct {
		const char *words[WORDS], *says;
	} cases[] = {
		{{NULL}, "no command"},
		{{"ordr", "new"}, "did you mean \"order\""},
		{{"hlep"}, "did you mean \"help\""},
		{{"frobnicate"}, "unknown command \"frobnicate\""},
		{{"order"}, "order wants one of: new, list, show"},
		{{"order", "shwo", "x"}, "did you mean \"order show\""},
		{{"order", "frobnicate"}, "it takes new, list"},
		{{"help", "ordre"}, "did you mean \"order\""},
		{{"help", "order", "nwe"}, "did you mean \"order new\""},
		{{"order", "list", "--sate", "x"}, "did you mean --state"},
		{{"order", "list", "--serevr", "x"}, "did you mean --server"},
		{{"order", "list", "--frobnicate"}, "unknown flag --frobnicate"},
		{{"order", "list", "-q"}, "unknown flag -q: see counterfoil order list --help"},
		{{"call", "-q", "https://h"}, "unknown flag -q: see counterfoil call --help"},
		{{"call", "https://h", "--frobnicate=5"}, "unknown flag --frobnicate: see counterfoil call --help"},
		{{"-q"}, "unknown flag -q: see counterfoil help"},
		{{"call", "https://h", "-k"}, "verification cannot be turned off: give the server's CA by --ca"},
		{{"call", "https://h", "--insecure"}, "verification cannot be turned off"},
		{{"call", "https://h", "-L"}, "redirects are not followed"},
		{{"call", "https://h", "--cacert", "x"}, "here it is --ca PEM"},
		{{"call", "https://h", "--cert=x"}, "unknown flag --cert: here it is --identity FILE"},
		{{"call", "https://h", "--key", "x"}, "here it is --key-file FILE"},
		{{"call", "https://h", "--output", "x"}, "here it is --out FILE"},
		{{"check", "x", "--output", "x"}, "unknown flag --output: see counterfoil check --help"},
		{{"call", "https://h", "--soap", "1.2"}, "write --soap=1.2"},
		{{"call", "--soap", "1.1", "https://h"}, "write --soap=1.1"},
		{{"call", "https://h", "--max-time", "0"}, "--max-time: want a whole number of seconds, 1 or more"},
		{{"call", "https://h", "--stall-time", "0"}, "1 or more"},
		{{"call", "https://h", "--connect-timeout", "x"}, "1 or more"},
		{{"call", "https://h", "--action", "urn:a"}, "--action goes with --soap only"},
		{{"call", "https://h", "--soap-header", "<a/>"}, "--soap-header goes with --soap only"},
		{{"check", "x", "--nagios", "--days", "5"}, "--days does not go with --nagios"},
		{{"check", "x", "--warning", "5"}, "--warning goes with --nagios only"},
		{{"check", "x", "--critical", "5"}, "--critical goes with --nagios only"},
		{{"check", "x", "--json", "--nagios"}, "--nagios does not go with --json"},
		{{"check", "x", "--crl", "y", "--live"}, "--live does not go with --crl"},
		{{"convert", "x", "--to", "pem", "-o", "y", "--plain-key", "--new-password-file", "z"},
		 "--plain-key does not go with --new-password-file"},
		{{"convert", "x", "--to", "pem", "-o", "y", "--plain-key", "--new-password-fd", "3"},
		 "--new-password-fd does not go with --plain-key"},
		{{"convert", "x", "--to", "pem", "-o", "y", "--new-password-file", "z", "--new-password-fd", "3"},
		 "--new-password-file does not go with --new-password-fd"},
		{{"collect", "https://h/d/x", "--to", "d"}, "--to goes with --install only"},
		{{"collect", "https://h/d/x", "--replace"}, "--replace goes with --install only"},
		{{"collect", "https://h/d/x", "--no-password", "--install", "pem"}, "--no-password does not go with --install"},
		{{"show", "x", "--password-file", "y", "--password-fd", "3"}, "--password-fd does not go with --password-file"},
		{{"install"}, "PLATFORM is missing: what is going to use them: nginx, apache, haproxy, java or pem"},
		{{"order", "list", "--state"}, "--state wants a value: STATE"},
		{{"order", "list", "--state", "--json"}, "--state wants a value"},
		{{"order", "list", "--json=yes"}, "--json takes no value"},
		{{"order", "list", "--state", "a", "--state", "b"}, "state is given twice"},
		{{"order", "list", "--json", "--json"}, "json is given twice"},
		{{"order", "list", "extra"}, "one argument too many: \"extra\""},
		{{"order", "show"}, "ORDER is missing"},
		{{"order", "show", ""}, "order is empty"},
		{{"order", "show", "a", "b"}, "one argument too many"},
		{{"order", "new", "--organisation", "x"}, "--service SLUG is missing"},
		{{"order", "list", "--limit", "ten"}, "want a whole number"},
		{{"order", "list", "--limit=-1"}, "want a whole number"},
		{{"order", "list", "--limit", "99999999999"}, "want a whole number"},
		{{"cert", "show", "xyz"}, "not a serial number"},
		{{"cert", "revoke", "--dry-run"}, "SERIAL is missing"},
		{{"cert", "revoke", "3f", "--yes"}, "--reason REASON is missing"},
		{{"order", "cancel", "x", "--dry-run"}, "unknown flag --dry-run"},
		{{"contact", "add", "--may-order", "maybe"}, "want yes or no"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct arguments a;
		struct errbuf why = {0};
		enum err e = parse(cases[i].words, &a, &why);
		if (e != ERR_USAGE || !strstr(why.text, cases[i].says))
			fail_msg("case %zu: wanted usage with [%s], had %s [%s]", i, cases[i].says, err_word(e), why.text);
	}
	assert_int_equal(err_exit_code(ERR_USAGE), 2);
}

static void values_are_taken_however_they_are_written(void **state)
{
	(void)state;
	static const char *const lines[][WORDS] = {
		{"--server", "https://h", "order", "list", "--state", "locked", "--json"},
		{"order", "--server=https://h", "list", NULL},
		{"order", "list", "--json", "--state=locked", "--server", "https://h"},
	};
	for (size_t i = 0; i < 3; i += 2) {
		struct arguments a;
		struct errbuf why = {0};
		if (parse(lines[i], &a, &why))
			fail_msg("%s", why.text);
		assert_string_equal(arguments_value(&a, "state"), "locked");
		assert_string_equal(arguments_value(&a, "server"), "https://h");
		assert_true(arguments_switch(&a, "json"));
		assert_null(arguments_value(&a, "limit"));
		assert_int_equal(arguments_number(&a, "limit", 7), 7);
	}
	struct arguments a;
	static const char *const call[] = {"call", "https://h/x", "-XPUT", "-H", "A: 1", "-H", "B: 2", "-d", "-", "-i", NULL};
	assert_int_equal(parse(call, &a, NULL), ERR_OK);
	assert_string_equal(arguments_value(&a, "method"), "PUT");
	assert_string_equal(arguments_value(&a, "data"), "-");
	assert_true(arguments_switch(&a, "include"));
	static const char *const dashed[] = {"order", "show", "--", "--odd", NULL};
	assert_int_equal(parse(dashed, &a, NULL), ERR_OK);
	assert_string_equal(arguments_value(&a, "order"), "--odd");
	static const char *const flagged[] = {"organisation", "add", "--slug", "nordbank", "--name", "Nordbank", NULL};
	assert_int_equal(parse(flagged, &a, NULL), ERR_OK);
	static const char *const positional[] = {"organisation", "add", "nordbank", "--name", "Nordbank", NULL};
	assert_int_equal(parse(positional, &a, NULL), ERR_OK);
	assert_string_equal(arguments_value(&a, "slug"), "nordbank");
}

static void help_is_given_wherever_it_is_asked_for(void **state)
{
	(void)state;
	static const char *const lines[][WORDS] = {
		{"help"}, {"--help"}, {"-h"}, {"help", "order"}, {"order", "--help"}, {"order", "new", "--help"}, {"help", "order", "new"},
		{"help", "me"}, {"collect", "-h"}, {"order", "show", "x", "--help"},
	};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct arguments a;
		struct errbuf why = {0};
		struct buf text = BUF_INIT(1 << 16);
		if (parse(lines[i], &a, &why) || !a.help)
			fail_msg("line %zu: no help [%s]", i, why.text);
		help_write(&a, &plain, &text);
		assert_int_equal(buf_check(&text), ERR_OK);
		assert_non_null(strstr(buf_string(&text), "Usage: counterfoil"));
		buf_free(&text);
	}
}

static void the_version_is_given_wherever_it_is_asked_for(void **state)
{
	(void)state;
	static const char *const lines[][WORDS] = {{"--version"}, {"me", "--version"}, {"check", "--version"}};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct arguments a;
		struct errbuf why = {0};
		if (parse(lines[i], &a, &why) || !a.version)
			fail_msg("line %zu: no version [%s]", i, why.text);
	}
}

/* White space as one blank each, in place: help is broken into lines. */
static char *squeezed(char *text)
{
	char *to = text;
	for (const char *from = text; *from; from++)
		if (!strchr(" \n", *from))
			*to++ = *from;
		else if (to > text && to[-1] != ' ')
			*to++ = ' ';
	*to = '\0';
	return text;
}

/* No line is wider, a label alone has a blank before its text, and each list's texts stand in one column. */
static void expect_aligned(const char *command, const char *text, size_t width)
{
	size_t column = 0;
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
		size_t len = strcspn(line, "\n"), begin = 0;
		bool example = strstr(text, "Usage:") > line; /* broken before its flags alone */
		size_t blanks = strspn(line, " ");
		bool one_word = !memchr(line + blanks, ' ', len - blanks);
		if (len > (example ? 80 : width) && !one_word)
			fail_msg("%s: a line of %zu columns: %.*s", command, len, (int)len, line);
		if (len == 0 || strncmp(line, "Usage:", 6) == 0 || line[len - 1] == ':') {
			column = 0; /* another list */
			continue;
		}
		if (example || strncmp(line, "        ", 8) == 0)
			continue;
		for (size_t i = 3; i + 1 < len && line[0] == ' ' && !begin; i++)
			begin = line[i - 1] == ' ' && line[i - 2] == ' ' && line[i] != ' ' ? i : 0;
		if (begin && column && begin != column)
			fail_msg("%s: text at column %zu, that above at %zu: %.*s", command, begin, column, (int)len, line);
		column = begin ? begin : column;
	}
}

static void help_is_aligned_within_the_terminal_and_80_columns(void **state)
{
	(void)state;
	static const size_t widths[][2] = {{0, 80}, {200, 80}, {60, 60}, {10, 40}};
	for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
		for (const struct verb *v = NULL; i < 4; v = table_next(v)) {
			const struct sheet_style style = {.columns = widths[i][0]};
			const struct arguments all = {.help = true}, one = {.verb = v, .help = true};
			const struct arguments noun = {.help = true, .help_noun = v && v->verb ? v->noun : NULL};
			struct buf text = BUF_INIT(1 << 16), of_noun = BUF_INIT(1 << 16);
			help_write(v ? &one : &all, &style, &text);
			help_write(&noun, &style, &of_noun);
			expect_aligned(v ? v->what : "help", buf_string(&text), widths[i][1]);
			expect_aligned(v ? v->noun : "help", buf_string(&of_noun), widths[i][1]);
			buf_free(&text);
			buf_free(&of_noun);
			if (v && !table_next(v))
				break;
		}
}

static void help_names_required_flags_first_and_is_bold_on_a_terminal_alone(void **state)
{
	(void)state;
	const struct arguments a = {.help = true, .verb = lookup_verb("order", "new")};
	struct buf text = BUF_INIT(1 << 16), bold = BUF_INIT(1 << 16);
	help_write(&a, &plain, &text);
	const char *string = buf_string(&text);
	const char *order[] = {"Examples:\n  counterfoil order new", "\n      --client e-banking", "\nOrder a certificate", "\nUsage: ",
			       "\nRequired:\n  --organisation SLUG", "\n  --contact CONTACT", "\nOptional:\n  --key-type TYPE",
			       "\nEverywhere: --server URL", "man counterfoil\n"};
	for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
		const char *at = strstr(string, order[i]);
		if (!at)
			fail_msg("not in the help, or too early: [%s]\n%s", order[i], buf_string(&text));
		string = at;
	}
	assert_null(strchr(buf_string(&text), '\033'));
	help_write(&a, &(struct sheet_style){.bold = true}, &bold);
	assert_non_null(strstr(buf_string(&bold), "\033[1mExamples:\033[0m\n"));
	buf_free(&text);
	buf_free(&bold);
}

static void help_of_everything_has_each_noun_once_with_its_verbs(void **state)
{
	(void)state;
	struct buf text = BUF_INIT(1 << 16);
	help_write(&(struct arguments){.help = true}, &plain, &text);
	for (const struct verb *v = completion_next_noun(NULL); v; v = completion_next_noun(v)) {
		char line[80];
		snprintf(line, sizeof line, "\n  %s ", v->noun);
		const char *at = strstr(buf_string(&text), line);
		if (!at || strstr(at + 1, line))
			fail_msg("%s: not once in the help", v->noun);
		if (v->verb && strspn(at + strlen(line), " ") + strlen(line) + at != strstr(at, v->verb))
			fail_msg("%s: its verbs do not follow", v->noun);
	}
	buf_free(&text);
}

static void what_is_optional_stands_in_brackets(void **state)
{
	(void)state;
	static const char *const lines[][2] = {
		{"peer", "Usage: counterfoil peer [FILE] [--flag ...]"},
		{"install", "Usage: counterfoil install PLATFORM FILE [--flag ...]"},
		{"convert", "Usage: counterfoil convert FILE --to ENCODING --out FILE [--flag ...]"},
	};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct arguments a;
		struct buf text = BUF_INIT(1 << 16);
		const char *const words[] = {lines[i][0], "--help", NULL};
		assert_int_equal(parse(words, &a, NULL), ERR_OK);
		help_write(&a, &plain, &text);
		if (!strstr(buf_string(&text), lines[i][1]))
			fail_msg("wanted [%s] in %s", lines[i][1], buf_string(&text));
		assert_non_null(strstr(buf_string(&text), "--version"));
		buf_free(&text);
	}
}

static void help_of_a_verb_begins_with_examples_that_parse(void **state)
{
	(void)state;
	for (const struct verb *v = table_next(NULL); v; v = table_next(v)) {
		struct buf text = BUF_INIT(1 << 16);
		help_write(&(struct arguments){.verb = v, .help = true}, &plain, &text);
		buf_byte(&text, '\0');
		const char *string = squeezed((char *)text.data);
		assert_true(strstr(string, "Examples:") < strstr(string, "Usage:"));
		for (const struct field *f = v->fields; f->name; f++)
			if (!strstr(string, f->help))
				fail_msg("%s %s: --%s is not in the help", v->noun, v->verb ? v->verb : "", f->name);
		buf_free(&text);
		assert_non_null(v->examples[0]);
		for (size_t i = 0; v->examples[i]; i++) {
			char *copy = strdup(v->examples[i]), *words[WORDS + 1] = {NULL};
			int count = 0;
			for (char *p = copy; *p && count < WORDS;) { /* words, and words in single quotes */
				char end = *p == '\'' ? *p++ : ' ';
				words[count++] = p;
				p += strcspn(p, (char[]){end, 0});
				if (*p)
					*p++ = '\0';
				p += strspn(p, " ");
			}
			struct arguments a;
			struct errbuf why = {0};
			if (arguments_parse(count, (const char *const *)words, &a, &why) || a.verb != v)
				fail_msg("counterfoil %s: %s", v->examples[i], why.text);
			free(copy);
		}
	}
}

static bool has_field(const struct verb *v, const char *name, size_t len)
{
	for (const struct field *f = v->fields; f->name; f++)
		if (strlen(f->name) == len && strncmp(f->name, name, len) == 0)
			return f->place == IN_PATH && f->required;
	return false;
}

static bool has_flag(const struct verb *v, const char *name)
{
	for (const struct field *f = v->fields; f->name; f++)
		if (strcmp(f->name, name) == 0)
			return true;
	for (const struct field *f = global_fields; f->name; f++)
		if (strcmp(f->name, name) == 0)
			return true;
	return false;
}

static void the_table_is_whole(void **state)
{
	(void)state;
	for (const struct verb *v = table_next(NULL); v; v = table_next(v)) {
		const char *name = v->verb ? v->verb : v->noun;
		if (!v->what || (!v->run && (!v->method || !v->path)))
			fail_msg("%s: says nothing, or does nothing", name);
		for (const char *p = v->path ? strchr(v->path, '{') : NULL; p; p = strchr(p + 1, '{'))
			if (!has_field(v, p + 1, strcspn(p + 1, "}")))
				fail_msg("%s: no required field for %s", name, p);
		for (const struct field *f = v->fields; f->name; f++) {
			if (!f->help || (!f->wants != (f->kind == KIND_SWITCH)))
				fail_msg("%s --%s: no help, or no placeholder", name, f->name);
			for (const struct field *g = global_fields; g->name; g++)
				if (strcmp(f->name, g->name) == 0)
					fail_msg("%s --%s hides a flag of everywhere", name, f->name);
			if ((f->with && !has_flag(v, f->with)) || (f->not_with && !has_flag(v, f->not_with)))
				fail_msg("%s --%s: its company is no flag", name, f->name);
			if (!v->preview != !has_flag(v, "dry-run"))
				fail_msg("%s: a dry run without a preview, or the other way round", name);
			if (v->confirm && (!v->shown[0].title || !has_flag(v, "yes")))
				fail_msg("%s: asks without saying of what, or always", name);
			if (v->method && strcmp(v->method, "GET") == 0 && f->place == IN_BODY)
				fail_msg("%s --%s: a GET has no body", name, f->name);
		}
		for (const struct verb *w = table_next(NULL); w != v; w = table_next(w))
			if (strcmp(w->noun, v->noun) == 0 && (!w->verb || !v->verb || strcmp(w->verb, v->verb) == 0))
				fail_msg("%s %s is there twice", v->noun, name);
	}
}

static void flags_never_ask_for_a_secret(void **state)
{
	(void)state;
	static const char *const secret[] = {"password", "code", "pass", "key", "claim"};
	for (const struct verb *v = table_next(NULL); v; v = table_next(v))
		for (const struct field *f = v->fields; f->name; f++)
			for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
				if (strcmp(f->name, secret[i]) == 0 && (!f->wants || strcmp(f->wants, "FILE") != 0)) /* where it is may be told */
					fail_msg("%s --%s would put a secret into argv", v->noun, f->name);
}

/* target: what follows the server. body: JSON or NULL. */
static void requests_are_built_from_the_table(void **state)
{
	(void)state;
	const struct {
		const char *words[WORDS], *target, *body;
	} cases[] = {
		{{"organisation", "list"}, "/v1/organisations", NULL},
		{{"order", "list", "--state", "in use&x=1", "--limit", "5"}, "/v1/orders?state=in%20use%26x%3D1&limit=5", NULL},
		{{"order", "list", "--all", "--state", "locked"}, "/v1/orders?state=locked&limit=500", NULL},
		{{"order", "list", "--all", "--limit", "7", "--before", "x y"}, "/v1/orders?limit=7&before=x%20y", NULL},
		{{"audit", "list", "--all", "--after", "12"}, "/v1/audit?limit=500&after=12", NULL},
		{{"order", "show", "a/../b"}, "/v1/orders/a%2F..%2Fb", NULL},
		{{"order", "show", "x?y#z%00"}, "/v1/orders/x%3Fy%23z%2500", NULL},
		{{"contact", "show", "kari+x@nordbank.example"}, "/v1/contacts/kari+x@nordbank.example", NULL},
		{{"contact", "list", "--organisation", "a+b@c"}, "/v1/contacts?organisation=a%2Bb%40c", NULL},
		{{"client", "show", "n", "d", "\xc3\xa6"}, "/v1/clients/n/d/%C3%A6", NULL},
		{{"cert", "show", "3F:9a:00 C1"}, "/v1/certificates/3F9a00C1", NULL},
		{{"cert", "revoke", "--yes", "3f", "--reason", "keyCompromise"}, "/v1/certificates/3f/revoke", "{\"reason\":\"keyCompromise\"}"},
		{{"cert", "revoke", "3f:9A", "--dry-run"}, "/v1/certificates/3f9A/impact", "{}"},
		{{"order", "resend", "x"}, "/v1/orders/x/resend", "{}"},
		{{"service", "change", "n", "d", "--approvals", "2"}, "/v1/services/n/d", "{\"approvals\":2}"},
		{{"service", "change", "n", "d", "--approvals", "none", "--if-match", "3"}, "/v1/services/n/d", "{\"approvals\":null}"},
		{{"client", "change", "n", "d", "e", "--several", "yes"}, "/v1/clients/n/d/e", "{\"several\":true}"},
		{{"contact", "add", "--organisation", "n", "--name", "K \"x\"", "--email", "e", "--mobile", "+47", "--may-order", "no"},
		 "/v1/contacts",
		 "{\"organisation\":\"n\",\"name\":\"K \\\"x\\\"\",\"email\":\"e\",\"mobile\":\"+47\",\"may_order\":false}"},
		{{"order", "new", "--organisation", "n", "--service", "d", "--client", "e", "--contact", "k", "--key-type", "p384"},
		 "/v1/orders",
		 "{\"organisation\":\"n\",\"service\":\"d\",\"client\":\"e\",\"contact\":\"k\",\"key_type\":\"p384\"}"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct arguments a;
		struct errbuf why = {0};
		struct buf target = BUF_INIT(4096);
		json_t *body = NULL;
		if (parse(cases[i].words, &a, &why) || request_target(&a, &target, &why) || request_body(&a, &body, &why))
			fail_msg("case %zu: %s", i, why.text);
		assert_string_equal(buf_string(&target), cases[i].target);
		char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
		if (cases[i].body)
			assert_string_equal(text, cases[i].body);
		else
			assert_null(text);
		free(text);
		json_decref(body);
		buf_free(&target);
	}
}

/* The n-th header that the words lead to, or "". */
static const char *header_of(const char *const *words, struct request_headers *h, size_t n)
{
	struct arguments a;
	struct errbuf why = {0};
	if (parse(words, &a, &why) || request_headers(&a, h, &why))
		fail_msg("%s", why.text);
	return h->lines[n] ? h->lines[n] : "";
}

static void a_tag_is_quoted_and_a_creation_has_a_key_of_its_own(void **state)
{
	static const char *const bare[] = {"organisation", "change", "n", "--name", "N", "--if-match", "3", NULL};
	static const char *const quoted[] = {"organisation", "change", "n", "--name", "N", "--if-match", "\"3\"", NULL};
	static const char *const given[] = {"organisation", "add", "n", "--name", "N", "--idempotency-key", "mine", NULL};
	static const char *const drawn[] = {"organisation", "add", "n", "--name", "N", NULL};
	static const char *const shows[] = {"organisation", "show", "n", NULL};
	struct request_headers h = {0}, again = {0};
	(void)state;
	assert_string_equal(header_of(bare, &h, 0), "if-match: \"3\"");
	assert_string_equal(header_of(quoted, &h, 0), "if-match: \"3\"");
	assert_string_equal(header_of(bare, &h, 1), ""); /* a change is no creation */
	assert_string_equal(header_of(given, &h, 0), "idempotency-key: mine");
	assert_string_equal(header_of(given, &h, 1), "");
	assert_string_equal(header_of(shows, &h, 0), "");
	const char *key = header_of(drawn, &h, 0);
	assert_int_equal(strlen(key), strlen("idempotency-key: ") + 32);
	assert_int_equal(strspn(key + strlen("idempotency-key: "), "0123456789abcdef"), 32);
	assert_string_not_equal(key, header_of(drawn, &again, 0));
}

static void another_page_has_its_cursor_once_and_all_else_as_it_was(void **state)
{
	(void)state;
	static const char *const words[] = {"cert", "list", "--before", "3f", "--status", "valid", "--all", NULL};
	struct arguments a;
	struct buf target = BUF_INIT(4096);
	assert_int_equal(parse(words, &a, NULL), ERR_OK);
	assert_int_equal(request_page(&a, request_cursor(a.verb), "4 0", &target, NULL), ERR_OK);
	assert_string_equal(buf_string(&target), "/v1/certificates?status=valid&limit=500&before=4%200");
	buf_free(&target);
}

static void parameters_that_would_change_the_path_are_refused(void **state)
{
	(void)state;
	static const char *const odd[] = {".", ".."};
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		struct arguments a;
		struct buf target = BUF_INIT(4096);
		const char *const words[] = {"order", "show", odd[i], NULL};
		assert_int_equal(parse(words, &a, NULL), ERR_OK);
		assert_int_equal(request_target(&a, &target, NULL), ERR_USAGE);
		buf_free(&target);
	}
	struct arguments a;
	json_t *body = NULL;
	const char *const words[] = {"organisation", "add", "x", "--name", "\xff\xfe", NULL};
	assert_int_equal(parse(words, &a, NULL), ERR_OK);
	assert_int_equal(request_body(&a, &body, NULL), ERR_USAGE);
	assert_null(body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_lines_are_refused_and_say_what_was_meant),
		cmocka_unit_test(values_are_taken_however_they_are_written),
		cmocka_unit_test(help_is_given_wherever_it_is_asked_for),
		cmocka_unit_test(the_version_is_given_wherever_it_is_asked_for),
		cmocka_unit_test(help_is_aligned_within_the_terminal_and_80_columns),
		cmocka_unit_test(help_names_required_flags_first_and_is_bold_on_a_terminal_alone),
		cmocka_unit_test(help_of_everything_has_each_noun_once_with_its_verbs),
		cmocka_unit_test(what_is_optional_stands_in_brackets),
		cmocka_unit_test(help_of_a_verb_begins_with_examples_that_parse),
		cmocka_unit_test(the_table_is_whole),
		cmocka_unit_test(flags_never_ask_for_a_secret),
		cmocka_unit_test(requests_are_built_from_the_table),
		cmocka_unit_test(a_tag_is_quoted_and_a_creation_has_a_key_of_its_own),
		cmocka_unit_test(another_page_has_its_cursor_once_and_all_else_as_it_was),
		cmocka_unit_test(parameters_that_would_change_the_path_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
