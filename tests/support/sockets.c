/* sockets: bind port 0 first, so that a test knows its numbers before the daemon is configured.
 *
 *   sockets [NAME...] -- COMMAND...
 *
 * A listening socket of 127.0.0.1 for each name, from descriptor 3 on; those of the daemon (public, members, status, ops)
 * when none is given. Their numbers in PORT_PUBLIC and so on; LISTEN_FDS and LISTEN_FDNAMES as a service manager sets them.
 * LISTEN_PID must name the process that takes them, which only that process knows:
 * sh -c 'LISTEN_PID=$$ exec counterfoild run ...'. */
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FIRST = 3, BACKLOG = 4096, NAMES_MAX = 16, USAGE = 2, FAILED = 1 };

static const char *const daemon_names[] = {"public", "members", "status", "ops"};

static void die(const char *what)
{
	perror(what);
	exit(FAILED);
}

static void export_port(const char *name, unsigned port)
{
	char variable[32] = "PORT_", value[8];
	size_t at = strlen(variable);
	for (; *name && at + 1 < sizeof variable; name++)
		variable[at++] = (char)toupper((unsigned char)*name);
	variable[at] = '\0';
	snprintf(value, sizeof value, "%u", port);
	if (setenv(variable, value, 1) != 0)
		die("setenv");
}

/* A listening socket that ends up as descriptor `wanted`, which nothing else may hold. */
static void open_listener(const char *name, int wanted)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) != 0 || listen(fd, BACKLOG) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) != 0)
		die(name);
	if (fd != wanted && (dup2(fd, wanted) < 0 || close(fd) != 0))
		die("dup2");
	export_port(name, ntohs(a.sin_port));
}

static void export_list(const char *const *names, int count)
{
	char number[16], list[512] = "";
	size_t at = 0;
	for (int i = 0; i < count; i++) {
		int len = snprintf(list + at, sizeof list - at, "%s%s", i ? ":" : "", names[i]);
		if (len < 0 || (size_t)len >= sizeof list - at)
			exit(USAGE);
		at += (size_t)len;
	}
	snprintf(number, sizeof number, "%d", count);
	if (setenv("LISTEN_FDS", number, 1) != 0 || setenv("LISTEN_FDNAMES", list, 1) != 0)
		die("setenv");
}

int main(int argc, char **argv)
{
	int count = 0;
	while (count + 1 < argc && strcmp(argv[count + 1], "--") != 0)
		count++;
	if (count + 2 >= argc || count > NAMES_MAX) {
		fputs("usage: sockets [NAME...] -- COMMAND [ARGUMENT...]\n", stderr);
		return USAGE;
	}
	char **command = argv + count + 2;
	const char *const *names = count ? (const char *const *)(argv + 1) : daemon_names;
	if (!count)
		count = sizeof daemon_names / sizeof *daemon_names;
	for (int i = 0; i < count; i++)
		close(FIRST + i); /* whatever a test runner left open there */
	for (int i = 0; i < count; i++)
		open_listener(names[i], FIRST + i);
	export_list(names, count);
	execvp(command[0], command);
	die(command[0]);
}
