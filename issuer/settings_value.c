/* One value of each type: how it is read, what it may be, how it is shown. */
#include "base/file.h"
#include "ca/key_uri.h"
#include "issuer/settings_table.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

static char **text_member(const struct setting_row *row, struct settings *s)
{
	return (char **)((char *)s + row->offset);
}

static enum err store_text(const struct setting_row *row, const char *value, struct settings *out)
{
	char **member = text_member(row, out);
	free(*member);
	*member = strdup(value);
	return *member ? ERR_OK : ERR_MEMORY;
}

static enum err check_length(const struct setting_row *row, const char *value, struct errbuf *why)
{
	size_t len = strlen(value);
	if (len < (size_t)row->least || len > (size_t)row->most)
		return fail(why, ERR_USAGE, "%zu bytes; wanted %" PRId64 " to %" PRId64, len, row->least, row->most);
	if (u8_check((const uint8_t *)value, len))
		return fail(why, ERR_USAGE, "not UTF-8");
	for (const unsigned char *p = (const unsigned char *)value; *p; p++)
		if (*p < 0x20 || *p == 0x7f)
			return fail(why, ERR_USAGE, "control characters are not allowed");
	return ERR_OK;
}

static enum err set_text(const struct setting_row *row, const struct setting_context *c, const char *value,
			 struct settings *out, struct errbuf *why)
{
	(void)c;
	enum err e = check_length(row, value, why);
	return e ? e : store_text(row, value, out);
}

/* Values that must be one of a few words. */
static const struct {
	const char *section, *key, *words;
} choices[] = {
	{"log", "level", " debug info warning error "},
	{"delivery", "mail", " spool smtp "},
	{"delivery", "mail_security", " starttls implicit "},
	{"delivery", "sms", " spool twilio vonage infobip webhook "},
};

static enum err check_choice(const struct setting_row *row, const char *value, struct errbuf *why)
{
	char word[64];
	snprintf(word, sizeof word, " %s ", value);
	for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
		if (strcmp(choices[i].section, row->section) == 0 && strcmp(choices[i].key, row->key) == 0 &&
		    !strstr(choices[i].words, word))
			return fail(why, ERR_USAGE, "wanted one of:%s", choices[i].words);
	return ERR_OK;
}

