/* Someone who fetches the revocation list again and again: its numbers rise, and whatever was revoked is on it in time and
 * stays there. */
#include "tests/campaign/revocations.h"

#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

enum { EVERY_MS = 250 };

struct watch {
	struct revocations *of;
	int64_t began; /* when the newest list was asked for */
	uint64_t number;
	uint8_t hash[EVP_MAX_MD_SIZE];
};

static bool number_of(X509_CRL *crl, uint64_t *out)
{
	ASN1_INTEGER *number = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
	bool fine = number && ASN1_INTEGER_get_uint64(out, number) == 1;
	ASN1_INTEGER_free(number);
	return fine;
}

/* true: it is another list than the last. */
static bool rises(struct watch *w, X509_CRL *crl)
{
	uint64_t number = 0;
	uint8_t hash[EVP_MAX_MD_SIZE] = {0};
	char text[96];
	bool fine = number_of(crl, &number) && X509_CRL_digest(crl, EVP_sha256(), hash, NULL) == 1;
	bool same = memcmp(hash, w->hash, sizeof hash) == 0;
	snprintf(text, sizeof text, "revocation list %llu after %llu", (unsigned long long)number, (unsigned long long)w->number);
	if (!fine || number < w->number || (number == w->number) != same)
		violated(&w->of->wrong_list, NULL, text);
	w->number = number;
	memcpy(w->hash, hash, sizeof hash);
	return !same;
}

static bool reason_is_hold(X509_REVOKED *entry)
{
	ASN1_ENUMERATED *reason = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
	bool hold = reason && ASN1_ENUMERATED_get(reason) == CRL_REASON_CERTIFICATE_HOLD;
	ASN1_ENUMERATED_free(reason);
	return hold;
}

static void look_for(struct watch *w, X509_CRL *crl, size_t n)
{
	struct holder *h = &w->of->all.list[n];
	X509_REVOKED *entry = NULL;
	bool listed = X509_CRL_get0_by_serial(crl, &entry, h->number) == 1;
	if (n >= w->of->dying) {
		if (listed && !reason_is_hold(entry))
			violated(&w->of->wrong_hold, h, "on hold, and on the list it is revoked");
	} else if (listed && !h->listed) {
		h->listed = mono_us();
		if (!atomic_load(&h->asked))
			violated(&w->of->wrong_list, h, "on the list, and nobody had asked for it");
	} else if (!listed && h->listed) {
		violated(&w->of->wrong_list, h, "not on the list any more");
	}
}

static bool fetch(struct watch *w, struct asking *a)
{
	answer_clear(&a->answer);
	w->began = mono_us();
	if (curl_easy_perform(a->curl) == CURLE_OK)
		curl_easy_getinfo(a->curl, CURLINFO_RESPONSE_CODE, &a->answer.status);
	return a->answer.status == 200;
}

static void look(struct watch *w, struct asking *a)
{
	const uint8_t *der = (const uint8_t *)a->answer.body;
	X509_CRL *crl = d2i_X509_CRL(NULL, &der, (long)a->answer.len);
	if (!crl || X509_CRL_verify(crl, X509_get0_pubkey(w->of->all.issuing)) != 1) {
		violated(&w->of->wrong_list, NULL, "a list that cannot be read, or is not signed");
	} else if (rises(w, crl)) {
		w->of->lists++;
		for (size_t n = 0; n < w->of->all.count; n++)
			look_for(w, crl, n);
	}
	X509_CRL_free(crl);
}

static bool overdue(int64_t ended, int64_t now)
{
	return ended && now - ended > (int64_t)LISTED_SECONDS * SECOND;
}

/* false: there is nobody to wait for any more. */
static bool waits(struct watch *w)
{
	struct revocations *r = w->of;
	bool waiting = r->ended < r->dying;
	for (size_t n = 0; n < r->dying; n++) {
		struct holder *h = &r->all.list[n];
		int64_t ended = atomic_load(&h->ended);
		if (!h->listed && overdue(ended, w->began)) {
			h->listed = w->began;
			violated(&r->wrong_list, h, "not on the list a minute after the acknowledgement");
		}
		if (h->listed && ended)
			keep_slowest(&r->slowest_list, h->listed - ended);
		waiting = waiting || !h->listed;
	}
	return waiting;
}

void *watch_lists(void *worker)
{
	struct worker *t = worker;
	struct watch w = {.of = t->of};
	struct asking a = {.curl = curl_easy_init()};
	char url[128];
	snprintf(url, sizeof url, "%s/crl/issuing.crl", w.of->at.status_url);
	curl_easy_setopt(a.curl, CURLOPT_URL, url);
	curl_easy_setopt(a.curl, CURLOPT_WRITEFUNCTION, answer_take);
	curl_easy_setopt(a.curl, CURLOPT_WRITEDATA, &a.answer);
	curl_easy_setopt(a.curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(a.curl, CURLOPT_TIMEOUT_MS, 5000L);
	do {
		if (fetch(&w, &a))
			look(&w, &a);
		pause_ms(EVERY_MS);
	} while (waits(&w) && go_on(w.of));
	asking_end(&a);
	return NULL;
}
