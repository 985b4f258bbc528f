/* routes: the route table as tab-separated lines: listener, method, path, who, lane, what. */
#include "issuer/http/route.h"

#include <stdio.h>
#include <string.h>

static const struct {
	unsigned bits;
	const char *name;
} names[] = {
	{WHO_ANYONE, "anyone"}, {WHO_ADMINISTRATOR, "administrator"}, {WHO_APPROVER, "approver"}, {WHO_SUPPORT, "support"},
	{WHO_AUDITOR, "auditor"}, {WHO_CLIENT, "client"}, {WHO_UNLIMITED, "unlimited"},
};

/* As OpenAPI writes it: there is no way to say that a parameter is the rest of the path. */
static void print_path(const char *path)
{
	for (; *path; path++)
		if (*path != '*')
			putchar(*path);
}

static void print_who(unsigned who)
{
	const char *comma = "";
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (!(who & names[i].bits))
			continue;
		printf("%s%s", comma, names[i].name);
		comma = ",";
	}
}

int main(void)
{
	for (size_t i = 0; i < route_count; i++) {
		const struct route *r = &route_table[i];
		printf("%s\t%s\t", listener_name(r->listener), r->method);
		print_path(r->path);
		putchar('\t');
		print_who(r->who);
		printf("\t%s\t%s\n", r->lane == LANE_SLOW ? "slow" : "fast", r->what);
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
