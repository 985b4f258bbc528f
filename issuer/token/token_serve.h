/* token_serve: inside the token process: the keys that are open, and why there are none. One thread. */
#ifndef ISSUER_TOKEN_SERVE_H
#define ISSUER_TOKEN_SERVE_H

#include "ca/key_token.h"
#include "ca/key_uri.h"
#include "issuer/process/child.h"
#include "issuer/token/pin_trial.h"
#include "issuer/token/token.h"

enum { TOKEN_KEYS_MOST = 16 };

struct token {
	struct key_token_place place;
	struct pin_trial *trial; /* of its PIN; NULL: nobody counts. Borrowed */
	struct token_key {
		char uri[KEY_URI_MAX + 1];
		EVP_PKEY *key;
	} keys[TOKEN_KEYS_MOST];
	size_t count;
	enum err fault; /* ERR_OK until something failed; then every question is answered by it */
	struct errbuf why;
	bool told; /* somebody has heard of it */
};

/* Open the module and the keys that the settings name; what fails is kept as the fault. */
void token_open(struct token *t, const struct settings *s);
void token_clear(struct token *t);

/* For child_serve; ctx is the token. */
int token_permitted(enum role peer, uint16_t op);
enum err token_answer(void *ctx, enum role peer, const struct frame *request, struct buf *answer,
		      struct errbuf *why) MUST_CHECK;

/* The fault was told, and another process may do better. */
bool token_spent(const struct token *t);

#endif
