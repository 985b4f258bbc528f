/* Envelopes that mean harm, or are damaged: refused by name, in bounded time and memory, and never taken for an answer. */
#include "base/clock.h"
#include "client/soap_envelope.h"
#include "tests/support/test.h"

#include <fcntl.h>
#include <libxml/parser.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NS11 "http://schemas.xmlsoap.org/soap/envelope/"
#define NS12 "http://www.w3.org/2003/05/soap-envelope"
#define OPEN11 "<s:Envelope xmlns:s=\"" NS11 "\"><s:Body>"
#define CLOSE "</s:Body></s:Envelope>"

enum { MEBI = 1 << 20, LARGE = 16 * MEBI, MOST_MS = 5000 };

/* A sanitizer keeps what is freed. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WATCH_MEMORY false
#else
#define WATCH_MEMORY true
#endif

static struct buf text;

static int fresh(void **state)
{
	(void)state;
	buf_free(&text);
	text = BUF_INIT((size_t)4 * LARGE);
	return 0;
}

static int done(void **state)
{
	(void)state;
	buf_free(&text);
	return 0;
}

/* '#' in the pattern is which time it is. */
static void add_times(long n, const char *pattern)
{
	for (long i = 0; i < n; i++)
		for (const char *p = pattern; *p;) {
			size_t plain = strcspn(p, "#");
			buf_add(&text, p, plain);
			p += plain;
			if (*p != '#')
				continue;
			buf_format(&text, "%06lx", i);
			p++;
		}
}

static enum soap_flaw read_bytes(const void *bytes, size_t len, counterfoil_soap_version version, struct soap_message *m)
{
	long line;
	return soap_read((counterfoil_bytes){bytes, len}, NULL, version, m, &line);
}

/* Largest resident size since the last call, in KiB. */
static long peak(void)
{
	char line[256];
	long kib = 0;
	FILE *status = fopen("/proc/self/status", "r");
	while (status && fgets(line, sizeof line, status))
		if (strncmp(line, "VmHWM:", 6) == 0)
			kib = strtol(line + 6, NULL, 10);
	if (status)
		fclose(status);
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
	assert_int_equal(write(fd, "5", 1), 1);
	close(fd);
	return kib;
}

/* The text, as an answer: what is found, how long it takes, and how much memory beside the text itself. */
static void expect(const char *name, enum soap_flaw want, long most_mib)
{
	struct soap_message m;
	assert_int_equal(buf_check(&text), ERR_OK);
	(void)peak();
	long before = peak();
	int64_t started = clock_mono_ms();
	enum soap_flaw had = read_bytes(text.data, text.len, COUNTERFOIL_SOAP_1_1, &m);
	int64_t took = clock_mono_ms() - started;
	long mib = (peak() - before) / 1024;
	if (had != want)
		fail_msg("%s: wanted [%s], had [%s]", name, soap_flaw_text(want), soap_flaw_text(had));
	if (had && (m.is_fault || m.body.len || m.header.len))
		fail_msg("%s: something was kept of it", name);
	if (getenv("SOAP_TRACE"))
		fprintf(stderr, "%s: %zu bytes, %lld ms, %ld MiB\n", name, text.len, (long long)took, mib);
	if (took > MOST_MS)
		fail_msg("%s: took %lld ms", name, (long long)took);
	if (WATCH_MEMORY && mib > most_mib)
		fail_msg("%s: took %ld MiB of memory for %zu bytes", name, mib, text.len);
	soap_message_free(&m);
}

static int loaded;

static xmlParserInputPtr load(const char *url, const char *id, xmlParserCtxtPtr context)
{
	(void)url, (void)id, (void)context;
	loaded++;
	return NULL;
}

static enum soap_flaw any_start(void *state, const struct xml_element *e)
{
	(void)state, (void)e;
	return SOAP_SOUND;
}

static enum soap_flaw any_end(void *state, const struct xml_name *name, unsigned depth, const struct xml_scope *scope)
{
	(void)state, (void)name, (void)depth, (void)scope;
	return SOAP_SOUND;
}

static enum soap_flaw any_text(void *state, const char *bytes, size_t len, unsigned depth)
{
	(void)bytes, (void)depth;
	*(size_t *)state += len;
	return SOAP_SOUND;
}

