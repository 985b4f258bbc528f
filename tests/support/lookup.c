#include "tests/support/lookup.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t told = PTHREAD_COND_INITIALIZER;
static int under_way;
static bool may_end;

#define SEEN_BY_LIBCURL __attribute__((visibility("default")))

static bool ends_in(const char *name, const char *end)
{
	size_t len = name ? strlen(name) : 0, end_len = strlen(end);
	return len > end_len && strcmp(name + len - end_len, end) == 0;
}

static void wait_for_the_end(void)
{
	pthread_mutex_lock(&lock);
	under_way++;
	while (!may_end)
		pthread_cond_wait(&told, &lock);
	under_way--;
	pthread_cond_broadcast(&told);
	pthread_mutex_unlock(&lock);
}

/* One address, or before it another of this machine, where nobody listens. */
static int answer(uint16_t port, bool twice, struct addrinfo **out)
{
	struct both {
		struct addrinfo info[2];
		struct sockaddr_in address[2];
	} *made = calloc(1, sizeof *made);
	if (!made)
		return EAI_MEMORY;
	for (int i = 0; i < 2; i++) {
		made->address[i] = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port),
							.sin_addr.s_addr = htonl(i == 0 && twice ? INADDR_LOOPBACK + 2 : INADDR_LOOPBACK)};
		made->info[i] = (struct addrinfo){.ai_family = AF_INET, .ai_socktype = SOCK_STREAM, .ai_addrlen = sizeof made->address[i],
						  .ai_addr = (struct sockaddr *)&made->address[i]};
	}
	made->info[0].ai_next = twice ? &made->info[1] : NULL;
	*out = made->info;
	return 0;
}

SEEN_BY_LIBCURL int getaddrinfo(const char *restrict node, const char *restrict service,
				const struct addrinfo *restrict hints, struct addrinfo **restrict out)
{
	(void)hints;
	if (ends_in(node, ".slow"))
		wait_for_the_end();
	if (ends_in(node, ".slow") || ends_in(node, ".none"))
		return EAI_NONAME;
	return answer(service ? (uint16_t)strtoul(service, NULL, 10) : 0, ends_in(node, ".twice"), out);
}

SEEN_BY_LIBCURL void freeaddrinfo(struct addrinfo *list)
{
	free(list);
}

void lookups_end(void)
{
	pthread_mutex_lock(&lock);
	may_end = true;
	pthread_cond_broadcast(&told);
	while (under_way)
		pthread_cond_wait(&told, &lock);
	may_end = false;
	pthread_mutex_unlock(&lock);
}
