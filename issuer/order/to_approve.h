/* to_approve: an order that waits for approval: as it was asked for, and as the directory has it now. */
#ifndef ISSUER_TO_APPROVE_H
#define ISSUER_TO_APPROVE_H

#include "issuer/order/facts_approval.h"
#include "issuer/order/step.h"

struct to_approve {
	enum order_state state;
	char facts[FACTS_MAX_BYTES + 1]; /* as stored */
	size_t facts_len;
	uint8_t digest[FACTS_DIGEST_BYTES]; /* as stored */
	bool digest_stands;                 /* there is one */
	char digest_text[FACTS_HASH_SIZE];
	int64_t approvals, before;          /* wanted; given */
	int64_t until;                      /* nobody approves it later */
	char ordered_by[ID_SIZE], orderer_name[NAME_SIZE], organisation[ID_SIZE];
	struct order_facts asked; /* by the facts: to_approve_changed fills it */
	struct order_facts now;   /* by the rows */
	bool may_receive;
	int64_t moved_at;
	struct approvers given;
	bool audited; /* the audit knows of the request, and of each approval */
	bool withdrawn; /* one who has approved it may not any more */
};

/* ERR_NOT_FOUND, also when it is beyond the actor's reach. */
enum err to_approve_read(struct store *s, const struct step *t, struct to_approve *out) MUST_CHECK;
/* What stands against approving exactly this, as a sentence in out; false: nothing does. */
bool to_approve_changed(struct to_approve *a, const struct step *t, int64_t rest, struct errbuf *out);

#endif
