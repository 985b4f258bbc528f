/* An OCSP request from anybody: refused with a reason, or read into views that stay within it. */
#include "ca/ocsp.h"
#include "tests/fuzz/target.h"

static void within(const uint8_t *data, size_t size, const uint8_t *at, size_t len)
{
	HOLDS(at >= data && len <= size && (size_t)(at - data) <= size - len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ocsp_request q;
	struct ocsp_issuer issuer = {.name = {{0}}};
	struct errbuf why = {0};
	char text[SERIAL_TEXT_SIZE];
	if (ocsp_request_read(data, size, &q, &why) != ERR_OK) {
		HOLDS(why.text[0]);
		return 0;
	}
	HOLDS(q.count >= 1 && q.count <= OCSP_SINGLES_MAX && q.nonce_len <= OCSP_NONCE_MAX);
	if (q.nonce_len)
		within(data, size, q.nonce, q.nonce_len);
	for (size_t i = 0; i < q.count; i++) {
		const struct ocsp_certificate_id *id = &q.ids[i];
		HOLDS(id->serial_len >= 1 && id->serial_len <= OCSP_SERIAL_MAX);
		within(data, size, id->serial, id->serial_len);
		within(data, size, id->name_digest, id->name_len);
		within(data, size, id->key_digest, id->key_len);
		(void)ocsp_issuer_is(&issuer, id);
		(void)ocsp_serial_text(id, text);
	}
	return 0;
}
