#include "client/place.h"
#include "base/file.h"

#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 4096, CREDENTIAL_NAME_MAX = 255 };

bool place_is_given(const counterfoil_place *place)
{
	return place->path || place->credential || place->data.data;
}

/* systemd.exec(5): a credential's name is a file's name. */
static bool is_credential_name(const char *name)
{
	size_t len = strnlen(name, CREDENTIAL_NAME_MAX + 1);
	return len > 0 && len <= CREDENTIAL_NAME_MAX && !strchr(name, '/') && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

bool place_is_fit(const counterfoil_place *place)
{
	int ways = (place->path != NULL) + (place->credential != NULL) + (place->data.data != NULL);
	return ways <= 1 && (place->data.data || place->data.len == 0) &&
	       (!place->credential || is_credential_name(place->credential));
}

static counterfoil_code read_file(const char *path, const char *what, struct buf *out, counterfoil_error *error)
{
	struct errbuf why = {0};
	enum err e = file_read(path, out, &why);
	switch (e) {
	case ERR_OK:
		return COUNTERFOIL_OK;
	case ERR_TOO_LARGE:
		return outcome(error, COUNTERFOIL_TOO_LARGE, "%.300s is larger than %zu bytes: not a %s", path, out->cap, what);
	case ERR_MEMORY:
		return outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	default:
		return outcome(error, COUNTERFOIL_FILE_UNREADABLE, "%s", err_why(e, &why));
	}
}

static counterfoil_code read_credential(const char *name, const char *what, struct buf *out, counterfoil_error *error)
{
	const char *folder = secure_getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_SIZE];
	if (!folder || folder[0] != '/')
		return outcome(error, COUNTERFOIL_BAD_INPUT,
			       "systemd handed no credentials to this program: its unit needs LoadCredential=%.100s:FILE", name);
	if (file_join(path, folder, name) != ERR_OK)
		return outcome(error, COUNTERFOIL_BAD_INPUT, "CREDENTIALS_DIRECTORY is too long");
	return read_file(path, what, out, error);
}

counterfoil_code place_read(const counterfoil_place *place, const char *what, struct buf *out, counterfoil_error *error)
{
	if (place->path)
		return read_file(place->path, what, out, error);
	if (place->credential)
		return read_credential(place->credential, what, out, error);
	if (place->data.len > out->cap)
		return outcome(error, COUNTERFOIL_TOO_LARGE, "%zu bytes are too large for a %s (%zu at most)", place->data.len, what,
			       out->cap);
	buf_add(out, place->data.data, place->data.len);
	return buf_check(out) ? outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL) : COUNTERFOIL_OK;
}
