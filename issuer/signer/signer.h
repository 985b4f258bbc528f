/* signer: what may be asked of the process that holds the keys, as calls on a line. Every operation is idempotent.
 *
 * It never signs bytes it is handed: it builds every certificate from a profile and the approved facts. */
#ifndef ISSUER_SIGNER_H
#define ISSUER_SIGNER_H

#include "ca/crl.h"
#include "delivery/package.h"
#include "issuer/order/facts.h"
#include "issuer/process/line.h"
#include "issuer/signer/key_pool.h"

/* operation, name, peers that may call it (bits 1u << enum role) */
#define SIGNER_OPERATIONS(X)                                                                                           \
	X(TICKET, "ticket", 1u << ROLE_FRONT)                                                                          \
	X(ISSUE, "issue", 1u << ROLE_FRONT)                                                                            \
	X(SIGN, "sign", 1u << ROLE_FRONT)                                                                              \
	X(PACKAGE, "package", 1u << ROLE_FRONT)                                                                        \
	X(UNSEAL, "unseal", 1u << ROLE_FRONT)                                                                          \
	X(DONE, "done", 1u << ROLE_FRONT | 1u << ROLE_CLERK)                                                           \
	X(REVOKE, "revoke", 1u << ROLE_FRONT | 1u << ROLE_CLERK)                                                       \
	X(CRL_BEGIN, "crl_begin", 1u << ROLE_CLERK)                                                                    \
	X(CRL_ADD, "crl_add", 1u << ROLE_CLERK)                                                                        \
	X(CRL_END, "crl_end", 1u << ROLE_CLERK)                                                                        \
	X(OPEN_INTENTS, "open_intents", 1u << ROLE_CLERK)                                                              \
	X(LAST, "last", 1u << ROLE_FRONT | 1u << ROLE_CLERK)                                                           \
	X(RESUME, "resume", 1u << ROLE_CLERK)                                                                          \
	X(KEYS, "keys", 1u << ROLE_CLERK)

enum signer_operation {
	SIGNER_NONE,
#define X(name, word, peers) SIGNER_##name,
	SIGNER_OPERATIONS(X)
#undef X
	SIGNER_OPERATION_COUNT
};

/* MAC over the facts' bytes, after a dry run: facts read strictly, certificate built and linted with a throw-away key.
 * ERR_INVALID with the reason. */
enum err signer_ticket(struct line *l, const void *facts, size_t len, uint8_t ticket[TICKET_BYTES], struct errbuf *why) MUST_CHECK;

/* Key, password, certificate and modern package for an approved order whose key is made here. Bufs are appended to; their caps bound them. */
struct issued {
	struct buf certificate;     /* DER */
	struct buf sealed_key;      /* key and password, under the parcel key */
	struct buf sealed_modern;   /* the modern package, under the parcel key */
	uint8_t sha256_modern[32];  /* of the package itself */
	struct buf sealed_password; /* CMS to the courier: the MESSAGE_PASSWORD message with the number from the facts */
};
#define ISSUED_INIT                                                                                                    \
	((struct issued){BUF_INIT(16384), BUF_INIT(16384), BUF_INIT(PACKAGE_MAX_BYTES + 64), {0}, BUF_INIT(16384)})
void issued_free(struct issued *i);
/* ERR_OK and no certificate: a key of RSA is being made for it; ask again soon.
 * ERR_REFUSED: the ticket is not for these facts. ERR_UNAVAILABLE: issuing is paused or the order's last attempt is being
 * reconciled; try again. The same order again gives the same certificate until its `done`; after it ERR_CONFLICT. */
enum err signer_issue(struct line *l, const void *facts, size_t len, const uint8_t ticket[TICKET_BYTES], struct issued *out,
		      struct errbuf *why) MUST_CHECK;

/* The same for an order whose ticket lets a request be brought (facts_take_request): only a certificate, for the key of
 * a PKCS#10 in DER. The signer reads it as strictly as the caller must have done (ca/request.h): ERR_INVALID or
 * ERR_MALFORMED with the reason. Whether the key was certified before is the caller's to know, who has the books. The
 * same order and request again give the same certificate until its `done`; another request, or ISSUE, withdraws that
 * one (ERR_UNAVAILABLE, try again). An order whose approval does not let one choose is ERR_REFUSED, with an alarm: who
 * could could collect what he cannot open. */
