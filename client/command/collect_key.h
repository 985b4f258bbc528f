/* collect_key: a key that is made here and stays here, and the request for its certificate (PKCS#10, RFC 2986). Internal to
 * client/command/collect*.c and their tests.
 *
 * Both are files before anything is sent: the key with mode 0600, and beside it FILE.csr, so that whoever is interrupted sends
 * the very same request again and gets the very same certificate. The request goes when the certificate has come. */
#ifndef CLIENT_COMMAND_COLLECT_KEY_H
#define CLIENT_COMMAND_COLLECT_KEY_H

#include "client/command/collect.h"

#include <openssl/evp.h>

struct own_key {
	char path[PATH_SIZE], request_path[PATH_SIZE];
	EVP_PKEY *key;
	struct buf request; /* PEM, as in its file */
	bool made;          /* the key, by this run */
	bool requested;     /* the request, likewise */
	int lock;           /* on the key's file; -1: none */
};

/* p256, p384, rsa2048, rsa3072 or rsa4096; NULL is p256. ERR_USAGE. */
enum err own_key_type(const char *word, struct errbuf *why) MUST_CHECK;
/* As own_key_type has it; NULL when it cannot be made. */
EVP_PKEY *own_key_generate(const char *word) MUST_CHECK;
/* The service takes such a key (ERR_REFUSED), and it is of the type that was asked for, if one was (ERR_USAGE). */
enum err own_key_serves(const struct own_key *k, const char *type, struct errbuf *why) MUST_CHECK;
/* The key that lies there, or a new one; and its request likewise. ERR_CONFLICT: what lies at the request's place is not a request
 * for this key, or another run has it. ERR_REFUSED: others may read the key, it is encrypted, or not taken. The key's file is held until it is
 * cleared, which it is in every case. */
enum err own_key_take(const char *path, const char *type, struct own_key *out, struct errbuf *why) MUST_CHECK;
/* The first certificate of a chain in PEM is for this key: its SHA-256 as text. ERR_MALFORMED, ERR_CORRUPT. */
enum err own_key_fits(const struct own_key *k, const struct buf *chain, char fingerprint[SHA256_TEXT], struct errbuf *why) MUST_CHECK;
void own_key_settled(const struct own_key *k); /* the request has served its turn: removes it */
void own_key_withdraw(const struct own_key *k); /* nothing was sent: removes what this run made */
void own_key_clear(struct own_key *k);

/* collect_apart: what these names are, or would be, is one file. */
bool own_key_same_place(const char *a, const char *b);
/* Certificate and claim are not to lie where the key or its request does. ERR_USAGE. */
enum err own_key_apart(const char *key, const struct link *link, const char *out, struct errbuf *why) MUST_CHECK;

/* collect_hold: no other run may take the key that lies there; or a new one, from before it has its name. ERR_CONFLICT: another run
 * has it. */
enum err own_key_hold(struct own_key *k, struct errbuf *why) MUST_CHECK;
enum err own_key_publish(struct own_key *k, const void *bytes, size_t len, struct errbuf *why) MUST_CHECK;
void own_key_let_go(struct own_key *k);

#endif
