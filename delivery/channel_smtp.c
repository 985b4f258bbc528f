#include "delivery/channel_smtp.h"
#include "delivery/address.h"
#include "delivery/mail.h"
#include "delivery/transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAIL_MOST = 512 << 10, URL_SIZE = 512 };

/* How TLS begins, and the protocol's name for that. */
static const struct {
	const char *security, *protocol;
} ways[] = {{"starttls", "smtp"}, {"implicit", "smtps"}};

static const char *protocol_of(const char *security)
{
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		if (strcmp(ways[i].security, security) == 0)
			return ways[i].protocol;
	return NULL;
}

/* Of "host:port" or "[v6]:port"; 0 when it is neither. */
static uint16_t port_of(const char *server)
{
	size_t host = strspn(server, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-");
	if (server[0] == '[') {
		host = strspn(server + 1, "0123456789abcdefABCDEF:.") + 1;
		host = host > 1 && server[host] == ']' ? host + 1 : 0;
	}
	const char *digits = server + host + 1;
	if (host == 0 || server[host] != ':' || !digits[0] || strlen(digits) > 5 ||
	    strspn(digits, "0123456789") != strlen(digits))
		return 0;
	unsigned long port = strtoul(digits, NULL, 10);
	return port <= UINT16_MAX ? (uint16_t)port : 0;
}

enum err channel_smtp_check(const struct channel_settings *s, struct errbuf *why)
{
	const struct mail_settings *m = &s->mail;
	struct errbuf reason = {""};
	if (port_of(m->server) == 0)
		return fail(why, ERR_USAGE, "delivery.mail_server = %s: wanted HOST:PORT", m->server);
	if (!protocol_of(m->security))
		return fail(why, ERR_USAGE, "delivery.mail_security = %s: wanted starttls or implicit", m->security);
	if (mailbox_check(m->from, strlen(m->from), &reason) != ERR_OK)
		return fail(why, ERR_USAGE, "delivery.mail_from = %s: %s", m->from, reason.text);
	if (!m->user[0] != !m->has_password)
		return fail(why, ERR_USAGE, "delivery.mail_user and delivery.mail_password: wanted both or none");
	return ERR_OK;
}

uint16_t channel_smtp_port(const struct channel_settings *s)
{
	return port_of(s->mail.server);
}

static enum err transfer(const struct mail_settings *s, const struct message *m, const struct buf *mail, struct errbuf *why)
{
	char url[URL_SIZE];
	int n = snprintf(url, sizeof url, "%s://%s", protocol_of(s->security), s->server);
	const struct transfer_mail t = {
		.peer = {.url = url, .trust = s->trust, .user = s->user, .password = s->password, .seconds = s->patience},
		.greeting = strchr(s->from, '@') + 1,
		.from = s->from,
		.to = m->to,
		.bytes = mail->data,
		.len = mail->len,
	};
	struct errbuf reason = {""};
	enum err rc = n > 0 && n < URL_SIZE ? transfer_mail(&t, &reason) : ERR_USAGE;
	return rc ? fail(why, rc, "mail server %s: %s", s->server, err_why(rc, &reason)) : ERR_OK;
}

enum err channel_smtp_send(const struct channel_settings *s, const struct message *m, struct handover *h, struct errbuf *why)
{
	struct buf mail = BUF_INIT(MAIL_MOST);
	enum err rc = channel_smtp_check(s, why);
	if (!rc)
		rc = mail_write(&s->mail, h->key, m, h->now, &mail, why);
	if (!rc)
		rc = transfer(&s->mail, m, &mail, why);
	buf_free(&mail);
	return rc;
}
