#include "base/log.h"
#include "issuer/process/supervisor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

/* Who does not fit in waits a second until his SYN is sent again: thousands who come at once must not do that to others. The
 * kernel takes what net.core.somaxconn allows. */
enum { BACKLOG = 4096 };

const char *const listener_names[LISTENERS] = {"public", "members", "status", "ops"};

const char *listener_setting(const struct settings *s, size_t i)
{
	const char *const settings[LISTENERS] = {s->public_listen, s->members_listen, s->status_listen, s->ops_listen};
	return settings[i];
}

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* "ADDRESS:PORT" or "[ADDRESS]:PORT", checked by the settings' parser. */
static socklen_t read_address(const char *text, union address *out)
{
	char host[INET6_ADDRSTRLEN] = "";
	const char *colon = strrchr(text, ':');
	bool v6 = text[0] == '[';
	snprintf(host, sizeof host, "%.*s", (int)(colon - text) - 2 * v6, text + v6);
	in_port_t port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
	memset(out, 0, sizeof *out);
	if (v6) {
		out->v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = port};
		inet_pton(AF_INET6, host, &out->v6.sin6_addr);
		return sizeof out->v6;
	}
	out->v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = port};
	inet_pton(AF_INET, host, &out->v4.sin_addr);
	return sizeof out->v4;
}

static enum err bind_listener(const char *name, const char *text, int *out, struct errbuf *why)
{
	union address a;
	socklen_t len = read_address(text, &a);
	int yes = 1;
	int fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 || bind(fd, &a.any, len) != 0 ||
	    listen(fd, BACKLOG) != 0) {
		int saved = errno;
		if (fd >= 0)
			close(fd);
		return fail(why, ERR_USAGE, "%s.listen = %s: %s", name, text, strerror(saved));
	}
	*out = fd;
	return ERR_OK;
}

/* The inherited sockets, by name. What is not a listening TCP socket under a name of ours is an operator's mistake. */
static enum err take_inherited(int inherited[LISTENERS], struct errbuf *why)
{
	char **names = NULL;
	int n = sd_listen_fds_with_names(1, &names);
	enum err e = n < 0 ? fail(why, ERR_USAGE, "LISTEN_FDS: %s", strerror(-n)) : ERR_OK;
	for (int i = 0; i < n; i++) {
		int fd = SD_LISTEN_FDS_START + i, which = -1;
		for (int k = 0; k < LISTENERS; k++)
			if (strcmp(names[i], listener_names[k]) == 0)
				which = k;
		if (which < 0 || inherited[which] >= 0 || sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) <= 0) {
			e = fail(why, ERR_USAGE, "LISTEN_FDNAMES: \"%s\" is not a listener of ours, is there twice, or does "
				 "not listen", names[i]);
			close(fd);
		} else {
			inherited[which] = fd;
		}
		free(names[i]);
	}
	free(names);
	return e;
}

static enum err open_one(const struct settings *s, size_t i, int *inherited, int *out, struct errbuf *why)
{
	const char *text = listener_setting(s, i);
	if (strcmp(text, "fd") != 0)
		return bind_listener(listener_names[i], text, out, why);
	if (*inherited < 0)
		return fail(why, ERR_USAGE, "%s.listen = fd: no socket named %s was handed over (LISTEN_FDS, LISTEN_PID, "
			    "LISTEN_FDNAMES)", listener_names[i], listener_names[i]);
	*out = *inherited;
	*inherited = -1;
	int flags = fcntl(*out, F_GETFL);
	return flags >= 0 && fcntl(*out, F_SETFL, flags | O_NONBLOCK) == 0 ? ERR_OK : fail(why, ERR_IO, "fcntl");
}

static void say_where(size_t i, int fd)
{
	union address a;
	socklen_t len = sizeof a;
	char host[INET6_ADDRSTRLEN] = "?", port[8] = "?";
	memset(&a, 0, sizeof a);
	if (getsockname(fd, &a.any, &len) == 0) {
		bool v6 = a.any.sa_family == AF_INET6;
		const void *binary = v6 ? (const void *)&a.v6.sin6_addr : (const void *)&a.v4.sin_addr;
		inet_ntop(a.any.sa_family, binary, host, sizeof host);
		snprintf(port, sizeof port, "%u", ntohs(v6 ? a.v6.sin6_port : a.v4.sin_port));
	}
	log_event(LOG_LEVEL_INFO, "listening", {"listener", listener_names[i]}, {"address", host}, {"port", port});
}

enum err listeners_open(const struct settings *s, int out[LISTENERS], struct errbuf *why)
{
	int inherited[LISTENERS] = {-1, -1, -1, -1};
	enum err e = take_inherited(inherited, why);
	for (size_t i = 0; i < LISTENERS && !e; i++) {
		e = open_one(s, i, &inherited[i], &out[i], why);
		if (!e)
			say_where(i, out[i]);
	}
	for (size_t i = 0; i < LISTENERS; i++)
		if (inherited[i] >= 0)
			close(inherited[i]);
	return e;
}
