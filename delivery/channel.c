#include "delivery/channel.h"
#include "delivery/channel_sms.h"
#include "delivery/channel_smtp.h"
#include "delivery/channel_spool.h"

#include <string.h>

enum { ID_MAX = 64 };

/* The settings name the adapter once more. */
#define GATEWAY(gateway)                                                                                               \
	{                                                                                                              \
		.name = (gateway), .kinds = {CHANNEL_SMS}, .kind_count = 1, .check = channel_sms_check,                \
		.port = channel_sms_port, .send = channel_sms_send                                                     \
	}

static const struct delivery_channel channels[] = {
	{.name = "spool",
	 .kinds = {CHANNEL_MAIL, CHANNEL_SMS},
	 .kind_count = 2,
	 .begin = channel_spool_begin,
	 .send = channel_spool_send},
	{.name = "smtp",
	 .kinds = {CHANNEL_MAIL},
	 .kind_count = 1,
	 .check = channel_smtp_check,
	 .port = channel_smtp_port,
	 .send = channel_smtp_send},
	GATEWAY("twilio"),
	GATEWAY("vonage"),
	GATEWAY("infobip"),
	GATEWAY("webhook"),
};

static bool carries(const struct delivery_channel *c, enum message_channel kind)
{
	for (size_t i = 0; i < c->kind_count; i++)
		if (c->kinds[i] == kind)
			return true;
	return false;
}

const struct delivery_channel *channel_find(const char *name, enum message_channel kind)
{
	for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++)
		if (strcmp(channels[i].name, name) == 0 && carries(&channels[i], kind))
			return &channels[i];
	return NULL;
}

bool channel_id_ok(const char *id)
{
	size_t len = strlen(id);
	return len > 0 && len <= ID_MAX &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == len;
}
