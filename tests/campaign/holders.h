/* holders: so many certificates of one client, had quickly: signed here with the installation's own key, journalled and
 * stored as the daemon does it, all for one key. And what is known of each while it is revoked under load. */
#ifndef TESTS_CAMPAIGN_HOLDERS_H
#define TESTS_CAMPAIGN_HOLDERS_H

#include "ca/certificate.h"
#include "tests/campaign/ledger.h"

/* Moments are microseconds of mono_us; 0: not yet. */
struct holder {
	char serial[SERIAL_TEXT_SIZE];
	ASN1_INTEGER *number;
	struct buf pem; /* the certificate and its issuer's */
	_Atomic bool lives; /* its calls were accepted */
	_Atomic bool good;  /* its status was good */
	_Atomic int64_t asked, ended; /* its revocation: before it was asked for; when the answer was there */
	int64_t listed;     /* on a revocation list: the watcher's alone */
};

struct holders {
	struct holder *list;
	size_t count;
	struct buf key; /* PEM, of all */
	X509 *issuing;
	struct installation *at;
};

/* For the client that walk_directory makes. */
bool holders_make(struct holders *h, struct ledger *l, struct installation *i, size_t count);
void holders_clear(struct holders *h);

int64_t mono_us(void);

#endif