/* Refused by the look at the text, and, were that to miss them, by libxml2's events too; nothing is loaded either way. */
static void no_dtd_is_read(void **state)
{
	(void)state;
	static const char *const heads[] = {
		"<!DOCTYPE a [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]>",
		"<!DOCTYPE a [<!ENTITY c SYSTEM \"file:///etc/passwd\">]>",
		"<!DOCTYPE a [<!ENTITY c SYSTEM \"http://localhost:1/x\">]>",
		"<!DOCTYPE a [<!ENTITY % p SYSTEM \"file:///etc/passwd\"> %p;]>",
		"<!DOCTYPE a SYSTEM \"file:///etc/passwd\">",
		"<!DOCTYPE a PUBLIC \"x\" \"http://localhost:1/x\">",
		"<?xml version='1.0' standalone='yes'?><!-- --><!DOCTYPE a>",
	};
	static const struct xml_handler any = {any_start, any_end, any_text};
	xmlExternalEntityLoader before = xmlGetExternalEntityLoader();
	xmlSetExternalEntityLoader(load);
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		size_t seen = 0;
		fresh(NULL);
		buf_text(&text, heads[i]);
		buf_text(&text, OPEN11 "<a>&c;</a>" CLOSE);
		expect(heads[i], SOAP_DTD, 2);
		assert_int_equal(xml_read(&text, &any, &seen, NULL), SOAP_DTD);
		assert_int_equal(seen, 0);
	}
	xmlSetExternalEntityLoader(before);
	assert_int_equal(loaded, 0);
}

static void an_entity_that_grows_with_the_square_is_refused(void **state)
{
	(void)state;
	buf_text(&text, "<!DOCTYPE a [<!ENTITY a \"");
	add_times(100000, "aaaaaaaaaa");
	buf_text(&text, "\">]>" OPEN11);
	add_times(100000, "&a;");
	buf_text(&text, CLOSE);
	expect("quadratic", SOAP_DTD, 8);
}

static void deep_nesting_is_refused(void **state)
{
	(void)state;
	buf_text(&text, OPEN11);
	add_times(100000, "<a>");
	add_times(100000, "</a>");
	buf_text(&text, CLOSE);
	expect("100,000 deep", SOAP_TOO_DEEP, 8);
	for (int depth = 197; depth <= 199; depth++) { /* below Envelope and Body */
		fresh(NULL);
		buf_text(&text, OPEN11);
		add_times(depth, "<a>");
		add_times(depth, "</a>");
		buf_text(&text, CLOSE);
		expect("200 deep", depth <= 198 ? SOAP_SOUND : SOAP_TOO_DEEP, 8);
	}
}

/* libxml2 compares each attribute with all before it, and each prefix with all that are declared. */
static void attributes_and_namespaces_without_number_are_refused(void **state)
{
	(void)state;
	buf_text(&text, OPEN11 "<a");
	add_times(600000, " a#='#'");
	buf_text(&text, "/>" CLOSE);
	expect("attributes", SOAP_TOO_MANY, 64);
	fresh(NULL);
	buf_text(&text, OPEN11 "<a");
	add_times(600000, " xmlns:a#='#'");
	buf_text(&text, "/>" CLOSE);
	expect("namespaces", SOAP_TOO_MANY, 64);
	fresh(NULL);
	buf_text(&text, OPEN11);
	add_times(190, "<a xmlns:a#='#'>");
	expect("namespaces, nested", SOAP_TOO_MANY, 64);
	for (int count = 256; count <= 257; count++) {
		fresh(NULL);
		buf_text(&text, OPEN11 "<a");
		add_times(count, " a#='= \"#'");
		buf_text(&text, "/>" CLOSE);
		expect("256 attributes", count <= 256 ? SOAP_SOUND : SOAP_TOO_MANY, 64);
	}
}

/* What follows a first flaw costs nothing, whatever it would have cost. */
static void nothing_is_done_behind_the_first_flaw(void **state)
{
	(void)state;
	buf_text(&text, OPEN11 "<q:a/>");
	for (int i = 0; i < 190; i++) {
		buf_text(&text, "<a");
		add_times(200, " xmlns:a#='#'");
		buf_text(&text, ">");
	}
	while (text.len < LARGE)
		buf_text(&text, "<z:a/><z:a/><z:a/><z:a/><z:a/><z:a/><z:a/><z:a/><z:a/><z:a/>");
	expect("flawed early", SOAP_NOT_XML, 48);
}

static void little_does_not_become_much(void **state)
{
	(void)state;
	buf_text(&text, "<s:Envelope xmlns:s=\"" NS11 "\"");
	add_times(100, " xmlns:a#='#'");
	buf_text(&text, "><s:Body>");
	add_times(1 << 20, "<a/>");
	buf_text(&text, CLOSE);
	expect("declarations repeated", SOAP_TOO_LARGE, 64);
	fresh(NULL);
	buf_text(&text, OPEN11);
	for (int i = 0; i < LARGE / 4; i++)
		buf_text(&text, "<a/>");
	buf_text(&text, CLOSE);
	expect("four million elements", SOAP_TOO_LARGE, 128);
}

