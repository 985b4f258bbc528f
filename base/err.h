/* err: the one way a function says how it ended.
 *
 * Every fallible function returns `enum err` and is warn_unused_result. Where a person or a peer caused the failure,
 * a trailing `struct errbuf *why` (may be NULL) takes one sentence: what was wanted, what was had, where. Nothing
 * secret ever enters it: it may be shown to whoever made the request, and is logged. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

/* name, word (stable, appears in JSON as "code"), HTTP status, exit code, text */
#define ERR_LIST(X)                                                                                                    \
	X(OK, "ok", 200, 0, "done")                                                                                    \
	X(INVALID, "invalid", 422, 1, "a value is not acceptable")                                                     \
	X(MALFORMED, "malformed", 400, 1, "the input cannot be read")                                                  \
	X(USAGE, "usage", 400, 2, "the command or configuration is wrong")                                             \
	X(TOO_LARGE, "too_large", 413, 1, "the input is larger than allowed")                                          \
	X(NOT_FOUND, "not_found", 404, 3, "there is no such thing")                                                    \
	X(METHOD, "method", 405, 4, "this cannot be done to it")                                                       \
	X(CONFLICT, "conflict", 409, 4, "its state does not allow this")                                               \
	X(PRECONDITION, "precondition", 412, 4, "it was changed since it was looked at")                               \
	X(EXISTS, "exists", 409, 4, "it exists already")                                                               \
	X(UNAUTHENTICATED, "unauthenticated", 401, 4, "a client certificate is needed")                                \
	X(REFUSED, "refused", 403, 4, "not permitted")                                                                 \
	X(REVOKED, "revoked", 403, 6, "the certificate is revoked")                                                    \
	X(EXPIRED, "expired", 403, 6, "its time is over")                                                              \
	X(LOCKED, "locked", 423, 4, "locked after too many wrong codes")                                               \
	X(WRONG_CODE, "wrong_code", 403, 4, "the code is not right")                                                   \
	X(LIMIT, "limit", 429, 4, "too many; try later")                                                               \
	X(TIMEOUT, "timeout", 504, 5, "no answer in time")                                                             \
	X(NETWORK, "network", 502, 5, "the other end cannot be reached")                                               \
	X(CLOSED, "closed", 503, 5, "the other end has gone")                                                          \
	X(UNAVAILABLE, "unavailable", 503, 5, "not available now; try again")                                          \
	X(CRYPTO, "crypto", 500, 1, "a cryptographic operation failed")                                                \
	X(FULL, "disk_full", 503, 1, "the disk is full; try again when there is room")                                 \
	X(IO, "io", 500, 1, "a file operation failed")                                                                 \
	X(MEMORY, "memory", 500, 1, "out of memory")                                                                   \
	X(CORRUPT, "corrupt", 500, 1, "stored data is damaged")                                                        \
	X(INTERNAL, "internal", 500, 1, "an internal check failed")

enum err {
#define X(name, word, http, exit, text) ERR_##name,
	ERR_LIST(X)
#undef X
	ERR_COUNT
};

struct errbuf {
	char text[320]; /* NUL-terminated, "" when nothing was said; one line, cut at the end if too long */
};

#define MUST_CHECK __attribute__((warn_unused_result))

const char *err_word(enum err e);   /* "not_found" */
const char *err_text(enum err e);   /* "there is no such thing" */
int err_http_status(enum err e);    /* 404 */
int err_exit_code(enum err e);      /* 3 */
enum err err_from_word(const char *word); /* ERR_INTERNAL when unknown */

/* Store the sentence in why (when not NULL) and return e: `return fail(why, ERR_INVALID, "port %ld: ...", n);`
 * Control characters in the result are replaced by '?', so a hostile value cannot break a log or a terminal. */
enum err fail(struct errbuf *why, enum err e, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The sentence in why, or the standing text of e when why is NULL or empty. */
const char *err_why(enum err e, const struct errbuf *why);

#endif
