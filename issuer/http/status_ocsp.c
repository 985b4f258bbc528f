/* OCSP over HTTP: POST (RFC 6960 A.1), and GET with the request in base64 as the rest of the path (RFC 5019 5). */
#include "base/encode.h"
#include "issuer/http/handlers.h"
#include "issuer/http/ocsp.h"

#include <string.h>

enum { DECODED_MAX = 1024 };

void status_ocsp_post(struct front *front, const struct request *q, struct reply *r)
{
	ocsp_desk_answer(front->ocsp, q->body->data, q->body->len, q, r);
}

/* Percent-encoding undone: clients write "+", "/" and "=" either way. False: an escape of anything else. */
static bool unescape(const char *text, struct buf *out)
{
	while (*text) {
		uint8_t byte = (uint8_t)*text;
		char digits[3] = "";
		if (*text == '%') {
			memcpy(digits, text + 1, strnlen(text + 1, 2));
			if (hex_decode(digits, &byte, 1) != ERR_OK || !strchr("+/=", byte) || !byte)
				return false;
			text += 2;
		}
		buf_byte(out, byte);
		text++;
	}
	return buf_check(out) == ERR_OK;
}

void status_ocsp_get(struct front *front, const struct request *q, struct reply *r)
{
	struct buf base64 = BUF_INIT(DECODED_MAX), der = BUF_INIT(DECODED_MAX);
	struct errbuf why = {"the path is not base64"};
	if (unescape(q->parameter[0], &base64) &&
	    base64_decode((const char *)base64.data, base64.len, &der) == ERR_OK)
		ocsp_desk_answer(front->ocsp, der.data, der.len, q, r);
	else
		ocsp_reply_malformed(r, &why);
	buf_free(&base64);
	buf_free(&der);
}
