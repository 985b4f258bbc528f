/* input: what staff sent, read strictly, with every fault collected by field. */
#ifndef ISSUER_ORDER_INPUT_H
#define ISSUER_ORDER_INPUT_H

#include "issuer/order/order.h"

enum { REMARK_CHARACTERS = 500 };

struct input {
	json_t *body;          /* borrowed */
	struct faults *faults; /* borrowed; may be NULL */
	unsigned count;        /* of faults */
	const char *scope;     /* actor_scope of who sent it: there is nothing beyond; NULL: there is everything */
};

typedef enum err text_check(const char *text, size_t len, struct errbuf *why);

/* ERR_MALFORMED unless body is an object. A member that is not in the NULL-terminated list is a fault. */
enum err input_begin(struct input *in, const char *const *members, struct errbuf *why) MUST_CHECK;
/* Borrowed from the body; NULL when absent or not acceptable. Only a required one is a fault when absent. */
const char *input_required(struct input *in, const char *member, text_check *check);
const char *input_optional(struct input *in, const char *member, text_check *check);
bool input_flag(struct input *in, const char *member, bool standard);
/* The member "language", by the tag that it has here ("no" is Norwegian too); "" when there is none or it is "", the
 * installation's; a fault when there is none such. */
const char *input_language(struct input *in, const struct languages *languages);
void input_fault(struct input *in, const char *member, const char *text);
/* ERR_INVALID when there was any fault. */
enum err input_verdict(const struct input *in, struct errbuf *why) MUST_CHECK;

/* A reason or a note: UTF-8 in one line, at most REMARK_CHARACTERS, no control characters, no bidi marks. */
enum err remark_check(const char *text, size_t len, struct errbuf *why) MUST_CHECK;
/* One that staff may leave out (NULL). why says which it was. */
enum err remark_check_any(const char *name, const char *text, struct errbuf *why) MUST_CHECK;

#endif
