/* inih splits the lines; they are counted here, for Debian's build of it does not hand their numbers on. */
#include "base/ini_lines.h"

#include <ini.h>
#include <string.h>
#include <unistr.h>

enum { LINE_MAX_BYTES = 4096 + 256 };

struct reading {
	const char *at, *end; /* what is left of the text */
	int line;
	enum err (*pair)(void *ctx, const struct ini_pair *p, struct errbuf *why);
	void *ctx;
	enum err rc;
	struct errbuf why; /* without name and line */
};

/* fgets for inih. A line that does not fit is a fault of its own: inih would read its rest as another line. */
static char *next_line(char *out, int size, void *stream)
{
	struct reading *r = stream;
	if (r->at == r->end || r->rc)
		return NULL;
	const char *newline = memchr(r->at, '\n', (size_t)(r->end - r->at));
	const char *stop = newline ? newline + 1 : r->end;
	size_t len = (size_t)(stop - r->at);
	r->line++;
	if (len >= (size_t)size || memchr(r->at, '\0', len)) {
		r->rc = fail(&r->why, ERR_USAGE, "%s", len >= (size_t)size ? "the line is too long" : "NUL in the line");
		return NULL;
	}
	memcpy(out, r->at, len);
	out[len] = '\0';
	r->at = stop;
	return out;
}

static int take_pair(void *user, const char *section, const char *key, const char *value)
{
	struct reading *r = user;
	const struct ini_pair p = {section, key, value, r->line};
	r->rc = r->pair(r->ctx, &p, &r->why);
	return r->rc == ERR_OK;
}

/* inih's own switches are variables of the library: values stand alone on their line, exactly as written. */
static void set_dialect(void)
{
	ini_allow_inline_comments = false;
	ini_allow_multiline = false;
	ini_stop_on_first_error = true;
	ini_max_line = LINE_MAX_BYTES;
}

enum err ini_read(const char *text, size_t len, const char *name,
		  enum err (*pair)(void *ctx, const struct ini_pair *p, struct errbuf *why), void *ctx, struct errbuf *why)
{
	struct reading r = {.at = text, .end = text + len, .pair = pair, .ctx = ctx};
	set_dialect();
	int line = ini_parse_stream(next_line, &r, take_pair, &r);
	if (!r.rc && line != 0) {
		r.line = line > 0 ? line : r.line;
		r.rc = fail(&r.why, line > 0 ? ERR_USAGE : ERR_MEMORY, "neither [section], nor key = value, nor # comment");
	}
	return r.rc ? fail(why, r.rc, "%s:%d: %s", name, r.line, err_why(r.rc, &r.why)) : ERR_OK;
}

void ini_show(const char *value, char out[61])
{
	size_t len = strnlen(value, 60);
	while (len > 0 && u8_check((const uint8_t *)value, len))
		len--;
	memcpy(out, value, len);
	out[len] = '\0';
}
