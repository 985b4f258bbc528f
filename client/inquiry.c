#include "client/inquiry.h"
#include "base/clock.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RETRY_MS = 5000 };

struct inquiry {
	struct inquiry_settings settings; /* its responder owned */
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t done;  /* an asking has ended */
	struct cache *cache;
};

struct inquiry *inquiry_new(const struct inquiry_settings *settings)
{
	struct inquiry *made = calloc(1, sizeof *made);
	if (!made)
		return NULL;
	made->settings = *settings;
	made->settings.responder = strdup(settings->responder);
	made->cache = cache_new(settings->kept);
	pthread_mutex_init(&made->lock, NULL);
	pthread_cond_init(&made->done, NULL);
	if (made->settings.responder && made->cache)
		return made;
	inquiry_free(made);
	return NULL;
}

void inquiry_free(struct inquiry *inquiry)
{
	if (!inquiry)
		return;
	cache_free(inquiry->cache);
	pthread_cond_destroy(&inquiry->done);
	pthread_mutex_destroy(&inquiry->lock);
	free((char *)inquiry->settings.responder);
	free(inquiry);
}

/* Revoked once is revoked (RFC 5280 section 5.3.1 lets only a hold end), so nobody need be asked any more. */
static bool is_usable(const struct kept *k, int64_t now)
{
	return k->answer.revocation == COUNTERFOIL_REVOCATION_REVOKED ||
	       (k->answer.revocation && now <= k->answer.until);
}

static bool is_due(const struct kept *k, int64_t now)
{
	if (k->answer.revocation == COUNTERFOIL_REVOCATION_REVOKED)
		return false;
	return clock_mono_ms() >= k->due_at || (!k->flaw && now > k->answer.until);
}

/* An older answer, perhaps kept by somebody on the way, does not replace a later one that still counts. */
static bool is_superseded(const struct ocsp_answer *fresh, const struct kept *k, int64_t now)
{
	return fresh->revocation != COUNTERFOIL_REVOCATION_REVOKED && is_usable(k, now) &&
	       fresh->this_update < k->answer.this_update;
}

static void learn(struct kept *k, enum ocsp_flaw flaw, const struct ocsp_answer *fresh, const struct inquiry *in, int64_t now)
{
	const uint32_t wait = flaw && in->settings.refresh_ms > RETRY_MS ? RETRY_MS : in->settings.refresh_ms;
	k->due_at = clock_mono_ms() + wait;
	k->flaw = flaw;
	if (!flaw && !is_superseded(fresh, k, now))
		k->answer = *fresh;
}

/* Called with the lock held, and returns with it; what is asked about stays in its place. */
static void ask(struct inquiry *in, struct kept *k, const STACK_OF(X509) *chain, int64_t now)
{
	const struct ocsp_inquirer inquirer = {.responder = in->settings.responder, .timeout_ms = in->settings.timeout_ms,
					       .certificate = sk_X509_value(chain, 0), .issuer = sk_X509_value(chain, 1), .now = now};
	struct ocsp_answer fresh = {0};
	k->asking = true;
	pthread_mutex_unlock(&in->lock);
	enum ocsp_flaw flaw = ocsp_ask(&inquirer, &fresh);
	pthread_mutex_lock(&in->lock);
	learn(k, flaw, &fresh, in, now);
	k->asking = false;
	pthread_cond_broadcast(&in->done);
}

/* Not being asked about, or usable all the same. A wait ends with an asking, and that within its time. */
static struct kept *await(struct inquiry *in, const unsigned char key[KEPT_KEY_SIZE], int64_t now)
{
	for (;;) {
		struct kept *k = cache_find(in->cache, key);
		if (k && (!k->asking || is_usable(k, now)))
			return k;
		pthread_cond_wait(&in->done, &in->lock);
	}
}

static counterfoil_revocation settle(const struct kept *k, int64_t now, bool *denied, char why[REVOCATION_WHY_SIZE])
{
	if (is_usable(k, now))
		return k->answer.revocation;
	*denied = k->flaw == OCSP_FLAW_UNKNOWN;
	snprintf(why, REVOCATION_WHY_SIZE, "%s", ocsp_flaw_text(k->flaw ? k->flaw : OCSP_FLAW_LATE));
	return COUNTERFOIL_REVOCATION_UNKNOWN;
}

static counterfoil_revocation say_unknown(char why[REVOCATION_WHY_SIZE], const char *text)
{
	snprintf(why, REVOCATION_WHY_SIZE, "%s", text);
	return COUNTERFOIL_REVOCATION_UNKNOWN;
}

counterfoil_revocation inquiry_of(struct inquiry *inquiry, const STACK_OF(X509) *chain, int64_t now, bool *denied,
				  char why[REVOCATION_WHY_SIZE])
{
	unsigned char key[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	bool unwanted = false;
	denied = denied ? denied : &unwanted;
	*denied = false;
	if (sk_X509_num(chain) < 2)
		return say_unknown(why, "the certificate's own issuer is not among the CAs given");
	if (X509_digest(sk_X509_value(chain, 0), EVP_sha256(), key, &len) != 1 || len != KEPT_KEY_SIZE)
		return say_unknown(why, ocsp_flaw_text(OCSP_FLAW_MEMORY));
	pthread_mutex_lock(&inquiry->lock);
	struct kept *k = await(inquiry, key, now);
	if (!k->asking && is_due(k, now))
		ask(inquiry, k, chain, now);
	counterfoil_revocation found = settle(k, now, denied, why);
	pthread_mutex_unlock(&inquiry->lock);
	return found;
}
