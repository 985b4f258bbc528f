/* sms: a message as the request that a gateway documents, and the gateway's answer as what has become of the message.
 *
 * Pure: bytes in, bytes out; nothing here opens a connection. Each gateway is one row of a table and one file. What a
 * gateway says in words never leaves this module, for it may repeat the number or the text: reasons name its codes. */
#ifndef DELIVERY_SMS_H
#define DELIVERY_SMS_H

#include "base/buf.h"
#include "base/secret.h"

#include <stdbool.h>

enum {
	SMS_HEADERS_MAX = 4,
	SMS_REFERENCE_SIZE = 65,
	SMS_ANSWER_MAX = 65536,
	SMS_RECEIPT_URL_MAX = 512,
	SMS_TEXT_SIZE = 641, /* four bytes for each of a segment's letters */
};

/* What the settings say of it. Borrowed; a text that is not given is "". */
struct sms_gateway {
	const char *url;      /* where it answers; "" the gateway's own address, where it has one for all */
	const char *account;  /* Twilio: the account's SID; Vonage: the API key */
	const char *user;     /* Twilio: an API key's SID; "" the account itself */
	const char *sender;   /* number or name that the telephone shows; Twilio: also a messaging service's SID */
	const char *template; /* webhook: the body, JSON with {to} {text} {id} {from} {receipt} */
	bool has_secret;              /* its file is named */
	const struct secret *secret;  /* NULL before it is read: auth token, API secret, API key, bearer token */
	const struct secret *signing; /* webhook: what its requests are signed with; NULL: they are not */
};

struct sms_job {
	const char *id;      /* idempotency key: 1 to 64 letters, digits, '-' and '_' */
	const char *to;      /* E.164 */
	const char *text;    /* one segment of GSM 7-bit */
	const char *receipt; /* address for the delivery receipt; "" none is wanted */
	int64_t now;
};

/* A POST. Each header is one line "Name: value" without its end. Freed by sms_request_clear, which wipes: there is a
 * secret in it. */
struct sms_request {
	struct buf url, body;
	struct buf header[SMS_HEADERS_MAX];
	size_t headers;
};
void sms_request_clear(struct sms_request *r);

struct sms_answer {
	int status; /* of HTTP */
	const uint8_t *body;
	size_t len;
};

struct sms_adapter {
	const char *name;
	const char *url;         /* when the settings have none; NULL: they must */
	const char *const *needs; /* names of what else the settings must have, NULL-terminated */
	size_t receipt_url_most; /* longest address for receipts that the gateway takes */
	void (*build)(const struct sms_gateway *g, const struct sms_job *job, struct sms_request *out);
	enum err (*read)(const struct sms_answer *a, char reference[SMS_REFERENCE_SIZE], struct errbuf *why);
};

/* NULL when there is none of that name: twilio, vonage, infobip, webhook. */
const struct sms_adapter *sms_adapter_find(const char *name);

/* At start: has it all that it needs, and is that in shape? ERR_USAGE names the setting. The secret is looked at
 * when it is read. */
enum err sms_gateway_check(const struct sms_adapter *a, const struct sms_gateway *g, struct errbuf *why) MUST_CHECK;

/* The TCP port of its address; 0 when that is none. */
uint16_t sms_gateway_port(const struct sms_adapter *a, const struct sms_gateway *g);

/* The request for one message. ERR_INVALID: no E.164 number, no text of one segment, no id. Clear *out in every
 * case. */
enum err sms_build(const struct sms_adapter *a, const struct sms_gateway *g, const struct sms_job *job,
		   struct sms_request *out, struct errbuf *why) MUST_CHECK;

/* What the answer says, by what the gateway documents as success and nothing else:
 * ERR_OK: accepted; reference is the gateway's own id of the message, "" when it told none.
 * ERR_REFUSED: never try again (the number cannot get messages, the text is not taken).
 * ERR_LIMIT: a plain no for now (too fast, no credit); ERR_USAGE: a plain no until somebody sets right what is wrong
 * with the account or the settings. After either the next try is a new one for the gateway, too.
 * ERR_UNAVAILABLE: again later, and nobody knows whether this one was taken. */
enum err sms_read(const struct sms_adapter *a, const struct sms_answer *answer, char reference[SMS_REFERENCE_SIZE],
		  struct errbuf *why) MUST_CHECK;

#endif
