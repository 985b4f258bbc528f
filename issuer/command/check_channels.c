/* How messages leave, as the settings have it. Nobody is asked: that is what --send-test is for. */
#include "base/file.h"
#include "ca/certificate.h"
#include "delivery/address.h"
#include "issuer/clerk/clerk_due.h"
#include "issuer/command/check.h"
#include "issuer/courier/courier_channels.h"

#include <inttypes.h>
#include <string.h>

enum { TRUST_MOST = 1 << 20 };

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

static bool has_certificate(const struct buf *pem)
{
	struct buf der = BUF_INIT(TRUST_MOST);
	bool has = certificate_pem_to_der(pem->data, pem->len, 0, &der) == ERR_OK;
	buf_free(&der);
	return has;
}

/* That it can be read is looked at with all files. */
static void check_trust(struct check *c, const char *key, const char *path)
{
	struct buf pem = BUF_INIT(TRUST_MOST);
	if (path[0] && file_read(path, &pem, NULL) == ERR_OK && !has_certificate(&pem))
		check_say(c, CHECK_FAULT, "delivery.%s: there is no certificate in %s", key, path);
	buf_free(&pem);
}

/* What init leaves there is fine for files; hardly a server takes it, and answers to it go nowhere. */
static void check_sender(struct check *c)
{
	const char *from = c->settings->mail_from, *at = strchr(from, '@');
	if (strcmp(c->settings->mail_channel, "spool") != 0 && at && strcmp(at, "@localhost") == 0)
		check_say(c, CHECK_WARNING, "delivery.mail_from = %s: mail is sent from there; give it a domain of yours", from);
}

void check_channels(struct check *c)
{
	struct quiet_hours quiet;
	struct errbuf why = {""};
	check_trust(c, "mail_ca", c->settings->mail_ca);
	check_trust(c, "sms_ca", c->settings->sms_ca);
	check_sender(c);
	check_channel(c, CHANNEL_MAIL);
	check_channel(c, CHANNEL_SMS);
	if (quiet_hours_read(c->settings->quiet_hours, &quiet, &why) != ERR_OK)
		check_say(c, CHECK_FAULT, "%s", why.text);
	if (c->settings->staff_mail[0] && mailbox_check(c->settings->staff_mail, strlen(c->settings->staff_mail), &why) != ERR_OK)
		check_say(c, CHECK_FAULT, "delivery.staff_mail = %s: %s", c->settings->staff_mail, why.text);
}
