/* start DAEMON CONFIG FILE ROUNDS, under tools/sockets: the daemon started so many times, and the OCSP request in FILE asked
 * from the first moment on: how long it takes from its birth to the first answer that says a status, in milliseconds of the
 * clock, a line each; then the kB of memory of its front by then (proportional set). */
#include <arpa/inet.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { USAGE = 2, BODY_MOST = 4096, ANSWER_MOST = 16384, AGAIN_NS = 500000, PATIENCE_S = 30 };

static char request[BODY_MOST + 256];
static size_t request_len;

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

static double now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void make_request(const char *path)
{
	char body[BODY_MOST];
	FILE *f = fopen(path, "r");
	size_t len = f ? fread(body, 1, sizeof body, f) : 0;
	if (len == 0)
		die(path);
	fclose(f);
	int head = snprintf(request, sizeof request,
			    "POST /ocsp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
			    "Content-Type: application/ocsp-request\r\nContent-Length: %zu\r\n\r\n", len);
	memcpy(request + head, body, len);
	request_len = (size_t)head + len;
}

static pid_t start_daemon(char **argv)
{
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	char own[16];
	snprintf(own, sizeof own, "%d", (int)getpid());
	setenv("LISTEN_PID", own, 1);
	execl(argv[1], argv[1], "run", "--config", argv[2], (char *)NULL);
	_exit(127);
}

/* ENUMERATED 0 as the first of the outer SEQUENCE, whose length has one to three octets. */
static int is_successful(const char *der)
{
	static const char zero[] = {0x0a, 1, 0};
	return der[0] == 0x30 && (memcmp(der + 3, zero, 3) == 0 || memcmp(der + 4, zero, 3) == 0);
}

static size_t read_all(int fd, char *out)
{
	size_t len = 0;
	ssize_t n;
	while (len < ANSWER_MOST - 1 && (n = read(fd, out + len, ANSWER_MOST - 1 - len)) > 0)
		len += (size_t)n;
	out[len] = '\0';
	return len;
}

static int answered(unsigned port)
{
	static char answer[ANSWER_MOST];
	const struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)};
	const struct timeval patience = {.tv_sec = PATIENCE_S};
	int fd = socket(AF_INET, SOCK_STREAM, 0), good = 0;
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
	    connect(fd, (const struct sockaddr *)&a, sizeof a) != 0)
		die("connect");
	if (write(fd, request, request_len) == (ssize_t)request_len && read_all(fd, answer) > 0) {
		const char *body = strstr(answer, "\r\n\r\n");
		good = strncmp(answer, "HTTP/1.1 200", 12) == 0 && body && is_successful(body + 4);
	}
	close(fd);
	return good;
}

static long front_kb(pid_t daemon)
{
	char path[64], line[128], name[32] = "";
	int child = 0;
	long kb = 0;
	snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)daemon, (int)daemon);
	FILE *children = fopen(path, "r");
	while (children && strcmp(name, "cf-front\n") != 0 && fscanf(children, "%d", &child) == 1) {
		snprintf(path, sizeof path, "/proc/%d/comm", child);
		FILE *f = fopen(path, "r");
		if (!f || !fgets(name, sizeof name, f))
			name[0] = '\0';
		if (f)
			fclose(f);
	}
	if (children)
		fclose(children);
	snprintf(path, sizeof path, "/proc/%d/smaps_rollup", child);
	FILE *f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "Pss: %ld", &kb) == 1)
			break;
	if (f)
		fclose(f);
	return kb;
}

int main(int argc, char **argv)
{
	const char *port = getenv("PORT_STATUS");
	if (argc != 5 || !port)
		return fputs("usage: sockets -- start DAEMON CONFIG FILE ROUNDS\n", stderr), USAGE;
	make_request(argv[3]);
	for (long rounds = strtol(argv[4], NULL, 10); rounds > 0; rounds--) {
		double began = now_ms();
		pid_t pid = start_daemon(argv);
		while (!answered((unsigned)strtoul(port, NULL, 10))) {
			if (now_ms() - began > PATIENCE_S * 1e3)
				die("no answer");
			nanosleep(&(struct timespec){.tv_nsec = AGAIN_NS}, NULL);
		}
		double took = now_ms() - began;
		printf("%.2f %ld\n", took, front_kb(pid));
		fflush(stdout);
		kill(pid, SIGTERM);
		waitpid(pid, NULL, 0);
	}
	return 0;
}
