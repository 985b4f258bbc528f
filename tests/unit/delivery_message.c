#include "tests/support/test.h"

#include "delivery/gsm.h"
#include "delivery/message.h"

#include <stdio.h>
#include <string.h>

#define ORDER "k3m7q2w4x5y6z7a2"
#define URL "https://ca.example.com:8443/d/AAAAAAAAAAAAAAAAAAAAAA"
#define PASSWORD "2345-6789-ABCD-EFGH-JKLM-NPQR"

#define A16 "aaaaaaaaaaaaaaaa"
#define A256 A16 A16 A16 A16 A16 A16 A16 A16 A16 A16 A16 A16 A16 A16 A16 A16
#define EURO_64 EURO_16 EURO_16 EURO_16 EURO_16
#define EURO_16 "€€€€€€€€€€€€€€€€"
#define DOMAIN_253 A16 A16 A16 "." A16 A16 A16 "." A16 A16 A16 "." A16 A16 A16 "." A16 A16 A16 ".aaaaa.no"

static const struct message_field link_fields[] = {
	{"url", URL},
	{"client", "e-banking"},
	{"service", "Betaling"},
	{"organisation", "Nordbank ASA"},
	{"contact", "Kari Nordmann"},
	{"orderer", "Ola Nordmann"},
	{"until", "2026-11-29 14:05 UTC"},
	{0},
};
static const struct message_field code_fields[] = {
	{"code", "ABCD2345"}, {"client", "e-banking"}, {"domain", "ca.example.com"}, {0}};
static const struct message_field password_fields[] = {{"password", PASSWORD}, {"client", "e-banking"}, {0}};

static const struct message_field dead_fields[] = {
	{"kind", "code"}, {"order", "k3m7q2w4x5y6z7a2"}, {"why", "twilio: error 21211"}, {0}};

static const struct message_field notice_fields[] = {
	{"order", "k3m7q2w4x5y6z7a2"}, {"client", "e-banking"},     {"service", "Betaling"},
	{"organisation", "Nordbank ASA"}, {"contact", "Kari Nordmann"}, {"orderer", "Ola Nordmann"},
	{"until", "2026-11-29 14:05 UTC"}, {"command", "counterfoil order unlock k3m7q2w4x5y6z7a2"},
	{"reason", "ordered twice"}, {0}};
static const struct message_field changed_fields[] = {
	{"organisation", "Nordbank ASA"}, {"contact", "Kari Nordmann"}, {"orderer", "Ola Nordmann"},
	{"before", "k***@example.com"}, {"now", "n***@example.org"}, {"until", "2026-11-29 14:05 UTC"}, {0}};
static const struct message_field reminder_fields[] = {
	{"client", "e-banking"}, {"contact", "Kari Nordmann"}, {"orderer", "Ola Nordmann"},
	{"until", "2026-11-29 14:05 UTC"}, {"sender", "ca@example.com"}, {"sent", "2026-11-22 09:07 UTC"}, {0}};

static const struct usual {
	enum message_kind kind;
	const char *to;
	const struct message_field *fields;
	const char *spare; /* the one that may be missing or empty */
} usual[MESSAGE_KIND_COUNT] = {
	[MESSAGE_LINK] = {MESSAGE_LINK, "kari@example.com", link_fields},
	[MESSAGE_CODE] = {MESSAGE_CODE, "+4790000000", code_fields},
	[MESSAGE_PASSWORD] = {MESSAGE_PASSWORD, "+4790000000", password_fields},
	[MESSAGE_DEAD] = {MESSAGE_DEAD, "staff@example.com", dead_fields},
	[MESSAGE_LAPSED_LINK] = {MESSAGE_LAPSED_LINK, "staff@example.com", notice_fields, "reason"},
	[MESSAGE_LAPSED_CLAIM] = {MESSAGE_LAPSED_CLAIM, "staff@example.com", notice_fields, "reason"},
	[MESSAGE_LAPSED_PASSWORD] = {MESSAGE_LAPSED_PASSWORD, "staff@example.com", notice_fields, "reason"},
	[MESSAGE_LOCKED_ORDER] = {MESSAGE_LOCKED_ORDER, "staff@example.com", notice_fields, "reason"},
	[MESSAGE_LAPSED_REQUEST] = {MESSAGE_LAPSED_REQUEST, "staff@example.com", notice_fields, "reason"},
	[MESSAGE_REJECTED] = {MESSAGE_REJECTED, "staff@example.com", notice_fields, "reason"},
	[MESSAGE_APPROVAL] = {MESSAGE_APPROVAL, "staff@example.com", notice_fields, "reason"},
	[MESSAGE_NEW_EMAIL] = {MESSAGE_NEW_EMAIL, "kari@example.com", changed_fields, "until"},
	[MESSAGE_NEW_MOBILE] = {MESSAGE_NEW_MOBILE, "kari@example.com", changed_fields, "until"},
	[MESSAGE_REMINDER] = {MESSAGE_REMINDER, "kari@example.com", reminder_fields},
};

