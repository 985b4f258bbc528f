/* post: what an order sends. Links and codes are made, composed and sealed to the courier before a transaction, and
 * stored inside it, so no transaction waits for cryptography. */
#ifndef ISSUER_ORDER_POST_H
#define ISSUER_ORDER_POST_H

#include "delivery/code.h"
#include "delivery/message.h"
#include "issuer/order/step.h"

struct post {
	char id[ID_SIZE];
	enum message_kind kind;
	struct buf sealed;
	int64_t drop_after;
};

struct new_link {
	uint8_t hash[HASH_BYTES]; /* of the token, which is in the sealed mail alone */
	int64_t until;
	struct post mail;
};

struct new_code {
	char id[ID_SIZE];
	uint8_t hmac[CODE_HMAC_BYTES];
	struct post sms;
};

/* Who asked for a code: the word in the database, and how many in 24 hours. */
struct code_limit {
	const char *asked_by; /* "staff", "recipient" */
	int64_t most;
};

enum err link_make(struct desk *d, const struct order_facts *f, const char *orderer, int64_t now, struct new_link *out,
		   struct errbuf *why) MUST_CHECK;
enum err link_store(struct store *s, const struct step *t, const struct new_link *link) MUST_CHECK; /* the mail */
void link_clear(struct new_link *link);

enum err code_make(struct desk *d, const struct order_facts *f, int64_t now, struct new_code *out,
		   struct errbuf *why) MUST_CHECK;
/* Earlier codes die. ERR_LIMIT when too many were asked for, or the order is in none of the states (a JSON array). */
enum err code_store(struct store *s, const struct step *t, const struct new_code *code, const char *states,
		    const struct code_limit *limit) MUST_CHECK;
void code_clear(struct new_code *code);

#endif
