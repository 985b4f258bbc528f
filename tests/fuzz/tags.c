/* What stands in If-Match and in Idempotency-Key: tags, and a key. */
#include "issuer/order/idempotency.h"
#include "issuer/order/version.h"
#include "tests/fuzz/target.h"

#include <ctype.h>
#include <string.h>

static bool is_key(const char *text)
{
	size_t len = strlen(text);
	for (const char *p = text; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("._~-", *p))
			return false;
	return len >= 1 && len <= IDEMPOTENCY_KEY_MOST;
}

/* Once what is quoted is out, nothing is left but commas, white space and what makes a tag weak. */
static bool is_list(const char *text)
{
	bool quoted = false;
	if (strcmp(text, "*") == 0)
		return true;
	for (const char *p = text; *p; p++)
		if (*p == '"')
			quoted = !quoted;
		else if (!quoted && !strchr(", \tW/", *p))
			return false;
	return !quoted && strchr(text, '"');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct idempotency once;
	char text[1025]; /* no header is longer */
	if (size >= sizeof text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	enum err rc = version_tags_check(text, NULL);
	HOLDS(rc == ERR_MALFORMED || (rc == ERR_OK && is_list(text)));
	json_t *body = json_object();
	if (!body)
		return 0;
	rc = idempotency_begin(&once, text, "/v1/orders", body, NULL);
	HOLDS(rc == (is_key(text) ? ERR_OK : ERR_MALFORMED));
	json_decref(body);
	return 0;
}
