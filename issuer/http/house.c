#include "issuer/http/house.h"
#include "base/encode.h"
#include "base/log.h"
#include "ca/authority.h"
#include "issuer/http/ca_files.h"
#include "issuer/http/crl_cache.h"
#include "issuer/http/first_use.h"
#include "issuer/http/metrics.h"
#include "issuer/http/ocsp.h"
#include "issuer/http/workers.h"
#include "issuer/languages.h"
#include "issuer/root_list.h"

#include <openssl/x509.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
	PEM_MAX_BYTES = 1 << 20,
	KEY_MAX_BYTES = 16384,
	CODE_KEY_BYTES = 32,
	READERS = 4,
	WORKERS = 8,
	QUEUE = 256,
	DRAIN_STEPS = 500, /* of 10 ms */
};

struct house *house_new(void)
{
	struct house *h = calloc(1, sizeof *h);
	if (!h)
		return NULL;
	h->trust_pem = h->front.root_pem = h->front.root_crl_der = BUF_INIT(PEM_MAX_BYTES);
	h->front.kick = -1;
	return h;
}

/* Wakes the clerk; a full counter has woken it already. */
static void kick(struct front *front)
{
	uint64_t one = 1;
	if (front->kick >= 0 && write(front->kick, &one, sizeof one) < 0)
		log_event(LOG_LEVEL_DEBUG, "front.kick_failed", {0});
}

static void outbox_changed(void *ctx)
{
	kick(ctx);
}

static void revocations_changed(void *ctx)
{
	struct front *front = ctx;
	atomic_fetch_add(&front->shared->revocation_generation, 1);
	kick(front);
}

/* Whatever the library loads at its first verification, it loads now; the verdict is of no interest. */
static void verify_once(const struct chain_trust *trust, const struct buf *der, int64_t now)
{
	struct der_view view = {der->data, der->len};
	enum err verdict = chain_verify(trust, &view, 1, CHAIN_CLIENT, now, NULL);
	(void)verdict;
}

/* What clients are told whose certificates are taken. */
static enum err take_trust_pem(struct house *h)
{
	const struct ca_file *all = ca_files_find(h->front.ca_files, "all.pem");
	buf_add(&h->trust_pem, all->bytes.data, all->bytes.len);
	return buf_check(&h->trust_pem);
}

/* Whatever file is there, the newest list that was ever served is served. */
static enum err take_root_list(struct house *h, struct child *c, struct errbuf *why)
{
	struct front *f = &h->front;
	int64_t number = 0;
	X509 *root = NULL;
	enum err rc = child_take_file(c, "file.root_crl", &f->root_crl_der, why);
	/* what is no certificate is told of with all files */
	if (rc == ERR_OK && authority_certificate(&f->root_pem, &root, NULL) == ERR_OK)
		rc = root_list_choose(h->store, root, &f->root_crl_der, &number, why);
	if (f->shared)
		atomic_store(&f->shared->root_list_file, number);
	X509_free(root);
	return rc;
}

static enum err take_authority(struct house *h, struct child *c, struct errbuf *why)
{
	struct front *f = &h->front;
	struct buf der = BUF_INIT(PEM_MAX_BYTES);
	const struct issuer *present = &h->issuers.at[0];
	enum err rc = child_take_file(c, "file.root", &f->root_pem, why);
	if (rc == ERR_OK)
		rc = issuers_take(c, &h->issuers, why);
	f->issuers = &h->issuers;
	if (rc == ERR_OK)
		rc = take_root_list(h, c, why);
	if (rc == ERR_OK)
		rc = ca_files_new(&f->root_pem, &h->issuers, &f->root_crl_der, &f->ca_files, why);
	if (rc == ERR_OK)
		rc = ca_files_trust(f->ca_files, &h->trust, why);
	if (rc == ERR_OK)
		rc = take_trust_pem(h);
	f->trust = h->trust;
	if (rc == ERR_OK)
		rc = certificate_encode(present->certificate, &der, why);
	if (rc == ERR_OK)
		verify_once(h->trust, &der, present->from);
	buf_free(&der);
	return rc;
}

