/* What comes to its end by itself and needs a person in good time: the root's list, which only its key can renew, and the
 * issuing CA. Said once a day. */
#include "issuer/clerk/clerk.h"

#include "base/log.h"

#include <stdio.h>

enum { DAY = 86400, SOON_ROOT_LIST = 60 * DAY, SOON_ISSUER = 730 * DAY };

static void say(const char *event, enum log_level level, int64_t left, const char *what)
{
	char days[24];
	snprintf(days, sizeof days, "%lld", (long long)(left / DAY));
	log_event(level, event, {"days", days}, {"what", what});
}

enum err clerk_ends(struct clerk *c, int64_t now, struct errbuf *why)
{
	int64_t list = atomic_load(&c->shared->root_list_until), issuer = c->issuers.at[0].until;
	(void)why;
	if (c->ends_said && now - c->ends_said < DAY && now >= c->ends_said)
		return ERR_OK;
	if (!list) /* the front has not read it yet */
		return ERR_OK;
	c->ends_said = now;
	if (list - now < SOON_ROOT_LIST)
		say("root_list.ends", LOG_LEVEL_ALARM, list - now,
		    list > now ? "the root's revocation list ends soon: counterfoild ca root-crl"
			       : "the root's revocation list is over: servers that check the whole chain refuse everybody");
	if (issuer - now < SOON_ISSUER)
		say("issuer.ends", LOG_LEVEL_WARNING, issuer - now,
		    "what the issuing CA issues ends with it: counterfoild ca new-issuing");
	return ERR_OK;
}
