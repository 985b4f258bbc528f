/* crowd: many recipients of one parcel, from several addresses, who ask for the same thing at once; each asks until there is a
 * verdict on what it was told. Meanwhile a process of the daemon may be killed. */
#ifndef TESTS_CAMPAIGN_CROWD_H
#define TESTS_CAMPAIGN_CROWD_H

#include "tests/campaign/walk.h"

enum { CROWD_ADDRESSES = 20, CROWD_MOST = 1500, CROWD_ASKS_MOST = 400 };

struct crowd;
struct asker {
	struct crowd *crowd;
	CURL *curl;
	struct answer answer;
	int asks;
	int64_t again_at; /* 0: it is asking, or has its verdict */
};

struct crowd {
	struct installation at;
	struct walk walk;
	CURLM *multi;
	struct curl_slist *headers;
	struct asker askers[CROWD_MOST];
	int n, waiting;
	int patience_ms; /* before one asks again */

	/* The role that is killed, once; NULL: none. What holds everybody up is let go of when so much time has passed that they
	 * all wait, and then somebody is killed as soon as so many answers have begun; 0: before. */
	const char *victim;
	void (*release)(struct crowd *c);
	int moment_ms, begun, kill_at;
	bool killed;

	void *told; /* the verdict's own */
};

/* false: it has to ask again, which it does CROWD_ASKS_MOST times at most. */
typedef bool crowd_verdict(struct crowd *c, struct asker *a);

bool crowd_begin(struct crowd *c, const char *build, const char *name, int n);
/* keep: its installation stays, to be looked at. */
void crowd_end(struct crowd *c, bool keep);
/* The order's link with `rest`, by all at once, with the claim, if there is one; form NULL: GET. false: not all of them came to
 * a verdict in their time. */
bool crowd_ask(struct crowd *c, const char *rest, const char *form, crowd_verdict *verdict);

#endif
