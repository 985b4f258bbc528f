/* From the first frame to START: who the child is, and what it was given. */
#include "base/clock.h"
#include "base/pack.h"
#include "issuer/process/child_internal.h"
#include "issuer/process/line_end.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BIRTH_PATIENCE = 10000 };

enum err child_receive_birth(struct child *c, struct birth *b, struct errbuf *why)
{
	struct buf store = BUF_INIT(CONTROL_CAP);
	struct frame f;
	enum err e = frame_receive(c->control, &store, &f, clock_mono_ms() + BIRTH_PATIENCE);
	if (!e && f.op != CONTROL_BEGIN)
		e = ERR_MALFORMED;
	if (!e)
		e = birth_unpack(f.body, f.len, b);
	if (!e && b->role != c->role)
		e = ERR_REFUSED;
	buf_free(&store);
	return e ? fail(why, e, "the control channel did not begin as it must: %s", err_text(e)) : ERR_OK;
}

static enum err take_settings(struct child *c, const struct frame *f, struct errbuf *why)
{
	char name[4096], folder[4096];
	size_t len = 0;
	struct unpack u = unpack_begin(f->body, f->len);
	unpack_text(&u, name, sizeof name);
	unpack_text(&u, folder, sizeof folder);
	const uint8_t *text = unpack_bytes(&u, &len);
	enum err e = unpack_end(&u);
	if (e || c->settings)
		return fail(why, ERR_MALFORMED, "settings frame");
	return settings_parse((const char *)text, len, name, folder, &c->settings, why);
}

static enum err take_grant(struct child *c, const struct frame *f, int *passed, struct errbuf *why)
{
	struct grant g = {.fd = *passed};
	struct unpack u = unpack_begin(f->body, f->len);
	unpack_text(&u, g.name, sizeof g.name);
	if (unpack_end(&u) != ERR_OK || *passed < 0 || c->grant_count == GRANTS_MOST)
		return fail(why, ERR_MALFORMED, "grant frame");
	c->grants[c->grant_count++] = g;
	*passed = -1;
	return ERR_OK;
}

static enum err take_shared(struct child *c, int passed, struct errbuf *why)
{
	if (passed < 0 || c->shared)
		return fail(why, ERR_MALFORMED, "shared page frame");
	void *page = mmap(NULL, sizeof *c->shared, PROT_READ | PROT_WRITE, MAP_SHARED, passed, 0);
	if (page == MAP_FAILED)
		return fail(why, ERR_MEMORY, "the shared page cannot be mapped");
	c->shared = page;
	return ERR_OK;
}

static enum err take_frame(struct child *c, const struct frame *f, int *passed, struct errbuf *why)
{
	int fd = *passed;
	switch (f->op) {
	case CONTROL_SETTINGS:
		return take_settings(c, f, why);
	case CONTROL_GRANT:
		return take_grant(c, f, passed, why);
	case CONTROL_SHARED:
		return take_shared(c, fd, why);
	case CONTROL_START:
		return c->settings ? ERR_OK : fail(why, ERR_MALFORMED, "started without settings");
	default:
		*passed = -1;
		return child_control_frame(c, f, fd);
	}
}

static void ask_for_line(void *ctx)
{
	const struct want *w = ctx;
	struct buf body = BUF_INIT(1);
	pack_u8(&body, (uint8_t)w->server);
	enum err e = child_say(w->child, CONTROL_WANT_LINE, &body);
	(void)e; /* without a supervisor the control thread ends this process */
	buf_free(&body);
}

static enum err make_lines(struct child *c)
{
	for (size_t i = 0; i < link_count; i++) {
		enum role server = link_table[i].server;
		if (link_table[i].client != c->role)
			continue;
		enum err e = line_new(-1, LINE_ANSWER_CAP, &c->lines[server]);
		if (e)
			return e;
		c->wants[server] = (struct want){c, server};
		line_on_broken(c->lines[server], ask_for_line, &c->wants[server]);
	}
	return ERR_OK;
}

enum err child_receive_grants(struct child *c, struct errbuf *why)
{
	struct buf store = BUF_INIT(CONTROL_CAP);
	struct frame f = {0};
	enum err e = make_lines(c);
	while (!e && f.op != CONTROL_START) {
		int passed = -1;
		e = frame_receive_fd(c->control, &store, &f, &passed, clock_mono_ms() + BIRTH_PATIENCE);
		if (e)
			fail(why, e, "control channel: %s", err_text(e));
		else
			e = take_frame(c, &f, &passed, why);
		if (passed >= 0)
			close(passed);
	}
	buf_free(&store);
	return e;
}
