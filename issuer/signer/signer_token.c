#include "issuer/signer/signer_token.h"

#include "base/clock.h"
#include "base/log.h"
#include "ca/key_uri.h"
#include "issuer/token/token.h"

#include <openssl/err.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* SIGN_MS for a look too: what is fast enough to sign is fast enough to come back. Less than a stop waits for us. */
enum { KEYS_MOST = 16, SIGN_MS = 4000, FIRST_LOOK_MS = 5000, PAUSE_MS = 1000, SAID_MOST = 8 };

struct held {
	struct signer_token *token;
	struct key_hand hand;
	char uri[KEY_URI_MAX + 1];
	EVP_PKEY *public; /* NULL until the token has told; with lock held, as are: */
	bool away;
	struct errbuf why; /* of its being away */
	unsigned said;	   /* how many other reasons were logged */
};

struct signer_token {
	struct line *line;
	struct held keys[KEYS_MOST];
	size_t count;
	pthread_mutex_t lock;
	pthread_cond_t changed; /* a key has gone, or it is time to end */
	bool stop;
	pthread_t thread;
	bool running;
};

/* Nobody there to be asked says nothing new of a key that is away: the token's process begins anew again and again. */
static bool says_why(enum err e)
{
	return e != ERR_TIMEOUT && e != ERR_CLOSED && e != ERR_UNAVAILABLE;
}

static void note_away(struct held *k, enum err e, const struct errbuf *why)
{
	pthread_mutex_lock(&k->token->lock);
	bool went = !k->away, other = !went && says_why(e) && strcmp(k->why.text, why->text) != 0;
	if (went || other)
		k->why = *why;
	k->said = went ? 0 : k->said + other;
	other = other && k->said <= SAID_MOST;
	k->away = true;
	pthread_cond_signal(&k->token->changed);
	pthread_mutex_unlock(&k->token->lock);
	if (went)
		log_event(LOG_LEVEL_ALARM, "token.away", {"key", k->uri}, {"why", why->text},
			  {"what", "nothing is signed by it until it is back"});
	else if (other)
		log_event(LOG_LEVEL_INFO, "token.still_away", {"key", k->uri}, {"why", why->text});
}

static void note_back(struct held *k)
{
	pthread_mutex_lock(&k->token->lock);
	bool was = k->away;
	k->away = false;
	pthread_mutex_unlock(&k->token->lock);
	if (was)
		log_event(LOG_LEVEL_WARNING, "token.back", {"key", k->uri});
}

static enum err away(struct held *k, struct errbuf *why)
{
	enum err e = ERR_OK;
	pthread_mutex_lock(&k->token->lock);
	if (k->away)
		e = fail(why, ERR_UNAVAILABLE,
			 "the token with the key is away; try again later"); /* the log says more */
	pthread_mutex_unlock(&k->token->lock);
	return e;
}

/* What comes back is verified, so that another key of the same name is as good as none. */
static enum err ask(struct held *k, const struct key_digest *digest, struct key_signature *out, int milliseconds)
{
	struct errbuf why = {""};
	enum err e = token_sign(k->token->line, k->uri, digest, out, milliseconds, &why);
	if (!e && !key_digest_verify(k->public, digest, out))
		e = fail(&why, ERR_REFUSED, "the token has another key of this name than the one that is certified");
	ERR_clear_error();
	if (e && !why.text[0])
		fail(&why, e, "%s", err_text(e));
	if (e)
		note_away(k, e, &why);
	return e;
}

static enum err sign(void *ctx, const struct key_digest *digest, struct key_signature *out)
{
	enum err e = away(ctx, NULL);
	return e ? e : ask(ctx, digest, out, SIGN_MS);
}

/* Which key it is, of one that has no certificate yet. Once: who would put another one into its place begins anew. */
static enum err learn(struct held *k, int milliseconds)
{
	struct errbuf why = {""};
	EVP_PKEY *public = NULL;
	if (k->public) /* nobody else sets it */
		return ERR_OK;
	enum err e = token_public(k->token->line, k->uri, &public, milliseconds, &why);
	if (e) {
		note_away(k, e, why.text[0] ? &why : &(struct errbuf){"the token's process gives no public key"});
		return e;
	}
	pthread_mutex_lock(&k->token->lock);
	k->public = public;
	pthread_mutex_unlock(&k->token->lock);
	return ERR_OK;
}

static void look(struct held *k, int milliseconds)
{
	struct key_digest d;
	struct key_signature s;
	if (learn(k, milliseconds) == ERR_OK && key_digest_random(&d) == ERR_OK &&
	    ask(k, &d, &s, milliseconds) == ERR_OK)
		note_back(k);
}