static enum err open_database(struct house *h, struct child *c, struct errbuf *why)
{
	return store_open(child_settings(c)->database, STORE_OPEN, &h->store, why);
}

/* From here on the store is the writer's. */
static enum err start_writer(struct house *h, struct errbuf *why)
{
	struct desk *d = &h->front.desk;
	struct store *s = h->store;
	h->store = NULL;
	enum err rc = writer_start(s, &d->writer);
	return rc == ERR_OK ? readers_open(d->settings->database, READERS, &d->readers, why) : rc;
}

/* Nobody believes what such a CA issues: the clerk pauses the present one. */
static void tell_what_the_root_says(struct front *f)
{
	uint64_t revoked = 0;
	for (size_t i = 0; i < f->issuers->count; i++)
		revoked |= chain_list_has(f->trust, f->issuers->at[i].certificate) ? (uint64_t)1 << i : 0;
	atomic_store(&f->shared->issuers_revoked, revoked);
	atomic_store(&f->shared->root_list_number, chain_list_number(f->trust));
	atomic_store(&f->shared->root_list_until, ca_files_find(f->ca_files, "root.crl")->good_until);
}

static enum err open_desk(struct house *h, struct child *c, struct errbuf *why)
{
	struct front *f = &h->front;
	f->kick = child_take(c, "kick");
	f->desk.settings = child_settings(c);
	f->desk.signer = child_line(c, ROLE_SIGNER);
	f->desk.issuer_name = h->issuers.at[0].name;
	f->desk.outbox_changed = outbox_changed;
	f->desk.revocations_changed = revocations_changed;
	f->desk.ctx = f;
	if (f->shared)
		tell_what_the_root_says(f);
	enum err rc = child_take_secret(c, "key.code", CODE_KEY_BYTES, &h->code_key, why);
	f->desk.code_key = h->code_key;
	if (rc == ERR_OK && f->desk.settings->sms_receipts[0])
		rc = child_take_secret(c, "key.sms_receipts", KEY_MAX_BYTES, &h->receipt_key, why);
	f->desk.receipt_key = h->receipt_key;
	if (rc == ERR_OK)
		rc = child_take_certificate(c, "file.courier", &f->desk.courier, why);
	if (rc == ERR_OK)
		rc = languages_take(c, &h->languages, why);
	f->desk.languages = h->languages;
	if (rc == ERR_OK)
		rc = start_writer(h, why);
	if (rc == ERR_OK && (!f->shared || !f->desk.signer))
		rc = fail(why, ERR_INTERNAL, "no shared page, or no line to the signer");
	return rc;
}

static enum err open_ocsp(struct house *h, struct child *c, struct errbuf *why)
{
	struct front *f = &h->front;
	int packets = child_take(c, "ocsp.front");
	if (packets < 0)
		return fail(why, ERR_INTERNAL, "no OCSP lane to the signer");
	const struct ocsp_source from = {&h->issuers, f->shared, f->desk.settings->database, packets,
					 f->desk.settings->ocsp_per_address};
	return ocsp_desk_new(&from, &f->ocsp, why);
}

static enum err start_staff(struct house *h)
{
	struct front *f = &h->front;
	f->metrics = calloc(1, sizeof *f->metrics);
	enum err rc = f->metrics ? workers_start(WORKERS, QUEUE, &f->workers) : ERR_MEMORY;
	const struct crl_cache_source lists = {h->issuers.at[0].name, f->desk.readers, &f->shared->crl_generation,
					       &ca_files_find(f->ca_files, "root.crl")->bytes, &h->issuers};
	if (rc == ERR_OK)
		rc = crl_cache_new(&lists, &f->crl_cache);
	if (rc == ERR_OK)
		rc = crl_cache_start(f->crl_cache);
	return rc == ERR_OK ? first_use_new(&f->desk, f->workers, &f->first_use) : rc;
}

/* listener, socket, certificate and key (NULL: plain), whether clients are asked for theirs */
static const struct {
	enum listener listener;
	const char *socket, *chain, *key;
	bool ask;
} doors[] = {
	{LISTENER_PUBLIC, "listen.public", "file.public", "key.public", false},
	{LISTENER_MEMBERS, "listen.members", "file.members", "key.members", true},
	{LISTENER_STATUS, "listen.status", NULL, NULL, false},
	{LISTENER_OPS, "listen.ops", NULL, NULL, false},
};

