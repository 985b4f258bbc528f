#include "base/template.h"
#include "delivery/address.h"
#include "delivery/gsm.h"
#include "delivery/message_table.h"

#include <string.h>

enum { CLIENT_LEAST = 16 }; /* septets that a client's name keeps, at the cost of the line for the telephone */

struct places {
	struct template_field of[MESSAGE_FIELDS_MAX + 1];
};

static struct places places_of(const struct message_row *row, const struct message_values *v)
{
	struct places p = {0};
	for (size_t i = 0; row->fields[i].name; i++)
		p.of[i] = (struct template_field){.name = row->fields[i].name, .value = v->of[i]};
	return p;
}

static struct template_field *place(struct places *p, const char *name)
{
	for (size_t i = 0; name && p->of[i].name; i++)
		if (strcmp(p->of[i].name, name) == 0)
			return &p->of[i];
	return NULL;
}

/* A text file ends in a line feed; an SMS and a subject do not. */
static void drop_last_line_feed(struct buf *text)
{
	if (text->len > 0 && text->data[text->len - 1] == '\n')
		text->len--;
}

/* Render afresh; *septets is what it takes. */
static enum err render_sms(const struct message_row *row, const struct places *p, struct buf *text, int *septets)
{
	buf_clear(text);
	enum err rc = template_render(row->text, TEMPLATE_TEXT, p->of, text);
	if (rc)
		return rc;
	drop_last_line_feed(text);
	const char *string = buf_string(text);
	*septets = string ? gsm_septets(string) : -1;
	return *septets < 0 ? ERR_INTERNAL : ERR_OK;
}

/* First with the long field empty, to see how much room is left for it; the line that can be dropped goes before it. */
static enum err fit_sms(const struct message_row *row, struct places *p, struct buf *text)
{
	struct template_field *longest = place(p, row->shorten), *spare = place(p, row->drop);
	struct buf fitted = BUF_INIT(2 * GSM_SEGMENT + 1);
	int septets = 0;
	if (!longest)
		return ERR_INTERNAL;
	const char *whole = longest->value;
	longest->value = "";
	if (spare && !domain_ok(spare->value, strlen(spare->value)))
		spare->value = "";
	enum err rc = render_sms(row, p, text, &septets);
	if (!rc && spare && septets + CLIENT_LEAST > GSM_SEGMENT) {
		spare->value = "";
		rc = render_sms(row, p, text, &septets);
	}
	if (rc || septets > GSM_SEGMENT)
		return rc ? rc : ERR_INTERNAL;
	gsm_fit(whole, (size_t)(GSM_SEGMENT - septets), &fitted);
	longest->value = buf_string(&fitted);
	rc = longest->value ? render_sms(row, p, text, &septets) : ERR_MEMORY;
	buf_free(&fitted);
	return rc ? rc : septets > GSM_SEGMENT ? ERR_INTERNAL : ERR_OK;
}

enum err message_render(const struct message_row *row, const struct message_values *v, struct message *out)
{
	struct places p = places_of(row, v);
	if (row->channel == CHANNEL_SMS)
		return fit_sms(row, &p, &out->text);
	enum err rc = template_render(row->subject, TEMPLATE_TEXT, p.of, &out->subject);
	return rc ? rc : template_render(row->text, TEMPLATE_TEXT, p.of, &out->text);
}
