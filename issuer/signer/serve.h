/* serve: inside the signer process: the keys, the journal, and what was issued and is not yet committed, as one value;
 * and one function an operation. One thread.
 *
 * Bodies (base/pack.h), request -> answer; `fixed` is a bytes field of that length:
 *   TICKET       bytes facts -> fixed ticket 32
 *   ISSUE        bytes facts, fixed ticket 32 -> bytes certificate, sealed key, sealed modern; fixed sha256 32;
 *                bytes sealed password; or nothing: its key is being made, ask again
 *   SIGN         bytes facts, fixed ticket 32, bytes request -> bytes certificate
 *   PACKAGE      text order, u8 encoding, bytes sealed key, bytes certificate -> bytes sealed, fixed sha256 32
 *   UNSEAL       text order, u8 encoding, bytes sealed -> bytes package
 *   DONE         text order, text serial, fixed audit head 32 -> nothing
 *   REVOKE       text issuer, text serial, u8 reason, i64 revoked at, i64 compromised at, u8 release, fixed audit head 32 -> nothing
 *   CRL_BEGIN    text issuer, i64 this, i64 next, u32 octets of all entries in DER -> nothing; ends a list that was begun before
 *   CRL_ADD      u32 how many came before, u32 n, n x (fixed serial 20, i64 revoked at, i64 compromised at, u8 reason)
 *                -> nothing; a part that is lost, or comes twice, ends the list
 *   CRL_END      nothing -> bytes head, bytes tail, u64 number
 *   OPEN_INTENTS u32 most -> u32 n, n x (text issuer, text order, text serial, i64 not before,
 *                i64 not after, fixed tbs hash 32)
 *   LAST         nothing -> text done serial, 16 x (text revoked serial, u8 reason, i64 revoked at, i64 compromised at),
 *                u64 sequence, fixed audit head 32, u8 fault (enum err: why the journal cannot be written),
 *                u8 keys that are away (bits of enum signer_away)
 *   RESUME       u8 ok -> nothing
 *   KEYS         nothing -> each enum key_type x (u32 wanted, u32 ready, u64 made, u64 awaited), u8 fault (enum err) */
#ifndef ISSUER_SIGNER_SERVE_H
#define ISSUER_SIGNER_SERVE_H

#include "base/pack.h"
#include "ca/authority.h"
#include "issuer/addresses.h"
#include "issuer/issuers.h"
#include "issuer/process/child.h"
#include "issuer/signer/journal.h"
#include "issuer/signer/signer_token.h"

enum {
	SIGNER_REQUEST_CAP = 256 << 10,
	SIGNER_ANSWER_CAP = 256 << 10,
	SIGNER_ENTRY_BYTES = 4 + SERIAL_BYTES + 8 + 8 + 1,
	SIGNER_ENTRIES_MOST = 4096, /* in a part of a list: others ask between the parts */
	SIGNER_INTENTS_MOST = 1024,
	ISSUED_CACHE_ENTRIES = 256,
	PARCEL_LABEL_SIZE = 48,
	CLOCK_JUMP_SECONDS = 600, /* a larger jump pauses issuing */
};

struct signer_parts { /* owned by the signer once it is made, but for the settings */
	const struct settings *settings;
	struct authority authority; /* the one that issues */
	const char *key_name;       /* the setting that names its key, which may be in a token; NULL: a file */
	struct other_authority {    /* those that only say what was revoked */
		struct authority authority;
		enum issuer_standing standing;
		const char *key_name;
	} others[ISSUERS_MOST - 1];
	size_t other_count;
	X509 *root, *courier;
	struct secret *parcel_key, *ticket_key; /* 32 bytes each */
	EVP_PKEY *ocsp_key;        /* NULL: each delegate has a fresh one, or it is in a token that was not seen yet */
	struct signer_token *token; /* NULL: no key is in one */
	struct profile profiles[PROFILE_COUNT]; /* those without a name: the built-in ones, once the signer is made */
	struct journal *journal;
};
void signer_parts_clear(struct signer_parts *p);

/* Answers of this run to ISSUE whose `done` is outstanding, so that a repeat gets the same certificate. The oldest leave
 * when it is full: their intents become stale and are reconciled. */
struct issued_entry {
	char order[17];
	char serial[SERIAL_TEXT_SIZE];
	uint8_t ticket[TICKET_BYTES];
	uint8_t request[32]; /* SHA-256 of it; zeros: the key was made here */
	struct buf answer;   /* sealed throughout, or a certificate */
};
struct issued_cache {
	struct issued_entry entries[ISSUED_CACHE_ENTRIES];
	size_t next;
};
struct issued_entry *issued_find(struct issued_cache *c, const char *order);
/* A fresh entry, empty but for order and serial, in place of the oldest. */
struct issued_entry *issued_add(struct issued_cache *c, const char *order, const char *serial);
void issued_forget_order(struct issued_cache *c, const char *order);
void issued_forget_serial(struct issued_cache *c, const char *serial);
void issued_forget_all(struct issued_cache *c);

struct signer_clock {
	int64_t wall, mono_ms; /* at the start, or when the clock was accepted */
	int64_t latest;        /* time in the journal, then */
	unsigned accepts;
	bool alarmed;
};

/* One of the CAs that sign here. */
struct signer_ca {
	const struct authority *authority;
	enum issuer_standing standing;
	const char *key_name;
	uint8_t fingerprint[FINGERPRINT_BYTES]; /* of its certificate */
	char name[ISSUER_NAME_SIZE];            /* that as the books have it: lower-case hexadecimal */
	int64_t until;
};