enum { MOST_FIELDS = 16 };

static struct languages *languages;

static int set_up(void **state)
{
	(void)state;
	return languages_new(&languages, NULL) == ERR_OK ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	languages_free(languages);
	return 0;
}

/* The usual fields of a kind, one of them replaced (or left out by NULL), one perhaps added. */
static void with(const struct usual *u, const char *name, const char *value, struct message_field out[MOST_FIELDS])
{
	size_t n = 0;
	int replaced = 0;
	for (const struct message_field *f = u->fields; f->name; f++) {
		int this = strcmp(f->name, name) == 0;
		replaced |= this;
		if (!this || value)
			out[n++] = (struct message_field){f->name, this ? value : f->value};
	}
	if (!replaced && value)
		out[n++] = (struct message_field){name, value};
	out[n] = (struct message_field){0};
}

static enum err compose_with(const struct usual *u, const char *name, const char *value)
{
	struct message_field fields[MOST_FIELDS];
	struct secret *plain = NULL;
	with(u, name, value, fields);
	enum err e = message_compose(u->kind, ORDER, u->to, fields, &plain, NULL);
	secret_free(plain);
	return e;
}

static struct message opened(const struct usual *u, const struct message_field *fields)
{
	struct secret *plain = NULL;
	struct message m;
	struct errbuf why = {{0}};
	if (message_compose(u->kind, ORDER, u->to, fields, &plain, &why) != ERR_OK)
		fail_msg("compose %s: %s", message_kind_name(u->kind), why.text);
	if (message_open(plain, languages, &m, &why) != ERR_OK)
		fail_msg("open %s: %s", message_kind_name(u->kind), why.text);
	secret_free(plain);
	return m;
}

static struct message opened_with(const struct usual *u, const char *name, const char *value)
{
	struct message_field fields[MOST_FIELDS];
	with(u, name, value, fields);
	return opened(u, fields);
}

/* A text as one line, however it was broken. */
static void flatten(const char *text, char out[8192])
{
	size_t n = 0;
	for (; *text; text++) {
		assert_true(n < 8191);
		bool blank = *text == '\n' || *text == ' ';
		if (!blank || (n > 0 && out[n - 1] != ' '))
			out[n++] = blank ? ' ' : *text;
	}
	out[n] = '\0';
}

static void the_link_stands_on_a_line_of_its_own(void **state)
{
	(void)state;
	struct message m = opened(&usual[MESSAGE_LINK], link_fields);
	const char *text = buf_string(&m.text);
	assert_string_equal(buf_string(&m.subject), "Certificate for e-banking is ready to collect");
	assert_string_equal(m.to, "kari@example.com");
	assert_string_equal(m.order, ORDER);
	assert_int_equal(m.channel, CHANNEL_MAIL);
	assert_non_null(strstr(text, "\n" URL "\n"));
	static const char *const said[] = {"Hello Kari Nordmann,",  "Ola Nordmann",	 "e-banking",
					   "Betaling",		    "Nordbank ASA",	 "29 November 2026, 14:05 UTC",
					   "30 minutes",	    "ask for a new code", "I have saved the file",
					   "password of the file",  "tell your administrator"};
	char flat[8192];
	flatten(text, flat);
	for (size_t i = 0; i < sizeof said / sizeof said[0]; i++)
		if (!strstr(flat, said[i]))
			fail_msg("the mail does not say \"%s\"", said[i]);
	message_clear(&m);
}

static void mail_lines_are_short_and_end_in_line_feeds(void **state)
{
	(void)state;
	struct message m = opened(&usual[MESSAGE_LINK], link_fields);
	const char *end = NULL;
	int steps = 0;
	for (const char *line = buf_string(&m.text); *line; line = end + 1) {
		end = strchr(line, '\n');
		assert_non_null(end);
		steps += strncmp(line, "  1. ", 5) == 0; /* a step is one line: what sends it breaks it */
		assert_true(end - line <= 72 || line[0] == ' ');
		for (const char *at = line; at < end; at++)
			assert_true((unsigned char)*at >= 0x20);
	}
	assert_int_equal(steps, 1);
	message_clear(&m);
}

