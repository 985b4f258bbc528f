/* What a service answers to a call by SOAP, and what a caller gives to be sent. */
#include "client/soap_envelope.h"
#include "tests/fuzz/target.h"

#include <string.h>

static const counterfoil_soap_version versions[] = {COUNTERFOIL_SOAP_1_1, COUNTERFOIL_SOAP_1_2};

static bool same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static bool is_bound(enum soap_flaw flaw)
{
	return flaw == SOAP_TOO_MANY || flaw == SOAP_TOO_DEEP || flaw == SOAP_TOO_LARGE;
}

/* Sent again, and read again; false when a bound is in the way, which what was in scope may cause. */
static bool again(const struct soap_message *m, counterfoil_soap_version version, struct soap_message *out)
{
	const counterfoil_soap_request request = {
		.version = version, .body = {m->body.data, m->body.len}, .header = {m->header.data, m->header.len}};
	struct buf envelope = {0};
	counterfoil_error error;
	long line;
	counterfoil_code code = soap_envelope(&request, &envelope, &error);
	enum soap_flaw flaw = SOAP_TOO_LARGE;
	HOLDS(code == COUNTERFOIL_OK || strstr(error.text, soap_flaw_text(SOAP_TOO_MANY)) ||
	      strstr(error.text, soap_flaw_text(SOAP_TOO_DEEP)) || strstr(error.text, soap_flaw_text(SOAP_STRAY_TEXT)) ||
	      strstr(error.text, soap_flaw_text(SOAP_WHOLE_ENVELOPE)));
	if (!code)
		flaw = soap_read((counterfoil_bytes){envelope.data, envelope.len}, NULL, version, out, &line);
	HOLDS(flaw == SOAP_SOUND || is_bound(flaw));
	buf_free(&envelope);
	return flaw == SOAP_SOUND;
}

/* What is read out of an answer is well-formed in itself, and says the same when it is read once more. */
static void look_at(const struct soap_message *m, counterfoil_soap_version version)
{
	struct soap_message second = {0}, third = {0};
	HOLDS(!m->is_fault || m->body.len == 0);
	HOLDS(!m->body.len || m->body.data[m->body.len] == 0);
	if (!m->is_fault && again(m, version, &second) && again(&second, version, &third))
		HOLDS(!second.is_fault && same(&second.body, &third.body) && same(&second.header, &third.header));
	soap_message_free(&second);
	soap_message_free(&third);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const counterfoil_bytes bytes = {data, size};
	size_t sound = 0;
	for (size_t v = 0; v < 2; v++) {
		const counterfoil_soap_request request = {.version = versions[v], .body = bytes};
		struct soap_message m;
		struct buf envelope = {0};
		long line;
		if (soap_read(bytes, v ? "iso-8859-1" : NULL, versions[v], &m, &line) == SOAP_SOUND) {
			look_at(&m, versions[v]);
			sound++;
		}
		soap_message_free(&m);
		if (soap_envelope(&request, &envelope, NULL) == COUNTERFOIL_OK) {
			enum soap_flaw flaw = soap_read((counterfoil_bytes){envelope.data, envelope.len}, NULL, versions[v], &m, &line);
			HOLDS(flaw == SOAP_SOUND || flaw == SOAP_MISPLACED || flaw == SOAP_STRAY_TEXT || is_bound(flaw));
			soap_message_free(&m);
		}
		buf_free(&envelope);
	}
	HOLDS(sound < 2); /* nothing is of both versions */
	return 0;
}
