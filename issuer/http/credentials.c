#include "issuer/http/credentials.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct credentials {
	_Atomic unsigned holds;
	gnutls_certificate_credentials_t own;
	bool ask;
};

struct credentials_slot {
	pthread_mutex_t lock;
	struct credentials *current;
};

static enum err load(struct credentials *c, const struct credentials_source *from, struct errbuf *why)
{
	gnutls_datum_t chain = {from->chain->data, (unsigned)from->chain->len};
	gnutls_datum_t key = {(unsigned char *)secret_peek(from->key), (unsigned)secret_len(from->key)};
	int rc = gnutls_certificate_set_x509_key_mem(c->own, &chain, &key, GNUTLS_X509_FMT_PEM);
	if (rc < 0)
		return fail(why, ERR_USAGE, "TLS certificate and key: %s", gnutls_strerror(rc));
	if (!from->acceptable)
		return ERR_OK;
	gnutls_datum_t trust = {from->acceptable->data, (unsigned)from->acceptable->len};
	rc = gnutls_certificate_set_x509_trust_mem(c->own, &trust, GNUTLS_X509_FMT_PEM);
	if (rc <= 0)
		return fail(why, ERR_USAGE, "CA certificates: %s", gnutls_strerror(rc));
	c->ask = true;
	return ERR_OK;
}

enum err credentials_new(const struct credentials_source *from, struct credentials **out, struct errbuf *why)
{
	struct credentials *c = calloc(1, sizeof *c);
	if (!c || gnutls_certificate_allocate_credentials(&c->own) < 0) {
		free(c);
		return ERR_MEMORY;
	}
	c->holds = 1;
	enum err rc = load(c, from, why);
	if (rc == ERR_OK)
		*out = c;
	else
		credentials_drop(c);
	return rc;
}

struct credentials *credentials_hold(struct credentials *c)
{
	atomic_fetch_add(&c->holds, 1);
	return c;
}

void credentials_drop(struct credentials *c)
{
	if (!c || atomic_fetch_sub(&c->holds, 1) != 1)
		return;
	gnutls_certificate_free_credentials(c->own);
	free(c);
}

enum err credentials_use(struct credentials *c, gnutls_session_t session)
{
	if (gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, c->own) < 0)
		return ERR_CRYPTO;
	if (c->ask) /* ask, and let 401 and 403 say what was wrong: an alert would tell nobody */
		gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
	return ERR_OK;
}

enum err credentials_slot_new(struct credentials *first, struct credentials_slot **out)
{
	struct credentials_slot *s = calloc(1, sizeof *s);
	if (!s) {
		credentials_drop(first);
		return ERR_MEMORY;
	}
	pthread_mutex_init(&s->lock, NULL);
	s->current = first;
	*out = s;
	return ERR_OK;
}

struct credentials *credentials_current(struct credentials_slot *s)
{
	pthread_mutex_lock(&s->lock);
	struct credentials *c = credentials_hold(s->current);
	pthread_mutex_unlock(&s->lock);
	return c;
}

void credentials_swap(struct credentials_slot *s, struct credentials *next)
{
	pthread_mutex_lock(&s->lock);
	struct credentials *old = s->current;
	s->current = next;
	pthread_mutex_unlock(&s->lock);
	credentials_drop(old);
}

void credentials_slot_free(struct credentials_slot *s)
{
	if (!s)
		return;
	credentials_drop(s->current);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
