#ifndef DELIVERY_CHANNEL_SMS_H
#define DELIVERY_CHANNEL_SMS_H

#include "delivery/channel.h"

/* A gateway by HTTP; see channel.h. */
enum err channel_sms_check(const struct channel_settings *s, struct errbuf *why) MUST_CHECK;
uint16_t channel_sms_port(const struct channel_settings *s);
enum err channel_sms_send(const struct channel_settings *s, const struct message *m, struct handover *h,
			  struct errbuf *why) MUST_CHECK;

#endif
