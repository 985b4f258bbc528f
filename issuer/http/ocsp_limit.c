#include "issuer/http/ocsp_limit.h"

#include "base/secret.h"

#include <arpa/inet.h>
#include <stdlib.h>

enum { COUNTERS = 512, NETWORK_BYTES = 8 };

struct ocsp_limit {
	int64_t most;
	uint64_t seed; /* so that nobody can choose with whom he shares */
	struct counter {
		int64_t second, taken;
	} counters[COUNTERS];
};

enum err ocsp_limit_new(int64_t most, struct ocsp_limit **out)
{
	struct ocsp_limit *l = calloc(1, sizeof *l);
	enum err rc = l ? random_bytes(&l->seed, sizeof l->seed) : ERR_MEMORY;
	if (rc) {
		free(l);
		return rc;
	}
	l->most = most;
	*out = l;
	return ERR_OK;
}

void ocsp_limit_free(struct ocsp_limit *l)
{
	free(l);
}

/* FNV-1a over the network, from the seed on. */
static struct counter *counter_of(struct ocsp_limit *l, const char *address)
{
	uint8_t bytes[sizeof(struct in6_addr)] = {0};
	uint64_t h = UINT64_C(14695981039346656037) ^ l->seed;
	if (inet_pton(AF_INET, address, bytes) != 1 && inet_pton(AF_INET6, address, bytes) != 1)
		bytes[0] = 0;
	for (size_t i = 0; i < NETWORK_BYTES; i++)
		h = (h ^ bytes[i]) * UINT64_C(1099511628211);
	return &l->counters[(h >> 32) % COUNTERS];
}

bool ocsp_limit_take(struct ocsp_limit *l, const char *address, int64_t now_ms)
{
	struct counter *c = counter_of(l, address);
	if (l->most == 0)
		return true;
	if (c->second != now_ms / 1000)
		*c = (struct counter){.second = now_ms / 1000};
	return c->taken++ < l->most;
}
