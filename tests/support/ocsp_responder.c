#include "tests/support/ocsp_responder.h"
#include "tests/support/test.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CAP = 1 << 18, QUESTION_MAX = 4096 };

static const char type[] = "\r\nContent-Type: application/ocsp-request\r\n";

/* Head and body; NULL unless it is a POST of a question. */
static OCSP_REQUEST *read_question(int fd)
{
	char head[QUESTION_MAX] = "";
	unsigned char body[QUESTION_MAX];
	const unsigned char *at = body;
	size_t len = 0, had = 0;
	while (len < sizeof head - 1 && !strstr(head, "\r\n\r\n") && recv(fd, head + len, 1, 0) == 1)
		head[++len] = '\0';
	const char *length = strcasestr(head, "\r\nContent-Length: ");
	size_t wanted = length ? strtoul(length + 18, NULL, 10) : 0;
	if (strncmp(head, "POST ", 5) != 0 || !strcasestr(head, type) || wanted > sizeof body)
		return NULL;
	for (ssize_t n = 1; had < wanted && n > 0; had += n > 0 ? (size_t)n : 0)
		n = recv(fd, body + had, wanted - had, 0);
	return d2i_OCSP_REQUEST(NULL, &at, (long)had);
}

static void write_answer(struct ocsp_responder *r, OCSP_REQUEST *question, struct buf *out)
{
	struct buf der = BUF_INIT(CAP);
	pthread_mutex_lock(&r->lock);
	struct ocsp_wanted w = r->says;
	pthread_mutex_unlock(&r->lock);
	w.asked = r->without_nonce ? NULL : question;
	w.id = OCSP_onereq_get0_id(OCSP_request_onereq_get0(question, 0));
	ocsp_write(&w, &der);
	buf_format(out, "HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-response\r\nContent-Length: %zu\r\n\r\n",
		   der.len + r->padding);
	buf_add(out, der.data, der.len);
	if (r->padding)
		memset(buf_room(out, r->padding), 0, r->padding);
	buf_free(&der);
}

static void say(int fd, const void *bytes, size_t len)
{
	ssize_t n = 1;
	for (size_t at = 0; at < len && n > 0; at += n > 0 ? (size_t)n : 0)
		n = send(fd, (const char *)bytes + at, len - at, MSG_NOSIGNAL);
}

static void talk(struct ocsp_responder *r, int fd)
{
	struct buf answer = BUF_INIT(CAP);
	OCSP_REQUEST *question = read_question(fd);
	struct pollfd woken = {.fd = r->wake[0], .events = POLLIN};
	if (question) {
		r->asked++;
		if (r->slow_ms)
			poll(&woken, 1, r->slow_ms);
		if (r->instead)
			buf_text(&answer, r->instead);
		else
			write_answer(r, question, &answer);
		say(fd, answer.data, answer.len);
	}
	buf_free(&answer);
	OCSP_REQUEST_free(question);
	shutdown(fd, SHUT_WR);
	char left[512];
	while (recv(fd, left, sizeof left, 0) > 0)
		;
	close(fd);
}

static void *serve(void *data)
{
	struct ocsp_responder *r = data;
	if (r->spare)
		r->spare();
	for (;;) {
		struct pollfd wait[2] = {{.fd = r->listener, .events = POLLIN}, {.fd = r->wake[0], .events = POLLIN}};
		if (poll(wait, 2, -1) < 0 || wait[1].revents)
			return NULL;
		int fd = accept(r->listener, NULL, NULL);
		if (fd >= 0)
			talk(r, fd);
	}
}

void responder_start(struct ocsp_responder *r)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof address;
	r->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(r->listener, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(r->listener, 64), 0);
	assert_int_equal(getsockname(r->listener, (struct sockaddr *)&address, &len), 0);
	r->port = ntohs(address.sin_port);
	snprintf(r->url, sizeof r->url, "http://127.0.0.1:%d/ocsp", r->port);
	assert_int_equal(pipe(r->wake), 0);
	pthread_mutex_init(&r->lock, NULL);
	assert_int_equal(pthread_create(&r->thread, NULL, serve, r), 0);
}

void responder_stop(struct ocsp_responder *r)
{
	if (r->listener < 0)
		return;
	assert_int_equal(write(r->wake[1], "x", 1), 1);
	pthread_join(r->thread, NULL);
	close(r->listener);
	close(r->wake[0]);
	close(r->wake[1]);
	pthread_mutex_destroy(&r->lock);
	r->listener = -1;
}

void responder_says(struct ocsp_responder *r, const struct ocsp_wanted *says)
{
	pthread_mutex_lock(&r->lock);
	r->says = *says;
	pthread_mutex_unlock(&r->lock);
}
