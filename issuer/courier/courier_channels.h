/* courier_channels: which channels the settings name, what these are told of the settings, what files they need, and where
 * they go. */
#ifndef ISSUER_COURIER_CHANNELS_H
#define ISSUER_COURIER_CHANNELS_H

#include "delivery/channel.h"
#include "issuer/settings.h"

enum { COURIER_CHANNELS = 2, COURIER_PORTS_MOST = COURIER_CHANNELS + 1 };

/* What the channels need that stands in files. Freed by channel_parts_clear. */
struct channel_parts {
	struct secret *mail_password; /* NULL: none */
	struct buf mail_trust;
	struct secret *sms_secret, *sms_signing, *sms_receipts;
	struct buf sms_trust;
};
/* Open the file of a part: a descriptor that is the caller's, or -1 and why not. */
typedef int part_opener(void *ctx, const char *grant, const char *path, struct errbuf *why);
/* Each part whose setting is not empty; ERR_USAGE names the setting. Clear it in every case. */
enum err channel_parts_read(const struct settings *s, part_opener *open, void *ctx, struct channel_parts *out,
			    struct errbuf *why) MUST_CHECK;
void channel_parts_clear(struct channel_parts *p);

/* What the channels are told; `parts` may be NULL where nothing is sent. Borrows from both. */
struct channel_settings courier_channel_settings(const struct settings *s, const struct channel_parts *parts);

/* The channel of mail or SMS, its settings checked: ERR_USAGE. */
enum err courier_channel(const struct settings *s, enum message_channel kind, const struct delivery_channel **out,
			 struct errbuf *why) MUST_CHECK;

/* The TCP ports that the courier may connect to, that of names among them; 0 when no channel reaches a network. */
size_t courier_ports(const struct settings *s, uint16_t out[COURIER_PORTS_MOST]);

#endif
