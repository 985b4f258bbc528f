#include "issuer/order/parents.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *member;
	enum statement find;
} levels_table[PARENT_LEVELS] = {
	[PARENT_ORGANISATION] = {"organisation", STATEMENT_ORDER_ORGANISATION},
	[PARENT_SERVICE] = {"service", STATEMENT_ORDER_SERVICE},
	[PARENT_CLIENT] = {"client", STATEMENT_ORDER_CLIENT},
};

static enum err take_parent(void *ctx, const struct row *r)
{
	struct parent *p = ctx;
	snprintf(p->id, sizeof p->id, "%s", row_text(r, 0));
	snprintf(p->name, sizeof p->name, "%s", row_text(r, 1));
	return ERR_OK;
}

static enum err find_one(struct store *s, enum parent_level level, const char *above, struct parent *p)
{
	enum statement find = levels_table[level].find;
	if (!above)
		return store_one(s, find, STORE_VALUES(value_text(p->slug)), take_parent, p);
	return store_one(s, find, STORE_VALUES(value_text(above), value_text(p->slug)), take_parent, p);
}

enum err parents_find(struct store *s, struct input *in, unsigned levels, struct parent out[PARENT_LEVELS])
{
	bool reachable = true;
	memset(out, 0, PARENT_LEVELS * sizeof *out);
	for (unsigned level = 0; level < levels; level++) {
		const char *member = levels_table[level].member;
		out[level].slug = input_required(in, member, slug_check);
		reachable = reachable && out[level].slug;
		if (!reachable)
			continue; /* its own slug is still checked, so that every fault is told at once */
		enum err e = find_one(s, (enum parent_level)level, level ? out[level - 1].id : NULL, &out[level]);
		if (e == ERR_OK && level == PARENT_ORGANISATION && in->scope && strcmp(in->scope, out[level].id) != 0)
			e = ERR_NOT_FOUND;
		if (e == ERR_NOT_FOUND) {
			out[level].id[0] = out[level].name[0] = '\0';
			struct errbuf text = {{0}};
			(void)fail(&text, e, "there is no %s \"%s\"", member, out[level].slug);
			input_fault(in, member, text.text);
			reachable = false;
		} else if (e != ERR_OK) {
			return e;
		}
	}
	return ERR_OK;
}