static void minutes_are_30_unless_said(void **state)
{
	(void)state;
	for (int k = MESSAGE_LINK; k <= MESSAGE_CODE; k++) {
		struct message standard = opened(&usual[k], usual[k].fields);
		struct message said = opened_with(&usual[k], "minutes", "1440");
		assert_non_null(strstr(buf_string(&standard.text), "30 minutes"));
		assert_non_null(strstr(buf_string(&said.text), "1440 minutes"));
		message_clear(&standard);
		message_clear(&said);
	}
}

static void the_code_is_on_the_last_line_as_telephones_want_it(void **state)
{
	(void)state;
	struct message m = opened(&usual[MESSAGE_CODE], code_fields);
	const char *last = strrchr(buf_string(&m.text), '\n');
	assert_string_equal(last, "\n@ca.example.com #ABCD2345");
	assert_int_equal(strncmp(buf_string(&m.text), "ABCD2345 is your code", 21), 0);
	assert_int_equal(m.subject.len, 0);
	message_clear(&m);
}

static void the_password_is_on_a_line_of_its_own_exactly_as_it_is(void **state)
{
	(void)state;
	struct message m = opened(&usual[MESSAGE_PASSWORD], password_fields);
	assert_non_null(strstr(buf_string(&m.text), "\n" PASSWORD "\n"));
	assert_non_null(strstr(buf_string(&m.text), "e-banking"));
	assert_non_null(strstr(buf_string(&m.text), "secret store"));
	message_clear(&m);
}

/* Clients that need two septets a letter, have letters that GSM lacks, or are as long as may be. */
static void an_sms_is_one_segment_with_every_field_at_its_longest(void **state)
{
	(void)state;
	static const char *const clients[] = {
	    "e-banking", "Blåbær Sør", A256, EURO_64, "Нордбанк Нордбанк Нордбанк Нордбанк", "{{code}}", "@a.b #XXXX"};
	static const char *const domains[] = {"a.no", "ca.example.com", DOMAIN_253, "localhost", "127.0.0.1", "[::1]",
					      "delivery.certificates.a-rather-long-name.example.com"};
	for (size_t c = 0; c < sizeof clients / sizeof clients[0]; c++) {
		struct message p = opened_with(&usual[MESSAGE_PASSWORD], "client", clients[c]);
		int septets = gsm_septets(buf_string(&p.text));
		if (septets < 0 || septets > GSM_SEGMENT)
			fail_msg("password, %s: %d septets", clients[c], septets);
		assert_non_null(strstr(buf_string(&p.text), PASSWORD));
		message_clear(&p);
		for (size_t d = 0; d < sizeof domains / sizeof domains[0]; d++) {
			const struct message_field fields[] = {{"code", "ABCD2345"},
							       {"client", clients[c]},
							       {"domain", domains[d]},
							       {"minutes", "1440"},
							       {0}};
			struct message m = opened(&usual[MESSAGE_CODE], fields);
			septets = gsm_septets(buf_string(&m.text));
			if (septets < 0 || septets > GSM_SEGMENT)
				fail_msg("code, %s, %s: %d septets", clients[c], domains[d], septets);
			assert_int_equal(strncmp(buf_string(&m.text), "ABCD2345 is", 11), 0);
			message_clear(&m);
		}
	}
}

static void a_long_client_fills_the_segment_and_a_long_domain_gives_way(void **state)
{
	(void)state;
	struct message m = opened_with(&usual[MESSAGE_CODE], "client", A256);
	assert_int_equal(gsm_septets(buf_string(&m.text)), GSM_SEGMENT);
	assert_non_null(strstr(buf_string(&m.text), "aa.."));
	message_clear(&m);
	m = opened_with(&usual[MESSAGE_CODE], "domain", DOMAIN_253);
	assert_null(strchr(buf_string(&m.text), '\n'));
	assert_non_null(strstr(buf_string(&m.text), "for e-banking."));
	message_clear(&m);
	m = opened_with(&usual[MESSAGE_CODE], "domain", "127.0.0.1"); /* telephones take names only */
	assert_null(strchr(buf_string(&m.text), '\n'));
	message_clear(&m);
}

