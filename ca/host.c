#include "ca/host.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <string.h>

static bool label_right(const char *label, size_t len)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	for (size_t i = 0; i < len; i++)
		if (!memchr(allowed, label[i], sizeof allowed - 1))
			return false;
	return len >= 1 && len <= 63 && label[0] != '-' && label[len - 1] != '-';
}

static bool dns_right(const char *text)
{
	const char *label = text;
	for (;;) {
		size_t len = strcspn(label, ".");
		if (!label_right(label, len))
			return false;
		if (label[len] == '\0')
			return strspn(label, "0123456789") != len; /* 10.0.0.300 is no name either */
		label += len + 1;
	}
}

enum err host_read(const char *text, struct host *out, struct errbuf *why)
{
	*out = (struct host){.type = GEN_IPADD};
	if (inet_pton(AF_INET, text, out->bytes) == 1) {
		out->len = 4;
		return ERR_OK;
	}
	if (inet_pton(AF_INET6, text, out->bytes) == 1) {
		out->len = 16;
		return ERR_OK;
	}
	*out = (struct host){.type = GEN_DNS, .len = strlen(text)};
	if (out->len >= sizeof out->bytes || !dns_right(text))
		return fail(why, ERR_INVALID, "a host is neither an IP address nor a DNS name in lower case: %s", text);
	memcpy(out->bytes, text, out->len);
	return ERR_OK;
}
