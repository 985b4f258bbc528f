/* facts: exactly what was approved, as canonical JSON (sorted keys, compact): the bytes that the ticket covers. */
#ifndef ISSUER_FACTS_H
#define ISSUER_FACTS_H

#include "base/buf.h"
#include "ca/name.h"
#include "delivery/address.h"
#include "delivery/language.h"

enum { TICKET_BYTES = 32, FACTS_MAX_BYTES = 4096 };
#define FACTS_OWN_KEY "request"
#define FACTS_MAY "may"

struct order_facts {
	char order[17];
	char organisation_slug[SLUG_SIZE], organisation_name[NAME_SIZE];
	char service_slug[SLUG_SIZE], service_name[NAME_SIZE];
	char client_slug[SLUG_SIZE], client_name[NAME_SIZE];
	char contact[17];       /* contact id */
	char contact_name[NAME_SIZE];
	char email[MAILBOX_SIZE], mobile[MOBILE_SIZE];
	char language[LANGUAGE_TAG_SIZE]; /* the contact's; "" in orders of before there were languages */
	char profile[16];       /* "client" */
	char key_type[16];      /* "p256"; FACTS_OWN_KEY: the recipient makes it and sends a request */
	char own_key[8];        /* FACTS_MAY: a request may take the place of the key that is made here; "": it may not,
				 * or key_type says all */
	char approved_by[17];   /* staff id */
	int64_t approved_at;
};

enum err facts_write(const struct order_facts *f, struct buf *out) MUST_CHECK;
bool facts_take_request(const struct order_facts *f); /* the recipient may bring, or must bring, a request */
/* Strict: every member (but `language` and `own_key` when they are ""), no other, names and addresses checked again.
 * ERR_MALFORMED or ERR_INVALID. */
enum err facts_read(const char *json, size_t len, struct order_facts *out, struct errbuf *why) MUST_CHECK;

#endif