/* Whose certificate it is decides where it belongs: a member of the staff has neither server nor service. */
static void a_member_of_the_staff_is_told_of_no_server(void **state)
{
	(void)state;
	struct message m = opened_with(&usual[MESSAGE_LINK], "staff", "1");
	assert_null(strstr(buf_string(&m.text), "server's secret"));
	assert_non_null(strstr(buf_string(&m.text), "you alone can read"));
	message_clear(&m);
	m = opened_with(&usual[MESSAGE_LINK], "service", "");
	assert_null(strstr(buf_string(&m.text), "Service:"));
	assert_non_null(strstr(buf_string(&m.text), "server's secret"));
	message_clear(&m);
	m = opened_with(&usual[MESSAGE_PASSWORD], "staff", "1");
	assert_non_null(strstr(buf_string(&m.text), PASSWORD));
	assert_null(strstr(buf_string(&m.text), "server"));
	assert_true(gsm_septets(buf_string(&m.text)) <= GSM_SEGMENT);
	message_clear(&m);
}

/* What a message may lack beside what is spare in it: a member of the staff is of no client. */
static bool may_lack(const struct usual *u, const char *name)
{
	bool to_contact = u->kind == MESSAGE_NEW_EMAIL || u->kind == MESSAGE_NEW_MOBILE;
	return (u->spare && strcmp(u->spare, name) == 0) ||
	       (!to_contact && (strcmp(name, "service") == 0 || strcmp(name, "organisation") == 0));
}

static void each_field_must_be_there_once_and_no_other(void **state)
{
	(void)state;
	for (int k = 0; k < MESSAGE_KIND_COUNT; k++) {
		const struct usual *u = &usual[k];
		for (const struct message_field *f = u->fields; f->name; f++) {
			enum err lacking = may_lack(u, f->name) ? ERR_OK : ERR_INVALID;
			if (compose_with(u, f->name, NULL) != lacking || compose_with(u, f->name, "") != lacking)
				fail_msg("%s without %s", message_kind_name(u->kind), f->name);
			struct message_field twice[MOST_FIELDS];
			struct secret *plain = NULL;
			with(u, "no such", f->value, twice);
			for (struct message_field *t = twice; t->name; t++)
				if (strcmp(t->name, "no such") == 0)
					t->name = f->name;
			assert_int_equal(message_compose(u->kind, ORDER, u->to, twice, &plain, NULL), ERR_INVALID);
		}
		assert_int_equal(compose_with(u, "bcc", "x"), ERR_INVALID);
		assert_int_equal(compose_with(u, "", "x"), ERR_INVALID);
	}
}

/* What could end a line, a header or a text, hide, or turn the reading direction: in any field, at either end. */
static const char *const breaking[] = {
    "x\ny",
    "x\ry",
    "x\r\nBcc: a@example.com",
    "\n",
    "x\ty",
    "x\x01y",
    "x\x1by",
    "x\x7fy",
    "x\xc2\x85y",
    "x\xc2\x9by",
    "x\xe2\x80\xa8y",
    "x\xe2\x80\xa9y",
    "x\xe2\x80\xaey",
    "x\xe2\x81\xa6y",
    "x\xffy",
    "x\xc3",
    "x\xed\xa0\x80y",
    "x\xc0\x8ay",
    "x\xf4\x90\x80\x80y",
};
enum { BREAKING = sizeof breaking / sizeof breaking[0] };

static void no_field_can_add_a_line_when_composed(void **state)
{
	(void)state;
	for (int k = 0; k < MESSAGE_KIND_COUNT; k++)
		for (const struct message_field *f = usual[k].fields; f->name; f++)
			for (size_t i = 0; i < BREAKING; i++)
				if (compose_with(&usual[k], f->name, breaking[i]) != ERR_INVALID)
					fail_msg("%s.%s takes breaking[%zu]", message_kind_name(usual[k].kind), f->name,
						 i);
}

static void no_address_or_order_id_can_add_a_line(void **state)
{
	(void)state;
	static const char *const mailboxes[] = {"", "kari", "kari@example.com\nBcc: x@example.com",
						"a@example.com,b@example.com", "+4790000000"};
	static const char *const mobiles[] = {"", "90000000", "+4790000000\n", "+47 90000000", "kari@example.com"};
	static const char *const orders[] = {"",	"a b", "a\nb", "a/b", "a.b", "abcdefghijklmnopabcdefghijklmnop",
					     "\xc3\xa5"};
	struct secret *plain = NULL;
	for (size_t i = 0; i < sizeof mailboxes / sizeof mailboxes[0]; i++)
		assert_int_equal(message_compose(MESSAGE_LINK, ORDER, mailboxes[i], link_fields, &plain, NULL),
				 ERR_INVALID);
	for (size_t i = 0; i < sizeof mobiles / sizeof mobiles[0]; i++)
		assert_int_equal(message_compose(MESSAGE_CODE, ORDER, mobiles[i], code_fields, &plain, NULL),
				 ERR_INVALID);
	for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
		assert_int_equal(message_compose(MESSAGE_CODE, orders[i], "+4790000000", code_fields, &plain, NULL),
				 ERR_INVALID);
	assert_int_equal(message_compose(MESSAGE_KIND_COUNT, ORDER, "+4790000000", code_fields, &plain, NULL),
			 ERR_INVALID);
}

