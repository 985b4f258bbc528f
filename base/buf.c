#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_free(struct buf *b)
{
	if (b->data) {
		explicit_bzero(b->data, b->allocated);
		free(b->data);
	}
	*b = BUF_INIT(b->cap);
}

void buf_clear(struct buf *b)
{
	if (b->data)
		explicit_bzero(b->data, b->len);
	b->len = 0;
	b->err = ERR_OK;
}

enum { FIRST_BYTES = 512 };

/* realloc would leave the old bytes in freed memory. */
static void grow(struct buf *b, size_t wanted)
{
	size_t size = b->allocated ? b->allocated : b->cap < FIRST_BYTES ? b->cap : FIRST_BYTES;
	while (size < wanted)
		size = size > b->cap / 2 ? b->cap : size * 2;
	uint8_t *bigger = malloc(size);
	if (!bigger) {
		b->err = ERR_MEMORY;
		return;
	}
	if (b->data) {
		memcpy(bigger, b->data, b->len);
		explicit_bzero(b->data, b->allocated);
		free(b->data);
	}
	b->data = bigger;
	b->allocated = size;
}

static int reserve(struct buf *b, size_t more)
{
	if (b->err)
		return 0;
	if (more > b->cap - b->len) {
		b->err = ERR_TOO_LARGE;
		return 0;
	}
	if (b->len + more > b->allocated)
		grow(b, b->len + more);
	return !b->err;
}

uint8_t *buf_room(struct buf *b, size_t len)
{
	static uint8_t nothing;
	if (!reserve(b, len))
		return NULL;
	uint8_t *room = b->data ? b->data + b->len : &nothing;
	b->len += len;
	return room;
}

void buf_add(struct buf *b, const void *bytes, size_t len)
{
	uint8_t *room = buf_room(b, len);
	if (room && len)
		memcpy(room, bytes, len);
}

void buf_byte(struct buf *b, uint8_t byte)
{
	buf_add(b, &byte, 1);
}

void buf_text(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

/* Into the room that is there, and once more when it was too little. */
void buf_format(struct buf *b, const char *format, ...)
{
	size_t limit = b->allocated < b->cap ? b->allocated : b->cap;
	size_t room = b->err || b->len > limit ? 0 : limit - b->len;
	va_list args;
	va_start(args, format);
	int len = vsnprintf(room ? (char *)b->data + b->len : NULL, room, format, args);
	va_end(args);
	if (len < 0) {
		b->err = b->err ? b->err : ERR_INTERNAL;
		return;
	}
	if ((size_t)len >= room) {
		if (!reserve(b, (size_t)len + 1))
			return;
		va_start(args, format);
		vsnprintf((char *)b->data + b->len, (size_t)len + 1, format, args);
		va_end(args);
	}
	b->len += (size_t)len;
}

const char *buf_string(struct buf *b)
{
	if (!reserve(b, 1))
		return NULL;
	b->data[b->len] = '\0';
	return (const char *)b->data;
}

enum err buf_check(const struct buf *b)
{
	return b->err;
}
