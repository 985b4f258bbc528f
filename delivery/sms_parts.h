/* sms_parts: what adapters share. Only for sms*.c. */
#ifndef DELIVERY_SMS_PARTS_H
#define DELIVERY_SMS_PARTS_H

#include "delivery/sms.h"

#include <jansson.h>

extern const struct sms_adapter sms_twilio, sms_vonage, sms_infobip, sms_webhook;

/* The base address without slashes at its end. */
void sms_put_base(const struct sms_adapter *a, const struct sms_gateway *g, struct buf *url);
/* The next header's line, for the caller to fill. */
struct buf *sms_header(struct sms_request *r);
/* "name=value" of application/x-www-form-urlencoded, after '&' unless it is the first. */
void sms_put_field(struct buf *body, const char *name, const char *value);
/* "Authorization: Basic ..." */
void sms_put_basic(struct sms_request *r, const char *user, const struct secret *secret);

/* One code of a gateway's list and what it means for us. */
struct sms_meaning {
	int code;
	enum err means;
};
/* A code that the list has not is nobody's certainty: ERR_USAGE. `what` names it in the reason. */
enum err sms_by_code(const struct sms_meaning *list, size_t count, const char *what, int code,
		     struct errbuf *why) MUST_CHECK;

/* What a status of HTTP alone says; ERR_OK for 2xx. */
enum err sms_by_status(int status, struct errbuf *why) MUST_CHECK;

/* The answer as JSON, or NULL; a new reference. */
json_t *sms_json(const struct sms_answer *a);
/* A whole number that may come as text, too ("0"), or -1. */
int sms_number(const json_t *value);
/* A reference is 1 to 64 printable characters without space, quote, comma, '<' or '>'; "" for anything else. */
void sms_take_reference(const json_t *value, char out[SMS_REFERENCE_SIZE]);
/* 2xx, but not what is documented as success. */
enum err sms_unreadable(const char *name, struct errbuf *why) MUST_CHECK;

#endif
