/* api: /v1, JSON in and out. Reading handlers borrow a reader and answer from one statement; writing ones parse, call order
 * life, and answer with what it made. */
#ifndef ISSUER_HTTP_API_H
#define ISSUER_HTTP_API_H

#include "issuer/http/handlers.h"

enum { API_LIMIT = 100, API_LIMIT_MOST = 500 };

/* The path's first parameter as a serial's 40 digits; false when it is none, and answered. */
bool api_serial(const struct request *q, struct reply *r, char out[41]);
/* A certificate's reason as its RFC 5280 name beside nothing else: numbers are for machines that read CRLs. */
void api_name_reason(json_t *certificate);
/* One row as an object; a new reference in *out. False when it is answered already (not found, or a fault). */
bool api_one(struct front *front, const struct request *q, struct reply *r, enum statement id, const struct value *values,
	     size_t n, json_t **out);
/* The same of an object that belongs to an organisation: for staff who see one organisation alone, another's is not found. `in`
 * is the row's member with the organisation's slug. */
bool api_one_in(struct front *front, const struct request *q, struct reply *r, const char *in, enum statement id,
		const struct value *values, size_t n, json_t **out);
/* Add the rows of a statement under a name. */
enum err api_attach(struct front *front, json_t *object, const char *name, enum statement id, const struct value *values,
		    size_t n) MUST_CHECK;
/* The same with the one row of a statement, as an object. */
enum err api_attach_one(struct front *front, json_t *object, const char *name, enum statement id, const struct value *values,
			size_t n) MUST_CHECK;
/* What a POST makes: at most once for each Idempotency-Key of a staff member. */
struct creation {
	struct actor who;
	json_t *body; /* the caller's; NULL: read as JSON, and the caller's then */
	const void *wish; /* of the caller's own */
	char id[ID_SIZE];
	bool made;  /* false when make found it there already */
	struct faults faults;
	struct errbuf why;
};
typedef enum err api_maker(struct desk *d, struct creation *c);
/* Runs make, unless a request of the same key has created something before: c->id is it. The status to answer with, 201 or
 * 200 (it was there already); 0: answered already, with what was wrong. */
int api_create(struct front *front, const struct request *q, struct reply *r, api_maker *make, struct creation *c);
/* The tag of an object that has a member "version", for If-Match. More stands in such answers than the version speaks of, so
 * they are never "not modified". */
void api_tag(struct reply *r, const json_t *object);
/* The body as an object with at most the members named (NULL-terminated); an empty body is an empty object. */
bool api_body(const struct request *q, struct reply *r, const char *const *members, json_t **out);

#endif
