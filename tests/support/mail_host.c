#include "tests/support/mail_host.h"
#include "tests/support/test.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINE_MOST = 2048 };

struct mail_host_inside {
	SSL_CTX *context;
	int listener, wake[2];
	pthread_t thread;
};

struct talk {
	struct mail_host *host;
	int fd;
	SSL *ssl; /* NULL before TLS */
};

static bool say(struct talk *t, const char *text)
{
	size_t len = strlen(text);
	return t->ssl ? SSL_write(t->ssl, text, (int)len) == (int)len : send(t->fd, text, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* Until the test ends, or the client's patience does. */
static void be_silent(struct talk *t)
{
	struct pollfd wait[2] = {{t->fd, POLLRDHUP, 0}, {t->host->inside->wake[0], POLLIN, 0}};
	poll(wait, 2, -1);
}

static bool replaced(const struct mail_host *h, const char *command)
{
	return h->reply && strcmp(h->command, command) == 0;
}

/* Yes, or what the test wants said to that command; false: the connection is over. */
static bool answer(struct talk *t, const char *command, const char *yes, bool *said_yes)
{
	const struct mail_host *h = t->host;
	*said_yes = !replaced(h, command);
	if (*said_yes)
		return say(t, yes);
	if (strcmp(h->reply, "silence") == 0)
		be_silent(t);
	else if (h->reply[0])
		return say(t, h->reply);
	return false;
}

static bool read_line(struct talk *t, char line[LINE_MOST])
{
	size_t len = 0;
	while (len < LINE_MOST - 1 && (t->ssl ? SSL_read(t->ssl, line + len, 1) : (int)recv(t->fd, line + len, 1, 0)) == 1)
		if (line[len++] == '\n') {
			line[len] = '\0';
			return true;
		}
	return false;
}

static bool start_tls(struct talk *t)
{
	t->ssl = SSL_new(t->host->inside->context);
	return t->ssl && SSL_set_fd(t->ssl, t->fd) == 1 && SSL_accept(t->ssl) == 1;
}

static bool greet(struct talk *t, const char *line)
{
	bool yes;
	(void)line;
	return answer(t, "EHLO", t->ssl || t->host->bare ? "250-host\r\n250 AUTH PLAIN\r\n" : "250-host\r\n250 STARTTLS\r\n", &yes);
}

static bool take_start_tls(struct talk *t, const char *line)
{
	bool yes;
	(void)line;
	return answer(t, "STARTTLS", "220 go ahead\r\n", &yes) && (!yes || start_tls(t));
}

static bool take_login(struct talk *t, const char *line)
{
	char login[LINE_MOST];
	bool yes;
	(void)line;
	if (!say(t, "334 \r\n") || !read_line(t, login))
		return false;
	snprintf(t->host->login, sizeof t->host->login, "%.*s", (int)strcspn(login, "\r\n"), login);
	return answer(t, "AUTH", "235 welcome\r\n", &yes);
}

static bool take_sender(struct talk *t, const char *line)
{
	bool yes;
	(void)line;
	return answer(t, "MAIL", "250 yes\r\n", &yes);
}

static bool take_recipient(struct talk *t, const char *line)
{
	bool yes;
	(void)line;
	return answer(t, "RCPT", "250 yes\r\n", &yes);
}

/* Up to the line that is a dot; of others that begin with one, it goes (RFC 5321, 4.5.2). */
static bool take_mail(struct talk *t, const char *line)
{
	char text[LINE_MOST];
	bool yes;
	size_t len = 0;
	(void)line;
	if (!answer(t, "DATA", "354 go ahead\r\n", &yes))
		return false;
	t->host->mail[0] = '\0';
	while (yes && read_line(t, text) && strcmp(text, ".\r\n") != 0) {
		const char *from = text + (text[0] == '.');
		size_t n = strlen(from);
		if (len + n < MAIL_HOST_MOST)
			memcpy(t->host->mail + len, from, n + 1);
		len += n;
	}
	if (!yes)
		return true;
	t->host->taken += !replaced(t->host, "."); /* before the client can know */
	return answer(t, ".", "250 taken\r\n", &yes);
}

static bool take_leave(struct talk *t, const char *line)
{
	(void)line;
	say(t, "221 bye\r\n");
	return false;
}

static const struct {
	const char *name;
	bool (*take)(struct talk *t, const char *line);
	bool harmless; /* in clear */
} commands[] = {
	{"EHLO", greet, true},        {"HELO", greet, true},         {"STARTTLS", take_start_tls, true}, {"AUTH", take_login, false},
	{"MAIL", take_sender, false}, {"RCPT", take_recipient, false}, {"DATA", take_mail, false},         {"QUIT", take_leave, true},
};

static bool one_command(struct talk *t)
{
	char line[LINE_MOST];
	if (!read_line(t, line))
		return false;
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strncasecmp(line, commands[i].name, strlen(commands[i].name)) == 0) {
			t->host->in_clear += !t->ssl && !commands[i].harmless;
			return commands[i].take(t, line);
		}
	return say(t, "500 what?\r\n");
}

static void serve(struct mail_host *h, int fd)
{
	struct talk t = {.host = h, .fd = fd};
	bool yes;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	if ((!h->implicit || start_tls(&t)) && answer(&t, "CONNECT", "220 host\r\n", &yes))
		while (one_command(&t))
			;
	SSL_free(t.ssl);
	close(fd);
}

static void *accept_all(void *data)
{
	struct mail_host *h = data;
	if (h->spare)
		h->spare();
	for (;;) {
		struct pollfd wait[2] = {{h->inside->listener, POLLIN, 0}, {h->inside->wake[0], POLLIN, 0}};
		if (poll(wait, 2, -1) < 0 || wait[1].revents)
			return NULL;
		int fd = accept(h->inside->listener, NULL, NULL);
		if (fd >= 0)
			serve(h, fd);
	}
}

void mail_host_start(struct mail_host *h)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof a;
	struct mail_host_inside *in = h->inside = calloc(1, sizeof *in);
	assert_non_null(in);
	in->context = SSL_CTX_new(TLS_server_method());
	assert_non_null(in->context);
	assert_int_equal(SSL_CTX_use_certificate(in->context, h->certificate->certificate), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(in->context, h->certificate->key), 1);
	in->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(in->listener, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(in->listener, 16), 0);
	assert_int_equal(getsockname(in->listener, (struct sockaddr *)&a, &len), 0);
	h->port = ntohs(a.sin_port);
	assert_int_equal(pipe(in->wake), 0);
	assert_int_equal(pthread_create(&in->thread, NULL, accept_all, h), 0);
}

void mail_host_stop(struct mail_host *h)
{
	assert_int_equal(write(h->inside->wake[1], "x", 1), 1);
	pthread_join(h->inside->thread, NULL);
	SSL_CTX_free(h->inside->context);
	close(h->inside->listener);
	close(h->inside->wake[0]);
	close(h->inside->wake[1]);
	free(h->inside);
}
