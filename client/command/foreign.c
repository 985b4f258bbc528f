#include "client/command/foreign.h"

#include <string.h>

static const struct foreign flags[] = {
	{"insecure", 'k', NULL, "verification cannot be turned off: give the server's CA by --ca"},
	{"location", 'L', NULL, "redirects are not followed: call the URL that they lead to"},
	{"cacert", 0, "ca", NULL},
	{"cert", 'E', "identity", NULL},
	{"key", 0, "key-file", NULL},
	{"pass", 0, "password-file", NULL},
	{"output", 0, "out", NULL},
	{"request", 0, "method", NULL},
	{"upload-file", 0, "upload", NULL},
	{"data-binary", 0, "data", NULL},
};

const struct foreign *foreign_find(const char *name, size_t len, char letter)
{
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (letter ? flags[i].letter == letter : strlen(flags[i].name) == len && strncmp(flags[i].name, name, len) == 0)
			return &flags[i];
	return NULL;
}
