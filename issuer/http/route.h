/* route: one table of everything that answers: listener, method, path, who may, how it runs, what it does.
 *
 * Deny by default: no row, no answer (404; 405 with Allow when another method has a row). The table feeds dispatch, the
 * role matrix test, docs/openapi.yaml's test and `build/tools/routes`. A path is literal segments and "{name}" ones; a
 * parameter is 1 to 255 bytes of [A-Za-z0-9._~@+-], but not "." or ".."; percent-encoding is refused in paths by the
 * guard, but for "{name*}": the rest of the path, base64 of an OCSP request. HEAD is looked up as GET. */
#ifndef ISSUER_ROUTE_H
#define ISSUER_ROUTE_H

#include "base/buf.h"
#include "issuer/order/desk.h"
#include "issuer/order/order.h"

#include <jansson.h>
#include <stdatomic.h>

enum listener { LISTENER_PUBLIC, LISTENER_MEMBERS, LISTENER_STATUS, LISTENER_OPS, LISTENER_COUNT };
const char *listener_name(enum listener l);

enum who { /* bits */
	WHO_ANYONE = 1,        /* listeners without client certificates */
	WHO_ADMINISTRATOR = 2,
	WHO_SUPPORT = 4,
	WHO_AUDITOR = 8,
	WHO_CLIENT = 16,       /* the holder of a client certificate */
	WHO_APPROVER = 32,
	WHO_UNLIMITED = 64,    /* beside the others: only staff whose role is not limited to one organisation */
	WHO_STAFF = WHO_ADMINISTRATOR | WHO_APPROVER | WHO_SUPPORT | WHO_AUDITOR
};

/* FAST handlers only read and never block: they run on the listener's thread. SLOW ones commit or call the signer: the
 * connection is suspended and they run on a worker. LATER ones run like FAST, and may leave the connection suspended until
 * somebody on the same thread has the answer. */
enum lane { LANE_FAST, LANE_SLOW, LANE_LATER };

struct deferral {
	bool waits;                              /* the handler sets it, and owes a resume */
	void (*resume)(struct deferral *later); /* once, on the listener's thread, when the reply stands */
};

enum { REQUEST_PARAMETERS_MAX = 4 };

struct request {
	enum listener listener;
	const char *method;  /* "GET" (also of a HEAD), "POST" */
	bool bodiless;       /* HEAD: the reply's body is dropped */
	const char *path;
	const char *parameter[REQUEST_PARAMETERS_MAX]; /* in the order of the route's braces; NULL after the last */
	const char *address; /* textual peer address */
	char id[17];         /* request id, also in X-Request-Id */
	const struct buf *body;
	const char *content_type; /* "" when none */
	const char *idempotency_key; /* of the header of that name, as sent; NULL: none */
	const char *if_match;        /* the same */
	bool wants_json;          /* Accept names application/json before text/html, or the path is under /v1 */
	const struct identity *identity; /* members listener: who calls; NULL elsewhere */
	struct deferral *later;   /* LATER handlers */
	const void *lookup;       /* for request_header, request_query, request_cookie */
};
/* Borrowed until the handler returns; NULL when absent. Values longer than 1,024 bytes are refused by the guard. */
const char *request_header(const struct request *q, const char *name);
const char *request_query(const struct request *q, const char *name);
const char *request_cookie(const struct request *q, const char *name);
/* The first query parameter that is in neither list (each ends with NULL), or NULL. */
const char *request_query_unknown(const struct request *q, const char *const *names, const char *const *common);
/* A field of an application/x-www-form-urlencoded body into out (size bytes, NUL-terminated). ERR_NOT_FOUND, ERR_TOO_LARGE,
 * ERR_MALFORMED (also a NUL inside, or the field twice). */
enum err request_form(const struct request *q, const char *name, char *out, size_t size) MUST_CHECK;
/* The body as a JSON object: UTF-8, no duplicate members, depth at most 16, nothing behind it. *out is a new reference. */
enum err request_json(const struct request *q, json_t **out, struct errbuf *why) MUST_CHECK;
struct actor request_actor(const struct request *q); /* staff by identity; "recipient" on the public listener */

struct MHD_Response;