static enum err open_door(struct house *h, struct child *c, size_t i, struct errbuf *why)
{
	struct buf chain = BUF_INIT(PEM_MAX_BYTES);
	struct secret *key = NULL;
	enum err rc = ERR_OK;
	if (doors[i].chain) {
		rc = child_take_file(c, doors[i].chain, &chain, why);
		if (rc == ERR_OK)
			rc = child_take_secret(c, doors[i].key, KEY_MAX_BYTES, &key, why);
	}
	struct credentials_source tls = {&chain, key, doors[i].ask ? &h->trust_pem : NULL};
	if (rc == ERR_OK) {
		struct listening_source from = {doors[i].listener, child_take(c, doors[i].socket),
						doors[i].chain ? &tls : NULL};
		rc = listening_start(&h->front, &from, &h->listening[doors[i].listener], why);
	}
	secret_free(key);
	buf_free(&chain);
	return rc;
}

/* What libraries would otherwise open at their first use, when nothing can be opened any more. */
static enum err warm_up(void)
{
	size_t seed = 0;
	tzset();
	if (random_bytes(&seed, sizeof seed) != ERR_OK)
		return ERR_CRYPTO;
	json_object_seed(seed | 1);
	return ERR_OK;
}

enum err house_open(struct house *h, struct child *c, struct errbuf *why)
{
	enum err rc = warm_up();
	h->front.shared = child_shared(c);
	if (rc == ERR_OK)
		rc = open_database(h, c, why);
	if (rc == ERR_OK)
		rc = take_authority(h, c, why);
	if (rc == ERR_OK)
		rc = open_desk(h, c, why);
	if (rc == ERR_OK)
		rc = open_ocsp(h, c, why);
	if (rc == ERR_OK)
		rc = start_staff(h);
	for (size_t i = 0; rc == ERR_OK && i < sizeof doors / sizeof doors[0]; i++)
		rc = open_door(h, c, i, why);
	return rc == ERR_OK ? sweeper_start(h->listening, LISTENER_COUNT, h->front.metrics, &h->sweeper) : rc;
}

static bool all_quiet(const struct house *h)
{
	for (int l = 0; l < LISTENER_COUNT; l++)
		if (h->listening[l] && atomic_load(&h->listening[l]->exchanges))
			return false;
	return true;
}

/* A suspended connection would abort the library's stop: the workers end first, which resumes them all; then what they
 * have answered gets a few seconds to leave. Whoever waits for a key is told to ask again: the next front waits for this. */
static void drain(struct house *h)
{
	for (int l = 0; l < LISTENER_COUNT; l++)
		listening_quiet(h->listening[l]);
	key_wait_end(&h->front.desk.key_wait);
	if (h->front.workers)
		workers_stop(h->front.workers);
	for (int i = 0; i < DRAIN_STEPS && !all_quiet(h); i++)
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

void house_close(struct house *h)
{
	struct front *f = &h->front;
	drain(h);
	sweeper_stop(h->sweeper);
	for (int l = 0; l < LISTENER_COUNT; l++)
		listening_stop(h->listening[l]);
	ocsp_desk_free(f->ocsp);
	first_use_free(f->first_use);
	crl_cache_free(f->crl_cache);
	workers_free(f->workers);
	store_close(h->store);
	if (f->desk.writer)
		writer_stop(f->desk.writer);
	if (f->desk.readers)
		readers_close(f->desk.readers);
	ca_files_free(f->ca_files);
	chain_trust_free(h->trust);
	X509_free(f->desk.courier);
	secret_free(h->code_key);
	secret_free(h->receipt_key);
	languages_free(h->languages);
	free(f->metrics);
	buf_free(&f->root_pem);
	issuers_clear(&h->issuers);
	buf_free(&f->root_crl_der);
	buf_free(&h->trust_pem);
	if (f->kick >= 0)
		close(f->kick);
	free(h);
}
