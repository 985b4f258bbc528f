#include "ca/certificate.h"

#include "ca/der.h"

/* DER of the OIDs, contents only. */
static const uint8_t data_oid[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01},
		     signed_data_oid[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};

/* ContentInfo with a SignedData that nobody has signed (RFC 2315 9.1): no digests, no content, no signers. */
enum err certificate_pkcs7(const struct buf *const *ders, size_t n, struct buf *out)
{
	size_t info = der_open(out, DER_SEQUENCE);
	der_primitive(out, DER_OBJECT, signed_data_oid, sizeof signed_data_oid);
	size_t explicit = der_open(out, DER_CONTEXT_0_CONSTRUCTED);
	size_t data = der_open(out, DER_SEQUENCE);
	der_number(out, DER_INTEGER, 1);
	der_primitive(out, DER_SET, "", 0);
	size_t content = der_open(out, DER_SEQUENCE);
	der_primitive(out, DER_OBJECT, data_oid, sizeof data_oid);
	der_close(out, content);
	size_t certificates = der_open(out, DER_CONTEXT_0_CONSTRUCTED);
	for (size_t i = 0; i < n; i++)
		buf_add(out, ders[i]->data, ders[i]->len);
	der_close(out, certificates);
	der_primitive(out, DER_SET, "", 0);
	der_close(out, data);
	der_close(out, explicit);
	der_close(out, info);
	return buf_check(out);
}