struct reply {
	int status;               /* 0 becomes 200 */
	struct MHD_Response *prepared; /* instead of all the rest, which says the same: made once for many
					* (send_prepare), and borrowed until it is queued, on the listener's own
					* thread: its lender must not drop it before then; NULL: none */
	const char *content_type; /* static */
	struct buf body;          /* cap 8 MiB */
	const uint8_t *lent;      /* instead of body: bytes that many answers share, until give_back(lender) */
	size_t lent_len;
	void (*give_back)(void *lender);
	void *lender;
	const _Atomic bool *withdrawn; /* of the lender: from then on they are not to be sent any more; NULL: always */
	bool gzip;                /* these bytes are compressed */
	bool varies;              /* others are served to those who (do not) accept gzip */
	json_t *json;             /* instead of body: owned, written compact with a final newline */
	char location[512];       /* "" for none */
	char cookie[256];         /* one Set-Cookie value, "" for none */
	char disposition[160];    /* Content-Disposition, "" for none */
	char etag[72];            /* quoted, "" for none */
	bool tag_for_changes;     /* it is for If-Match alone: none is told that it has this answer already */
	int cache_seconds;        /* 0: no-store */
	int64_t last_modified;    /* 0 for none */
	int64_t expires;          /* a signed answer's nextUpdate: caches on the way may keep it (RFC 5019 6.2); 0 for none */
	bool ranges;              /* honour Range on this body */
	int retry_after;          /* seconds; 0 for none */
	char allow[64];           /* Allow of a 405, "" for none */
	enum err fault;           /* for the log, of an answer whose status says 200 */
	struct errbuf why;        /* of that fault; "" for none */
};
enum { REPLY_BODY_MAX = 8 << 20 };
#define REPLY_INIT ((struct reply){.body = BUF_INIT(REPLY_BODY_MAX)})
void reply_clear(struct reply *r); /* wipes, frees, gives back; empty and usable again */

/* A problem+json (RFC 9457) answer: {"type":"about:blank","title","status","code","detail","request","faults"?}. */
void reply_problem(struct reply *r, const struct request *q, enum err e, const struct errbuf *why, const struct faults *faults);
void reply_json(struct reply *r, int status, json_t *json); /* takes the reference */

struct issuers;

struct front {
	struct desk desk;
	struct shared_page *shared;
	struct buf root_pem, root_crl_der;              /* as read at start */
	const struct issuers *issuers;                  /* every issuing CA, the present one first */
	int kick;                                       /* eventfd that wakes the clerk */
	struct metrics *metrics;
	struct workers *workers;     /* runs the SLOW handlers */
	struct crl_cache *crl_cache; /* the newest list of each of them */
	struct ca_files *ca_files;   /* what /ca/ and /crl/root.crl serve */
	const struct chain_trust *trust;
	struct first_use *first_use;
	struct ocsp_desk *ocsp;      /* of the status listener's thread */
};

typedef void route_handler(struct front *front, const struct request *q, struct reply *r);

struct route {
	enum listener listener;
	const char *method;
	const char *path;
	unsigned who;   /* bits of enum who */
	enum lane lane;
	route_handler *run;
	const char *what; /* one line for people */
};

extern const struct route route_table[];
extern const size_t route_count;

/* Pure dispatch. ERR_NOT_FOUND, ERR_METHOD (then allow lists the methods, "GET, HEAD, POST"). Parameters point into scratch,
 * which takes a copy of the path. */
enum err route_find(enum listener l, const char *method, const char *path, const struct route **out,
		    char scratch[1024], const char *parameter[REQUEST_PARAMETERS_MAX], char allow[64]) MUST_CHECK;
/* The bit of an identity; WHO_ANYONE on listeners without one. */
unsigned route_who(enum listener l, const struct identity *identity);
/* May it take the route? ERR_REFUSED names the roles that it needs and the one that the caller has, or the organisation that this
 * one is limited to. */
enum err route_permits(const struct route *r, const struct identity *identity, struct errbuf *why) MUST_CHECK;
/* The words of the staff's roles among the bits, as a new array; NULL when there is no memory. */
json_t *route_roles(unsigned who);

#endif
