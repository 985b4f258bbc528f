/* row: an order as a step sees it: the order, its newest code, its parcel and its certificate, in one read. */
#ifndef ISSUER_ORDER_ROW_H
#define ISSUER_ORDER_ROW_H

#include "delivery/package.h"
#include "issuer/order/desk.h"
#include "issuer/order/facts.h"
#include "issuer/order/state.h"

enum { HASH_BYTES = 32, DAY = 86400, SERVED_CERTIFICATE = 1 << PACKAGE_ENCODING_COUNT };

struct order_row {
	char id[ID_SIZE];
	enum order_state state;
	char facts[FACTS_MAX_BYTES + 1]; /* as stored: what the ticket covers */
	size_t facts_len;
	uint8_t ticket[TICKET_BYTES];
	char contact[ID_SIZE]; /* who receives it: a contact, or the member of the staff */
	char staff[ID_SIZE];   /* the member whose own certificate it is; "": a client's */
	char organisation[ID_SIZE]; /* the client's; "" of the staff */
	char orderer_name[NAME_SIZE];
	int64_t link_until, served_at;
	int64_t served; /* to the claim: 1 << ENCODING for each package, SERVED_CERTIFICATE */

	bool claimed;     /* there is a claim */
	bool by_claimant; /* row_by_link: the caller's claim is it */
	uint8_t claim_hash[HASH_BYTES];

	char code[ID_SIZE]; /* the newest; "" when there is none */
	int64_t code_tries, code_created_at, code_handed_over_at;
	bool code_spent; /* used or dead */

	char serial[41];  /* of the certificate made for it; "" when none was */
	bool alive;       /* it is not revoked */
	bool erased;      /* key and packages are gone */
	bool password_rests;
	bool by_request;  /* for a key of the recipient's own: there is no file, and no password */
	int64_t not_after;
	uint8_t fingerprint[HASH_BYTES]; /* SHA-256 of the certificate */
	uint8_t sha256[PACKAGE_ENCODING_COUNT][HASH_BYTES]; /* zeros until that package was made */
};

/* ERR_NOT_FOUND; ERR_CORRUPT. */
enum err row_by_id(struct desk *d, const char *id, struct order_row *out) MUST_CHECK;

/* Behind a link, as collect.h says who may see what; claim may be NULL. A token or a claim of the wrong shape is looked
 * for like any other, and not found. */
enum err row_by_link(struct desk *d, const char *token, const char *claim, int64_t now, struct order_row *out) MUST_CHECK;
/* The same for what only the claimant may do: ERR_REFUSED when the link lives and the claim is not its. */
enum err row_by_claim(struct desk *d, const char *token, const char *claim, int64_t now, struct order_row *out,
		      struct errbuf *why) MUST_CHECK;

/* The facts, read strictly; ERR_CORRUPT with an alarm in the log when they are not this order's or not canonical. */
enum err row_facts(const struct order_row *row, struct order_facts *out) MUST_CHECK;

/* Nothing but a request is taken: such an order never has a file, which ROW_NO_FILE says. Facts that cannot be read are
 * the signer's to refuse. */
bool row_only_request(const struct order_row *row);
#define ROW_NO_FILE "the key of this order is made by its recipient, who brings a request: there is no file"

/* SHA-256 of a token or a claim; one of no such shape hashes to what no stored one has. */
enum err row_hash(const char *text, uint8_t out[HASH_BYTES]) MUST_CHECK;

#endif
