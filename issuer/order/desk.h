/* desk: what order life works with. The front makes one; every call borrows it. Calls block (commits, the signer): they
 * run on worker threads, never on a listener's. */
#ifndef ISSUER_DESK_H
#define ISSUER_DESK_H

#include "base/secret.h"
#include "delivery/language.h"
#include "issuer/order/key_wait.h"
#include "issuer/settings.h"
#include "issuer/store/audit.h"
#include "issuer/store/writer.h"

#include <openssl/x509.h>

struct line;

struct desk {
	const struct settings *settings;
	struct writer *writer;
	struct readers *readers;
	struct line *signer;
	struct key_wait key_wait;
	X509 *courier;                 /* messages are sealed to it */
	const struct languages *languages;
	const struct secret *code_key;
	const struct secret *receipt_key; /* NULL: no delivery receipts are asked for */
	const char *issuer_name;       /* certificate.issuer: lower-case hex SHA-256 of the issuing CA's certificate */
	void (*outbox_changed)(void *ctx);     /* wakes the clerk */
	void (*revocations_changed)(void *ctx); /* bumps the generation, wakes the clerk */
	void *ctx;
};

#endif
