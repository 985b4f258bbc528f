#include "issuer/http/handlers.h"
#include "issuer/http/head.h"

#include <stdio.h>
#include <string.h>

const struct route route_table[] = {
#define ROUTE(on, verb, at, permitted, how, handler, text)                                                             \
	{.listener = LISTENER_##on, .method = (verb), .path = (at), .who = (permitted), .lane = LANE_##how,           \
	 .run = (handler), .what = (text)},
#include "issuer/http/routes.def"
#undef ROUTE
};
const size_t route_count = sizeof route_table / sizeof route_table[0];

const char *listener_name(enum listener l)
{
	static const char *const names[LISTENER_COUNT] = {
		[LISTENER_PUBLIC] = "public", [LISTENER_MEMBERS] = "members",
		[LISTENER_STATUS] = "status", [LISTENER_OPS] = "ops",
	};
	return (unsigned)l < LISTENER_COUNT ? names[l] : "unknown";
}

enum { PARAMETER_MAX_BYTES = 255, SCRATCH_SIZE = 1024 };

/* Bytes of a parameter at `text`; 0 when there is none that may stand there. */
static size_t parameter_length(const char *text, bool rest)
{
	if (rest)
		return strspn(text, HEAD_BASE64);
	size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~@+-");
	if (len > PARAMETER_MAX_BYTES)
		return 0;
	if ((len == 1 && text[0] == '.') || (len == 2 && text[0] == '.' && text[1] == '.'))
		return 0;
	return len;
}

/* The NULs behind the parameters are written last: what follows them has still to be compared. */
static bool match(const char *pattern, char *path, const char *parameter[REQUEST_PARAMETERS_MAX])
{
	char *end[REQUEST_PARAMETERS_MAX];
	size_t n = 0;
	while (*pattern) {
		if (*pattern != '{') {
			if (*pattern++ != *path++)
				return false;
			continue;
		}
		const char *end_of_name = strchr(pattern, '}');
		size_t len = parameter_length(path, end_of_name[-1] == '*');
		if (len == 0 || n == REQUEST_PARAMETERS_MAX)
			return false;
		parameter[n] = path;
		path += len;
		end[n++] = path;
		pattern = end_of_name + 1;
	}
	if (*path)
		return false;
	for (size_t i = 0; i < n; i++)
		*end[i] = '\0';
	for (size_t i = n; i < REQUEST_PARAMETERS_MAX; i++)
		parameter[i] = NULL;
	return true;
}

static void allow_method(char allow[64], const char *method)
{
	const char *added = strcmp(method, "GET") == 0 ? "GET, HEAD" : method;
	size_t used = strlen(allow);
	snprintf(allow + used, 64 - used, "%s%s", used ? ", " : "", added);
}

enum err route_find(enum listener l, const char *method, const char *path, const struct route **out,
		    char scratch[SCRATCH_SIZE], const char *parameter[REQUEST_PARAMETERS_MAX], char allow[64])
{
	size_t size = strlen(path) + 1;
	if (strcmp(method, "HEAD") == 0)
		method = "GET";
	allow[0] = '\0';
	*out = NULL;
	for (size_t i = 0; i < route_count && size <= SCRATCH_SIZE; i++) {
		const struct route *r = &route_table[i];
		if (r->listener != l)
			continue;
		memcpy(scratch, path, size); /* an earlier match on another method has cut it */
		if (!match(r->path, scratch, parameter))
			continue;
		if (strcmp(r->method, method) == 0) {
			*out = r;
			return ERR_OK;
		}
		allow_method(allow, r->method);
	}
	for (size_t i = 0; i < REQUEST_PARAMETERS_MAX; i++)
		parameter[i] = NULL;
	return allow[0] ? ERR_METHOD : ERR_NOT_FOUND;
}

static const struct {
	const char *word;
	unsigned who;
} roles[] = {
	{"administrator", WHO_ADMINISTRATOR},
	{"approver", WHO_APPROVER},
	{"support", WHO_SUPPORT},
	{"auditor", WHO_AUDITOR},
};
enum { ROLES = sizeof roles / sizeof roles[0] };

unsigned route_who(enum listener l, const struct identity *identity)
{
	if (l != LISTENER_MEMBERS)
		return WHO_ANYONE;
	if (!identity || identity->kind == IDENTITY_NONE)
		return 0;
	if (identity->kind == IDENTITY_CLIENT)
		return WHO_CLIENT;
	for (size_t i = 0; identity->kind == IDENTITY_STAFF && i < ROLES; i++)
		if (strcmp(identity->role, roles[i].word) == 0)
			return roles[i].who;
	return 0;
}

/* "administrator, approver or support" */
static void list_roles(unsigned who, char *out, size_t size)
{
	size_t used = 0;
	out[0] = '\0';
	for (size_t i = 0; i < ROLES && used < size; i++) {
		if (!(who & roles[i].who))
			continue;
		who &= ~roles[i].who;
		used += (size_t)snprintf(out + used, size - used, "%s%s", !used ? "" : who & WHO_STAFF ? ", " : " or ", roles[i].word);
	}
}

json_t *route_roles(unsigned who)
{
	json_t *list = json_array();
	for (size_t i = 0; list && i < ROLES; i++)
		if ((who & roles[i].who) && json_array_append_new(list, json_string(roles[i].word)) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

enum err route_permits(const struct route *r, const struct identity *identity, struct errbuf *why)
{
	bool staff = identity && identity->kind == IDENTITY_STAFF;
	if (!(r->who & route_who(r->listener, identity))) {
		char needed[64];
		list_roles(r->who, needed, sizeof needed);
		return staff ? fail(why, ERR_REFUSED, "this needs the role %s; yours is %s", needed, identity->role)
			     : fail(why, ERR_REFUSED, "this needs the role %s; a client's certificate has none", needed);
	}
	if ((r->who & WHO_UNLIMITED) && staff && identity->scope[0])
		return fail(why, ERR_REFUSED, "your role is limited to the organisation %s, and this reaches beyond it",
			    identity->organisation);
	return ERR_OK;
}
