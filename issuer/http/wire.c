#include "issuer/http/wire.h"

#include <string.h>

struct walk {
	const char *at, *end;
};

/* Pointers of one request are compared for equality only: a field that was copied lies elsewhere, and is not this one. */
static bool step(struct walk *w, const char *expected, size_t len)
{
	if (w->at != expected || (size_t)(w->end - w->at) < len)
		return false;
	w->at += len;
	return true;
}

static bool delimiters(struct walk *w, size_t n)
{
	for (; n > 0; n--, w->at++)
		if (w->at == w->end || *w->at != '\0')
			return false;
	return true;
}

static bool request_line(struct walk *w, const struct head *h)
{
	if (!step(w, h->method, strlen(h->method)) || !delimiters(w, 1))
		return false;
	size_t len = strlen(h->target); /* a copy, made before the query was cut up */
	return (size_t)(w->end - w->at) > len && step(w, w->at, len) && delimiters(w, 1) &&
	       step(w, h->version, strlen(h->version)) && delimiters(w, 2);
}

static bool field(struct walk *w, const struct head_field *f)
{
	if (!step(w, f->name, f->name_len) || !delimiters(w, 1))
		return false;
	while (w->at < w->end && (*w->at == ' ' || *w->at == '\t') && w->at != f->value)
		w->at++;
	return step(w, f->value, f->value_len) && delimiters(w, 2);
}

enum err wire_check(const struct head *h, const char *begin, size_t size, struct errbuf *why)
{
	struct walk w = {begin, begin + size};
	if (!h->method || !h->target || !h->version || h->overflow)
		return fail(why, ERR_MALFORMED, "the head is not complete");
	if (!request_line(&w, h))
		return fail(why, ERR_MALFORMED, "the request line is not three words and CRLF");
	for (size_t i = 0; i < h->fields; i++)
		if (!field(&w, &h->field[i]))
			return fail(why, ERR_MALFORMED, "header %zu is not one line that ends in CRLF", i + 1);
	if (!delimiters(&w, 2) || w.at != w.end)
		return fail(why, ERR_MALFORMED, "the head does not end in an empty line");
	return ERR_OK;
}

bool wire_known(const char *library_version)
{
	return strcmp(library_version, "0.9.75") == 0;
}
