#include "issuer/process/control.h"
#include "base/pack.h"

#include <string.h>

static const char *const role_names[ROLE_COUNT] = {
	[ROLE_SUPERVISOR] = "supervisor", [ROLE_SIGNER] = "signer", [ROLE_FRONT] = "front",
	[ROLE_COURIER] = "courier",       [ROLE_CLERK] = "clerk",
	[ROLE_TOKEN] = "token",
};

const struct link link_table[] = {
	{ROLE_FRONT, ROLE_SIGNER},
	{ROLE_CLERK, ROLE_SIGNER},
	{ROLE_CLERK, ROLE_COURIER},
	{ROLE_SIGNER, ROLE_TOKEN},
};
const size_t link_count = sizeof link_table / sizeof *link_table;

const char *role_name(enum role r)
{
	return (unsigned)r < ROLE_COUNT ? role_names[r] : "unknown";
}

enum err role_from_name(const char *name, enum role *out)
{
	for (unsigned r = 0; r < ROLE_COUNT; r++)
		if (strcmp(role_names[r], name) == 0) {
			*out = (enum role)r;
			return ERR_OK;
		}
	return ERR_USAGE;
}

void birth_pack(const struct birth *b, struct buf *out)
{
	pack_u8(out, (uint8_t)b->role);
	pack_i64(out, b->parent);
	pack_u8(out, b->change_user);
	pack_u32(out, b->uid);
	pack_u32(out, (uint32_t)b->group_count);
	for (size_t i = 0; i < b->group_count; i++)
		pack_u32(out, b->groups[i]);
}

enum err birth_unpack(const void *bytes, size_t len, struct birth *out)
{
	struct unpack u = unpack_begin(bytes, len);
	*out = (struct birth){.role = (enum role)unpack_u8(&u), .parent = (pid_t)unpack_i64(&u)};
	out->change_user = unpack_u8(&u) != 0;
	out->uid = unpack_u32(&u);
	out->group_count = unpack_u32(&u);
	if (out->group_count > GROUPS_MOST || (unsigned)out->role >= ROLE_COUNT)
		return ERR_MALFORMED;
	for (size_t i = 0; i < out->group_count; i++)
		out->groups[i] = unpack_u32(&u);
	return unpack_end(&u);
}
