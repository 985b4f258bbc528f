/* issuers_missing: issuing CAs that are not here, while certificates of theirs live. No list and no OCSP answer says of such a
 * certificate that it is revoked. */
#ifndef ISSUER_ISSUERS_MISSING_H
#define ISSUER_ISSUERS_MISSING_H

#include "issuer/issuers.h"
#include "issuer/store/store.h"

struct issuer_missing {
	char name[ISSUER_NAME_SIZE]; /* certificate.issuer */
	char id[ISSUER_ID_SIZE];     /* what its files are called; "ID" when no certificate of it says so */
	int64_t last;                /* when the last of its certificates ends */
};
/* The first ISSUERS_MOST of them. */
struct issuers_missing {
	struct issuer_missing at[ISSUERS_MOST];
	size_t count;
	/* And of the one that stands ready to be the next there is a certificate: it has issued before. */
	bool next_has_issued;
};
enum err issuers_missing(struct store *s, const struct issuers *all, int64_t now, struct issuers_missing *out) MUST_CHECK;

#endif
