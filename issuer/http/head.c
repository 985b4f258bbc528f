#include "issuer/http/head.h"
#include "issuer/http/form.h"

#include <string.h>
#include <strings.h>

void head_add(struct head *h, const struct head_field *f)
{
	if (h->fields == HEAD_FIELDS_MAX)
		h->overflow = true;
	else
		h->field[h->fields++] = *f;
}

/* Lengths first: most names differ in them. */
static bool is_named(const struct head_field *f, const char *name, size_t len)
{
	return f->name_len == len && strcasecmp(f->name, name) == 0;
}

const char *head_value(const struct head *h, const char *name)
{
	size_t len = strlen(name);
	for (size_t i = 0; i < h->fields; i++)
		if (is_named(&h->field[i], name, len))
			return h->field[i].value;
	return NULL;
}

size_t head_count(const struct head *h, const char *name)
{
	size_t n = 0, len = strlen(name);
	for (size_t i = 0; i < h->fields; i++)
		n += is_named(&h->field[i], name, len);
	return n;
}

static const char *pair_value(const struct head_pair *pairs, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(pairs[i].name, name) == 0)
			return pairs[i].value;
	return NULL;
}

const char *head_query(const struct head *h, const char *name)
{
	return pair_value(h->query, h->queries, name);
}

const char *head_cookie(const struct head *h, const char *name)
{
	return pair_value(h->cookie, h->cookies, name);
}

/* The part of head.texts that is still free. */
struct texts {
	char *at;
	size_t left;
};

static const char *keep_decoded(struct texts *t, const char *text, size_t len)
{
	char *kept = t->at;
	if (!t->left || form_decode(text, len, kept, t->left) != ERR_OK)
		return NULL;
	size_t size = strlen(kept) + 1;
	t->at += size;
	t->left -= size;
	return kept;
}

static const char *keep(struct texts *t, const char *text, size_t len)
{
	char *kept = t->at;
	if (len >= t->left)
		return NULL;
	memcpy(kept, text, len);
	kept[len] = '\0';
	t->at += len + 1;
	t->left -= len + 1;
	return kept;
}

static enum err split_query(struct head *h, const char *query, struct texts *t, struct errbuf *why)
{
	size_t left = strlen(query);
	struct form_pair pair;
	if (left > HEAD_QUERY_MAX)
		return fail(why, ERR_MALFORMED, "the query is longer than %d bytes", HEAD_QUERY_MAX);
	while (form_next(&query, &left, &pair)) {
		if (h->queries == HEAD_PAIRS_MAX)
			return fail(why, ERR_MALFORMED, "the query has more than %d fields", HEAD_PAIRS_MAX);
		const char *name = keep_decoded(t, pair.name, pair.name_len);
		const char *value = keep_decoded(t, pair.value, pair.value_len);
		if (!name || !value)
			return fail(why, ERR_MALFORMED, "the query is not well encoded");
		if (head_query(h, name))
			return fail(why, ERR_MALFORMED, "a field stands in the query twice");
		h->query[h->queries++] = (struct head_pair){name, value};
	}
	return ERR_OK;
}

/* RFC 6265 5.4: "name=value; name=value". What is not such a pair is somebody else's and left out; of two with one name
 * the first counts (the browser's more specific one). */
static enum err split_cookies(struct head *h, const char *line, struct texts *t, struct errbuf *why)
{
	while (*line && h->cookies < HEAD_PAIRS_MAX) {
		line += strspn(line, " \t;");
		size_t len = strcspn(line, ";");
		const char *equals = memchr(line, '=', len);
		if (equals && equals != line) {
			size_t name_len = (size_t)(equals - line), value_len = len - name_len - 1;
			if (value_len > HEAD_VALUE_MAX)
				return fail(why, ERR_MALFORMED, "a cookie is longer than %d bytes", HEAD_VALUE_MAX);
			const char *name = keep(t, line, name_len);
			const char *value = keep(t, equals + 1, value_len);
			if (!name || !value)
				return fail(why, ERR_MALFORMED, "the cookies are longer than %d bytes",
					    HEAD_COOKIES_MAX);
			h->cookie[h->cookies++] = (struct head_pair){name, value};
		}
		line += len;
	}
	return ERR_OK;
}

enum err head_split(struct head *h, struct errbuf *why)
{
	struct texts t = {h->texts, sizeof h->texts};
	h->queries = h->cookies = 0;
	h->path[0] = '\0';
	size_t len = strcspn(h->target, "?");
	if (h->target[0] != '/')
		return fail(why, ERR_MALFORMED, "the request target does not begin with '/'");
	if (len > HEAD_PATH_MAX)
		return fail(why, ERR_MALFORMED, "the path is longer than %d bytes", HEAD_PATH_MAX);
	memcpy(h->path, h->target, len);
	h->path[len] = '\0';
	const char *cookies = head_value(h, "Cookie");
	h->has_texts = h->target[len] == '?' || cookies;
	if (h->target[len] == '?') {
		enum err rc = split_query(h, h->target + len + 1, &t, why);
		if (rc != ERR_OK)
			return rc;
	}
	return cookies ? split_cookies(h, cookies, &t, why) : ERR_OK;
}

bool head_has_body(const struct head *h)
{
	const char *length = head_value(h, "Content-Length");
	if (head_count(h, "Transfer-Encoding"))
		return true;
	return length && length[strspn(length, "0")] != '\0';
}

/* Where text/html and the first JSON type stand in Accept; NULL when absent. */
static void accept_places(const struct head *h, const char **html, const char **json)
{
	const char *accept = head_value(h, "Accept");
	const char *problem = accept ? strcasestr(accept, "application/problem+json") : NULL;
	*html = accept ? strcasestr(accept, "text/html") : NULL;
	*json = accept ? strcasestr(accept, "application/json") : NULL;
	if (!*json || (problem && problem < *json))
		*json = problem;
}

bool head_prefers_json(const struct head *h)
{
	const char *html, *json;
	accept_places(h, &html, &json);
	return json && (!html || json < html);
}

bool head_prefers_html(const struct head *h)
{
	const char *html, *json;
	accept_places(h, &html, &json);
	return html && (!json || html < json);
}
