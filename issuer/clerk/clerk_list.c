#include "issuer/clerk/clerk_list.h"

#include "base/encode.h"
#include "issuer/signer/signer.h"

#include <stdlib.h>
#include <string.h>

enum { ADDED_AT_ONCE = 4096 };

void list_clear(struct list *l)
{
	free(l->entries);
	l->entries = NULL;
	buf_free(&l->der);
}

static enum err make_room(struct list *l)
{
	size_t room = l->room ? 2 * l->room : 64;
	struct crl_entry *more = reallocarray(l->entries, room, sizeof *more);
	if (!more)
		return ERR_MEMORY;
	l->entries = more;
	l->room = room;
	return ERR_OK;
}

static enum err take_entry(void *ctx, const struct row *r)
{
	struct list *l = ctx;
	if (l->n == l->room && make_room(l))
		return ERR_MEMORY;
	struct crl_entry *e = &l->entries[l->n++];
	*e = (struct crl_entry){.revoked_at = row_integer(r, 1), .reason = (enum crl_reason)row_integer(r, 2),
				.compromised_at = row_integer(r, 3)};
	const char *serial = row_text(r, 0);
	if (hex_decode(serial ? serial : "", e->serial, sizeof e->serial) != ERR_OK)
		return ERR_CORRUPT;
	l->entries_len += crl_entry_size(e);
	return ERR_OK;
}

enum err list_collect(struct clerk *c, struct list *l)
{
	return store_each(c->store, STATEMENT_CRL_ENTRIES,
			  STORE_VALUES(value_text(l->issuer->name), value_integer(l->head.this_update - c->settings->crl_period)),
			  take_entry, l);
}

/* The same entries to the signer, who writes and hashes them, and into the list. */
static enum err add_entries(struct clerk *c, struct list *l, struct errbuf *why)
{
	enum err rc = ERR_OK;
	for (size_t at = 0; !rc && at < l->n; at += ADDED_AT_ONCE) {
		size_t n = l->n - at < ADDED_AT_ONCE ? l->n - at : ADDED_AT_ONCE;
		rc = crl_entries_write(l->entries + at, n, at ? l->entries[at - 1].serial : NULL, &l->der, why);
		if (!rc)
			rc = signer_crl_add(c->signer, at, l->entries + at, n, why);
	}
	return rc;
}

static enum err put_together(struct list *l, const struct buf *head, const struct buf *tail)
{
	if (head->len > CRL_PART_MAX)
		return ERR_TOO_LARGE;
	l->unused = CRL_PART_MAX - head->len;
	memcpy(l->der.data + l->unused, head->data, head->len);
	buf_add(&l->der, tail->data, tail->len);
	return buf_check(&l->der);
}

static enum err converse(struct clerk *c, struct list *l, struct errbuf *why)
{
	struct buf head = BUF_INIT(CRL_PART_MAX), tail = BUF_INIT(CRL_PART_MAX);
	enum err rc = signer_crl_begin(c->signer, l->issuer->name, &l->head, l->entries_len, why);
	if (!rc)
		rc = add_entries(c, l, why);
	if (!rc)
		rc = signer_crl_end(c->signer, &head, &tail, &l->head.number, why);
	if (!rc)
		rc = put_together(l, &head, &tail);
	buf_free(&head);
	buf_free(&tail);
	return rc;
}

enum err list_sign(struct clerk *c, struct list *l, struct errbuf *why)
{
	/* All its room at once: a buffer that grows has two copies at times. */
	l->der = BUF_INIT(CRL_PART_MAX + l->entries_len + CRL_PART_MAX);
	if (!buf_room(&l->der, l->der.cap))
		return buf_check(&l->der);
	l->der.len = CRL_PART_MAX;
	enum err rc = converse(c, l, why);
	free(l->entries);
	l->entries = NULL;
	/* Signed by one process, put together by another: to somebody who only reads, it must say what was asked. */
	return rc ? rc : crl_check(l->der.data + l->unused, l->der.len - l->unused, l->issuer->certificate, &l->head, l->n, why);
}