static void codes_passwords_and_links_have_their_shape(void **state)
{
	(void)state;
	static const char *const codes[] = {"ABCD234", "ABCD23456", "abcd2345", "ABCD-345", "ABCD0345", "ABCD 345"};
	static const char *const passwords[] = {"2345-6789-ABCD-EFGH-JKLM-NPQ", "2345-6789-ABCD-EFGH-JKLM-NPQRS",
						"2345x6789-ABCD-EFGH-JKLM-NPQR", "2345-6789-ABCD-EFGH-JKLM-NPQ0",
						"23456789ABCDEFGHJKLMNPQR"};
	static const char *const urls[] = {"javascript:alert(1)", "ca.example.com/d/x", "https://a b", "https://a\"b",
					   "https://a<b>", "ftp://a", "HTTPS://a", "https://\xc3\xa5"};
	static const char *const minutes[] = {"030", "-1", "1e3", "10000", "30 "};
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		assert_int_equal(compose_with(&usual[MESSAGE_CODE], "code", codes[i]), ERR_INVALID);
	for (size_t i = 0; i < sizeof passwords / sizeof passwords[0]; i++)
		assert_int_equal(compose_with(&usual[MESSAGE_PASSWORD], "password", passwords[i]), ERR_INVALID);
	for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++)
		assert_int_equal(compose_with(&usual[MESSAGE_LINK], "url", urls[i]), ERR_INVALID);
	for (size_t i = 0; i < sizeof minutes / sizeof minutes[0]; i++)
		assert_int_equal(compose_with(&usual[MESSAGE_CODE], "minutes", minutes[i]), ERR_INVALID);
	assert_int_equal(compose_with(&usual[MESSAGE_LINK], "client", A256), ERR_OK);
	assert_int_equal(compose_with(&usual[MESSAGE_LINK], "client", A256 "a"), ERR_INVALID);
}

static enum err open_text(const char *json, size_t len)
{
	struct secret *plain = secret_copy(json, len);
	struct message m;
	enum err e = message_open(plain, languages, &m, NULL);
	secret_free(plain);
	if (!e)
		message_clear(&m);
	return e;
}

#define HEAD "{\"kind\":\"password\",\"order\":\"" ORDER "\",\"to\":\"+4790000000\",\"fields\":"
#define GOOD_FIELDS "{\"password\":\"" PASSWORD "\",\"client\":\"x\"}"

static const char *const tags[] = {"en", "nb"};
enum { TAGS = sizeof tags / sizeof tags[0] };

/* The usual fields in a language, all texts among them replaced by one. */
static size_t all_alike(const struct usual *u, const char *tag, const char *value, struct message_field out[MOST_FIELDS])
{
	static const char *const texts[] = {"client", "service", "organisation", "contact", "orderer", "until", "kind", "order", "why"};
	size_t n = 0;
	for (const struct message_field *f = u->fields; f->name; f++) {
		out[n] = *f;
		for (size_t i = 0; value && i < sizeof texts / sizeof texts[0]; i++)
			if (strcmp(f->name, texts[i]) == 0)
				out[n].value = value;
		n++;
	}
	out[n++] = (struct message_field){"language", tag};
	out[n] = (struct message_field){0};
	return n;
}

static void markup_and_places_in_a_field_are_text_in_every_language(void **state)
{
	(void)state;
	static const char *const canaries[] = {"<script>alert(1)</script>", "{{code}}{{password}}{{url}}", "{{#client}}", "{{_link.what}}",
					       "\"><img src=x onerror=a>", "'&amp;", "<!--", "</title><b>"};
	for (int k = 0; k < MESSAGE_KIND_COUNT; k++)
		for (size_t c = 0; c < sizeof canaries / sizeof canaries[0]; c++)
			for (size_t t = 0; t < TAGS; t++) {
				struct message_field fields[MOST_FIELDS];
				all_alike(&usual[k], tags[t], canaries[c], fields);
				struct message m = opened(&usual[k], fields);
				struct buf escaped = BUF_INIT(1024);
				template_escape_html(&escaped, canaries[c]);
				const char *text = buf_string(&m.text), *html = buf_string(&m.html);
				assert_string_equal(m.language, tags[t]);
				/* GSM lacks nothing of them, but a long one is cut. */
				if (m.channel == CHANNEL_MAIL && (!strstr(text, canaries[c]) || !strstr(buf_string(&m.subject), canaries[c])))
					fail_msg("%s, %s: text or subject has not \"%s\"", usual[k].to, tags[t], canaries[c]);
				if (m.channel == CHANNEL_MAIL && !strstr(html, buf_string(&escaped)))
					fail_msg("%s: HTML has not \"%s\"", tags[t], buf_string(&escaped));
				if (strstr(html, "<script") || strstr(html, "<img") || strstr(html, "<b>") || strstr(html, "alert(1)</s"))
					fail_msg("%s: \"%s\" is markup in the HTML", tags[t], canaries[c]);
				buf_free(&escaped);
				message_clear(&m);
			}
}

