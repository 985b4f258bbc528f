#include "issuer/http/multipart.h"

#include "base/media.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { DELIMITER_SIZE = MULTIPART_BOUNDARY_MOST + 5 }; /* CRLF, two hyphens, the boundary, a NUL */

static const char boundary_bytes[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'()+_,-./:=?";

bool multipart_is_meant(const char *content_type)
{
	return media_is(content_type, "multipart/form-data");
}

/* CRLF "--" BOUNDARY (RFC 2046 5.1.1), the boundary as a token or in quotes. */
static bool read_boundary(const char *type, char out[DELIMITER_SIZE])
{
	static const char key[] = "boundary=";
	const char *at = strchr(type, ';');
	while (at && strncasecmp(at + 1 + strspn(at + 1, " \t"), key, sizeof key - 1) != 0)
		at = strchr(at + 1, ';');
	if (!at)
		return false;
	at += 1 + strspn(at + 1, " \t") + sizeof key - 1;
	bool quoted = *at == '"';
	at += quoted;
	size_t len = strspn(at, boundary_bytes);
	const char *end = at + len + quoted;
	if (len == 0 || len > MULTIPART_BOUNDARY_MOST || (quoted && at[len] != '"') || (*end && !strchr("; \t", *end)))
		return false;
	snprintf(out, DELIMITER_SIZE, "\r\n--%.*s", (int)len, at);
	return true;
}

struct reading {
	const uint8_t *at, *end;
	const char *delimiter;
	size_t delimiter_len;
};

static bool skip(struct reading *r, const char *text, size_t len)
{
	if ((size_t)(r->end - r->at) < len || memcmp(r->at, text, len) != 0)
		return false;
	r->at += len;
	return true;
}

/* `form-data; name="..."` and what follows, in the order in which every browser writes it. */
static bool read_name(const char *value, size_t len, struct multipart_part *name)
{
	static const char begin[] = "form-data; name=\"";
	if (len < sizeof begin || strncasecmp(value, begin, sizeof begin - 1) != 0)
		return false;
	const char *text = value + sizeof begin - 1, *end = memchr(text, '"', len - (sizeof begin - 1));
	*name = (struct multipart_part){(const uint8_t *)text, end ? (size_t)(end - text) : 0};
	return end != NULL;
}

/* The lines up to the empty one: one of them names the part. */
static bool read_head(struct reading *r, struct multipart_part *name)
{
	static const char wanted[] = "Content-Disposition: ";
	bool named = false;
	size_t left = (size_t)(r->end - r->at);
	const uint8_t *limit = r->at + (left < MULTIPART_HEAD_MOST ? left : MULTIPART_HEAD_MOST);
	while (!skip(r, "\r\n", 2)) {
		const uint8_t *end = r->at < limit ? memmem(r->at, (size_t)(limit - r->at), "\r\n", 2) : NULL;
		if (!end)
			return false;
		const char *line = (const char *)r->at;
		size_t len = (size_t)(end - r->at);
		r->at = end + 2;
		if (len < sizeof wanted || strncasecmp(line, wanted, sizeof wanted - 1) != 0)
			continue;
		if (named || !read_name(line + sizeof wanted - 1, len - (sizeof wanted - 1), name))
			return false;
		named = true;
	}
	return named;
}

/* Behind the delimiter's CRLF. The CRLF before the next delimiter is the delimiter's own. */
static bool read_part(struct reading *r, struct multipart_part *name, struct multipart_part *part)
{
	if (!read_head(r, name))
		return false;
	const uint8_t *end = memmem(r->at, (size_t)(r->end - r->at), r->delimiter, r->delimiter_len);
	if (!end)
		return false;
	*part = (struct multipart_part){r->at, (size_t)(end - r->at)};
	r->at = end + r->delimiter_len;
	return true;
}

static bool is_named(const struct multipart_part *name, const char *wanted)
{
	return name->len == strlen(wanted) && memcmp(name->bytes, wanted, name->len) == 0;
}

enum err multipart_find(const char *content_type, const void *body, size_t len, const char *name,
			struct multipart_part *out)
{
	char delimiter[DELIMITER_SIZE];
	enum err found = ERR_NOT_FOUND;
	*out = (struct multipart_part){NULL, 0};
	if (!multipart_is_meant(content_type) || !read_boundary(content_type, delimiter))
		return ERR_MALFORMED;
	struct reading r = {.at = body, .end = (const uint8_t *)body + len, .delimiter = delimiter,
			    .delimiter_len = strlen(delimiter)};
	bool whole = len > 0 && skip(&r, delimiter + 2, r.delimiter_len - 2);
	for (int i = 0; whole && !skip(&r, "--", 2); i++) {
		struct multipart_part called, part;
		whole = i < MULTIPART_PARTS_MOST && skip(&r, "\r\n", 2) && read_part(&r, &called, &part);
		if (!whole || !is_named(&called, name))
			continue;
		whole = found == ERR_NOT_FOUND;
		found = ERR_OK;
		*out = part;
	}
	if (whole)
		(void)skip(&r, "\r\n", 2);
	if (whole && r.at == r.end)
		return found;
	*out = (struct multipart_part){NULL, 0};
	return ERR_MALFORMED;
}
