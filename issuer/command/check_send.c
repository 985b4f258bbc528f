/* `counterfoild check --send-test`: one message that says nothing, sent as the courier would send it: by the same channel,
 * with the same files, behind the same walls. */
#include "base/clock.h"
#include "delivery/address.h"
#include "delivery/transfer.h"
#include "issuer/command/check.h"
#include "issuer/courier/courier_channels.h"
#include "issuer/process/walls.h"
#include "issuer/store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

enum { TEXT_MOST = 1024 };

static const struct {
	const char *subject, *text, *html;
} tests[COURIER_CHANNELS] = {
	[CHANNEL_MAIL] = {.subject = "Test of Counterfoil's mail",
			  .text = "This is a test. Counterfoil can send mail to this address, and nothing was ordered.\n",
			  .html = "<!DOCTYPE html>\n<title>Test of Counterfoil's mail</title>\n<p>This is a test. Counterfoil can "
				  "send mail to this address, and nothing was ordered.</p>\n"},
	[CHANNEL_SMS] = {.subject = "", .text = "This is a test. Counterfoil can send SMS to this number.", .html = ""},
};

static enum err choose(const char *word, enum message_channel *kind, struct errbuf *why)
{
	for (int k = 0; k < COURIER_CHANNELS; k++)
		if (strcmp(word, message_channel_name((enum message_channel)k)) == 0) {
			*kind = (enum message_channel)k;
			return ERR_OK;
		}
	return fail(why, ERR_USAGE, "--send-test %.32s: wanted mail or sms", word);
}

static enum err address(enum message_channel kind, const char *to, struct message *m, struct errbuf *why)
{
	enum err rc = kind == CHANNEL_MAIL ? mailbox_check(to, strlen(to), why) : mobile_check(to, strlen(to), why);
	if (rc)
		return ERR_USAGE;
	*m = (struct message){.kind = MESSAGE_TEST, .channel = kind, .subject = BUF_INIT(TEXT_MOST),
			      .text = BUF_INIT(TEXT_MOST), .html = BUF_INIT(TEXT_MOST)};
	snprintf(m->to, sizeof m->to, "%s", to);
	buf_text(&m->subject, tests[kind].subject);
	buf_text(&m->text, tests[kind].text);
	buf_text(&m->html, tests[kind].html);
	return ERR_OK;
}

static int open_part(void *ctx, const char *grant, const char *path, struct errbuf *why)
{
	(void)ctx;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		fail(why, ERR_USAGE, "%s: %s: %s", grant, path, strerror(errno));
	return fd;
}

static enum err shut_in(const struct settings *s, struct errbuf *why)
{
	(void)clock_now(); /* a test's clock opens its file at the first look */
	enum err rc = transfer_start();
	if (!rc && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		rc = fail(why, ERR_INTERNAL, "privileges: %s", strerror(errno));
	if (!rc)
		rc = walls_files(ROLE_COURIER, s, why);
	return rc ? rc : walls_filter(walls_kind(ROLE_COURIER, s), why);
}

static enum err hand_over(const struct settings *s, const struct delivery_channel *channel, const struct channel_parts *parts,
			  const struct message *m, struct errbuf *why)
{
	const struct channel_settings told = courier_channel_settings(s, parts);
	char id[ID_SIZE];
	enum err rc = id_new(id);
	struct handover h = {.id = id, .key = id, .now = clock_now()};
	if (!rc)
		rc = shut_in(s, why);
	if (!rc)
		rc = channel->send(&told, m, &h, why);
	if (!rc)
		printf("ok      %s for %s: handed over to %s as %s\n", message_channel_name(m->channel), m->to, channel->name, id);
	return rc;
}

enum err check_send(const struct settings *s, const char *kind_word, const char *to, struct errbuf *why)
{
	const struct delivery_channel *channel = NULL;
	struct channel_parts parts = {0};
	struct message m = {0};
	enum message_channel kind = CHANNEL_MAIL;
	if (!to)
		return fail(why, ERR_USAGE, "--send-test %.32s: to whom? It takes mail ADDRESS or sms NUMBER", kind_word);
	enum err rc = choose(kind_word, &kind, why);
	if (!rc)
		rc = address(kind, to, &m, why);
	if (!rc)
		rc = courier_channel(s, kind, &channel, why);
	if (!rc)
		rc = channel_parts_read(s, open_part, NULL, &parts, why);
	if (!rc)
		rc = hand_over(s, channel, &parts, &m, why);
	channel_parts_clear(&parts);
	message_clear(&m);
	return rc;
}
