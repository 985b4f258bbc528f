/* The token process's main: take the PIN, open the token, shut in, answer. */
#include "base/log.h"
#include "issuer/process/control.h"
#include "issuer/token/token_serve.h"

#include <unistd.h>

/* By SIGALRM, which ends a process: a module that hangs cannot be reasoned with. */
enum { PIN_FILE_MOST = 256, OPENING_SECONDS = 30, ANSWER_SECONDS = 10 };

static enum err take_pin(struct child *c, struct secret **out, struct pin_trial **trial, struct errbuf *why)
{
	enum err rc = pin_trial_map(child_take(c, "token.trial"), trial, why);
	if (rc || !child_settings(c)->token_pin[0])
		return rc;
	rc = child_take_secret(c, "token.pin", PIN_FILE_MOST, out, why);
	if (!rc)
		secret_trim_line(*out);
	return rc;
}

static enum err answer(void *ctx, enum role peer, const struct frame *request, struct buf *out, struct errbuf *why)
{
	alarm(ANSWER_SECONDS);
	enum err rc = token_answer(ctx, peer, request, out, why);
	alarm(0);
	return rc;
}

static void end_when_spent(void *ctx)
{
	if (token_spent(ctx))
		_exit(CHILD_AGAIN);
}

/* Ended by _exit: what libraries and modules do at an exit, they would do to a token that may have gone. */
int role_token(struct child *c)
{
	static struct token t;
	struct secret *pin = NULL;
	struct errbuf why = {""};
	enum err rc = take_pin(c, &pin, &t.trial, &why);
	t.place = (struct key_token_place){child_settings(c)->token_module, pin};
	alarm(OPENING_SECONDS);
	if (!rc)
		token_open(&t, child_settings(c));
	alarm(0);
	if (!rc)
		rc = child_confine(c, &why);
	if (rc)
		log_event(LOG_LEVEL_ALARM, "token.not_started", {"error", err_word(rc)}, {"why", err_why(rc, &why)});
	const struct child_server server = {
		.permitted = token_permitted,
		.answer = answer,
		.tick = end_when_spent,
		.ctx = &t,
		.request_cap = TOKEN_REQUEST_CAP,
		.answer_cap = TOKEN_ANSWER_CAP,
	};
	int status = rc ? err_exit_code(rc) : child_serve(c, &server);
	token_clear(&t);
	secret_free(pin);
	_exit(status);
}
