/* How messages leave, as the settings have it. Nobody is asked: that is what --send-test is for. */
#include "delivery/address.h"
#include "issuer/clerk/clerk_due.h"
#include "issuer/command/check.h"
#include "issuer/courier/courier_channels.h"

#include <inttypes.h>
#include <string.h>

static void check_channel(struct check *c, enum message_channel kind)
{
	const struct channel_settings told = courier_channel_settings(c->settings, NULL);
	const struct delivery_channel *channel = NULL;
	const char *what = message_channel_name(kind);
	struct errbuf why = {""};
	enum err e = courier_channel(c->settings, kind, &channel, &why);
	if (e)
		check_say(c, CHECK_FAULT, "%s", err_why(e, &why));
	else if (channel->port)
		check_say(c, CHECK_OK, "%s goes out by %s, port %" PRIu16 "; try it with --send-test", what, channel->name,
			  channel->port(&told));
	else
		check_say(c, CHECK_NOTE, "%s is written to files in %s; nothing is sent", what, c->settings->spool);
}

void check_channels(struct check *c)
{
	struct quiet_hours quiet;
	struct errbuf why = {""};
	check_channel(c, CHANNEL_MAIL);
	check_channel(c, CHANNEL_SMS);
	if (quiet_hours_read(c->settings->quiet_hours, &quiet, &why) != ERR_OK)
		check_say(c, CHECK_FAULT, "%s", why.text);
	if (c->settings->staff_mail[0] && mailbox_check(c->settings->staff_mail, strlen(c->settings->staff_mail), &why) != ERR_OK)
		check_say(c, CHECK_FAULT, "delivery.staff_mail = %s: %s", c->settings->staff_mail, why.text);
}
