#include "issuer/courier/courier_channels.h"
#include "base/file.h"

#include <string.h>
#include <unistd.h>

enum { PORT_OF_NAMES = 53 }; /* answers that are too long for a datagram */
enum { PASSWORD_MOST = 1024, TRUST_MOST = 1 << 20 };

/* One file a row: its grant, its setting, and the member of struct channel_parts that takes it, one of the two. */
static const struct part_row {
	const char *grant;
	size_t path;
	size_t secret, file;
} part_rows[] = {
	{.grant = "key.mail_password",
	 .path = offsetof(struct settings, mail_password),
	 .secret = offsetof(struct channel_parts, mail_password),
	 .file = SIZE_MAX},
	{.grant = "file.mail_ca",
	 .path = offsetof(struct settings, mail_ca),
	 .secret = SIZE_MAX,
	 .file = offsetof(struct channel_parts, mail_trust)},
	{.grant = "key.sms_secret",
	 .path = offsetof(struct settings, sms_secret),
	 .secret = offsetof(struct channel_parts, sms_secret),
	 .file = SIZE_MAX},
	{.grant = "key.sms_signing",
	 .path = offsetof(struct settings, sms_signing),
	 .secret = offsetof(struct channel_parts, sms_signing),
	 .file = SIZE_MAX},
	{.grant = "key.sms_receipts",
	 .path = offsetof(struct settings, sms_receipts),
	 .secret = offsetof(struct channel_parts, sms_receipts),
	 .file = SIZE_MAX},
	{.grant = "file.sms_ca",
	 .path = offsetof(struct settings, sms_ca),
	 .secret = SIZE_MAX,
	 .file = offsetof(struct channel_parts, sms_trust)},
};

static struct buf *file_of(const struct part_row *row, struct channel_parts *p)
{
	return (struct buf *)(void *)((char *)p + row->file);
}

static struct secret **secret_of(const struct part_row *row, struct channel_parts *p)
{
	return (struct secret **)(void *)((char *)p + row->secret);
}

/* An editor's line feed is no part of a password. */
static void drop_line_end(struct secret *s)
{
	size_t len = secret_len(s);
	while (len > 1 && strchr("\r\n", secret_string(s)[len - 1]))
		len--;
	secret_shorten(s, len);
}

static enum err read_part(const struct part_row *row, int fd, struct channel_parts *p, struct errbuf *why)
{
	if (row->file != SIZE_MAX) {
		*file_of(row, p) = BUF_INIT(TRUST_MOST);
		return file_read_fd(fd, row->grant, file_of(row, p), why);
	}
	enum err rc = file_read_secret_fd(fd, row->grant, PASSWORD_MOST, secret_of(row, p), why);
	if (!rc)
		drop_line_end(*secret_of(row, p));
	return rc;
}

enum err channel_parts_read(const struct settings *s, part_opener *open, void *ctx, struct channel_parts *out,
			    struct errbuf *why)
{
	enum err rc = ERR_OK;
	*out = (struct channel_parts){0};
	for (size_t i = 0; !rc && i < sizeof part_rows / sizeof *part_rows; i++) {
		const char *path = *(const char *const *)(const void *)((const char *)s + part_rows[i].path);
		int fd = path[0] ? open(ctx, part_rows[i].grant, path, why) : -1;
		if (path[0])
			rc = fd < 0 ? ERR_USAGE : read_part(&part_rows[i], fd, out, why);
		if (fd >= 0)
			close(fd);
	}
	return rc;
}

void channel_parts_clear(struct channel_parts *p)
{
	for (size_t i = 0; i < sizeof part_rows / sizeof *part_rows; i++)
		if (part_rows[i].file != SIZE_MAX)
			buf_free(file_of(&part_rows[i], p));
		else
			secret_free(*secret_of(&part_rows[i], p));
	*p = (struct channel_parts){0};
}

struct channel_settings courier_channel_settings(const struct settings *s, const struct channel_parts *parts)
{
	return (struct channel_settings){
		.spool_folder = s->spool,
		.mail = {.from = s->mail_from,
			 .from_name = s->name,
			 .server = s->mail_server,
			 .security = s->mail_security,
			 .user = s->mail_user,
			 .has_password = s->mail_password[0],
			 .password = parts ? parts->mail_password : NULL,
			 .trust = parts ? &parts->mail_trust : NULL,
			 .patience = s->patience},
		.sms = {.gateway = s->sms_channel,
			.peer = {.url = s->sms_url,
				 .account = s->sms_account,
				 .user = s->sms_user,
				 .sender = s->sms_sender,
				 .template = s->sms_template,
				 .has_secret = s->sms_secret[0],
				 .secret = parts ? parts->sms_secret : NULL,
				 .signing = parts ? parts->sms_signing : NULL},
			.trust = parts ? &parts->sms_trust : NULL,
			.receipts = s->public_url,
			.wants_receipts = s->sms_receipts[0],
			.receipt_key = parts ? parts->sms_receipts : NULL,
			.patience = s->patience},
	};
}

enum err courier_channel(const struct settings *s, enum message_channel kind, const struct delivery_channel **out,
			 struct errbuf *why)
{
	const char *const names[COURIER_CHANNELS] = {[CHANNEL_MAIL] = s->mail_channel, [CHANNEL_SMS] = s->sms_channel};
	const struct channel_settings told = courier_channel_settings(s, NULL);
	*out = channel_find(names[kind], kind);
	if (!*out)
		return fail(why, ERR_USAGE, "delivery.%s = %.32s: there is no such channel", message_channel_name(kind),
			    names[kind]);
	return (*out)->check ? (*out)->check(&told, why) : ERR_OK;
}

size_t courier_ports(const struct settings *s, uint16_t out[COURIER_PORTS_MOST])
{
	const struct channel_settings told = courier_channel_settings(s, NULL);
	size_t n = 0;
	for (int kind = 0; kind < COURIER_CHANNELS; kind++) {
		const struct delivery_channel *c = NULL;
		if (courier_channel(s, (enum message_channel)kind, &c, NULL) == ERR_OK && c->port)
			out[n++] = c->port(&told);
	}
	if (n > 0)
		out[n++] = PORT_OF_NAMES;
	return n;
}