static void what_is_large_and_sound_is_read(void **state)
{
	(void)state;
	buf_text(&text, OPEN11 "<a>");
	add_times(LARGE / 16, "0123456789abcdef");
	buf_text(&text, "</a>" CLOSE);
	expect("16 MiB of text", SOAP_SOUND, 160);
	fresh(NULL);
	buf_text(&text, OPEN11 "<list>");
	add_times(LARGE / 40, "<a b='#'>## &amp;</a>\n");
	buf_text(&text, "</list>" CLOSE);
	expect("16 MiB of elements", SOAP_SOUND, 160);
	fresh(NULL);
	buf_text(&text, OPEN11 "<!--");
	add_times(LARGE / 32, "0123456789abcdef");
	buf_text(&text, "-->" CLOSE);
	expect("8 MiB of a comment", SOAP_SOUND, 96);
}

static void different_names_without_number_are_refused(void **state)
{
	(void)state;
	buf_text(&text, OPEN11);
	add_times(LARGE / 16, "<a# b='#'/>");
	buf_text(&text, CLOSE);
	expect("names", SOAP_TOO_MANY, 64);
}

static const char answer11[] = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n"
			       "<s:Envelope xmlns:s=\"" NS11 "\" xmlns:x='urn:x'><s:Header><x:h s:mustUnderstand='0'/></s:Header>"
			       "<s:Body><!-- c --><x:a t=\"x:v &amp; w\">\xc3\xa6 &lt; <![CDATA[<&>]]><b xmlns='urn:b'/></x:a>" CLOSE "\n";
static const char fault11[] = OPEN11 "<s:Fault><faultcode>s:Client</faultcode><faultstring>No</faultstring>"
				     "<detail><e xmlns='urn:e'>7</e></detail></s:Fault>" CLOSE;
static const char fault12[] = "<s:Envelope xmlns:s=\"" NS12 "\"><s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code>"
			      "<s:Reason><s:Text xml:lang=\"en\">No</s:Text></s:Reason></s:Fault>" CLOSE;

static const struct {
	const char *name, *bytes;
	counterfoil_soap_version version;
	bool is_fault;
} samples[] = {
	{"answer", answer11, COUNTERFOIL_SOAP_1_1, false},
	{"fault", fault11, COUNTERFOIL_SOAP_1_1, true},
	{"fault of 1.2", fault12, COUNTERFOIL_SOAP_1_2, true},
};

/* What is cut off anywhere before its last '>' is no answer, in whichever encoding it is. */
static void nothing_cut_short_is_taken_for_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		size_t whole = (size_t)(strrchr(samples[i].bytes, '>') - samples[i].bytes) + 1;
		uint8_t wide[4096];
		for (size_t len = 0; len <= whole; len++) {
			struct soap_message m;
			char *exact = malloc(len + 1);
			memcpy(exact, samples[i].bytes, len);
			enum soap_flaw flaw = read_bytes(exact, len, samples[i].version, &m);
			free(exact);
			if ((flaw == SOAP_SOUND) != (len == whole))
				fail_msg("%s cut at %zu of %zu: %s", samples[i].name, len, whole, soap_flaw_text(flaw));
			assert_true(flaw || m.is_fault == samples[i].is_fault);
			soap_message_free(&m);
			wide[2 * len] = 0;
			wide[2 * len + 1] = (uint8_t)samples[i].bytes[len];
		}
		if (!samples[i].is_fault)
			continue; /* has characters that UTF-16 writes otherwise */
		for (size_t len = 0; len <= 2 * whole; len++) {
			struct soap_message m;
			enum soap_flaw flaw = read_bytes(wide, len, samples[i].version, &m);
			if ((flaw == SOAP_SOUND) != (len == 2 * whole))
				fail_msg("%s in UTF-16 cut at %zu: %s", samples[i].name, len, soap_flaw_text(flaw));
			soap_message_free(&m);
		}
	}
}

/* One bit of the element names, the namespaces or the shape of a fault, and it is refused; of its words, and it is a fault
 * still. An answer stays an answer or is refused. */
static void a_flipped_bit_never_makes_an_answer_of_a_fault(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		size_t len = strlen(samples[i].bytes);
		char *copy = strdup(samples[i].bytes);
		size_t refused = 0;
		for (size_t bit = 0; bit < 8 * len; bit++) {
			struct soap_message m;
			copy[bit / 8] ^= (char)(1u << bit % 8);
			enum soap_flaw flaw = read_bytes(copy, len, samples[i].version, &m);
			if (!flaw && m.is_fault != samples[i].is_fault)
				fail_msg("%s, bit %zu: %s", samples[i].name, bit, copy);
			refused += flaw != SOAP_SOUND;
			soap_message_free(&m);
			copy[bit / 8] ^= (char)(1u << bit % 8);
		}
		assert_true(refused > len); /* of eight times as many */
		free(copy);
	}
}

