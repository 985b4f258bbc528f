/* subject: which fields each profile takes, and the names that they become. Private to ca/: the builder writes it and
 * the lint compares with it. */
#ifndef CA_SUBJECT_H
#define CA_SUBJECT_H

#include "ca/certificate.h"

struct subject {
	struct {
		int nid;
		char text[NAME_SIZE];
	} part[PROFILE_PARTS]; /* in the order of the certificate */
	size_t count;
};

/* ERR_INVALID: a field that the profile needs is missing, one that it does not take is given, or a value is not
 * acceptable (name.h, uri.h, host.h). */
enum err subject_from_fields(const struct certificate_fields *f, struct subject *out, struct errbuf *why) MUST_CHECK;

#endif
