#include "ca/der_read.h"

struct der_in der_in_begin(const void *bytes, size_t len)
{
	return (struct der_in){.at = bytes, .left = len};
}

bool der_in_is(const struct der_in *in, enum der_tag tag)
{
	return !in->bad && in->left > 0 && in->at[0] == (uint8_t)tag;
}

static struct der_in spoil(struct der_in *in)
{
	*in = (struct der_in){.bad = true};
	return *in;
}

/* X.690 8.1.3 and 10.1; no message of ours has a length of more than four octets. False: not so. */
static bool length_read(const struct der_in *in, size_t *header, size_t *len)
{
	if (in->left < 2)
		return false;
	size_t octets = in->at[1] & 0x7f;
	*header = 2;
	*len = octets;
	if (!(in->at[1] & 0x80))
		return true;
	if (octets == 0 || octets > 4 || in->left < 2 + octets || in->at[2] == 0)
		return false;
	*header += octets;
	*len = 0;
	for (size_t i = 0; i < octets; i++)
		*len = *len << 8 | in->at[2 + i];
	return *len >= 0x80;
}

static struct der_in value_take(struct der_in *in)
{
	size_t header = 0, len = 0;
	if (in->bad || !length_read(in, &header, &len) || len > in->left - header)
		return spoil(in);
	struct der_in value = {.at = in->at + header, .left = len};
	in->at += header + len;
	in->left -= header + len;
	return value;
}

struct der_in der_in_take(struct der_in *in, enum der_tag tag)
{
	return der_in_is(in, tag) ? value_take(in) : spoil(in);
}

void der_in_skip(struct der_in *in)
{
	if (in->left == 0 || (in->at[0] & 0x1f) == 0x1f) /* a tag of several octets */
		spoil(in);
	else
		(void)value_take(in);
}

enum err der_in_end(const struct der_in *in)
{
	return in->bad || in->left ? ERR_MALFORMED : ERR_OK;
}

struct der_in der_in_integer(struct der_in *in)
{
	struct der_in value = der_in_take(in, DER_INTEGER);
	bool padded = value.left > 1 && ((value.at[0] == 0 && !(value.at[1] & 0x80)) ||
					 (value.at[0] == 0xff && value.at[1] & 0x80));
	return value.left == 0 || padded ? spoil(in) : value;
}
