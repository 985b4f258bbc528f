/* order: what staff do to orders and certificates. Each call is one step of an order's life: one transaction with its
 * messages and its audit records. */
#ifndef ISSUER_ORDER_H
#define ISSUER_ORDER_H

#include "issuer/order/desk.h"

#include <jansson.h>

/* Every fault of an input at once: [{"field":"mobile","text":"..."}]. */
struct faults {
	json_t *list; /* owned; NULL when there is none */
};
void faults_add(struct faults *f, const char *field, const struct errbuf *why);
void faults_clear(struct faults *f);

/* Directory. `body` is the request's JSON object; on success *id is set. ERR_INVALID with faults; ERR_EXISTS.
 *   organisation {"slug","name"}   service {"organisation","slug","name","approvals"?} (null by default: as many as the
 *   installation wants)   client {"organisation","service","slug","name","several"?} (more than one live certificate; no)
 *   contact {"organisation","name","email","mobile","may_order"?,"may_receive"?,"language"?} (both true by default; the installation's language)
 * Parents are named by slug. Unknown members are faults. */
enum directory_kind { DIRECTORY_ORGANISATION, DIRECTORY_SERVICE, DIRECTORY_CLIENT, DIRECTORY_CONTACT };
enum err directory_add(struct desk *d, const struct actor *who, enum directory_kind kind, json_t *body,
		       char id[ID_SIZE], struct faults *faults, struct errbuf *why) MUST_CHECK;

/* What is changed of which object: the members above but slugs and parents, each of them or some. Certificates and orders
 * keep what was approved. A change of a contact's e-mail or mobile is told by mail at the address of before and at that of
 * now, and nothing is ordered for the contact for a while (delivery.contact_rest). */
struct directory_change {
	enum directory_kind kind;
	const char *slug[3];  /* from the organisation's down to its own */
	const char *contact;  /* in their place: by id or e-mail */
	const char *if_match; /* nothing but these versions: tags as in the header; NULL: whatever it is by then */
	json_t *body;
};
/* id takes the object's. ERR_NOT_FOUND; ERR_INVALID with faults; ERR_EXISTS; ERR_PRECONDITION with who changed it and when;
 * ERR_MALFORMED; ERR_CONFLICT. Whatever it returns but ERR_OK, nothing was changed. */
enum err directory_change(struct desk *d, const struct actor *who, const struct directory_change *wish,
			  char id[ID_SIZE], struct faults *faults, struct errbuf *why) MUST_CHECK;

/* {"organisation","service","client","contact","key_type"?,"own_key"?,"profile"?,"note"?,"due"?,"renews"?}: slugs; contact
 * by id or e-mail, who may order and receive; own_key (false by default): the recipient may bring a request instead; due: a
 * date; renews: the serial of a live certificate of the client, which lives on. Without `renews` a client that may not have
 * several has no live certificate and no open order: else a fault of `client` that names it.
 * Where no approvals are wanted: requested, approved and offered in one transaction: link mail and code SMS are in the outbox
 * when it returns. Else it is requested alone: there is neither ticket nor link nor code, those who may approve it are told,
 * and it lapses after a link's life. */
enum err order_new(struct desk *d, const struct actor *who, json_t *body, char id[ID_SIZE], struct faults *faults,
		   struct errbuf *why) MUST_CHECK;
/* The same, of the client of an order (by its id, or by its certificate's serial) whose certificate lives on. NULL: as in
 * that order, but for the contact's addresses, which are today's. */
struct renewal_wish {
	const char *which, *contact, *note, *due;
};
enum err order_renew(struct desk *d, const struct actor *who, const struct renewal_wish *wish, char id[ID_SIZE],
		     struct faults *faults, struct errbuf *why) MUST_CHECK;
/* By an approver or an administrator who has not ordered it and has not approved it before. `digest`, in hexadecimal, is
 * what the order shows: what stands in the database must hash to it, and be what the directory says today. With the last
 * approval that it wants it is offered in the same transaction. ERR_REFUSED to the orderer; ERR_CONFLICT says what was
 * changed; ERR_INVALID also when the signer would not make such a certificate: each is audited. */
enum err order_approve(struct desk *d, const struct actor *who, const char *id, const char *digest,
		       struct errbuf *why) MUST_CHECK;
/* By the same, before it is approved, and for good; who ordered is told. The reason must be given. */
enum err order_reject(struct desk *d, const struct actor *who, const char *id, const char *reason,
		      struct errbuf *why) MUST_CHECK;
