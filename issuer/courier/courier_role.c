/* The courier's main: take what was granted, shut in, answer. */
#include "base/log.h"
#include "delivery/transfer.h"
#include "issuer/courier/courier_serve.h"
#include "issuer/languages.h"
#include "issuer/process/walls.h"

#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_FILE_MOST = 16384, CERTIFICATE_FILE_MOST = 16384 };

/* jansson keeps scratch copies of what it parses, here codes and passwords. (M_PERTURB does not reach what free() keeps
 * in a thread's cache.) */
static void wiping_free(void *p)
{
	if (p)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

static int take_granted(void *child, const char *grant, const char *path, struct errbuf *why)
{
	int fd = child_take(child, grant);
	if (fd < 0)
		fail(why, ERR_USAGE, "%s (%s) was not granted to the courier", grant, path);
	return fd;
}

static enum err take_parts(struct child *c, struct courier *out, struct errbuf *why)
{
	struct secret *key = NULL;
	struct buf certificate = BUF_INIT(CERTIFICATE_FILE_MOST);
	struct languages *languages = NULL;
	enum err rc = child_take_secret(c, "key.courier", KEY_FILE_MOST, &key, why);
	if (!rc)
		rc = child_take_file(c, "file.courier", &certificate, why);
	if (!rc)
		rc = channel_parts_read(child_settings(c), take_granted, c, &out->parts, why);
	if (!rc)
		rc = courier_set_up(out, child_settings(c), key, &certificate, why);
	if (!rc)
		rc = languages_take(c, &languages, why);
	out->languages = languages;
	secret_free(key);
	buf_free(&certificate);
	return rc;
}

static void look_at_names(void *ctx)
{
	struct courier *c = ctx;
	if (!courier_names_replaced(&c->names))
		return;
	log_event(LOG_LEVEL_INFO, "courier.leaves", {"why", "the files that names are resolved by were replaced"});
	child_leave(c->child);
}

static bool is_stopping(void *child)
{
	return child_stopping(child);
}

int role_courier(struct child *c)
{
	struct courier courier = {.child = c};
	struct errbuf why = {""};
	json_set_alloc_funcs(malloc, wiping_free);
	transfer_stop_when(is_stopping, c);
	enum err rc = take_parts(c, &courier, &why);
	courier_names_note(&courier.names, courier_name_paths);
	if (!rc)
		rc = child_confine(c, &why);
	if (rc)
		log_event(LOG_LEVEL_ALARM, "courier.not_started", {"error", err_word(rc)}, {"why", err_why(rc, &why)});
	const struct child_server server = {
		.permitted = courier_permitted,
		.answer = courier_answer,
		.tick = walls_kind(ROLE_COURIER, child_settings(c)) == WALLS_COURIER_OUT ? look_at_names : NULL,
		.ctx = &courier,
		.request_cap = COURIER_REQUEST_CAP,
		.answer_cap = COURIER_ANSWER_CAP,
	};
	int status = rc ? err_exit_code(rc) : child_serve(c, &server);
	courier_clear(&courier);
	return status;
}
