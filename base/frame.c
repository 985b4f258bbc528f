#include "base/frame.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum err frame_pair(int ends[2])
{
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0 ? ERR_OK : ERR_IO;
}

static void put(uint8_t *at, uint64_t v, int bytes)
{
	for (int i = bytes - 1; i >= 0; i--, v >>= 8)
		at[i] = (uint8_t)v;
}

static uint64_t get(const uint8_t *at, int bytes)
{
	uint64_t v = 0;
	for (int i = 0; i < bytes; i++)
		v = v << 8 | at[i];
	return v;
}

void frame_header_write(uint8_t out[FRAME_HEADER_SIZE], const struct frame *f)
{
	put(out, f->len, 4);
	put(out + 4, f->op, 2);
	put(out + 6, f->status, 2);
	put(out + 8, f->id, 8);
}

enum err frame_header_read(const uint8_t in[FRAME_HEADER_SIZE], size_t cap, struct frame *out)
{
	uint64_t status = get(in + 6, 2);
	*out = (struct frame){.len = get(in, 4), .op = (uint16_t)get(in + 4, 2), .id = get(in + 8, 8)};
	if (status >= ERR_COUNT)
		return ERR_MALFORMED;
	out->status = (enum err)status;
	return out->len > cap ? ERR_TOO_LARGE : ERR_OK;
}

static enum err wait_for(int fd, short events, int64_t deadline)
{
	for (;;) {
		int64_t left = deadline == FRAME_NO_DEADLINE ? -1 : deadline - clock_mono_ms();
		if (deadline != FRAME_NO_DEADLINE && left < 0)
			left = 0;
		struct pollfd p = {.fd = fd, .events = events};
		int n = poll(&p, 1, left > 60000 ? 60000 : (int)left);
		if (n > 0)
			return ERR_OK;
		if (n < 0 && errno != EINTR)
			return ERR_IO;
		if (deadline != FRAME_NO_DEADLINE && clock_mono_ms() >= deadline)
			return ERR_TIMEOUT;
	}
}

enum err frame_wait(int fd, int64_t deadline)
{
	return wait_for(fd, POLLIN, deadline);
}

union ancillary {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

static void attach(struct msghdr *m, union ancillary *a, int passed)
{
	memset(a, 0, sizeof *a);
	m->msg_control = a->space;
	m->msg_controllen = sizeof a->space;
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &passed, sizeof passed);
}

static enum err send_failed(void)
{
	return errno == EPIPE || errno == ECONNRESET ? ERR_CLOSED : ERR_IO;
}

enum err frame_send_fd(int fd, const struct frame *f, int passed, int64_t deadline)
{
	uint8_t header[FRAME_HEADER_SIZE];
	frame_header_write(header, f);
	size_t sent = 0, total = sizeof header + f->len;
	while (sent < total) {
		size_t in_body = sent > sizeof header ? sent - sizeof header : 0;
		struct iovec v[2] = {
			{header + (sent - in_body), sizeof header - (sent - in_body)},
			{f->len ? (void *)(uintptr_t)(f->body + in_body) : header, f->len - in_body},
		};
		struct msghdr m = {.msg_iov = v, .msg_iovlen = 2};
		union ancillary a;
		if (passed >= 0 && sent == 0)
			attach(&m, &a, passed);
		ssize_t n = sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n >= 0) {
			sent += (size_t)n;
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return send_failed();
		enum err e = errno == EINTR ? ERR_OK : wait_for(fd, POLLOUT, deadline);
		if (e)
			return e;
	}
	return ERR_OK;
}

enum err frame_send(int fd, const struct frame *f, int64_t deadline)
{
	return frame_send_fd(fd, f, -1, deadline);
}

static void take_descriptor(struct msghdr *m, int *passed)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(sizeof(int)))
			continue;
		int fd = -1;
		memcpy(&fd, CMSG_DATA(c), sizeof fd);
		if (*passed >= 0)
			close(*passed);
		*passed = fd;
	}
}

/* Exactly len bytes. Before the first one a time-out is harmless; after it the stream is out of step: ERR_CLOSED. */
static enum err receive_exactly(int fd, uint8_t *out, size_t len, int *passed, int64_t deadline)
{
	size_t have = 0;
	while (have < len) {
		union ancillary a;
		struct iovec v = {out + have, len - have};
		struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
		m.msg_control = a.space;
		m.msg_controllen = sizeof a.space;
		ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		if (n > 0) {
			take_descriptor(&m, passed);
			have += (size_t)n;
			continue;
		}
		if (n == 0)
			return ERR_CLOSED;
		if (errno != EAGAIN && errno != EINTR)
			return errno == ECONNRESET ? ERR_CLOSED : ERR_IO;
		enum err e = errno == EINTR ? ERR_OK : wait_for(fd, POLLIN, deadline);
		if (e)
			return have == 0 ? e : ERR_CLOSED;
	}
	return ERR_OK;
}

static enum err receive_body(int fd, struct buf *store, struct frame *out, int *passed, int64_t deadline)
{
	uint8_t *room = buf_room(store, out->len);
	if (!room)
		return buf_check(store);
	enum err e = receive_exactly(fd, room, out->len, passed, deadline);
	out->body = store->data;
	return e == ERR_TIMEOUT ? ERR_CLOSED : e;
}

enum err frame_receive_fd(int fd, struct buf *store, struct frame *out, int *passed, int64_t deadline)
{
	uint8_t header[FRAME_HEADER_SIZE];
	*passed = -1;
	buf_clear(store);
	enum err e = receive_exactly(fd, header, sizeof header, passed, deadline);
	if (!e)
		e = frame_header_read(header, store->cap, out);
	if (!e && out->len)
		e = receive_body(fd, store, out, passed, deadline);
	if (e && *passed >= 0) {
		close(*passed);
		*passed = -1;
	}
	return e;
}

enum err frame_receive(int fd, struct buf *store, struct frame *out, int64_t deadline)
{
	int passed = -1;
	enum err e = frame_receive_fd(fd, store, out, &passed, deadline);
	if (passed >= 0)
		close(passed);
	return e;
}
