/* caller: HTTP as the parties speak it: staff with their certificate, recipients with a claim, holders with theirs. */
#ifndef TESTS_CAMPAIGN_CALLER_H
#define TESTS_CAMPAIGN_CALLER_H

#include "tests/campaign/installation.h"

#include <curl/curl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { CALL_BYTES_MAX = 1 << 20, CALL_SECONDS = 90 };

struct answer {
	long status;   /* 0: none came; whether it was done is not known */
	char *body;    /* NUL-terminated */
	size_t len;
	json_t *json;  /* NULL when the body is none */
};
void answer_clear(struct answer *a);
/* For CURLOPT_WRITEFUNCTION; ctx is the answer. */
size_t answer_take(char *bytes, size_t size, size_t n, void *ctx);
const char *answer_text(const struct answer *a, const char *member); /* "" when there is none */
bool answer_is(const struct answer *a, long status, const char *code);

struct caller;
struct caller *caller_new(const struct installation *i);
void caller_free(struct caller *c);

/* Each returns the status. */
long call_staff(struct caller *c, const char *method, const char *path, const char *json, struct answer *out);
/* form NULL: GET. */
long call_recipient(struct caller *c, const char *url, const char *claim, const char *form, struct answer *out);
/* GET with the certificate and key in a PEM file. */
long call_holder(struct caller *c, const char *path, const char *pem, struct answer *out);
long call_plain(const char *url, long milliseconds);
long call_plain_text(const char *url, long milliseconds, struct answer *out);

#endif
