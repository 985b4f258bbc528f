/* The start page: what needs attention. */
#include "base/embed.h"
#include "issuer/console/console_own.h"
#include "issuer/console/phrases.h"
#include "issuer/http/api.h"

#include <string.h>

EMBED_TEXT(console_text_start, "issuer/console/pages/start.html");

enum { SOONEST = 10, PICTURE_MAX = 16384, WIDTH = 760, HEIGHT = 178, BASE = 140, TALLEST = 112, STEP = 58, BAR = 38, SOON_WEEKS = 5 };

struct start {
	json_t *status;
	struct buf picture;
};

static json_int_t most_of(const json_t *weeks)
{
	json_int_t most = 1;
	size_t i;
	json_t *week;
	json_array_foreach((json_t *)weeks, i, week) {
		json_int_t count = json_integer_value(json_object_get(week, "count"));
		most = count > most ? count : most;
	}
	return most;
}

/* "2026-11-22" as "22.11.": the table beside it has whole dates. */
static void draw_week(size_t i, const json_t *week, json_int_t most, struct buf *out)
{
	json_int_t count = json_integer_value(json_object_get(week, "count"));
	const char *from = json_string_value(json_object_get(week, "from"));
	int x = (int)i * STEP + 4, height = (int)(count * TALLEST / most);
	if (count && height < 3)
		height = 3;
	if (count)
		buf_format(out, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"3\"/><text class=\"count\" x=\"%d\" y=\"%d\""
			   " text-anchor=\"middle\">%" JSON_INTEGER_FORMAT "</text>",
			   i < SOON_WEEKS ? "bar soon" : "bar", x, BASE - height, BAR, height, x + BAR / 2, BASE - height - 6, count);
	if (from)
		buf_format(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%.2s.%.2s.</text>", x + BAR / 2, BASE + 20, from + 8, from + 5);
}

/* One bar a week. What it shows stands in words in its title, and as a table below it. */
static enum err draw(const json_t *weeks, struct buf *out)
{
	size_t i;
	json_t *week;
	json_int_t most = most_of(weeks), all = 0;
	json_array_foreach((json_t *)weeks, i, week)
		all += json_integer_value(json_object_get(week, "count"));
	buf_format(out, "<svg class=\"timeleft\" viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"timeleft-title\"><title id=\"timeleft-title\">"
		   "%" JSON_INTEGER_FORMAT " certificates end within 13 weeks; at most %" JSON_INTEGER_FORMAT " in one week. Weeks begin on the days named."
		   "</title><line class=\"base\" x1=\"0\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>",
		   WIDTH, HEIGHT, all, most, BASE, WIDTH, BASE);
	json_array_foreach((json_t *)weeks, i, week)
		draw_week(i, week, most, out);
	buf_text(out, "</svg>");
	return buf_string(out) ? ERR_OK : buf_check(out);
}

/* How many each list has, for the figures; a list ends at a hundred. */
static enum err add_counts(json_t *status)
{
	static const struct {
		const char *list, *count, *one;
	} lists[] = {{"failed", "failed_count", "failed_one"}, {"locked", "locked_count", "locked_one"},
		     {"requested", "requested_count", "requested_one"}, {"overdue", "overdue_count", "overdue_one"},
		     {"expiring", "expiring_count", "expiring_one"}, {"authorities", "authorities_count", "authorities_one"}};
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		size_t n = json_array_size(json_object_get(status, lists[i].list));
		if (json_object_set_new(status, lists[i].count, n >= API_LIMIT ? json_string("100 and more") : json_integer((json_int_t)n)) != 0 ||
		    json_object_set_new(status, lists[i].one, json_boolean(n == 1)) != 0)
			return ERR_MEMORY;
	}
	return ERR_OK;
}

/* The first few, beside the picture of all. The service renews its own. */
static enum err add_soonest(json_t *status)
{
	const json_t *all = json_object_get(status, "expiring");
	json_t *some = json_array();
	for (size_t i = 0; some && i < SOONEST && i < json_array_size(all); i++) {
		json_t *row = json_array_get(all, i);
		const char *kind = json_string_value(json_object_get(row, "kind"));
		bool itself = kind && strcmp(kind, "server") == 0;
		if (json_object_set_new(row, "itself", json_boolean(itself)) != 0 || json_array_append(some, row) != 0) {
			json_decref(some);
			return ERR_MEMORY;
		}
	}
	return json_object_set_new(status, "soonest", some) == 0 ? ERR_OK : ERR_MEMORY;
}

void console_start(struct front *front, const struct request *q, struct reply *r)
{
	struct start s = {.picture = BUF_INIT(PICTURE_MAX)};
	if (!console_ask(front, q, r, &(struct console_call){.api = api_status}, &s.status))
		return;
	enum err e = add_counts(s.status);
	if (!e)
		e = phrase_add_each(json_object_get(s.status, "failed"), "kind", PHRASES_MESSAGE, "message");
	if (!e)
		e = phrase_add_each(json_object_get(s.status, "failed"), "channel", PHRASES_CHANNEL, "way");
	if (!e)
		e = add_soonest(s.status);
	if (!e)
		e = draw(json_object_get(s.status, "weeks"), &s.picture);
	const struct template_field fields[] = {{"picture", (const char *)s.picture.data, TEMPLATE_PART}, {0}};
	if (e)
		console_fault(front, q, r, e, NULL);
	else
		console_page(front, q, r, &(struct console_page){.title = "What needs attention", .text = console_text_start, .data = s.status,
								 .fields = fields});
	buf_free(&s.picture);
	json_decref(s.status);
}
