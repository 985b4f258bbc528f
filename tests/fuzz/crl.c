/* A revocation list from a file or a row, as it came, and with its to-be-signed part signed anew: what stands behind the
 * signature is reached by that alone. What is taken, OpenSSL reads alike. The issuer's key is made anew in each run. */
#include "ca/authority.h"
#include "ca/crl.h"
#include "ca/der_read.h"
#include "ca/signature.h"
#include "tests/fuzz/target.h"

#include <openssl/x509v3.h>

enum { NOW = 1795313618, LIST_MAX = 65536 };

static const struct authority *issuer(void)
{
	static const struct authority_names names = {
		.organisation = "Fixture Authority", .root_name = "Fixture Root", .issuing_name = "Fixture Issuing"};
	static struct authority root, issuing;
	if (!issuing.certificate) {
		HOLDS(authority_make_root(&names, NOW, &root, NULL) == ERR_OK);
		HOLDS(authority_make_issuing(&names, &root, NOW, &issuing, NULL) == ERR_OK);
	}
	return &issuing;
}

/* The same list by our issuer's key. False: there is nothing to sign. */
static bool sign_anew(const uint8_t *data, size_t size, struct buf *out)
{
	struct der_in in = der_in_begin(data, size), list = der_in_take(&in, DER_SEQUENCE);
	const uint8_t *tbs = list.at;
	struct buf bits = BUF_INIT(256);
	der_in_skip(&list);
	if (list.bad)
		return false;
	buf_byte(&bits, 0);
	HOLDS(signature_make(issuer()->key, tbs, (size_t)(list.at - tbs), &bits) == ERR_OK);
	size_t place = der_open(out, DER_SEQUENCE);
	buf_add(out, tbs, (size_t)(list.at - tbs));
	HOLDS(signature_algorithm_write(issuer()->key, out) == ERR_OK);
	der_primitive(out, DER_BIT_STRING, bits.data, bits.len);
	der_close(out, place);
	buf_free(&bits);
	return buf_check(out) == ERR_OK;
}

static void compare(const struct buf *list, const struct crl_head *head, size_t entries)
{
	const uint8_t *at = list->data;
	X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)list->len);
	uint64_t number = 0;
	HOLDS(crl && at == list->data + list->len);
	ASN1_INTEGER *told = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
	int count = sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl));
	HOLDS(told && ASN1_INTEGER_get_uint64(&number, told) == 1 && number == head->number);
	HOLDS((size_t)(count < 0 ? 0 : count) == entries);
	HOLDS(ASN1_TIME_cmp_time_t(X509_CRL_get0_lastUpdate(crl), head->this_update) == 0);
	HOLDS(ASN1_TIME_cmp_time_t(X509_CRL_get0_nextUpdate(crl), head->next_update) == 0);
	ASN1_INTEGER_free(told);
	X509_CRL_free(crl);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct crl_head head;
	size_t entries = 0;
	struct errbuf why = {0};
	struct buf list = BUF_INIT(LIST_MAX);
	HOLDS(crl_read(data, size, issuer()->certificate, &head, &entries, &why) != ERR_OK);
	HOLDS(why.text[0]);
	if (sign_anew(data, size, &list)) {
		if (crl_read(list.data, list.len, issuer()->certificate, &head, &entries, &why) == ERR_OK)
			compare(&list, &head, entries);
	}
	buf_free(&list);
	return 0;
}
