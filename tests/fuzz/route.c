#include "issuer/http/form.h"
#include "issuer/http/route.h"
#include "tests/fuzz/target.h"

#include <string.h>

static void find(const char *path)
{
	char scratch[1024], allow[64];
	const char *parameter[REQUEST_PARAMETERS_MAX];
	const struct route *route = NULL;
	for (enum listener l = LISTENER_PUBLIC; l < LISTENER_COUNT; l++) {
		if (route_find(l, "GET", path, &route, scratch, parameter, allow) != ERR_OK)
			continue;
		HOLDS(route && route->listener == l && strcmp(route->method, "GET") == 0);
		for (int i = 0; i < REQUEST_PARAMETERS_MAX && parameter[i]; i++)
			HOLDS(parameter[i][0] && (strchr(route->path, '*') || (!strchr(parameter[i], '/') &&
									       strlen(parameter[i]) <= 255)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char out[64], *path = malloc(size + 1);
	HOLDS(path);
	if (size)
		memcpy(path, data, size);
	path[size] = '\0';
	if (strlen(path) < 1000)
		find(path);
	if (form_find(path, size, "code", out, sizeof out) == ERR_OK)
		HOLDS(strlen(out) < sizeof out && utf8_valid(out, strlen(out)));
	free(path);
	return 0;
}