/* The revocation list that is being signed, part by part. */
struct signer_list {
	const struct signer_ca *ca;
	struct crl_signing *signing; /* NULL: none was begun, or it is spoilt */
	uint64_t number;             /* not journalled yet */
	size_t entries;
};

struct signer_ocsp;

struct signer {
	struct signer_parts has;
	struct signer_ocsp *ocsp; /* the second lane; NULL in tests without */
	struct key_pool *keys;    /* NULL in tests without: keys are made on the spot */
	struct signer_ca cas[ISSUERS_MOST]; /* the first is the one that issues */
	size_t ca_count;
	const char *issuer_name; /* its name */
	EVP_PKEY *throwaway[KEY_TYPE_COUNT + 1]; /* by type, for dry runs, once one was wanted; the last: RSA of another size */
	struct issued_cache issued;
	struct signer_list list;
	struct signer_clock clock;
	enum { RESUME_AWAITED, RESUME_OK, RESUME_REFUSED } resume;
	bool packaging_tested;
	enum err checkpoint_failed, journal_fault, packaging_fault; /* said once */
};

/* Takes the parts (also on failure) and checks that they belong together. */
enum err signer_new(struct signer_parts *parts, struct signer **out, struct errbuf *why) MUST_CHECK;
void signer_free(struct signer *s);

/* RSA keys are made ahead from here on, as settings and profile say: the threads of that start, and rest until issuing is
 * resumed. */
enum err signer_keys_start(struct signer *s, struct errbuf *why) MUST_CHECK;
/* As key_pool_end. */
bool signer_keys_end(struct signer *s);
/* A new key pair: a ready one if the pool has that type. ERR_UNAVAILABLE: one is being made; ask again. */
enum err signer_key(struct signer *s, enum key_type type, EVP_PKEY **out) MUST_CHECK;

const struct signer_ca *signer_ca_named(const struct signer *s, const char *name); /* or NULL */
const struct signer_ca *signer_ca_of(const struct signer *s, X509 *certificate);  /* by its issuer's name, or NULL */

/* For child_serve; ctx is the signer. */
int signer_permitted(enum role peer, uint16_t op);
enum err signer_answer(void *ctx, enum role peer, const struct frame *request, struct buf *answer,
		       struct errbuf *why) MUST_CHECK;
void signer_tick(void *ctx);

typedef enum err signer_handler(struct signer *s, struct unpack *request, struct buf *answer, struct errbuf *why);
signer_handler signer_on_ticket, signer_on_issue, signer_on_sign, signer_on_package, signer_on_unseal, signer_on_done, signer_on_revoke,
	signer_on_crl_begin, signer_on_crl_add, signer_on_crl_end, signer_on_open_intents, signer_on_last, signer_on_resume, signer_on_keys;

/* What an approved order says, ready to be put into a certificate. The fields point into the struct. */
struct subject {
	struct order_facts facts;
	enum key_type key_type; /* unless the fields say own_key */
	char uri[512];
	struct addresses at;
	struct certificate_fields fields; /* with a fresh serial */
};
enum err subject_read(const struct signer *s, const void *facts, size_t len, struct subject *out,
		      struct errbuf *why) MUST_CHECK;
enum err ticket_of(const struct signer *s, const void *facts, size_t len, uint8_t out[TICKET_BYTES]) MUST_CHECK;

/* A certificate of an approved order on its way: what ISSUE and SIGN share (signer_certify.c). */
struct making {
	struct signer *signer;
	struct subject subject;
	uint8_t ticket[TICKET_BYTES];
	uint8_t request[32]; /* as in issued_entry */
	char serial[SERIAL_TEXT_SIZE];
	bool journalled;
	bool waits;        /* its key is being made: nothing has been done yet */
	EVP_PKEY *key;     /* owned */
	X509 *certificate; /* owned */
};
/* The ticket is right for the facts, and they are read. Clear `m` in every case. */
enum err making_begin(struct making *m, const void *facts, size_t len, struct errbuf *why) MUST_CHECK;
/* What was answered before, or else `make`, once, if issuing is permitted: it calls making_certify and writes the answer,
 * which is remembered. */
typedef enum err making_step(struct making *m, struct buf *answer, struct errbuf *why);
enum err making_run(struct making *m, making_step *make, struct buf *answer, struct errbuf *why) MUST_CHECK;
/* The certificate for m->key: journal the intent, sign. */
enum err making_certify(struct making *m, struct errbuf *why) MUST_CHECK;
void making_clear(struct making *m);

/* ERR_UNAVAILABLE while the key that signs certificates and lists is away, or the one that signs OCSP answers. */
enum err signer_issuing_check(struct signer *s, struct errbuf *why) MUST_CHECK;
enum err signer_ca_check(struct signer *s, const struct signer_ca *ca, struct errbuf *why) MUST_CHECK;
enum err signer_ocsp_check(struct signer *s, struct errbuf *why) MUST_CHECK;
/* What a signature by a CA's key that did not come means: that the key has gone, or `rc` as it was. */
enum err signer_signature(struct signer *s, const struct signer_ca *ca, enum err rc, struct errbuf *why) MUST_CHECK;

void signer_clock_begin(struct signer *s);
/* ERR_UNAVAILABLE while the wall clock is not believed. Issuing alone asks. */
enum err signer_clock_check(struct signer *s, struct errbuf *why) MUST_CHECK;
bool signer_clock_doubted(struct signer *s); /* the same, without a word; what the journal says of it has been read */

#endif
