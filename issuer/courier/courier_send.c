/* The calling side of courier.h. */
#include "base/pack.h"
#include "issuer/courier/courier.h"
#include "issuer/courier/courier_serve.h"

enum { PATIENCE_MS = 60000 }; /* a gateway may be slow; the clerk's lease is longer */

enum err courier_send(struct line *l, const char *id, const char *kind, const void *sealed, size_t len,
		      struct errbuf *why)
{
	struct buf body = BUF_INIT(COURIER_REQUEST_CAP), answer = BUF_INIT(COURIER_ANSWER_CAP);
	pack_text(&body, id);
	pack_text(&body, kind);
	pack_bytes(&body, sealed, len);
	enum err rc = buf_check(&body);
	if (rc == ERR_TOO_LARGE)
		rc = fail(why, ERR_INVALID, "a sealed message of %zu bytes is larger than the courier takes", len);
	if (!rc)
		rc = line_call(l, COURIER_SEND, &body, &answer, PATIENCE_MS, why);
	buf_free(&body);
	buf_free(&answer);
	return rc;
}
