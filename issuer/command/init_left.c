/* What an init that was cut off has left beside the folder: whole keys, which nothing uses. It is named and not
 * removed, for another init may be at work in it just now. */
#include "issuer/command/init.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

enum { DRAWN = 6 };

/* "NAME.new-XXXXXX", as mkdtemp draws it. */
static bool left_of(const char *entry, const char *name, size_t len)
{
	static const char mark[] = ".new-";
	return strlen(entry) == len + sizeof mark - 1 + DRAWN && strncmp(entry, name, len) == 0 &&
	       strncmp(entry + len, mark, sizeof mark - 1) == 0;
}

void init_say_left(const char *folder)
{
	const char *slash = strrchr(folder, '/'), *name = slash ? slash + 1 : folder;
	char parent[4096];
	snprintf(parent, sizeof parent, "%.*s", slash ? (int)(slash - folder + 1) : 1, slash ? folder : ".");
	DIR *d = opendir(parent);
	for (struct dirent *e; d && (e = readdir(d));)
		if (left_of(e->d_name, name, strlen(name)))
			fprintf(stderr,
				"counterfoild: %s%s is left of an init that was cut off, unless one is at work there: "
				"nothing uses its keys; remove them (shred -u) and it\n",
				slash ? parent : "", e->d_name);
	if (d)
		closedir(d);
}
