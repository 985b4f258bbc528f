#include "ca/crl.h"

enum err crl_make(const struct crl_head *head, const struct crl_entry *entries, size_t n, X509 *issuer,
		  EVP_PKEY *issuer_key, struct buf *out, struct errbuf *why)
{
	struct crl_signing *signing = NULL;
	struct buf body = BUF_INIT(CRL_MAX_BYTES), der = BUF_INIT(CRL_MAX_BYTES), tail = BUF_INIT(CRL_PART_MAX);
	enum err rc = crl_entries_write(entries, n, NULL, &body, why);
	if (rc)
		goto out;
	rc = crl_signing_begin(head, body.len, issuer, issuer_key, &signing, why);
	if (rc)
		goto out;
	rc = crl_signing_add(signing, entries, n, why);
	if (rc)
		goto out;
	rc = crl_signing_end(signing, &der, &tail, why);
	if (rc)
		goto out;
	buf_add(&der, body.data, body.len);
	buf_add(&der, tail.data, tail.len);
	rc = buf_check(&der);
	if (rc)
		goto out;
	rc = crl_check(der.data, der.len, issuer, head, n, why);
	if (rc)
		goto out;
	buf_add(out, der.data, der.len);
	rc = buf_check(out);
out:
	crl_signing_free(signing);
	buf_free(&body);
	buf_free(&der);
	buf_free(&tail);
	return rc;
}
