/* interrupted: what the one claim of a parcel is worth when a process dies in the middle of the download, and in the middle of
 * the acknowledgement. */
#ifndef TESTS_CAMPAIGN_INTERRUPTED_H
#define TESTS_CAMPAIGN_INTERRUPTED_H

#include "tests/campaign/crowd.h"

struct interrupted {
	long whole, cut;     /* downloads: with all their bytes; with fewer, or none */
	long received, lost; /* acknowledgements: answered; not */
	long kills;
};

/* Behind the claim: everybody who holds it downloads at once, over connections of their own, until each has the whole file, the
 * same; then all acknowledge it, until each was told so. In each of the two they are held up, by a signer that is stopped and by
 * the database's lock, and the role is killed while they all wait, or while the answers then come. In the end one password has
 * gone out, which opens the file. */
bool interrupted_round(struct crowd *c, const char *role, struct interrupted *sum, char fault[FAULT_SIZE]);

#endif
