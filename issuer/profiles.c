#include "issuer/profiles.h"

#include "base/file.h"

#include <string.h>

const char *profiles_path(const struct settings *s, enum profile_id id)
{
	const char *const paths[PROFILE_COUNT] = {
		[PROFILE_ROOT] = s->profile_root,     [PROFILE_ISSUING] = s->profile_issuing,
		[PROFILE_CLIENT] = s->profile_client, [PROFILE_STAFF] = s->profile_staff,
		[PROFILE_SERVER] = s->profile_server, [PROFILE_OCSP] = s->profile_ocsp,
	};
	return paths[id] ? paths[id] : "";
}

enum err profiles_load(const struct settings *s, enum profile_id id, struct profile *out, struct errbuf *why)
{
	const char *path = profiles_path(s, id);
	if (!path[0]) {
		*out = *profile_get(id);
		return ERR_OK;
	}
	struct buf text = BUF_INIT(PROFILE_MAX_BYTES);
	enum err e = file_read_guarded(path, &text, why);
	if (!e)
		e = profile_read(id, (const char *)text.data, text.len, path, out, why);
	buf_free(&text);
	return e;
}

enum err profiles_write(const struct settings *s, struct errbuf *why)
{
	enum err e = ERR_OK;
	for (int id = 0; id < PROFILE_COUNT && !e; id++) {
		const char *text = profile_text((enum profile_id)id);
		e = file_publish(profiles_path(s, (enum profile_id)id), text, strlen(text), 0644, why);
	}
	return e;
}
