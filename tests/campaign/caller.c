#include "tests/campaign/caller.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct caller {
	const struct installation *at;
	CURL *staff, *recipient;
	char authority[PATH_MAX], identity[PATH_MAX];
};

void answer_clear(struct answer *a)
{
	free(a->body);
	json_decref(a->json);
	*a = (struct answer){0};
}

const char *answer_text(const struct answer *a, const char *member)
{
	const char *text = json_string_value(json_object_get(a->json, member));
	return text ? text : "";
}

bool answer_is(const struct answer *a, long status, const char *code)
{
	return a->status == status && strcmp(answer_text(a, "code"), code) == 0;
}

size_t answer_take(char *bytes, size_t size, size_t n, void *ctx)
{
	struct answer *a = ctx;
	size_t len = size * n;
	char *more = a->len + len < CALL_BYTES_MAX ? realloc(a->body, a->len + len + 1) : NULL;
	if (!more)
		return 0;
	memcpy(more + a->len, bytes, len);
	a->body = more;
	a->len += len;
	a->body[a->len] = '\0';
	return len;
}

/* An answer that was cut is none. */
static long perform(CURL *curl, struct curl_slist *headers, struct answer *out)
{
	answer_clear(out);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, answer_take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, out);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	CURLcode rc = curl_easy_perform(curl);
	if (rc == CURLE_OK)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &out->status);
	if (out->status && out->len)
		out->json = json_loadb(out->body, out->len, 0, NULL);
	curl_slist_free_all(headers);
	return out->status;
}

static void begin(const struct caller *c, CURL *curl, const char *base, const char *path)
{
	char url[512];
	snprintf(url, sizeof url, "%s%s", base, path);
	curl_easy_reset(curl);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_CAINFO, c->authority);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)CALL_SECONDS);
}

static void identify(const struct caller *c, CURL *curl)
{
	curl_easy_setopt(curl, CURLOPT_SSLCERT, c->identity);
	curl_easy_setopt(curl, CURLOPT_SSLCERTTYPE, "P12");
	curl_easy_setopt(curl, CURLOPT_KEYPASSWD, c->at->password);
}

static void post(CURL *curl, const char *body)
{
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)strlen(body));
	curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, body);
	/* On a kept connection the library repeats a request by itself when it dies without a word: here we want to know. */
	curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
}

long call_staff(struct caller *c, const char *method, const char *path, const char *json, struct answer *out)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	begin(c, c->staff, c->at->members_url, path);
	identify(c, c->staff);
	if (strcmp(method, "POST") == 0)
		post(c->staff, json ? json : "");
	return perform(c->staff, headers, out);
}

long call_recipient(struct caller *c, const char *url, const char *claim, const char *form, struct answer *out)
{
	char bearer[128];
	struct curl_slist *headers = curl_slist_append(NULL, "Accept: application/json");
	snprintf(bearer, sizeof bearer, "Authorization: Bearer %s", claim ? claim : "");
	if (claim && claim[0])
		headers = curl_slist_append(headers, bearer);
	begin(c, c->recipient, url, "");
	if (form)
		post(c->recipient, form);
	return perform(c->recipient, headers, out);
}

long call_holder(struct caller *c, const char *path, const char *pem, struct answer *out)
{
	CURL *curl = curl_easy_init();
	begin(c, curl, c->at->members_url, path);
	curl_easy_setopt(curl, CURLOPT_SSLCERT, pem);
	curl_easy_setopt(curl, CURLOPT_SSLKEY, pem);
	long status = perform(curl, NULL, out);
	curl_easy_cleanup(curl);
	return status;
}

long call_plain_text(const char *url, long milliseconds, struct answer *out)
{
	CURL *curl = curl_easy_init();
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, milliseconds);
	long status = perform(curl, NULL, out);
	curl_easy_cleanup(curl);
	return status;
}

long call_plain(const char *url, long milliseconds)
{
	struct answer a = {0};
	long status = call_plain_text(url, milliseconds, &a);
	answer_clear(&a);
	return status;
}

struct caller *caller_new(const struct installation *i)
{
	struct caller *c = calloc(1, sizeof *c);
	if (!c)
		abort();
	c->at = i;
	c->staff = curl_easy_init();
	c->recipient = curl_easy_init();
	snprintf(c->authority, sizeof c->authority, "%s/ca/root.pem", i->dir);
	snprintf(c->identity, sizeof c->identity, "%s/admin.p12", i->dir);
	return c;
}

void caller_free(struct caller *c)
{
	if (!c)
		return;
	curl_easy_cleanup(c->staff);
	curl_easy_cleanup(c->recipient);
	free(c);
}
