#include "issuer/order/collect.h"
#include "issuer/order/post.h"

#include "base/clock.h"

#include <string.h>

enum { DIGITS = 4 };

struct asking {
	struct step step;
	const struct settings *settings;
	const char *states; /* in which a code may be asked for: those in which it may be used */
	struct new_code code;
};

/* Counted and committed before the comparison, as a code's tries are. */
static enum err count_digits(struct store *s, void *ctx)
{
	const struct asking *a = ctx;
	return store_exec_one(s, STATEMENT_ORDER_DIGIT_TRY,
			      STORE_VALUES(value_integer(a->step.now - DAY), value_integer(a->step.now), value_text(a->step.order),
					   value_integer(a->settings->codes_a_day), value_text(a->states)));
}

static enum err store_asked(struct store *s, void *ctx)
{
	const struct asking *a = ctx;
	const struct code_limit limit = {"recipient", a->settings->codes_a_day};
	enum err e = code_store(s, &a->step, &a->code, a->states, &limit);
	if (e == ERR_OK)
		e = store_exec(s, STATEMENT_ORDER_DIGIT_RIGHT, STORE_VALUES(value_text(a->step.order)), NULL);
	return e != ERR_OK ? e : step_note(s, &a->step, "code.asked", NULL, NULL);
}

static enum err note_wrong(struct store *s, void *ctx)
{
	const struct asking *a = ctx;
	return step_note(s, &a->step, "digits.wrong", NULL, NULL);
}

static bool digits_are_right(const char *digits, const char *mobile)
{
	size_t len = strlen(mobile);
	return strlen(digits) == DIGITS && len > DIGITS && secret_equal_bytes(digits, mobile + len - DIGITS, DIGITS);
}

static enum err too_many(struct errbuf *why)
{
	return fail(why, ERR_LIMIT, "no more codes can be asked for today");
}

/* The digits are counted: compare, and send or refuse. */
static enum err answer(struct desk *d, struct asking *a, const struct order_facts *f, const char *digits,
		       struct errbuf *why)
{
	enum err rc = ERR_OK;
	if (!digits_are_right(digits, f->mobile)) {
		rc = writer_run(d->writer, note_wrong, a);
		return rc != ERR_OK ? rc : fail(why, ERR_WRONG_CODE, "not the last four digits of the number");
	}
	rc = code_make(d, f, a->step.now, &a->code, why);
	if (rc == ERR_OK)
		rc = step_commit(d, CRASH_FRONT_NEW_CODE_BEFORE, store_asked, a);
	if (rc == ERR_OK)
		d->outbox_changed(d->ctx);
	code_clear(&a->code);
	return rc == ERR_LIMIT ? too_many(why) : rc;
}

enum err collect_new_code(struct desk *d, const struct actor *who, const char *token, const char *digits,
			  struct errbuf *why)
{
	struct order_row row;
	struct order_facts facts;
	struct actor contact = {.id = row.contact, .role = "recipient", .request = who->request};
	struct asking a = {.step = {&contact, row.id, clock_now()},
			   .settings = d->settings,
			   .states = order_states_before(EVENT_CLAIM)};
	enum err rc = row_by_link(d, token, NULL, a.step.now, &row);
	if (rc == ERR_OK && row.state == ORDER_LOCKED)
		rc = fail(why, ERR_LOCKED, "locked after too many wrong codes");
	if (rc == ERR_OK)
		rc = row_facts(&row, &facts);
	if (rc == ERR_OK && row.serial[0] && !row.alive)
		rc = fail(why, ERR_REVOKED, "the certificate has been revoked");
	if (rc == ERR_OK)
		rc = writer_run(d->writer, count_digits, &a);
	if (rc == ERR_CONFLICT)
		return too_many(why);
	return rc != ERR_OK ? rc : answer(d, &a, &facts, digits, why);
}
