#include "tests/bench/bare.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FILE_MOST = 65536, BACKLOG = 1024, OPTIONS_MOST = 12, CONNECTIONS = 2000, IDLE_SECONDS = 90 };

_Noreturn void bare_die(const char *what)
{
	perror(what);
	ERR_print_errors_fp(stderr);
	exit(1);
}

char *bare_file(const char *path)
{
	char *text = calloc(1, FILE_MOST);
	FILE *f = fopen(path, "r");
	if (!f || !text || fread(text, 1, FILE_MOST - 1, f) == 0)
		bare_die(path);
	fclose(f);
	return text;
}

/* The headers that the product sends with every answer, so that both write as many bytes. */
static const char *const headers[][2] = {
	{"Cache-Control", "no-store"},
	{"X-Content-Type-Options", "nosniff"},
	{"Referrer-Policy", "no-referrer"},
	{"X-Request-Id", "0123456789abcdef"},
	{"Strict-Transport-Security", "max-age=31536000"},
};

/* A line a request, as every server keeps them. */
static void write_log(unsigned status, size_t len)
{
	char line[256], now[24];
	time_t seconds = time(NULL);
	struct tm tm;
	gmtime_r(&seconds, &tm);
	strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", &tm);
	int n = snprintf(line, sizeof line,
			 "{\"time\":\"%s\",\"level\":\"info\",\"event\":\"http.request\",\"method\":\"GET\",\"status\":\"%u\","
			 "\"request\":\"0123456789abcdef\",\"address\":\"127.0.0.1\",\"bytes\":\"%zu\"}\n",
			 now, status, len);
	if (write(STDERR_FILENO, line, (size_t)n) != n)
		bare_die("log");
}

enum MHD_Result bare_answer(struct MHD_Connection *c, unsigned status, const char *type, const void *body, size_t len)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(len, (void *)body, MHD_RESPMEM_MUST_COPY);
	MHD_add_response_header(r, "Content-Type", type);
	for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
		MHD_add_response_header(r, headers[i][0], headers[i][1]);
	enum MHD_Result queued = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	write_log(status, len);
	return queued;
}

static int listen_anywhere(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) != 0 || listen(fd, BACKLOG) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) != 0)
		bare_die("listen");
	printf("%u\n", ntohs(a.sin_port));
	return fd;
}

_Noreturn void bare_serve(const struct bare_service *s)
{
	size_t n = 0;
	struct MHD_OptionItem o[OPTIONS_MOST];
	o[n++] = (struct MHD_OptionItem){MHD_OPTION_LISTEN_SOCKET, listen_anywhere(), NULL};
	o[n++] = (struct MHD_OptionItem){MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS, NULL};
	o[n++] = (struct MHD_OptionItem){MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, NULL};
	if (s->chain) {
		o[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, bare_file(s->chain)};
		o[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, bare_file(s->key)};
		o[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)"NORMAL:-VERS-ALL:+VERS-TLS1.3"};
	}
	if (s->trust)
		o[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_TRUST, 0, bare_file(s->trust)};
	o[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
	signal(SIGPIPE, SIG_IGN);
	struct MHD_Daemon *d = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | (s->chain ? MHD_USE_TLS : 0), 0, NULL, NULL, s->handle, NULL,
						MHD_OPTION_NOTIFY_CONNECTION, s->connection, NULL, MHD_OPTION_NOTIFY_COMPLETED,
						s->completed, NULL, MHD_OPTION_ARRAY, o, MHD_OPTION_END);
	if (!d)
		bare_die("MHD_start_daemon");
	fflush(stdout);
	for (;;)
		pause();
}
