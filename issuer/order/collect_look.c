#include "issuer/order/collect.h"
#include "issuer/order/row.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* "e-banking-20281122.p12": the day on which it ends tells the files of two years apart. */
static void write_file_name(const struct order_row *row, const char *slug, char out[SLUG_SIZE + 16])
{
	time_t t = (time_t)row->not_after;
	struct tm tm = {0};
	char day[16] = "";
	gmtime_r(&t, &tm);
	strftime(day, sizeof day, "%Y%m%d", &tm);
	snprintf(out, SLUG_SIZE + 16, "%.63s-%.8s.%s", slug, day, row->by_request ? "pem" : "p12");
}

static int key_comes(const struct order_row *row, const struct order_facts *f)
{
	if (row->serial[0])
		return row->by_request ? KEY_OWN : KEY_MADE_HERE;
	return !facts_take_request(f) ? KEY_MADE_HERE : f->own_key[0] ? KEY_EITHER : KEY_OWN;
}

/* The same moment as in CODE_TRY. */
static bool code_is_old(const struct order_row *row, int64_t now, int64_t life)
{
	int64_t from = row->code_handed_over_at ? row->code_handed_over_at : row->code_created_at + life;
	return from + life <= now;
}

enum err collect_look(struct desk *d, const char *token, const char *claim, struct collect_view *out)
{
	struct order_row row;
	int64_t now = clock_now(), life = d->settings->code_life;
	*out = (struct collect_view){0};
	enum err rc = row_by_link(d, token, claim, now, &row);
	if (rc == ERR_OK)
		rc = row_facts(&row, &out->facts);
	if (rc != ERR_OK)
		return rc;
	memcpy(out->orderer_name, row.orderer_name, sizeof out->orderer_name);
	if (!out->orderer_name[0])
		snprintf(out->orderer_name, sizeof out->orderer_name, "%s", d->settings->name);
	out->state = row.state;
	out->tries_left = row.code_tries < d->settings->code_tries ? (int)(d->settings->code_tries - row.code_tries) : 0;
	out->code_expired = row.code_spent || code_is_old(&row, now, life);
	out->code_handed_over_at = row.code_handed_over_at;
	out->code_until = row.code_handed_over_at && !row.code_spent ? row.code_handed_over_at + life : 0;
	out->claimed_by_caller = row.by_claimant;
	out->ready = row.alive;
	out->key = key_comes(&row, &out->facts);
	out->link_until = row.link_until;
	memcpy(out->sha256, row.sha256, sizeof out->sha256);
	if (row.alive)
		write_file_name(&row, out->facts.client_slug, out->file_name);
	return ERR_OK;
}
