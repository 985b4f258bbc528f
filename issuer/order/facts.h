/* facts: exactly what was approved, as canonical JSON (sorted keys, compact): the bytes that the ticket covers. */
#ifndef ISSUER_FACTS_H
#define ISSUER_FACTS_H

#include "base/buf.h"
#include "ca/name.h"
#include "delivery/address.h"
#include "delivery/language.h"
#include "issuer/order/role.h"

enum { TICKET_BYTES = 32, FACTS_MAX_BYTES = 4096 };
enum { FACTS_DIGEST_BYTES = 32, FACTS_HASH_SIZE = 2 * FACTS_DIGEST_BYTES + 1, FACTS_APPROVERS_SIZE = 2 * 16 + 2, FACTS_DATE_SIZE = 11 };
#define FACTS_OWN_KEY "request"
#define FACTS_MAY "may"
#define FACTS_STAFF "staff"

/* For a client and its contact, or for a member of the staff, who is its own recipient. */
struct order_facts {
	char order[17];
	char organisation_slug[SLUG_SIZE], organisation_name[NAME_SIZE];
	char service_slug[SLUG_SIZE], service_name[NAME_SIZE];
	char client_slug[SLUG_SIZE], client_name[NAME_SIZE];
	char contact[17];       /* contact id */
	char contact_name[NAME_SIZE];
	char staff[17];         /* the member's id; "" for a client. A member's client_name and contact_name are its own, its
				 * client_slug is FACTS_STAFF, and it has neither organisation nor service nor contact id */
	char role[ROLE_SIZE]; /* staff: "administrator" */
	char scope[17];         /* staff: the one organisation that the role reaches, by id; "": all */
	char email[MAILBOX_SIZE], mobile[MOBILE_SIZE];
	char language[LANGUAGE_TAG_SIZE]; /* the contact's; "" in orders of before there were languages */
	char profile[16];       /* "client", FACTS_STAFF */
	char key_type[16];      /* "p256"; FACTS_OWN_KEY: the recipient makes it and sends a request */
	char own_key[8];        /* FACTS_MAY: a request may take the place of the key that is made here; "": it may not,
				 * or key_type says all */

	/* Of an order that others than its orderer approve alone; "" in every other. */
	char approvals[2];       /* how many: "1" or "2" */
	char ordered_by[17];     /* staff id */
	char kind[8];            /* "renewal", "reissue"; "" for a new one */
	char renews[41];         /* the serial of a renewal's older certificate */
	char due[FACTS_DATE_SIZE];  /* "2026-12-01" */
	char note[FACTS_HASH_SIZE]; /* SHA-256 of the note in hexadecimal */
	char digest[FACTS_HASH_SIZE]; /* what was approved: facts_digest */

	char approved_by[FACTS_APPROVERS_SIZE]; /* staff id, or as many as `approvals` says, joined by '+' */
	int64_t approved_at;
};

/* What was approved. ERR_INVALID also when `approvals` is there, and the approvers are not so many, not each another or not
 * all another than the orderer and the member that it is for; or the digest is not that of the rest. */
enum err facts_write(const struct order_facts *f, struct buf *out) MUST_CHECK;
/* What is to be approved: the same with approved_by "", approved_at 0 and no digest, whatever stands there. Nothing but
 * facts_read_request reads it: it cannot be taken for something approved. */
enum err facts_write_request(const struct order_facts *f, struct buf *out) MUST_CHECK;
/* SHA-256 of those bytes: what approvers are shown, and say that they approve. */
enum err facts_digest(const struct order_facts *f, uint8_t out[FACTS_DIGEST_BYTES]) MUST_CHECK;
/* The name of the first member, of those that are to be approved, that differs; NULL: none does. */
const char *facts_differ(const struct order_facts *a, const struct order_facts *b);
/* For whoever makes facts of a member of the staff: what follows from that and from client_name. */
void facts_make_staff(struct order_facts *f);
bool facts_of_staff(const struct order_facts *f);
bool facts_take_request(const struct order_facts *f); /* the recipient may bring, or must bring, a request */
/* Strict: every member (but those that may be "" and are), no other, names and addresses checked again.
 * ERR_MALFORMED or ERR_INVALID. */
enum err facts_read(const char *json, size_t len, struct order_facts *out, struct errbuf *why) MUST_CHECK;
enum err facts_read_request(const char *json, size_t len, struct order_facts *out, struct errbuf *why) MUST_CHECK;

#endif
