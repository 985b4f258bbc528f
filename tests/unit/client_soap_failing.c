/* Each allocation fails in turn, once and for good, while SOAP is read and written: nothing comes out, or what was meant. */
#include "client/soap_envelope.h"
#include "tests/support/failing.h"
#include "tests/support/test.h"

#include <string.h>

#define NS11 "http://schemas.xmlsoap.org/soap/envelope/"

/* In `make check`; a campaign takes every one. */
enum { SAMPLE = 200 };

static const char answer[] = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<s:Envelope xmlns:s=\"" NS11 "\" xmlns:x='urn:x'>"
			     "<s:Header><x:h s:mustUnderstand='0'/></s:Header><s:Body><!-- c --><x:a t=\"v &amp; w\">\xe6 &lt; "
			     "<![CDATA[<&>]]><b xmlns='urn:b'/></x:a></s:Body></s:Envelope>";
static const char body_wanted[] = "<x:a xmlns:s=\"" NS11 "\" xmlns:x=\"urn:x\" t=\"v &#38; w\">\xc3\xa6 &lt; &lt;&amp;&gt;"
				  "<b xmlns=\"urn:b\"></b></x:a>";
static const char fault[] = "<s:Envelope xmlns:s=\"" NS11 "\"><s:Body><s:Fault><faultcode>s:Client</faultcode>"
			    "<faultstring xml:lang='en'>No</faultstring><detail><e xmlns='urn:e'>7</e></detail></s:Fault>"
			    "</s:Body></s:Envelope>";
static const char broken[] = "<s:Envelope xmlns:s=\"" NS11 "\"><s:Body><a></b></s:Body></s:Envelope>";
static const char envelope_wanted[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soap:Envelope xmlns:soap=\"" NS11
				      "\"><soap:Header><h/></soap:Header><soap:Body><q>\xc3\xa6</q></soap:Body></soap:Envelope>\n";

static struct soap_message message;
static struct buf envelope;

static void empty(void)
{
	soap_message_free(&message);
	buf_free(&envelope);
}

static enum err read_text(const char *text)
{
	long line;
	enum soap_flaw flaw = soap_read((counterfoil_bytes){text, strlen(text)}, NULL, COUNTERFOIL_SOAP_1_1, &message, &line);
	if (flaw == SOAP_SOUND)
		return ERR_OK;
	return flaw == SOAP_NO_MEMORY ? ERR_MEMORY : ERR_MALFORMED;
}

static enum err read_answer(void)
{
	return read_text(answer);
}

static enum err read_fault(void)
{
	return read_text(fault);
}

static enum err read_broken(void)
{
	return read_text(broken);
}

static bool is_text(const struct buf *had, const char *want)
{
	return had->len == strlen(want) && (had->len == 0 || memcmp(had->data, want, had->len) == 0);
}

static bool is_empty(void)
{
	return !message.is_fault && !message.body.data && !message.header.data && !message.parts[COUNTERFOIL_SOAP_CODE].data;
}

static void after_answer(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require(rc == ERR_OK ? is_text(&message.body, body_wanted) && message.header.len && !message.is_fault : is_empty());
}

static void after_fault(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require(rc == ERR_OK ? message.is_fault && is_text(&message.parts[COUNTERFOIL_SOAP_CODE], "Client") &&
					       is_text(&message.parts[COUNTERFOIL_SOAP_REASON], "No") &&
					       is_text(&message.parts[COUNTERFOIL_SOAP_LANGUAGE], "en") &&
					       message.parts[COUNTERFOIL_SOAP_DETAIL].len
				     : is_empty());
}

static void after_broken(enum err rc, bool failed)
{
	failing_require(rc == ERR_MALFORMED || (failed && rc == ERR_MEMORY));
	failing_require(is_empty());
}

static enum err write_envelope(void)
{
	const counterfoil_soap_request request = {.body = {"<q>\xc3\xa6</q>", 9}, .header = {"<h/>", 4}};
	return soap_envelope(&request, &envelope, NULL) == COUNTERFOIL_OK ? ERR_OK : ERR_MEMORY;
}

static void after_envelope(enum err rc, bool failed)
{
	failing_require(failed || rc == ERR_OK);
	failing_require(rc != ERR_OK || is_text(&envelope, envelope_wanted));
}

static enum err write_broken(void)
{
	const counterfoil_soap_request request = {.body = {"<q>", 3}};
	return soap_envelope(&request, &envelope, NULL) == COUNTERFOIL_OK ? ERR_OK : ERR_MALFORMED;
}

static void after_write_broken(enum err rc, bool failed)
{
	(void)failed;
	failing_require(rc != ERR_OK);
}

#define NO_LIBRARY .without_sqlite = true, .without_openssl = true

static void nothing_comes_out_or_what_was_meant(void **state)
{
	(void)state;
	static const struct failing_work works[] = {
		{.name = "an answer", .before = empty, .act = read_answer, .after = after_answer, NO_LIBRARY},
		{.name = "a fault", .before = empty, .act = read_fault, .after = after_fault, NO_LIBRARY},
		{.name = "a broken answer", .before = empty, .act = read_broken, .after = after_broken, NO_LIBRARY},
		{.name = "an envelope", .before = empty, .act = write_envelope, .after = after_envelope, NO_LIBRARY},
		{.name = "a broken envelope", .before = empty, .act = write_broken, .after = after_write_broken, NO_LIBRARY},
	};
	for (size_t i = 0; i < sizeof works / sizeof *works; i++)
		failing_each(&works[i], SAMPLE);
	empty();
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_comes_out_or_what_was_meant)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
