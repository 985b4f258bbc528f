/* A member of the staff who reaches one organisation alone, on every route that reads: nothing of another one is shown, and a
 * thing of another's is answered like one that is not there. A route that is added is tried too; one with a parameter that is
 * not known here fails until it is. */
#include "tests/support/console_walk.h"

#include "issuer/http/route.h"

/* Another's: the bench's organisation, and what is the words of its people and its objects. */
static const char *const theirs[] = {"Kari Nordmann", "E-Banking", "Sparebank"};
static char order[ID_SIZE], serial[SERIAL_TEXT_SIZE], contact[ID_SIZE], own[ID_SIZE];

static const struct parameter {
	const char *name, *value, *unknown;
} parameters[] = {
	{"organisation", "sparebank", "nosuch"}, {"service", "pay", "nosuch"},   {"client", "e-banking", "nosuch"},
	{"contact", contact, "aaaaaaaaaaaaaaab"}, {"order", order, "aaaaaaaaaaaaaaab"},
	{"serial", serial, "0f00000000000000000000000000000000000001"}, {"name", "certificate.pem", "certificate.pem"},
};

static const struct parameter *parameter_named(const char *name, size_t len)
{
	for (size_t i = 0; i < COUNT(parameters); i++)
		if (strlen(parameters[i].name) == len && strncmp(parameters[i].name, name, len) == 0)
			return &parameters[i];
	fail_msg("a reading route has a parameter that this test does not know: %s", name);
	return NULL;
}

struct answer {
	int status;
	char *text;
};

static void concrete(const char *path, bool unknown, char out[512])
{
	size_t used = 0;
	while (*path) {
		if (*path != '{') {
			out[used++] = *path++;
			continue;
		}
		size_t len = strcspn(path + 1, "}");
		const struct parameter *p = parameter_named(path + 1, len);
		used += (size_t)snprintf(out + used, 512 - used, "%s", unknown ? p->unknown : p->value);
		path += len + 2;
	}
	out[used] = '\0';
}

/* What a route answers: for what is theirs, or for what is nobody's. */
static struct answer ask(const struct route *route, bool unknown)
{
	char path[512];
	concrete(route->path, unknown, path);
	struct reply r = walk(path, NULL);
	struct answer a = {.status = r.status ? r.status : 200};
	a.text = r.json ? json_dumps(r.json, JSON_COMPACT) : strdup(r.body.data ? buf_string(&r.body) : "");
	reply_clear(&r);
	return a;
}

static bool tells(const struct answer *a)
{
	for (size_t i = 0; i < COUNT(theirs); i++)
		if (strstr(a->text, theirs[i]))
			return true;
	return strstr(a->text, order) || strstr(a->text, serial) || strstr(a->text, contact);
}

static void limited(bool yes)
{
	console_as("administrator");
	if (!yes)
		return;
	snprintf(console_identity.scope, sizeof console_identity.scope, "%s", own);
	snprintf(console_identity.organisation, sizeof console_identity.organisation, "own");
}

static bool reads(const struct route *r)
{
	return r->listener == LISTENER_MEMBERS && strcmp(r->method, "GET") == 0 && r->who & WHO_STAFF && !(r->who & WHO_UNLIMITED) &&
	       !strstr(r->path, "/assets/") && r->lane == LANE_FAST;
}

/* Two organisations, of which the bench's has everything. */
static void prepare(void)
{
	static struct parcel p;
	struct faults faults = {0};
	struct errbuf why = {""};
	bench_reach(&p, ORDER_RECEIVED);
	snprintf(order, sizeof order, "%s", p.id);
	bench_serial(p.id, serial);
	bench_value(contact, sizeof contact, "SELECT id FROM contact");
	json_t *body = json_pack("{s:s, s:s}", "slug", "own", "name", "Own");
	assert_ok(directory_add(&bench.desk, &bench_staff, DIRECTORY_ORGANISATION, body, own, &faults, &why));
	json_decref(body);
}

static void nothing_of_another_organisation_is_shown_on_any_route(void **state)
{
	size_t tried = 0;
	(void)state;
	prepare();
	for (size_t i = 0; i < route_count; i++) {
		const struct route *route = &route_table[i];
		if (!reads(route))
			continue;
		tried++;
		limited(true);
		struct answer a = ask(route, false), none = ask(route, true);
		if (strchr(route->path, '{')) { /* the parameter itself may be told back */
			if (a.status != none.status || a.status < 400)
				fail_msg("%s: %d for another's, %d for nobody's: %s", route->path, a.status, none.status, a.text);
			if (strncmp(route->path, "/v1/", 4) == 0)
				assert_string_equal(a.text, none.text);
			for (size_t k = 0; k < COUNT(theirs); k++)
				if (strstr(a.text, theirs[k]))
					fail_msg("%s tells of another's: %s", route->path, a.text);
		} else if (tells(&a)) {
			fail_msg("%s tells of another's: %s", route->path, a.text);
		}
		free(a.text);
		free(none.text);
	}
	assert_true(tried > 15);
}

/* The same, of who reaches all: else the former would say nothing. */
static void who_is_not_limited_sees_it(void **state)
{
	(void)state;
	prepare();
	for (size_t i = 0; i < route_count; i++) {
		const struct route *route = &route_table[i];
		if (!reads(route) || !strchr(route->path, '{'))
			continue;
		limited(false);
		struct answer a = ask(route, false);
		if (a.status != 200)
			fail_msg("%s: %d: %s", route->path, a.status, a.text);
		free(a.text);
	}
	static const char *const lists[] = {"/v1/organisations", "/v1/clients", "/v1/contacts", "/v1/orders", "/v1/certificates", "/v1/audit"};
	for (size_t i = 0; i < COUNT(lists); i++) {
		limited(false);
		struct reply r = walk(lists[i], NULL);
		char *text = json_dumps(r.json, JSON_COMPACT);
		if (!tells(&(struct answer){200, text}))
			fail_msg("%s: %s", lists[i], text);
		free(text);
		reply_clear(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONSOLE_TEST(nothing_of_another_organisation_is_shown_on_any_route),
		CONSOLE_TEST(who_is_not_limited_sees_it),
	};
	return cmocka_run_group_tests(tests, NULL, bench_group_end);
}
