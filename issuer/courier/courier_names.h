/* courier_names: the files that names are resolved by, as they were when the courier shut itself in. Its walls let it read
 * those; one that takes the place of another (a network manager renames them into place) is out of its reach, and only a
 * courier that is started anew can read it. */
#ifndef ISSUER_COURIER_NAMES_H
#define ISSUER_COURIER_NAMES_H

#include <stdbool.h>
#include <sys/types.h>

enum { COURIER_NAME_FILES = 3 };

struct courier_names {
	const char *const *paths; /* borrowed */
	struct {
		dev_t device;
		ino_t number; /* 0: there is none */
	} files[COURIER_NAME_FILES];
};

/* Of this system. */
extern const char *const courier_name_paths[COURIER_NAME_FILES];

void courier_names_note(struct courier_names *n, const char *const paths[COURIER_NAME_FILES]);
/* One is not the file that it was. */
bool courier_names_replaced(const struct courier_names *n);

#endif
