#include "ca/key_uri.h"

#include <ctype.h>
#include <string.h>

#define SCHEME "pkcs11:"
/* RFC 7512 2.3, pk11-path-res-avail beside the unreserved characters; '%' begins an octet in hexadecimal. */
#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:[]@!$'()*+,=&"

enum names { TOKEN = 1, OBJECT = 2 };

static const struct attribute {
	const char *name;
	const char *only; /* the one value it may have; NULL: any */
	unsigned names;	  /* what it names well enough by itself */
} attributes[] = {
    {"token", NULL, TOKEN},   {"serial", NULL, TOKEN}, {"manufacturer", NULL, 0}, {"model", NULL, 0},
    {"object", NULL, OBJECT}, {"id", NULL, OBJECT},    {"type", "private", 0},
};
enum { ATTRIBUTES = sizeof attributes / sizeof *attributes };

/* What people write and what is done instead. */
static const struct {
	const char *begins, *instead;
} refused[] = {
    {"pin-value=", "a PIN does not belong into a URI: put it into a file of its own and name that in token.pin"},
    {"pin-source=", "the PIN's file is named in token.pin"},
    {"module-path=", "the module is named in token.module"},
    {"module-name=", "the module is named in token.module"},
};

bool key_uri_is(const char *text)
{
	return strncmp(text, SCHEME, strlen(SCHEME)) == 0;
}

static enum err check_refused(const char *uri, struct errbuf *why)
{
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		if (strstr(uri, refused[i].begins))
			return fail(why, ERR_USAGE, "%s", refused[i].instead);
	return strchr(uri, '?') ? fail(why, ERR_USAGE, "nothing may follow a '?'") : ERR_OK;
}

static bool value_right(const char *value, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (value[i] == '%' && i + 2 < len && isxdigit((unsigned char)value[i + 1]) &&
		    isxdigit((unsigned char)value[i + 2]) && (value[i + 1] != '0' || value[i + 2] != '0'))
			i += 2;
		else if (value[i] == '%' || !strchr(PLAIN, value[i]))
			return false;
	}
	return len > 0;
}

static const struct attribute *find(const char *at, size_t len)
{
	for (size_t i = 0; i < ATTRIBUTES; i++)
		if (strlen(attributes[i].name) == len && strncmp(attributes[i].name, at, len) == 0)
			return &attributes[i];
	return NULL;
}

struct reading {
	unsigned seen, names;
};

static enum err take(struct reading *r, const char *at, size_t len, struct errbuf *why)
{
	const char *equals = memchr(at, '=', len);
	const struct attribute *a = equals ? find(at, (size_t)(equals - at)) : NULL;
	if (!a)
		return fail(why, ERR_USAGE,
			    "wanted token, serial, manufacturer, model, object, id or type=private, each with a "
			    "value, and ';' between them");
	const char *value = equals + 1;
	size_t value_len = len - (size_t)(value - at);
	unsigned bit = 1u << (a - attributes);
	if (r->seen & bit)
		return fail(why, ERR_USAGE, "%s stands there twice", a->name);
	if (!value_right(value, value_len))
		return fail(why, ERR_USAGE, "%s has no value, or a character that must be written as %%XX", a->name);
	if (a->only && (strlen(a->only) != value_len || strncmp(a->only, value, value_len) != 0))
		return fail(why, ERR_USAGE, "%s can only be %s", a->name, a->only);
	r->seen |= bit;
	r->names |= a->names;
	return ERR_OK;
}

enum err key_uri_check(const char *uri, struct errbuf *why)
{
	struct reading r = {0, 0};
	if (!key_uri_is(uri) || strlen(uri) > KEY_URI_MAX)
		return fail(why, ERR_USAGE, "wanted " SCHEME "... of at most %d bytes", KEY_URI_MAX);
	enum err e = check_refused(uri, why);
	const char *at = uri + strlen(SCHEME);
	while (!e) {
		size_t len = strcspn(at, ";");
		e = take(&r, at, len, why);
		if (!at[len])
			break;
		at += len + 1;
	}
	if (!e && r.names != (TOKEN | OBJECT))
		e = fail(why, ERR_USAGE, "wanted the token (token= or serial=) and the key in it (object= or id=)");
	return e;
}

/* The value of an attribute in a good URI; NULL: it has none. */
static const char *value_of(const char *uri, const char *name, size_t *len)
{
	size_t name_len = strlen(name);
	for (const char *at = uri + strlen(SCHEME); *at; at += *at == ';') {
		size_t all = strcspn(at, ";");
		if (strncmp(at, name, name_len) == 0 && at[name_len] == '=') {
			*len = all - name_len - 1;
			return at + name_len + 1;
		}
		at += all;
	}
	return NULL;
}

bool key_uri_same_token(const char *a, const char *b)
{
	static const char *const names[] = {"token", "serial", "manufacturer", "model"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t a_len = 0, b_len = 0;
		const char *a_value = value_of(a, names[i], &a_len), *b_value = value_of(b, names[i], &b_len);
		if (!a_value && !b_value)
			continue;
		if (!a_value || !b_value || a_len != b_len || memcmp(a_value, b_value, a_len) != 0)
			return false;
	}
	return true;
}