enum err signer_sign(struct line *l, const void *facts, size_t len, const uint8_t ticket[TICKET_BYTES],
		     const struct buf *request, struct buf *certificate, struct errbuf *why) MUST_CHECK;

/* Another encoding from sealed_key: its sealed bytes and the package's SHA-256. */
enum err signer_package(struct line *l, const char *order, enum package_encoding encoding, const struct buf *sealed_key,
			const struct buf *certificate, struct buf *sealed, uint8_t sha256[32], struct errbuf *why) MUST_CHECK;
/* The bytes of a sealed package, to be handed to the recipient. */
enum err signer_unseal(struct line *l, const char *order, enum package_encoding encoding, const struct buf *sealed,
		       struct buf *package, struct errbuf *why) MUST_CHECK;

/* The database has committed this certificate. */
enum err signer_done(struct line *l, const char *order, const char *serial, const uint8_t audit_head[32]) MUST_CHECK;

/* Journalled (fsync) before it returns; the caller then commits to the database. The reason REASON_HOLD holds; `release`
 * true releases. ERR_CONFLICT: a hold or a release of what the journal knows as revoked for good. */
struct revocation {
	char issuer[65]; /* certificate.issuer; "" when it is not known */
	char serial[SERIAL_TEXT_SIZE];
	enum crl_reason reason;
	int64_t revoked_at, compromised_at;
	bool release;
};
enum err signer_revoke(struct line *l, const struct revocation *r, const uint8_t audit_head[32], struct errbuf *why) MUST_CHECK;

/* A signed CRL of one of our CAs, by its name, in three moves, so that the signer holds nothing of a long one and answers others in between. The caller
 * writes the entries itself (crl_entries_write) and puts the signer's head before them and its tail behind. The number is
 * max(last + 1, microseconds UTC), journalled before the signature. One list at a time. ERR_CONFLICT: the signer does not
 * know this list any more; begin it anew. */
enum err signer_crl_begin(struct line *l, const char *issuer, const struct crl_head *times, size_t entries_len,
			  struct errbuf *why) MUST_CHECK;
/* The next n entries, in rising serial order, behind `before` others. */
enum err signer_crl_add(struct line *l, size_t before, const struct crl_entry *entries, size_t n,
			struct errbuf *why) MUST_CHECK;
enum err signer_crl_end(struct line *l, struct buf *head, struct buf *tail, uint64_t *number, struct errbuf *why) MUST_CHECK;

/* Intents without `done`: of an earlier signer process, or older than two minutes. The clerk compares each with the
 * database and answers with signer_done or signer_revoke (an orphan). Listing one withdraws it from signer_issue. */
struct open_intent {
	char issuer[65];
	char order[17];
	char serial[SERIAL_TEXT_SIZE];
	int64_t not_before, not_after;
	uint8_t tbs_hash[32];
};
enum err signer_open_intents(struct line *l, struct open_intent *out, size_t most, size_t *n, struct errbuf *why) MUST_CHECK;

/* Keys in a token that cannot be used now; and whether the clock is not believed. */
enum signer_away { SIGNER_AWAY_ISSUING = 1, SIGNER_AWAY_OCSP = 2, SIGNER_CLOCK_DOUBTED = 4 };

/* The journal's newest `done` and newest revocations, which the database must know: else an old one was put back. A
 * signer that starts does not issue before signer_resume. */
struct journal_last {
	char done_serial[SERIAL_TEXT_SIZE];     /* "" when there is none */
	struct revocation revoked[16];          /* newest first, serial "" after the last; revoked_at 0: nothing else is known */
	uint64_t sequence;
	uint8_t audit_head[32];                 /* of the newest record that carries one; zeros when none does */
	enum err fault;                         /* why the journal cannot be written; only signer_last knows it, as it does: */
	unsigned away;                          /* bits of enum signer_away */
};
enum err signer_last(struct line *l, struct journal_last *out, struct errbuf *why) MUST_CHECK;
/* The clerk has compared: issuing may begin (ok), or stays paused with the reason. */
enum err signer_resume(struct line *l, bool ok, struct errbuf *why) MUST_CHECK;

/* How many keys are ready before they are wanted, by enum key_type: zeros for those that are not kept ready. */
struct signer_keys {
	struct key_pool_state of[KEY_TYPE_COUNT];
	enum err fault; /* why none could be made, when last tried */
};
enum err signer_keys(struct line *l, struct signer_keys *out, struct errbuf *why) MUST_CHECK;

#endif
