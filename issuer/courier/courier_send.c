/* The calling side of courier.h. */
#include "base/pack.h"
#include "issuer/courier/courier.h"
#include "issuer/courier/courier_serve.h"

enum { PATIENCE_MS = 60000 }; /* a gateway may be slow; the clerk's lease is longer */

static enum err take_reference(const struct buf *answer, char reference[COURIER_REFERENCE_SIZE])
{
	struct unpack u = unpack_begin(answer->data, answer->len);
	unpack_text(&u, reference, COURIER_REFERENCE_SIZE);
	return unpack_end(&u) == ERR_OK ? ERR_OK : ERR_CLOSED;
}

enum err courier_send(struct line *l, const struct courier_job *job, struct courier_word *said, struct errbuf *why)
{
	struct line_wait wait = {.milliseconds = PATIENCE_MS, .answered = true};
	struct buf body = BUF_INIT(COURIER_REQUEST_CAP), answer = BUF_INIT(COURIER_ANSWER_CAP);
	*said = (struct courier_word){0};
	pack_text(&body, job->id);
	pack_text(&body, job->key);
	pack_text(&body, job->kind);
	pack_bytes(&body, job->sealed, job->len);
	enum err rc = buf_check(&body);
	if (rc == ERR_TOO_LARGE)
		rc = fail(why, ERR_INVALID, "a sealed message of %zu bytes is larger than the courier takes", job->len);
	if (!rc)
		rc = line_ask(l, COURIER_SEND, &body, &answer, &wait, why);
	said->away = !wait.answered;
	if (!rc)
		rc = take_reference(&answer, said->reference);
	buf_free(&body);
	buf_free(&answer);
	return rc;
}
