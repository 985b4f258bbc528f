/* channel_spool: the row "spool" of the table of channels; see channel.h. */
#ifndef DELIVERY_CHANNEL_SPOOL_H
#define DELIVERY_CHANNEL_SPOOL_H

#include "delivery/channel.h"

void channel_spool_begin(const struct channel_settings *s);
enum err channel_spool_send(const struct channel_settings *s, const struct message *m, struct handover *h,
			    struct errbuf *why) MUST_CHECK;

#endif
