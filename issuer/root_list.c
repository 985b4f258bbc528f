#include "issuer/root_list.h"

#include "base/file.h"
#include "issuer/issuers.h"

#include <stdlib.h>

enum err root_list_new(struct root_list **out)
{
	struct root_list *l = calloc(1, sizeof *l);
	if (!l)
		return ERR_MEMORY;
	l->der = BUF_INIT(ROOT_LIST_MOST);
	*out = l;
	return ERR_OK;
}

void root_list_free(struct root_list *l)
{
	if (!l)
		return;
	buf_free(&l->der);
	free(l);
}

static enum err take_bytes(void *ctx, const struct row *r)
{
	size_t len = 0;
	const uint8_t *bytes = row_blob(r, 3, &len);
	buf_add(ctx, bytes, len);
	return buf_check(ctx);
}

enum err root_list_kept(struct store *s, X509 *root, struct root_list *out, struct errbuf *why)
{
	char name[ISSUER_NAME_SIZE];
	struct buf bytes = BUF_INIT(ROOT_LIST_MOST);
	enum err e = issuer_name_of(root, name);
	if (!e)
		e = store_one(s, STATEMENT_CRL_NEWEST, STORE_VALUES(value_text(name)), take_bytes, &bytes);
	if (!e)
		e = crl_entries_read(&bytes, root, &out->head, &out->entries, &out->der, why);
	buf_free(&bytes);
	return e;
}

enum err root_list_kept_in(const char *database, X509 *root, struct root_list *out)
{
	struct store *s = NULL;
	enum err e = store_open(database, STORE_READ_ONLY, &s, NULL);
	if (!e)
		e = root_list_kept(s, root, out, NULL);
	store_close(s);
	return e == ERR_MEMORY ? e : e ? ERR_NOT_FOUND : ERR_OK;
}

static enum err write_kept(struct store *s, const char *name, const struct root_list *l)
{
	enum err e = store_exec(s, STATEMENT_CRL_INSERT,
				STORE_VALUES(value_text(name), value_integer((int64_t)l->head.number),
					     value_integer(l->head.this_update), value_integer(l->head.next_update),
					     value_blob(l->der.data, l->der.len)),
				NULL);
	return e ? e : store_exec(s, STATEMENT_CRL_PRUNE, STORE_VALUES(value_text(name), value_integer(1)), NULL);
}

static enum err keep(struct store *s, X509 *root, const struct root_list *l)
{
	char name[ISSUER_NAME_SIZE];
	enum err e = issuer_name_of(root, name);
	if (!e)
		e = store_begin(s);
	if (e)
		return e;
	e = write_kept(s, name, l);
	if (!e)
		e = store_commit(s);
	if (e)
		store_rollback(s);
	return e;
}

static enum err choose(struct store *s, X509 *root, const struct root_list *file, struct root_list *kept,
		       struct buf *list, struct errbuf *why)
{
	enum err e = root_list_kept(s, root, kept, NULL);
	if (e == ERR_MEMORY || e == ERR_UNAVAILABLE || file_fault(e))
		return fail(why, e, "the root's revocation list that is kept in the database cannot be read: %s",
			    err_text(e));
	if (!e && kept->head.number > file->head.number) {
		buf_clear(list);
		buf_add(list, kept->der.data, kept->der.len);
		return buf_check(list);
	}
	if (e || kept->head.number < file->head.number) {
		enum err written = keep(s, root, file);
		(void)written; /* a full disk keeps none, and the next start tries again */
	}
	return ERR_OK;
}

enum err root_list_choose(struct store *s, X509 *root, struct buf *list, int64_t *number, struct errbuf *why)
{
	struct root_list *file = NULL, *kept = NULL;
	enum err e = root_list_new(&file);
	*number = 0;
	if (!e)
		e = root_list_new(&kept);
	if (!e)
		e = crl_entries_read(list, root, &file->head, &file->entries, &file->der, NULL);
	if (!e) {
		*number = file->head.number <= INT64_MAX ? (int64_t)file->head.number : 0;
		e = *number ? choose(s, root, file, kept, list, why) : ERR_OK;
	} else if (e != ERR_MEMORY) {
		e = ERR_OK; /* whoever serves it says what is wrong with it */
	}
	root_list_free(file);
	root_list_free(kept);
	return e;
}