static void encodings_are_told_apart_as_rfc_7303_says(void **state)
{
	(void)state;
#define LATIN OPEN11 "<a>\xe6</a>" CLOSE
#define UTF8 OPEN11 "<a>\xc3\xa6</a>" CLOSE
	static const struct {
		const char *bytes, *charset, *want; /* want: what stands in <a>; NULL: refused */
	} cases[] = {
		{UTF8, NULL, "\xc3\xa6"},
		{UTF8, "UTF-8", "\xc3\xa6"},
		{LATIN, NULL, NULL},
		{LATIN, "ISO-8859-1", "\xc3\xa6"},
		{UTF8, "us-ascii", NULL},
		{UTF8, "windows-1252", NULL},
		{"<?xml version='1.0' encoding='ISO-8859-1'?>" LATIN, NULL, "\xc3\xa6"},
		{"<?xml version='1.0' encoding = \"iso-8859-1\" ?>" LATIN, NULL, "\xc3\xa6"},
		{"<?xml version='1.0' encoding='ISO-8859-1'?>" UTF8, "utf-8", "\xc3\xa6"},
		{"\xef\xbb\xbf<?xml version='1.0' encoding='ISO-8859-1'?>" UTF8, "us-ascii", "\xc3\xa6"},
		{"<?xml version='1.0' encoding='utf-7'?>" UTF8, NULL, NULL},
		{"<?xml version='1.0' encoding='utf-16'?>" UTF8, NULL, NULL},
		{"<?xml version='1.0' encoding='utf-8?>" UTF8, NULL, NULL},
		{"<?xml version='1.0' encoding?>" UTF8, NULL, NULL},
		{"<?xml encoding='utf-8'?>" UTF8, NULL, NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct soap_message m;
		long line;
		enum soap_flaw flaw = soap_read((counterfoil_bytes){cases[i].bytes, strlen(cases[i].bytes)}, cases[i].charset,
						COUNTERFOIL_SOAP_1_1, &m, &line);
		const char *content = m.body.len ? strchr((const char *)m.body.data, '>') + 1 : "";
		if ((flaw == SOAP_SOUND) != (cases[i].want != NULL) ||
		    (cases[i].want && strncmp(content, cases[i].want, strlen(cases[i].want)) != 0))
			fail_msg("case %zu: %s, [%s]", i, soap_flaw_text(flaw), content);
		soap_message_free(&m);
	}
}

/* Each its own document, sound and flawed in turn; NULL, or what went wrong. */
static void *read_many(void *data)
{
	(void)data;
	for (size_t i = 0; i < 600; i++) {
		struct soap_message m;
		size_t n = i % (sizeof samples / sizeof *samples);
		size_t len = strlen(samples[n].bytes) - (i % 2 ? 20 : 0);
		enum soap_flaw flaw = read_bytes(samples[n].bytes, len, samples[n].version, &m);
		bool as_it_should = i % 2 ? flaw == SOAP_NOT_XML : flaw == SOAP_SOUND && m.is_fault == samples[n].is_fault;
		soap_message_free(&m);
		if (!as_it_should || xmlGetLastError())
			return (void *)soap_flaw_text(flaw);
	}
	return NULL;
}

static void threads_read_side_by_side(void **state)
{
	(void)state;
	pthread_t threads[8];
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_many, NULL), 0);
	for (size_t i = 0; i < 8; i++) {
		void *wrong = NULL;
		pthread_join(threads[i], &wrong);
		if (wrong)
			fail_msg("thread %zu: %s", i, (const char *)wrong);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, done)
	const struct CMUnitTest tests[] = {
		TEST(no_dtd_is_read),
		TEST(an_entity_that_grows_with_the_square_is_refused),
		TEST(deep_nesting_is_refused),
		TEST(attributes_and_namespaces_without_number_are_refused),
		TEST(nothing_is_done_behind_the_first_flaw),
		TEST(little_does_not_become_much),
		TEST(what_is_large_and_sound_is_read),
		TEST(different_names_without_number_are_refused),
		TEST(nothing_cut_short_is_taken_for_whole),
		TEST(a_flipped_bit_never_makes_an_answer_of_a_fault),
		TEST(encodings_are_told_apart_as_rfc_7303_says),
		TEST(threads_read_side_by_side),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
