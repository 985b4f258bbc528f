#include "base/encode.h"
#include "base/media.h"
#include "base/secret.h"
#include "issuer/console/console_own.h"

#include <openssl/hmac.h>
#include <string.h>

/* Beside codes, the same key makes these: the label keeps them apart. */
static const char label[] = "counterfoil console form";

enum err console_token(const struct front *front, const struct identity *who, char out[CONSOLE_TOKEN_SIZE])
{
	struct buf covered = BUF_INIT(256);
	uint8_t mac[32];
	unsigned size = 0;
	const struct secret *key = front->desk.code_key;
	out[0] = '\0';
	buf_add(&covered, label, sizeof label);
	buf_add(&covered, who->staff_id, strlen(who->staff_id) + 1);
	buf_text(&covered, who->serial);
	enum err e = buf_check(&covered);
	if (!e && (!HMAC(EVP_sha256(), secret_peek(key), (int)secret_len(key), covered.data, covered.len, mac, &size) ||
		   size != sizeof mac))
		e = ERR_CRYPTO;
	if (!e)
		hex_encode(mac, sizeof mac, out);
	buf_free(&covered);
	return e;
}

/* Browsers say where a form came from; a page under no-referrer says "null" for its origin, and then the other must vouch. */
static bool from_our_page(const struct request *q)
{
	const char *site = request_header(q, "Sec-Fetch-Site"), *origin = request_header(q, "Origin");
	if (site)
		return strcmp(site, "same-origin") == 0; /* and a foreign origin was refused before (guard_origin) */
	return origin && strcmp(origin, "null") != 0;
}

enum err console_genuine(const struct front *front, const struct request *q, struct errbuf *why)
{
	char wanted[CONSOLE_TOKEN_SIZE], had[CONSOLE_TOKEN_SIZE];
	if (!media_is(q->content_type, "application/x-www-form-urlencoded"))
		return fail(why, ERR_MALFORMED, "a form is wanted here");
	if (!q->identity || q->identity->kind != IDENTITY_STAFF)
		return fail(why, ERR_REFUSED, "the console is for staff");
	if (!from_our_page(q))
		return fail(why, ERR_REFUSED, "this form was not sent from a page of this console; nothing was changed");
	enum err e = console_token(front, q->identity, wanted);
	if (e)
		return e;
	if (request_form(q, "token", had, sizeof had) != ERR_OK || strlen(had) != sizeof had - 1 ||
	    !secret_equal_bytes(had, wanted, sizeof had - 1))
		return fail(why, ERR_REFUSED, "this form was made for another certificate, or is damaged; nothing was changed. "
					      "Load the page again, and send it from there");
	return ERR_OK;
}