/* Before any of those that follow: is it within the actor's reach (else ERR_NOT_FOUND), and still what was looked at
 * (if_match is NULL, or has the order's tag: else ERR_PRECONDITION with who changed it and when)? */
enum err order_look(struct desk *d, const struct actor *who, const char *id, const char *if_match,
		    struct errbuf *why) MUST_CHECK;
enum err order_cancel(struct desk *d, const struct actor *who, const char *id, const char *reason,
		      struct errbuf *why) MUST_CHECK; /* what was issued is revoked */
/* New link and code; the old die, a claim too. Once the file was received: the password again, while it rests. */
enum err order_resend(struct desk *d, const struct actor *who, const char *id, struct errbuf *why) MUST_CHECK;
enum err order_unlock(struct desk *d, const struct actor *who, const char *id, struct errbuf *why) MUST_CHECK; /* new code */
/* For a lost file or password: the certificate that was delivered is revoked as superseded, and an order for the same
 * client, contact and key type takes its place, in one transaction. `which`: an order's id, or its certificate's
 * serial. *made is false when that was done before: `id` is the order that took its place. A try that was cut off
 * behind the journal leaves a certificate that is revoked as superseded: the order alone is made then. ERR_CONFLICT
 * says what to do instead: send again, or order anew. */
struct reissue_wish {
	const char *which, *note; /* note: why, for the audit; or NULL */
};
enum err order_reissue(struct desk *d, const struct actor *who, const struct reissue_wish *wish, char id[ID_SIZE],
		       bool *made, struct faults *faults, struct errbuf *why) MUST_CHECK;
/* Each of the four: ERR_CONFLICT with a sentence, audited, when the order's state (or its end) does not allow it. */

/* Revoke by serial (any notation). When it returns ERR_OK the revocation is in the journal and in the database and live
 * checks refuse it; its parcel, if one waits, is erased and nothing of its order is sent any more (the order's state stays).
 * ERR_NOT_FOUND; ERR_CONFLICT when it is revoked already, with when and why, changing nothing; ERR_REFUSED when anyone but
 * an administrator revokes a staff member's or a server's. */
struct revocation_wish { /* as staff typed it */
	const char *serial, *reason;
	const char *note;           /* NULL for none */
	const char *compromised_at; /* since when the key is in wrong hands, as clock_from_text reads it; NULL: not known */
};
enum err certificate_revoke(struct desk *d, const struct actor *who, const struct revocation_wish *wish,
			    struct errbuf *why) MUST_CHECK;

/* Hold and release: live checks refuse it from the moment a hold returns, and take it again once it is released. Its order
 * and its parcel go on. ERR_NOT_FOUND; ERR_CONFLICT when it is so already or revoked, changing nothing; ERR_REFUSED as for a
 * revocation. A hold that the journal could not take stands, and its error is returned. */
enum err certificate_hold(struct desk *d, const struct actor *who, const char *serial, const char *note,
			  struct errbuf *why) MUST_CHECK;
enum err certificate_release(struct desk *d, const struct actor *who, const char *serial, const char *note,
			     struct errbuf *why) MUST_CHECK;

/* Staff: how a presented certificate becomes a person or a client. */
enum identity_kind { IDENTITY_NONE, IDENTITY_STAFF, IDENTITY_CLIENT };
struct identity {
	enum identity_kind kind;
	char serial[41];
	char staff_id[ID_SIZE], staff_name[257], role[16];          /* staff */
	char order_id[ID_SIZE], organisation[64], service[64], client[64]; /* client: slugs; staff: that of the scope */
	char client_name[257];
	int64_t not_after;
	char scope[ID_SIZE]; /* staff: the one organisation whose objects this member reaches, by id; "": all */
};
/* By serial and fingerprint: ERR_REVOKED (also when held), ERR_EXPIRED, ERR_REFUSED (unknown, or a staff member
 * that is not active). One read, on the calling thread. */
enum err identity_find(struct store *s, const uint8_t *der, size_t len, int64_t now,
		       struct identity *out, struct errbuf *why) MUST_CHECK;
/* First use: in_use, sealed password erased. Blocks; call it once a certificate. ERR_CONFLICT, with an alarm and an audit
 * record, for a use before the receipt. */
enum err identity_used(struct desk *d, const struct identity *who) MUST_CHECK;
/* When and from where it was last used; within an hour of the last time nothing is written. Blocks. */
enum { IDENTITY_SEEN_EVERY = 3600 };
enum err identity_seen(struct desk *d, const struct identity *who, const char *address) MUST_CHECK;

#endif
