/* directory_kinds: what organisations, services, clients and contacts consist of: the one table by which they are added
 * and changed. */
#ifndef ISSUER_DIRECTORY_KINDS_H
#define ISSUER_DIRECTORY_KINDS_H

#include "issuer/order/input.h"

enum member_type { MEMBER_TEXT, MEMBER_FLAG, MEMBER_LANGUAGE, MEMBER_APPROVALS };
enum { DIRECTORY_MEMBERS_MOST = 6 };

struct member {
	const char *name; /* NULL ends the list */
	enum member_type type;
	text_check *check; /* of a text, which must be given at the addition */
	bool standard;     /* a flag that is not given at the addition */
	bool personal;     /* the audit says that it was changed, never from or to what */
};

/* Parents, and itself but for a contact, are named by slug. */
struct directory {
	const char *word;
	const char *added, *changed; /* the audit's */
	const char *taken;           /* what ERR_EXISTS says */
	unsigned parents;
	bool person; /* no slug: by id or e-mail, and the audit names nothing of it */
	struct member members[DIRECTORY_MEMBERS_MOST + 1];
	/* add: id, slug, members, now, parents' slugs. find: by slugs from the top, or by id. change: members, of a person now
	 * and whether it has moved, id, version. */
	enum statement add, find, change;
};
extern const struct directory directory_kinds[];

/* The member of the input, or what stands for one that was not given: a new reference. NULL: a fault was noted, or there is
 * no memory. */
json_t *member_read(struct input *in, const struct member *m, const struct languages *languages);
/* As a statement takes it, borrowed from the JSON. */
struct value member_value(const json_t *v);

#endif
