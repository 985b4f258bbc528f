#include "delivery/channel.h"
#include "delivery/channel_spool.h"

#include <string.h>

static const struct delivery_channel channels[] = {
	{.name = "spool", .begin = channel_spool_begin, .send = channel_spool_send},
};

const struct delivery_channel *channel_find(const char *name)
{
	for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++)
		if (strcmp(channels[i].name, name) == 0)
			return &channels[i];
	return NULL;
}
