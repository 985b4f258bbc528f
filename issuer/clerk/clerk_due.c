#include "issuer/clerk/clerk_due.h"

#include <string.h>
#include <time.h>

enum { FAILURE_PAUSE_MS = 1000, FAILURE_PAUSE_MOST_MS = 5000, CRL_LONG_MS = 500, CRL_REST_MOST_MS = 20000 };

int64_t backoff_seconds(int64_t attempts, uint32_t random)
{
	int64_t base = BACKOFF_FIRST;
	while (attempts-- > 0 && base < BACKOFF_MOST)
		base *= 2;
	base += base / 4 * (random & 1023) / 1023;
	return base < BACKOFF_MOST ? base : BACKOFF_MOST;
}

int64_t retry_at(int64_t now, int64_t attempts, uint32_t random, int64_t drop_after)
{
	int64_t at = now + backoff_seconds(attempts, random);
	if (at <= drop_after)
		return at;
	return drop_after > now ? drop_after : now;
}

enum fate message_fate(enum err said)
{
	switch (said) {
	case ERR_OK:
		return FATE_SENT;
	case ERR_REFUSED:
	case ERR_INVALID:
		return FATE_DEAD;
	default:
		return FATE_RETRY;
	}
}

static int two_digits(const char *text, int most)
{
	bool digits = text[0] >= '0' && text[0] <= '9' && text[1] >= '0' && text[1] <= '9';
	int n = digits ? 10 * (text[0] - '0') + text[1] - '0' : -1;
	return n <= most ? n : -1;
}

/* "07:30" as minutes, or -1. */
static int minutes_of(const char *text)
{
	int hour = two_digits(text, 23), minute = two_digits(text + 3, 59);
	return hour < 0 || minute < 0 || text[2] != ':' ? -1 : 60 * hour + minute;
}

enum err quiet_hours_read(const char *text, struct quiet_hours *out, struct errbuf *why)
{
	bool shaped = strlen(text) == strlen("22:00-07:00") && text[5] == '-';
	struct quiet_hours q = {0, 0};
	if (shaped)
		q = (struct quiet_hours){minutes_of(text), minutes_of(text + 6)};
	if (text[0] && (!shaped || q.from < 0 || q.to < 0 || q.from == q.to))
		return fail(why, ERR_USAGE, "delivery.quiet_hours = %.20s: two times of day, as in 22:00-07:00, or nothing", text);
	*out = q;
	return ERR_OK;
}

int64_t quiet_until(const struct quiet_hours *q, int64_t now)
{
	enum { A_DAY = 24 * 60 };
	struct tm local;
	time_t at = (time_t)now;
	if (q->from == q->to || !localtime_r(&at, &local))
		return now;
	int since = (60 * local.tm_hour + local.tm_min - q->from + A_DAY) % A_DAY, length = (q->to - q->from + A_DAY) % A_DAY;
	return since < length ? now + INT64_C(60) * (length - since) - local.tm_sec % 60 : now;
}

bool peer_gone(enum err said)
{
	return said == ERR_UNAVAILABLE || said == ERR_TIMEOUT || said == ERR_CLOSED;
}

/* A list from the future was made under a clock that has been set right since: who checks now would refuse it. A change
 * waits for the next second: two lists of one second have the same Last-Modified, and who has the older is told that it is
 * the newest. */
bool crl_due(const struct crl_standing *s, int64_t now)
{
	return !s->made || !s->exists || (s->changed && !s->rests && now > s->this_update) || s->this_update > now || now - s->this_update >= s->period;
}

int64_t crl_rest_ms(int64_t took_ms)
{
	if (took_ms < CRL_LONG_MS)
		return 0;
	return took_ms < CRL_REST_MOST_MS / 3 ? 3 * took_ms : CRL_REST_MOST_MS;
}

int64_t task_pause_ms(int64_t every_ms, unsigned failures)
{
	int64_t pause = FAILURE_PAUSE_MS;
	if (failures == 0)
		return every_ms;
	while (--failures > 0 && pause < FAILURE_PAUSE_MOST_MS)
		pause *= 2;
	return pause < FAILURE_PAUSE_MOST_MS ? pause : FAILURE_PAUSE_MOST_MS;
}
