/* channel_smtp: the row "smtp" of the table of channels: mail to one server, which takes it further; see channel.h. */
#ifndef DELIVERY_CHANNEL_SMTP_H
#define DELIVERY_CHANNEL_SMTP_H

#include "delivery/channel.h"

enum err channel_smtp_check(const struct channel_settings *s, struct errbuf *why) MUST_CHECK;
uint16_t channel_smtp_port(const struct channel_settings *s);
enum err channel_smtp_send(const struct channel_settings *s, const struct message *m, struct handover *h,
			   struct errbuf *why) MUST_CHECK;

#endif
