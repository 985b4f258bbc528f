#include "client/password.h"
#include "base/file.h"
#include "client/pkcs12.h"

#include <errno.h>
#include <string.h>

static size_t without_line_end(const struct buf *text)
{
	const uint8_t *end = text->len ? memchr(text->data, '\n', text->len) : NULL;
	size_t len = end ? (size_t)(end - text->data) : text->len;
	return len && text->data[len - 1] == '\r' ? len - 1 : len;
}

counterfoil_code password_of_place(const counterfoil_place *place, struct buf *out, counterfoil_error *error)
{
	counterfoil_code code = place_read(place, "password", out, error);
	if (!code && !place->data.data)
		out->len = without_line_end(out);
	return code;
}

/* Byte by byte: what follows the line on the descriptor is not ours. */
static counterfoil_code of_descriptor(int fd, struct buf *out, counterfoil_error *error)
{
	char byte = 0;
	ssize_t n;
	while ((n = file_read_some(fd, &byte, 1)) == 1 && byte != '\n' && !buf_check(out))
		buf_byte(out, (uint8_t)byte);
	out->len = buf_check(out) ? 0 : without_line_end(out);
	byte = 0;
	if (n < 0)
		return outcome(error, COUNTERFOIL_FILE_UNREADABLE, "the password cannot be read from descriptor %d: %s", fd,
			       strerror(errno));
	if (buf_check(out) == ERR_TOO_LARGE)
		return outcome(error, COUNTERFOIL_TOO_LARGE, "the line on descriptor %d is longer than a password", fd);
	return buf_check(out) ? outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL) : COUNTERFOIL_OK;
}

static counterfoil_code of_callback(const counterfoil_identity_options *from, struct buf *out, counterfoil_error *error)
{
	uint8_t *room = buf_room(out, PKCS12_PASSWORD_MAX);
	if (!room)
		return outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	int64_t len = from->ask(from->context, room, PKCS12_PASSWORD_MAX);
	if (len < 0 || len > PKCS12_PASSWORD_MAX)
		return outcome(error, COUNTERFOIL_STOPPED, "the callback gave no password");
	out->len = (size_t)len;
	return COUNTERFOIL_OK;
}

static counterfoil_code fetch(const counterfoil_identity_options *from, struct buf *out, counterfoil_error *error)
{
	if (from->password_fd)
		return of_descriptor(*from->password_fd, out, error);
	if (from->ask)
		return of_callback(from, out, error);
	return place_is_given(&from->password) ? password_of_place(&from->password, out, error) : COUNTERFOIL_OK;
}

counterfoil_code password_have(struct password *password, counterfoil_bytes *out, counterfoil_error *error)
{
	if (!password->had) {
		password->bytes = PASSWORD_BUF;
		counterfoil_code code = fetch(password->from, &password->bytes, error);
		if (code)
			return code;
		password->had = true;
	}
	*out = (counterfoil_bytes){password->bytes.data, password->bytes.len};
	return COUNTERFOIL_OK;
}

bool password_is_given(const struct password *password)
{
	return password->from->password_fd || password->from->ask || place_is_given(&password->from->password);
}

void password_clear(struct password *password)
{
	buf_free(&password->bytes);
	password->had = false;
}
