#include "base/encode.h"
#include "issuer/http/api.h"
#include "issuer/signer/signer.h"

void api_audit_head(struct front *front, const struct request *q, struct reply *r)
{
	struct errbuf why = {0};
	struct journal_last last;
	int64_t sequence = 0;
	uint8_t head[AUDIT_HASH_BYTES];
	char head_text[65], journal_text[65];
	/* The journal first: what it knows by now is in the database already. */
	enum err e = signer_last(front->desk.signer, &last, &why);
	struct store *s = readers_take(front->desk.readers);
	if (!e)
		e = audit_head(s, &sequence, head);
	readers_give(front->desk.readers, s);
	if (e) {
		reply_problem(r, q, e, &why, NULL);
		return;
	}
	hex_encode(head, sizeof head, head_text);
	hex_encode(last.audit_head, sizeof last.audit_head, journal_text);
	reply_json(r, 200, json_pack("{s:I, s:s, s:s, s:I}", "sequence", (json_int_t)sequence, "hash", head_text, "journal_head",
				     journal_text, "journal_sequence", (json_int_t)last.sequence));
}