static void html_has_what_the_text_has_and_nothing_from_elsewhere(void **state)
{
	(void)state;
	for (size_t t = 0; t < TAGS; t++) {
		struct message_field fields[MOST_FIELDS];
		all_alike(&usual[MESSAGE_LINK], tags[t], NULL, fields);
		struct message m = opened(&usual[MESSAGE_LINK], fields);
		const char *html = buf_string(&m.html);
		char lang[16];
		snprintf(lang, sizeof lang, "lang=\"%s\"", tags[t]);
		assert_non_null(strstr(html, lang));
		assert_non_null(strstr(html, "href=\"" URL "\""));
		assert_non_null(strstr(html, ">" URL "</a>"));
		assert_non_null(strstr(html, "<strong>Ola Nordmann</strong>"));
		static const char *const foreign[] = {"src=", "<link", "<style", "url(", "@import", "<script", "<form"};
		for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
			if (strstr(html, foreign[i]))
				fail_msg("the HTML mail has %s", foreign[i]);
		for (const char *at = html; (at = strstr(at, "href=\"")) != NULL; at++)
			assert_int_equal(strncmp(at + 6, URL, strlen(URL)), 0);
		message_clear(&m);
	}
}

static void each_language_has_its_own_words(void **state)
{
	(void)state;
	static const char *const said[MESSAGE_KIND_COUNT] = {
		[MESSAGE_LINK] = "Hei Kari Nordmann,", [MESSAGE_CODE] = "ABCD2345 er koden din", [MESSAGE_PASSWORD] = "Passord for",
		[MESSAGE_DEAD] = "fikk ikke levert en melding", [MESSAGE_LAPSED_LINK] = "Ingen har hentet sertifikatet til e-banking",
		[MESSAGE_LAPSED_CLAIM] = "Kari Nordmann skrev inn koden for", [MESSAGE_LAPSED_PASSWORD] = "Ingen kan åpne filen.",
		[MESSAGE_LOCKED_ORDER] = "for mange gale koder", [MESSAGE_LAPSED_REQUEST] = "Ingen godkjente bestillingen til e-banking",
		[MESSAGE_REJECTED] = "Begrunnelse: ordered twice", [MESSAGE_APPROVAL] = "En annen må godkjenne det",
		[MESSAGE_NEW_EMAIL] = "har endret e-postadressen",
		[MESSAGE_NEW_MOBILE] = "har endret mobilnummeret", [MESSAGE_REMINDER] = "Lenken virker til 29. november 2026 kl. 14.05"};
	for (int k = 0; k < MESSAGE_KIND_COUNT; k++) {
		struct message_field fields[MOST_FIELDS];
		all_alike(&usual[k], "nb", NULL, fields);
		struct message m = opened(&usual[k], fields);
		char all[8192];
		flatten(buf_string(&m.text), all);
		if (!strstr(all, said[k]))
			fail_msg("%s: %s", said[k], all);
		assert_true(m.channel == CHANNEL_MAIL || gsm_septets(buf_string(&m.text)) <= GSM_SEGMENT);
		message_clear(&m);
	}
	struct message_field fields[MOST_FIELDS];
	char flat[8192];
	all_alike(&usual[MESSAGE_LINK], "no", NULL, fields);
	struct message m = opened(&usual[MESSAGE_LINK], fields);
	assert_string_equal(m.language, "nb");
	flatten(buf_string(&m.text), flat);
	assert_non_null(strstr(flat, "29. november 2026 kl. 14.05 UTC"));
	message_clear(&m);
	all_alike(&usual[MESSAGE_LINK], "xx", NULL, fields); /* one that was taken away meanwhile */
	m = opened(&usual[MESSAGE_LINK], fields);
	assert_string_equal(m.language, "en");
	message_clear(&m);
}