static enum err set_word(const struct setting_row *row, const struct setting_context *c, const char *value,
			 struct settings *out, struct errbuf *why)
{
	(void)c;
	enum err e = check_length(row, value, why);
	if (!e && value[strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")])
		e = fail(why, ERR_USAGE, "wanted letters, digits, '_', '.' and '-' only");
	if (!e)
		e = check_choice(row, value, why);
	return e ? e : store_text(row, value, out);
}

#define CREDENTIALS "${CREDENTIALS_DIRECTORY}"

static enum err expand(const char *value, char out[4096], struct errbuf *why)
{
	const char *folder = "";
	const char *rest = value;
	if (strncmp(value, CREDENTIALS, strlen(CREDENTIALS)) == 0) {
		folder = getenv("CREDENTIALS_DIRECTORY");
		rest = value + strlen(CREDENTIALS);
		if (!folder || folder[0] != '/')
			return fail(why, ERR_USAGE, CREDENTIALS " is not set; systemd sets it for LoadCredential=");
	}
	if (strchr(rest, '$'))
		return fail(why, ERR_USAGE, "only " CREDENTIALS " at the beginning is replaced");
	int n = snprintf(out, 4096, "%s%s", folder, rest);
	return n < 4096 ? ERR_OK : fail(why, ERR_USAGE, "path too long");
}

static enum err set_path(const struct setting_row *row, const struct setting_context *c, const char *value,
			 struct settings *out, struct errbuf *why)
{
	char expanded[4096], joined[4096];
	enum err e = check_length(row, value, why);
	if (!e && !value[0])
		return store_text(row, "", out);
	if (!e)
		e = expand(value, expanded, why);
	if (!e && expanded[0] != '/' && file_join(joined, c->folder, expanded) != ERR_OK)
		e = fail(why, ERR_USAGE, "path too long");
	return e ? e : store_text(row, expanded[0] == '/' ? expanded : joined, out);
}

static enum err set_key(const struct setting_row *row, const struct setting_context *c, const char *value,
			struct settings *out, struct errbuf *why)
{
	if (!key_uri_is(value))
		return set_path(row, c, value, out, why);
	enum err e = key_uri_check(value, why);
	return e ? e : store_text(row, value, out);
}

/* "443", 0 to 65535 (least given), nothing behind it. */
static bool port_is_good(const char *text, long least)
{
	char *end = NULL;
	errno = 0;
	long port = isdigit((unsigned char)text[0]) ? strtol(text, &end, 10) : -1;
	return end && !*end && !errno && port >= least && port <= 65535;
}

/* "host", "host:port", "[v6]:port". */
static bool authority_is_good(const char *text)
{
	size_t host = text[0] == '[' ? strspn(text + 1, "0123456789abcdefABCDEF:.") + 1 : strspn(text,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");
	if (text[0] == '[')
		host = text[host] == ']' && host > 1 ? host + 1 : 0;
	return host > 0 && (!text[host] || (text[host] == ':' && port_is_good(text + host + 1, 1)));
}

static enum err set_url(const struct setting_row *row, const struct setting_context *c, const char *value,
			struct settings *out, struct errbuf *why)
{
	(void)c;
	enum err e = check_length(row, value, why);
	if (e)
		return e;
	const char *authority = strncmp(value, "https://", 8) == 0  ? value + 8
				: strncmp(value, "http://", 7) == 0 ? value + 7
								    : NULL;
	if (!authority || !authority_is_good(authority))
		return fail(why, ERR_USAGE, "wanted http:// or https://, a host and perhaps :port, without a path or final '/'");
	return store_text(row, value, out);
}

static bool address_is_good(const char *text, size_t len)
{
	char address[INET6_ADDRSTRLEN + 2];
	uint8_t binary[16];
	if (len == 0 || len >= sizeof address)
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	if (address[0] != '[')
		return inet_pton(AF_INET, address, binary) == 1;
	if (address[len - 1] != ']')
		return false;
	address[len - 1] = '\0';
	return inet_pton(AF_INET6, address + 1, binary) == 1;
}

static enum err set_listen(const struct setting_row *row, const struct setting_context *c, const char *value,
			   struct settings *out, struct errbuf *why)
{
	(void)c;
	const char *colon = strrchr(value, ':');
	bool good = strcmp(value, "fd") == 0 || (colon && address_is_good(value, (size_t)(colon - value)) &&
						 port_is_good(colon + 1, 0));
	if (!good)
		return fail(why, ERR_USAGE, "wanted ADDRESS:PORT (192.0.2.1:443 or [2001:db8::1]:443), or fd");
	return store_text(row, value, out);
}

static int64_t unit_seconds(const char *suffix)
{
	static const struct {
		const char *suffix;
		int64_t seconds;
	} units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (strcmp(units[i].suffix, suffix) == 0)
			return units[i].seconds;
	return 0;
}

static enum err set_number(const struct setting_row *row, const struct setting_context *c, const char *value,
			   struct settings *out, struct errbuf *why)
{
	(void)c;
	bool duration = row->type == SETTING_DURATION;
	char *end = NULL;
	errno = 0;
	long long n = isdigit((unsigned char)value[0]) ? strtoll(value, &end, 10) : -1;
	int64_t factor = !end || errno || (!duration && *end) ? 0 : unit_seconds(end);
	if (factor == 0 || n > row->most / factor || n * factor < row->least)
		return fail(why, ERR_USAGE, "wanted %" PRId64 " to %" PRId64 " %s%s", row->least, row->most, row->unit,
			    duration ? " (or with a suffix: s, m, h or d)" : "");
	*(int64_t *)(void *)((char *)out + row->offset) = n * factor;
	return ERR_OK;
}

typedef enum err set_value(const struct setting_row *row, const struct setting_context *c, const char *value,
			   struct settings *out, struct errbuf *why);

static set_value *const setters[SETTING_TYPE_COUNT] = {
	[SETTING_TEXT] = set_text,     [SETTING_PATH] = set_path,     [SETTING_KEY] = set_key,
	[SETTING_URL] = set_url,
	[SETTING_NUMBER] = set_number, [SETTING_DURATION] = set_number, [SETTING_LISTEN] = set_listen,
	[SETTING_WORD] = set_word,     [SETTING_USER] = set_word,
};

enum err setting_set(const struct setting_row *row, const struct setting_context *c, const char *value,
		     struct settings *out, struct errbuf *why)
{
	return setters[row->type](row, c, value, out, why);
}

void setting_show(const struct setting_row *row, const struct settings *s, struct buf *out)
{
	const char *member = (const char *)s + row->offset;
	if (setting_is_number(row))
		buf_format(out, "%" PRId64, *(const int64_t *)(const void *)member);
	else
		buf_text(out, *(const char *const *)(const void *)member);
}
