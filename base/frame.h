/* frame: length-prefixed messages over a stream socketpair (AF_UNIX, SOCK_STREAM).
 *
 * On the wire: u32 body length, u16 operation, u16 status (enum err in answers, 0 in requests), u64 request id, body;
 * big-endian. A body above the cap ends the conversation before a byte of it is read. Deadlines are absolute, by
 * clock_mono_ms; FRAME_NO_DEADLINE waits for ever. One descriptor may travel with a frame (SCM_RIGHTS). */
#ifndef BASE_FRAME_H
#define BASE_FRAME_H

#include "base/buf.h"

#define FRAME_HEADER_SIZE 16
#define FRAME_NO_DEADLINE INT64_MAX

struct frame {
	uint64_t id;
	uint16_t op;
	enum err status;
	const uint8_t *body; /* borrowed: from the sender, or from the receive buffer */
	size_t len;
};

/* ERR_OK, ERR_TIMEOUT (the stream is then out of step: close it), ERR_CLOSED, ERR_IO. */
enum err frame_send(int fd, const struct frame *f, int64_t deadline) MUST_CHECK;
/* Receive one frame; its body is put into `store` (cleared first), whose cap is the cap. ERR_TIMEOUT with nothing read
 * leaves the stream in step; ERR_TOO_LARGE, ERR_MALFORMED, ERR_CLOSED, ERR_IO end it. */
enum err frame_receive(int fd, struct buf *store, struct frame *out, int64_t deadline) MUST_CHECK;

/* With a descriptor: `passed` is -1 for none. The receiver owns what it receives (close-on-exec is set). */
enum err frame_send_fd(int fd, const struct frame *f, int passed, int64_t deadline) MUST_CHECK;
enum err frame_receive_fd(int fd, struct buf *store, struct frame *out, int *passed, int64_t deadline) MUST_CHECK;

/* Wait until fd can be read: ERR_OK, ERR_TIMEOUT. */
enum err frame_wait(int fd, int64_t deadline) MUST_CHECK;

/* A fresh pair, both ends close-on-exec and non-blocking. */
enum err frame_pair(int ends[2]) MUST_CHECK;

/* The header alone, pure, for the decoder's tests and fuzzing: ERR_MALFORMED for an unknown status. */
void frame_header_write(uint8_t out[FRAME_HEADER_SIZE], const struct frame *f);
enum err frame_header_read(const uint8_t in[FRAME_HEADER_SIZE], size_t cap, struct frame *out) MUST_CHECK;

#endif
