/* facts_approval: does what facts say of their approval hold by itself? Private to the facts. */
#ifndef ISSUER_FACTS_APPROVAL_H
#define ISSUER_FACTS_APPROVAL_H

#include "issuer/order/facts.h"

enum { APPROVERS_MOST = 2 };
struct approvers {
	char of[APPROVERS_MOST][17];
	size_t n;
};
/* "aaaaaaaaaaaaaaaa", or two joined by '+'. */
bool approvers_read(const char *text, struct approvers *out);

/* ERR_INVALID when it does not; see facts_write. */
enum err approval_check(const struct order_facts *f) MUST_CHECK;

#endif
