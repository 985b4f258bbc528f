#include "ca/profile.h"

#include "base/embed.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

EMBED_TEXT(profile_root, "certs/root.profile");
EMBED_TEXT(profile_issuing, "certs/issuing.profile");
EMBED_TEXT(profile_client, "certs/client.profile");
EMBED_TEXT(profile_staff, "certs/staff.profile");
EMBED_TEXT(profile_server, "certs/server.profile");
EMBED_TEXT(profile_ocsp, "certs/ocsp.profile");

static const struct {
	const char *name, *text;
} builtin[PROFILE_COUNT] = {
	[PROFILE_ROOT] = {"root", profile_root},       [PROFILE_ISSUING] = {"issuing", profile_issuing},
	[PROFILE_CLIENT] = {"client", profile_client}, [PROFILE_STAFF] = {"staff", profile_staff},
	[PROFILE_SERVER] = {"server", profile_server}, [PROFILE_OCSP] = {"ocsp", profile_ocsp},
};

static struct profile table[PROFILE_COUNT];

/* Nothing in it fails but for a file of this tree that is wrong, which no test lets pass. */
static void read_builtin(void)
{
	for (unsigned id = 0; id < PROFILE_COUNT; id++) {
		table[id].name = builtin[id].name;
		if (profile_read((enum profile_id)id, builtin[id].text, strlen(builtin[id].text), builtin[id].name, &table[id],
				 NULL) != ERR_OK)
			abort();
	}
}

const struct profile *profile_get(enum profile_id id)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	if ((unsigned)id >= PROFILE_COUNT || pthread_once(&once, read_builtin) != 0)
		return NULL;
	return &table[id];
}

const char *profile_text(enum profile_id id)
{
	return (unsigned)id < PROFILE_COUNT ? builtin[id].text : NULL;
}

enum err profile_from_name(const char *name, enum profile_id *out)
{
	for (unsigned id = 0; id < PROFILE_COUNT; id++) {
		if (strcmp(builtin[id].name, name) == 0) {
			*out = (enum profile_id)id;
			return ERR_OK;
		}
	}
	return ERR_INVALID;
}