static void a_time_is_written_as_it_is_read(void **state)
{
	(void)state;
	char text[MESSAGE_TIME_SIZE];
	message_time(INT64_C(1795961159), text); /* a minute that has begun */
	assert_string_equal(text, "2026-11-29 14:05 UTC");
	struct message m = opened_with(&usual[MESSAGE_REMINDER], "until", text);
	assert_non_null(strstr(buf_string(&m.text), "29 November 2026, 14:05 UTC"));
	message_clear(&m);
	message_time(0, text);
	assert_string_equal(text, "1970-01-01 00:00 UTC");
}

static void a_changed_contact_that_does_not_rest_is_told_of_no_rest(void **state)
{
	(void)state;
	for (int k = MESSAGE_NEW_EMAIL; k <= MESSAGE_NEW_MOBILE; k++) {
		struct message m = opened(&usual[k], usual[k].fields);
		assert_non_null(strstr(buf_string(&m.text), "29 November 2026, 14:05 UTC"));
		assert_non_null(strstr(buf_string(&m.html), "29 November 2026, 14:05 UTC"));
		message_clear(&m);
		m = opened_with(&usual[k], "until", "");
		assert_null(strstr(buf_string(&m.text), "before ."));
		assert_null(strstr(buf_string(&m.text), "Nothing new"));
		assert_null(strstr(buf_string(&m.html), "Nothing new"));
		message_clear(&m);
	}
}

static void only_the_exact_object_is_opened(void **state)
{
	(void)state;
	static const struct {
		const char *name, *json;
	} bad[] = {
	    {"array", "[]"},
	    {"null", "null"},
	    {"empty object", "{}"},
	    {"cut", HEAD GOOD_FIELDS},
	    {"something behind", HEAD GOOD_FIELDS "} x"},
	    {"another member", HEAD GOOD_FIELDS ",\"bcc\":\"+4790000001\"}"},
	    {"member twice", HEAD GOOD_FIELDS ",\"to\":\"+4790000001\"}"},
	    {"field twice", HEAD "{\"password\":\"" PASSWORD "\",\"client\":\"x\",\"client\":\"y\"}}"},
	    {"fields not an object", HEAD "\"x\"}"},
	    {"field is a number", HEAD "{\"password\":\"" PASSWORD "\",\"client\":1}}"},
	    {"field is null", HEAD "{\"password\":\"" PASSWORD "\",\"client\":null}}"},
	    {"field missing", HEAD "{\"client\":\"x\"}}"},
	    {"field too many", HEAD "{\"password\":\"" PASSWORD "\",\"client\":\"x\",\"url\":\"https://a\"}}"},
	    {"escaped line feed", HEAD "{\"password\":\"" PASSWORD "\",\"client\":\"x\\ny\"}}"},
	    {"escaped NUL", HEAD "{\"password\":\"" PASSWORD "\",\"client\":\"x\\u0000y\"}}"},
	    {"lone surrogate", HEAD "{\"password\":\"" PASSWORD "\",\"client\":\"\\ud800\"}}"},
	    {"kind unknown",
	     "{\"kind\":\"Password\",\"order\":\"a\",\"to\":\"+4790000000\",\"fields\":" GOOD_FIELDS "}"},
	    {"kind not text", "{\"kind\":1,\"order\":\"a\",\"to\":\"+4790000000\",\"fields\":" GOOD_FIELDS "}"},
	    {"mail for an SMS", "{\"kind\":\"password\",\"order\":\"a\",\"to\":\"a@b.no\",\"fields\":" GOOD_FIELDS "}"},
	    {"order of another shape",
	     "{\"kind\":\"password\",\"order\":\"../a\",\"to\":\"+4790000000\",\"fields\":" GOOD_FIELDS "}"},
	};
	assert_int_equal(open_text(HEAD GOOD_FIELDS "}", strlen(HEAD GOOD_FIELDS "}")), ERR_OK);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (open_text(bad[i].json, strlen(bad[i].json)) != ERR_INVALID)
			fail_msg("opened: %s", bad[i].name);
}

static void no_field_can_add_a_line_when_opened(void **state)
{
	(void)state;
	for (size_t i = 0; i < BREAKING; i++) {
		char json[512];
		int n =
		    snprintf(json, sizeof json, HEAD "{\"password\":\"" PASSWORD "\",\"client\":\"%s\"}}", breaking[i]);
		if (open_text(json, (size_t)n) != ERR_INVALID)
			fail_msg("opened with breaking[%zu]", i);
	}
	for (unsigned c = 0; c < 0x20; c++) {
		char json[512];
		int n =
		    snprintf(json, sizeof json, HEAD "{\"password\":\"" PASSWORD "\",\"client\":\"x\\u%04xy\"}}", c);
		if (open_text(json, (size_t)n) != ERR_INVALID)
			fail_msg("opened with \\u%04x", c);
	}
}

