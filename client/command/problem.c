#include "client/command/problem.h"
#include "client/command/text.h"

#include <errno.h>
#include <jansson.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PROBLEM_MAX = 65536, PATH_SIZE = 4096 };

static enum err by_status(int status)
{
	static const struct {
		int status;
		enum err e;
	} rows[] = {
		{400, ERR_MALFORMED}, {401, ERR_UNAUTHENTICATED}, {403, ERR_REFUSED},	 {404, ERR_NOT_FOUND},
		{405, ERR_METHOD},    {409, ERR_CONFLICT},	  {412, ERR_PRECONDITION}, {413, ERR_TOO_LARGE}, {422, ERR_INVALID},
		{423, ERR_LOCKED},    {429, ERR_LIMIT},		  {502, ERR_NETWORK},	 {503, ERR_UNAVAILABLE},
		{504, ERR_TIMEOUT},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].status == status)
			return rows[i].e;
	return status >= 500 ? ERR_INTERNAL : ERR_INVALID;
}

/* The word of another version may be unknown here: then the status says what it can. "ok" is no word for a problem. */
static enum err by_code(const char *code, int status)
{
	enum err e = code ? err_from_word(code) : ERR_OK;
	bool known = e != ERR_OK && (e != ERR_INTERNAL || strcmp(code, "internal") == 0);
	return known ? e : by_status(status);
}

static void add_faults(const json_t *list, struct buf *faults)
{
	size_t i;
	json_t *fault;
	json_array_foreach(list, i, fault) {
		const char *field = json_string_value(json_object_get(fault, "field"));
		const char *text = json_string_value(json_object_get(fault, "text"));
		if (!text)
			continue;
		if (field && field[0]) {
			text_safe(faults, field, strlen(field));
			buf_text(faults, ": ");
		}
		text_safe(faults, text, strlen(text));
		buf_byte(faults, '\n');
	}
}

static void say(int status, const json_t *problem, enum err e, struct errbuf *why)
{
	const char *detail = json_string_value(json_object_get(problem, "detail"));
	const char *request = json_string_value(json_object_get(problem, "request"));
	struct buf safe = BUF_INIT(4096);
	if (detail)
		text_safe(&safe, detail, strlen(detail));
	const char *text = safe.len ? buf_string(&safe) : NULL;
	if (request && strlen(request) <= 32)
		(void)fail(why, e, "%.240s (status %d, request %s)", text ? text : err_text(e), status, request);
	else
		(void)fail(why, e, "%.240s (status %d)", text ? text : err_text(e), status);
	buf_free(&safe);
}

enum err problem_read(int status, counterfoil_bytes body, struct buf *faults, struct errbuf *why)
{
	json_t *problem = body.len && body.len <= PROBLEM_MAX ? json_loadb(body.data, body.len, JSON_REJECT_DUPLICATES, NULL)
							      : NULL;
	enum err e = by_code(json_string_value(json_object_get(problem, "code")), status);
	say(status, problem, e, why);
	if (faults)
		add_faults(json_object_get(problem, "faults"), faults);
	json_decref(problem);
	return e;
}

enum err problem_of_library(counterfoil_code code)
{
	switch (code) {
	case COUNTERFOIL_OK:
		return ERR_OK;
	case COUNTERFOIL_BAD_INPUT:
	case COUNTERFOIL_NO_TRUST:
		return ERR_USAGE;
	case COUNTERFOIL_FILE_UNREADABLE:
	case COUNTERFOIL_FILE_UNWRITABLE:
		return ERR_IO;
	case COUNTERFOIL_FILE_EXISTS:
		return ERR_EXISTS;
	case COUNTERFOIL_EXPIRED:
	case COUNTERFOIL_NOT_YET_VALID:
	case COUNTERFOIL_PEER_EXPIRED:
	case COUNTERFOIL_PEER_NOT_YET_VALID:
		return ERR_EXPIRED;
	case COUNTERFOIL_REVOKED:
	case COUNTERFOIL_PEER_REVOKED:
	case COUNTERFOIL_PEER_HELD:
		return ERR_REVOKED;
	case COUNTERFOIL_TIMEOUT:
		return ERR_TIMEOUT;
	default:
		break;
	}
	switch (counterfoil_category_of(code)) {
	case COUNTERFOIL_CATEGORY_INPUT:
		return ERR_INVALID;
	case COUNTERFOIL_CATEGORY_SERVER:
	case COUNTERFOIL_CATEGORY_NETWORK:
		return ERR_NETWORK;
	case COUNTERFOIL_CATEGORY_REFUSED:
	case COUNTERFOIL_CATEGORY_PEER:
		return ERR_REFUSED;
	case COUNTERFOIL_CATEGORY_LIMIT:
		return ERR_TOO_LARGE;
	default:
		return ERR_INTERNAL;
	}
}

static bool is_absent(const char *path)
{
	return path && access(path, F_OK) != 0 && errno == ENOENT;
}

enum err problem_of_file(counterfoil_code code, const char *path)
{
	char copy[PATH_SIZE];
	if (code == COUNTERFOIL_FILE_UNREADABLE && is_absent(path))
		return ERR_NOT_FOUND;
	if (code != COUNTERFOIL_FILE_UNWRITABLE || strnlen(path, PATH_SIZE) == PATH_SIZE)
		return problem_of_library(code);
	snprintf(copy, sizeof copy, "%s", path); /* dirname writes into it */
	return is_absent(dirname(copy)) ? ERR_NOT_FOUND : problem_of_library(code);
}
