/* What the module of a token could read that is none of its business: the walls let it read whole folders, and where its process
 * has no user of its own, modes keep nothing from it. */
#include "issuer/command/check_token.h"
#include "issuer/process/supervisor.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct reach {
	struct check *check;
	const struct birth *birth;
};

static bool is_below(const char *path, const char *tree)
{
	char file[PATH_MAX], folder[PATH_MAX];
	if (!tree[0] || !realpath(path, file) || !realpath(tree, folder))
		return false;
	size_t len = strlen(folder);
	return strncmp(file, folder, len) == 0 && (len == 1 || file[len] == '/' || file[len] == '\0');
}

static bool is_open_to(const struct birth *b, const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && (b->change_user ? check_mode_lets(&st, b, 4) : access(path, R_OK) == 0);
}

static void look_at(const struct reach *r, const char *what, const char *path)
{
	const char *const trees[] = {"/etc", "/usr", r->check->settings->token_folder};
	for (size_t i = 0; path[0] && i < sizeof trees / sizeof *trees; i++) {
		if (!is_below(path, trees[i]) || !is_open_to(r->birth, path))
			continue;
		check_say(r->check, CHECK_FAULT, "%s: %s may be read by the token's module, as all that is below %s: move it, or give "
			  "the token a user of its own", what, path, trees[i]);
		return;
	}
}

static void look_at_granted(void *ctx, const char *name, const char *path, enum err e, const struct errbuf *why)
{
	(void)e, (void)why;
	if (strncmp(name, "key.", 4) == 0)
		look_at(ctx, name, path);
}

void check_token_reach(struct check *c, const struct birth *token)
{
	struct reach r = {c, token};
	const struct settings *s = c->settings;
	if (!role_wanted(s, ROLE_TOKEN))
		return;
	grants_look(s, look_at_granted, &r);
	look_at(&r, "keys.others", s->keys_others);
	look_at(&r, "installation.journal", s->journal);
	look_at(&r, "installation.database", s->database);
	look_at(&r, "delivery.spool", s->spool);
}
