/* collect: a parcel fetched with its link and its code. Internal to client/command/collect*.c and their tests.
 *
 * The accepted code yields a claim. It is kept in a private file until the server has acknowledged the receipt, so that
 * an interrupted run is taken up by running the same command again, without a code. */
#ifndef CLIENT_COMMAND_COLLECT_H
#define CLIENT_COMMAND_COLLECT_H

#include "base/buf.h"
#include "client/command/session.h"

enum { TOKEN_LENGTH = 22, CLAIM_SIZE = 65, SHA256_TEXT = 65, PATH_SIZE = 4096 };

struct link {
	char server[2048];
	char token[TOKEN_LENGTH + 1];
	char token_hash[SHA256_TEXT]; /* names the link without being it */
};

/* "https://HOST[:PORT][/PREFIX]/d/TOKEN", blanks around it allowed. ERR_USAGE. */
enum err link_parse(const char *url, struct link *out, struct errbuf *why) MUST_CHECK;

struct claim {
	char text[CLAIM_SIZE];
	char sha256[SHA256_TEXT]; /* of the file that was fetched, "" before */
	char path[PATH_SIZE];     /* where the claim is kept */
};

/* Where claims are kept: FILE.claim, or counterfoil-HEX.claim here when no FILE is named (out NULL). */
enum err claim_path(const struct link *link, const char *out, char path[PATH_SIZE]) MUST_CHECK;
/* The claim of this link at FILE.claim or at counterfoil-HEX.claim: ERR_NOT_FOUND when there is none, or it is another
 * link's. */
enum err claim_find(const struct link *link, const char *out, struct claim *claim, struct errbuf *why) MUST_CHECK;
/* Can a claim be kept at its path? Nothing is left there. */
enum err claim_room(const struct claim *claim, struct errbuf *why) MUST_CHECK;
enum err claim_keep(const struct link *link, const struct claim *claim, struct errbuf *why) MUST_CHECK;
void claim_forget(struct claim *claim); /* removes the file, wipes */

struct parcel {
	const struct link *link;
	const char *encoding; /* "modern", "compatible" */
	const char *out;      /* --out, or NULL */
	bool own_key;         /* --key: a request goes out in place of a file that comes */
	struct claim claim;
	bool ready;
	char file_name[256]; /* the server's, made safe; "" before it is ready */
};

/* A name fit for the present folder: letters, digits, '.', '_', '-', no leading '.', ending in .p12 or whatever is wanted. */
bool file_name_is_fit(const char *name, const char *ending);

/* Steps; each is one request. */
enum err parcel_look(struct session *s, const struct parcel *p, json_t **view, struct errbuf *why) MUST_CHECK;
enum err parcel_code(struct session *s, struct parcel *p, const struct secret *code, struct errbuf *why) MUST_CHECK;
/* Have a new code sent. ERR_WRONG_CODE: not the last four digits of the number. */
enum err parcel_new_code(struct session *s, const struct parcel *p, const struct secret *digits, struct errbuf *why) MUST_CHECK;
enum err parcel_prepare(struct session *s, struct parcel *p, struct errbuf *why) MUST_CHECK;
/* The bytes, compared with the hash that came with them, which is noted in the claim. */
enum err parcel_fetch(struct session *s, struct parcel *p, struct buf *bytes, struct errbuf *why) MUST_CHECK;
/* The certificate for a request in PEM, with those above it; its name as the server has it is noted in the parcel. */
enum err parcel_request(struct session *s, struct parcel *p, const struct buf *request, struct buf *chain, struct errbuf *why) MUST_CHECK;
/* That certificate again, when it has been made, whatever request it was made for. */
enum err parcel_certificate(struct session *s, struct parcel *p, struct buf *chain, struct errbuf *why) MUST_CHECK;
enum err parcel_received(struct session *s, const struct parcel *p, struct errbuf *why) MUST_CHECK;

/* Hexadecimal SHA-256. */
enum err sha256_text(const void *bytes, size_t len, char out[SHA256_TEXT]) MUST_CHECK;

#endif
