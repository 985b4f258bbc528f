#include "issuer/courier/courier_names.h"

#include <stddef.h>
#include <sys/stat.h>

const char *const courier_name_paths[COURIER_NAME_FILES] = {"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf"};

void courier_names_note(struct courier_names *n, const char *const paths[COURIER_NAME_FILES])
{
	*n = (struct courier_names){.paths = paths};
	for (size_t i = 0; i < COURIER_NAME_FILES; i++) {
		struct stat st;
		if (stat(paths[i], &st) != 0)
			continue;
		n->files[i].device = st.st_dev;
		n->files[i].number = st.st_ino;
	}
}

/* One that is missing may be about to come back: then it is looked at again. */
bool courier_names_replaced(const struct courier_names *n)
{
	struct courier_names now;
	courier_names_note(&now, n->paths);
	for (size_t i = 0; i < COURIER_NAME_FILES; i++)
		if (now.files[i].number != 0 && (now.files[i].number != n->files[i].number ||
						 now.files[i].device != n->files[i].device))
			return true;
	return false;
}