static bool any_away(const struct signer_token *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->keys[i].away)
			return true;
	return false;
}

/* Until the next look is due, or there is nothing to look for; false: it is time to end. Called with the lock held. */
static bool wait_for_away(struct signer_token *t)
{
	struct timespec until;
	while (!t->stop && !any_away(t))
		pthread_cond_wait(&t->changed, &t->lock);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PAUSE_MS / 1000;
	while (!t->stop && pthread_cond_timedwait(&t->changed, &t->lock, &until) == 0)
		;
	return !t->stop;
}

static void *keep_looking(void *arg)
{
	struct signer_token *t = arg;
	pthread_mutex_lock(&t->lock);
	while (wait_for_away(t))
		for (size_t i = 0; i < t->count; i++) {
			if (!t->keys[i].away)
				continue;
			pthread_mutex_unlock(&t->lock);
			look(&t->keys[i], SIGN_MS);
			pthread_mutex_lock(&t->lock);
		}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

enum err signer_token_new(struct line *line, struct signer_token **out, struct errbuf *why)
{
	pthread_condattr_t attributes;
	struct signer_token *t = calloc(1, sizeof *t);
	if (!t)
		return ERR_MEMORY;
	t->line = line;
	if (pthread_condattr_init(&attributes) != 0) {
		free(t);
		return fail(why, ERR_MEMORY, "no lock for the token's keys");
	}
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&t->changed, &attributes); /* neither fails on Linux */
	pthread_mutex_init(&t->lock, NULL);
	pthread_condattr_destroy(&attributes);
	*out = t;
	return ERR_OK;
}

void signer_token_free(struct signer_token *t)
{
	if (!t)
		return;
	pthread_mutex_lock(&t->lock);
	t->stop = true;
	pthread_cond_signal(&t->changed);
	pthread_mutex_unlock(&t->lock);
	if (t->running)
		pthread_join(t->thread, NULL);
	for (size_t i = 0; i < t->count; i++)
		EVP_PKEY_free(t->keys[i].public);
	pthread_cond_destroy(&t->changed);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static struct held *find(struct signer_token *t, const char *uri)
{
	for (size_t i = 0; t && i < t->count; i++)
		if (strcmp(t->keys[i].uri, uri) == 0)
			return &t->keys[i];
	return NULL;
}

enum err signer_token_want(struct signer_token *t, const char *uri, const EVP_PKEY *public, struct errbuf *why)
{
	const struct held *same = find(t, uri);
	if (same)
		return same->public && public && EVP_PKEY_eq(same->public, public) == 1
			   ? ERR_OK
			   : fail(why, ERR_REFUSED, "%s is the key of another certificate", uri);
	if (t->count == KEYS_MOST || strlen(uri) > KEY_URI_MAX)
		return fail(why, ERR_LIMIT, "at most %d keys of a token are used", KEYS_MOST);
	struct held *k = &t->keys[t->count];
	*k = (struct held){.token = t, .hand = {sign, k}};
	snprintf(k->uri, sizeof k->uri, "%s", uri);
	if (public && !(k->public = EVP_PKEY_dup((EVP_PKEY *)(uintptr_t) public)))
		return ERR_MEMORY;
	t->count++;
	return ERR_OK;
}

enum err signer_token_key(struct signer_token *t, const char *uri, EVP_PKEY **out, struct errbuf *why)
{
	struct held *k = find(t, uri);
	if (!k)
		return fail(why, ERR_NOT_FOUND, "%s is no key of the signer", uri);
	pthread_mutex_lock(&t->lock);
	enum err rc = k->public ? key_remote_new(k->public, &k->hand, out)
				: fail(why, ERR_UNAVAILABLE, "the token with the key was not seen yet");
	pthread_mutex_unlock(&t->lock);
	return rc == ERR_REFUSED ? fail(why, rc, "%s: a key of this type cannot be used", uri) : rc;
}

enum err signer_token_start(struct signer_token *t, struct errbuf *why)
{
	int64_t deadline = clock_mono_ms() + FIRST_LOOK_MS;
	for (size_t i = 0; i < t->count; i++) {
		int64_t left = deadline - clock_mono_ms();
		look(&t->keys[i], left > 0 ? (int)left : 0);
	}
	t->running = pthread_create(&t->thread, NULL, keep_looking, t) == 0;
	return t->running ? ERR_OK : fail(why, ERR_MEMORY, "no thread for the token's keys");
}

enum err signer_token_check(struct signer_token *t, const char *uri, struct errbuf *why)
{
	struct held *k = find(t, uri);
	return k ? away(k, why) : ERR_OK;
}