static void a_message_cut_at_any_length_is_not_opened(void **state)
{
	(void)state;
	for (int k = 0; k < MESSAGE_KIND_COUNT; k++) {
		struct secret *plain = NULL;
		assert_int_equal(message_compose(usual[k].kind, ORDER, usual[k].to, usual[k].fields, &plain, NULL),
				 ERR_OK);
		for (size_t len = 1; len < secret_len(plain); len++)
			assert_int_equal(open_text(secret_string(plain), len), ERR_INVALID);
		assert_int_equal(open_text(secret_string(plain), secret_len(plain)), ERR_OK);
		secret_free(plain);
	}
}

static void quotes_backslashes_and_braces_come_through(void **state)
{
	(void)state;
	struct message m = opened_with(&usual[MESSAGE_LINK], "client", "a \"b\" \\ {{url}} \\u0041 <c> & 'd'");
	assert_string_equal(buf_string(&m.subject),
			    "Certificate for a \"b\" \\ {{url}} \\u0041 <c> & 'd' is ready to collect");
	message_clear(&m);
}

static void a_fault_never_repeats_a_value(void **state)
{
	(void)state;
	struct message_field fields[MOST_FIELDS];
	struct secret *plain = NULL;
	struct errbuf why = {{0}};
	with(&usual[MESSAGE_PASSWORD], "password", "CANARY-CANARY", fields);
	assert_int_equal(message_compose(MESSAGE_PASSWORD, ORDER, "+4790000000", fields, &plain, &why), ERR_INVALID);
	assert_null(strstr(why.text, "CANARY"));
	assert_non_null(strstr(why.text, "password"));
}

static void kinds_are_known_by_name(void **state)
{
	(void)state;
	enum message_kind k = MESSAGE_KIND_COUNT;
	for (int i = 0; i < MESSAGE_KIND_COUNT; i++) {
		assert_int_equal(message_kind_from_name(message_kind_name((enum message_kind)i), &k), ERR_OK);
		assert_int_equal(k, i);
	}
	assert_int_equal(message_kind_from_name("Link", &k), ERR_INVALID);
	assert_int_equal(message_kind_from_name("", &k), ERR_INVALID);
	assert_string_equal(message_channel_name(message_channel_of(MESSAGE_LINK)), "mail");
	assert_string_equal(message_channel_name(message_channel_of(MESSAGE_CODE)), "sms");
	assert_string_equal(message_channel_name(message_channel_of(MESSAGE_PASSWORD)), "sms");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_link_stands_on_a_line_of_its_own),
		cmocka_unit_test(mail_lines_are_short_and_end_in_line_feeds),
		cmocka_unit_test(minutes_are_30_unless_said),
		cmocka_unit_test(the_code_is_on_the_last_line_as_telephones_want_it),
		cmocka_unit_test(the_password_is_on_a_line_of_its_own_exactly_as_it_is),
		cmocka_unit_test(an_sms_is_one_segment_with_every_field_at_its_longest),
		cmocka_unit_test(a_long_client_fills_the_segment_and_a_long_domain_gives_way),
		cmocka_unit_test(a_member_of_the_staff_is_told_of_no_server),
		cmocka_unit_test(each_field_must_be_there_once_and_no_other),
		cmocka_unit_test(no_field_can_add_a_line_when_composed),
		cmocka_unit_test(no_address_or_order_id_can_add_a_line),
		cmocka_unit_test(codes_passwords_and_links_have_their_shape),
		cmocka_unit_test(markup_and_places_in_a_field_are_text_in_every_language),
		cmocka_unit_test(html_has_what_the_text_has_and_nothing_from_elsewhere),
		cmocka_unit_test(each_language_has_its_own_words),
		cmocka_unit_test(a_time_is_written_as_it_is_read),
		cmocka_unit_test(a_changed_contact_that_does_not_rest_is_told_of_no_rest),
		cmocka_unit_test(only_the_exact_object_is_opened),
		cmocka_unit_test(no_field_can_add_a_line_when_opened),
		cmocka_unit_test(a_message_cut_at_any_length_is_not_opened),
		cmocka_unit_test(quotes_backslashes_and_braces_come_through),
		cmocka_unit_test(a_fault_never_repeats_a_value),
		cmocka_unit_test(kinds_are_known_by_name),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
