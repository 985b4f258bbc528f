/* crl_entries: what stands in a short list, such as a root's, so that the next one can say it again. */
#ifndef CA_CRL_ENTRIES_H
#define CA_CRL_ENTRIES_H

#include "ca/crl.h"

enum { CRL_ENTRIES_MOST = 1024 };

struct crl_entries {
	struct crl_entry at[CRL_ENTRIES_MOST];
	size_t count;
};

/* A list in DER or PEM, verified as crl_read does it: its head, and its entries in their order. ERR_TOO_LARGE: more than
 * CRL_ENTRIES_MOST. `der`, where not NULL, gets the list itself. */
enum err crl_entries_read(const struct buf *list, X509 *issuer, struct crl_head *head, struct crl_entries *out,
			  struct buf *der, struct errbuf *why) MUST_CHECK;
/* The entry of a serial, or NULL. */
const struct crl_entry *crl_entries_find(const struct crl_entries *e, const uint8_t serial[SERIAL_BYTES]);
/* Into its place. ERR_EXISTS: it is there; ERR_TOO_LARGE. */
enum err crl_entries_add(struct crl_entries *e, const struct crl_entry *entry) MUST_CHECK;

/* The serial of a certificate. ERR_INVALID: longer than RFC 5280 permits, or negative. */
enum err certificate_serial(const X509 *x, uint8_t out[SERIAL_BYTES]) MUST_CHECK;

#endif
