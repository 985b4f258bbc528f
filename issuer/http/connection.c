#include "issuer/http/connection.h"
#include "base/clock.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct connection {
	struct connection *next, *previous;
	struct connections *all;
	int fd;
	_Atomic int64_t deadline; /* by clock_mono_ms; INT64_MAX while it waits for us */
	_Atomic int64_t idle_since; /* by clock_mono_ms; INT64_MAX in a request, and once it was shut down for others */
	const _Atomic bool *withdrawn; /* under the lock of all; NULL: nothing that could be */
	char address[INET6_ADDRSTRLEN];
	struct credentials *credentials;
	struct peer *peer;
};

struct connections {
	pthread_mutex_t lock; /* a descriptor in the list is open: it is closed only after it has left */
	struct connection *first;
	size_t count;
};

enum err connections_new(struct connections **out)
{
	struct connections *all = calloc(1, sizeof *all);
	if (!all)
		return ERR_MEMORY;
	pthread_mutex_init(&all->lock, NULL);
	*out = all;
	return ERR_OK;
}

void connections_free(struct connections *all)
{
	if (!all)
		return;
	pthread_mutex_destroy(&all->lock);
	free(all);
}

size_t connections_count(struct connections *all)
{
	pthread_mutex_lock(&all->lock);
	size_t n = all->count;
	pthread_mutex_unlock(&all->lock);
	return n;
}

size_t connections_sweep(struct connections *all, int64_t now_ms)
{
	size_t swept = 0;
	pthread_mutex_lock(&all->lock);
	for (struct connection *c = all->first; c; c = c->next) {
		bool withdrawn = c->withdrawn && atomic_load(c->withdrawn);
		if (!withdrawn && atomic_load(&c->deadline) > now_ms)
			continue;
		c->withdrawn = NULL;
		atomic_store(&c->deadline, INT64_MAX);
		shutdown(c->fd, SHUT_RDWR);
		swept++;
	}
	pthread_mutex_unlock(&all->lock);
	return swept;
}

static bool from_same(const struct connection *a, const struct connection *b)
{
	return strcmp(a->address, b->address) == 0;
}

/* The one that has been idle longest, of its address or of all; NULL: all are at work. */
static struct connection *longest_idle(struct connections *all, const struct connection *newest, bool of_address)
{
	struct connection *found = NULL;
	for (struct connection *c = all->first; c; c = c->next) {
		int64_t since = atomic_load(&c->idle_since);
		if (c != newest && since != INT64_MAX && (!of_address || from_same(c, newest)) &&
		    (!found || since < atomic_load(&found->idle_since)))
			found = c;
	}
	return found;
}

void connections_make_room(struct connections *all, const struct connection *newest, size_t per_address, size_t most)
{
	pthread_mutex_lock(&all->lock);
	size_t same = 0;
	for (struct connection *c = all->count > per_address ? all->first : NULL; c; c = c->next)
		same += from_same(c, newest);
	struct connection *leaves =
	    same > per_address || all->count > most ? longest_idle(all, newest, same > per_address) : NULL;
	if (leaves) {
		atomic_store(&leaves->idle_since, INT64_MAX);
		shutdown(leaves->fd, SHUT_RDWR);
	}
	pthread_mutex_unlock(&all->lock);
}

static void write_address(int fd, char out[INET6_ADDRSTRLEN])
{
	struct sockaddr_storage a = {0};
	socklen_t len = sizeof a;
	const void *bytes = &((struct sockaddr_in *)&a)->sin_addr;
	snprintf(out, INET6_ADDRSTRLEN, "unknown");
	if (getpeername(fd, (struct sockaddr *)&a, &len) != 0)
		return;
	if (a.ss_family == AF_INET6)
		bytes = &((struct sockaddr_in6 *)&a)->sin6_addr;
	inet_ntop(a.ss_family, bytes, out, INET6_ADDRSTRLEN);
	if (strncmp(out, "::ffff:", 7) == 0 && strchr(out, '.'))
		memmove(out, out + 7, strlen(out + 7) + 1);
}

struct connection *connection_open(struct connections *all, int fd, struct credentials *credentials, bool with_peer)
{
	struct connection *c = calloc(1, sizeof *c);
	struct peer *peer = with_peer ? peer_new() : NULL;
	if (!c || (with_peer && !peer)) {
		credentials_drop(credentials);
		peer_free(peer);
		free(c);
		return NULL;
	}
	*c = (struct connection){.all = all, .fd = fd, .deadline = INT64_MAX, .idle_since = clock_mono_ms(),
				 .credentials = credentials, .peer = peer};
	write_address(fd, c->address);
	pthread_mutex_lock(&all->lock);
	c->next = all->first;
	if (c->next)
		c->next->previous = c;
	all->first = c;
	all->count++;
	pthread_mutex_unlock(&all->lock);
	return c;
}

void connection_close(struct connection *c)
{
	struct connections *all = c->all;
	pthread_mutex_lock(&all->lock);
	if (c->next)
		c->next->previous = c->previous;
	*(c->previous ? &c->previous->next : &all->first) = c->next;
	all->count--;
	pthread_mutex_unlock(&all->lock);
	peer_free(c->peer);
	credentials_drop(c->credentials);
	free(c);
}

void connection_deadline(struct connection *c, int64_t seconds)
{
	atomic_store(&c->deadline, seconds == CONNECTION_NO_DEADLINE ? INT64_MAX : clock_mono_ms() + seconds * 1000);
}

void connection_sends(struct connection *c, const _Atomic bool *withdrawn)
{
	pthread_mutex_lock(&c->all->lock);
	c->withdrawn = withdrawn;
	pthread_mutex_unlock(&c->all->lock);
}

void connection_idle(struct connection *c, bool idle)
{
	atomic_store(&c->idle_since, idle ? clock_mono_ms() : INT64_MAX);
}

const char *connection_address(const struct connection *c)
{
	return c->address;
}

struct peer *connection_peer(struct connection *c)
{
	return c->peer;
}
