/* asking: what holders, staff and those who check ask while certificates are revoked, each on a connection that is kept, and
 * what the answers say. NOTHING: no verdict; the daemon is down, or asks for patience. */
#ifndef TESTS_CAMPAIGN_ASKING_H
#define TESTS_CAMPAIGN_ASKING_H

#include "tests/campaign/caller.h"
#include "tests/campaign/holders.h"

enum verdict { NOTHING, GOOD, HELD, REVOKED, ODD };

struct asking {
	CURL *curl;
	struct curl_slist *headers;
	struct answer answer;
	char about[256]; /* of ODD: what was strange */
};
void asking_end(struct asking *a);

/* GET /v1/me with the holder's certificate; the first call begins the connection. */
void call_begin(struct asking *a, const struct holders *all, const struct holder *h);
enum verdict call_again(struct asking *a);

/* OCSP over POST: with a nonce, or one that may be answered from what is ready. Every answer is verified. */
void status_begin(struct asking *a, const struct holders *all);
enum verdict status_ask(struct asking *a, const struct holders *all, const struct holder *h, bool nonce);

/* POST /v1/certificates/SERIAL/VERB; its status and, in a->answer, what it says. */
void staff_begin(struct asking *a, const struct holders *all);
long staff_ask(struct asking *a, const struct holders *all, const struct holder *h, const char *verb);

#endif
