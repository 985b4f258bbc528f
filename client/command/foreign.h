/* foreign: flags of other commands, curl's above all, that people type here out of habit. */
#ifndef CLIENT_COMMAND_FOREIGN_H
#define CLIENT_COMMAND_FOREIGN_H

#include <stddef.h>

struct foreign {
	const char *name;
	char letter;
	const char *meant; /* our flag for the same; NULL: there is none */
	const char *says;  /* then why not */
};

/* By its name (len bytes) or, unless 0, by its letter; NULL when it is not known. */
const struct foreign *foreign_find(const char *name, size_t len, char letter);

#endif
