/* sockets: bind port 0 first, so that a test knows its numbers before the daemon is configured.
 *
 *   sockets -- COMMAND...
 *
 * Four listening sockets of 127.0.0.1, named public, members, status, ops, from descriptor 3 on; their numbers in
 * PORT_PUBLIC, PORT_MEMBERS, PORT_STATUS, PORT_OPS; LISTEN_FDS and LISTEN_FDNAMES as a service manager sets them. LISTEN_PID
 * must name the process that takes them, which only that process knows: sh -c 'LISTEN_PID=$$ exec counterfoild run ...'. */
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FIRST = 3, BACKLOG = 4096, USAGE = 2, FAILED = 1 };

static const char *const names[] = {"public", "members", "status", "ops"};
enum { COUNT = sizeof names / sizeof *names };

static void die(const char *what)
{
	perror(what);
	exit(FAILED);
}

static void export_port(const char *name, unsigned port)
{
	char variable[32] = "PORT_", value[8];
	size_t at = strlen(variable);
	for (; *name; name++)
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

int main(int argc, char **argv)
{
	if (argc < 3 || strcmp(argv[1], "--") != 0) {
		fputs("usage: sockets -- COMMAND [ARGUMENT...]\n", stderr);
		return USAGE;
	}
	for (int i = 0; i < COUNT; i++)
		close(FIRST + i); /* whatever a test runner left open there */
	for (int i = 0; i < COUNT; i++)
		open_listener(names[i], FIRST + i);
	if (setenv("LISTEN_FDS", "4", 1) != 0 || setenv("LISTEN_FDNAMES", "public:members:status:ops", 1) != 0)
		die("setenv");
	execvp(argv[2], argv + 2);
	die(argv[2]);
}
