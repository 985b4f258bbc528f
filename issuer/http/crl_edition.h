/* crl_edition: one revocation list in every form in which it is served. It is made once and lent to as many answers as there
 * are: a list of a million is not copied for each who asks. The last who gives it back frees it. Any thread. */
#ifndef ISSUER_HTTP_CRL_EDITION_H
#define ISSUER_HTTP_CRL_EDITION_H

#include "ca/crl.h"

#include <stdatomic.h>
#include <stdbool.h>

enum { ETAG_SIZE = 72 };

/* The bundle has the lists of all other CAs behind this one, in PEM, as servers want them that check the whole chain. */
enum crl_form { CRL_DER, CRL_BUNDLE, CRL_DER_GZIP, CRL_BUNDLE_GZIP, CRL_FORMS };

struct crl_part {
	struct buf bytes; /* empty: this form is not there (yet) */
	char etag[ETAG_SIZE];
};

struct crl_edition {
	_Atomic unsigned holders;
	_Atomic bool withdrawn; /* too many newer ones are there: whoever still sends it shall stop */
	struct crl_head head;
	struct crl_part form[CRL_FORMS]; /* a compressed one may come later, under its owner's lock; then it stays */
};

/* All is copied. `behind`: what the bundle has besides, n lists in DER; none: there is no bundle. The caller holds it. */
enum err crl_edition_new(const struct crl_head *head, const struct buf *der, const struct buf *const *behind, size_t n,
			 struct crl_edition **out) MUST_CHECK;
struct crl_edition *crl_edition_hold(struct crl_edition *e);
void crl_edition_give_back(void *edition); /* NULL is fine */
bool crl_edition_shared(const struct crl_edition *e); /* has it more than one holder? */

/* The bytes of a form compressed (RFC 1952), for the form behind it. */
enum err crl_edition_compress(const struct crl_edition *e, enum crl_form plain, struct crl_part *out) MUST_CHECK;

/* A strong entity tag: the first 128 bits of the SHA-256, quoted. */
void etag_of(const void *bytes, size_t len, char etag[ETAG_SIZE]);

/* One revocation list in PEM (RFC 7468), appended. */
enum err crl_to_pem(const void *der, size_t len, struct buf *out) MUST_CHECK;

#endif
