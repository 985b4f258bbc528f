#include "tests/campaign/holders.h"
#include "base/clock.h"
#include "issuer/addresses.h"
#include "issuer/command/host_issue.h"
#include "issuer/store/store_internal.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PEM_MOST = 16384 };

struct making {
	struct holders *to;
	struct settings *settings;
	struct host_office office;
	struct addresses at;
	struct errbuf why;
	EVP_PKEY *key;
	struct holder *now; /* the one that is being made */
	uint8_t tbs_hash[32];
	char client_id[ID_SIZE];
};

int64_t mono_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static enum err note_intent(void *ctx, const struct certificate_fields *f, const uint8_t tbs_hash[32])
{
	struct making *m = ctx;
	serial_text(f->serial, m->now->serial);
	memcpy(m->tbs_hash, tbs_hash, sizeof m->tbs_hash);
	return ERR_OK;
}

static enum err sign(struct making *m, struct buf *der, struct certificate_facts *facts)
{
	const struct profile *p = profile_get(PROFILE_CLIENT);
	const struct issue_hook hook = {note_intent, m};
	struct certificate_fields f = {.profile = PROFILE_CLIENT, .organisation = "Nordbank", .service = "Archive",
				       .common_name = "e-banking",
				       .san_uri = "spiffe://test.example/org/nordbank/service/archive/client/e-banking"};
	addresses_name(&m->at, &f);
	certificate_life(p, m->office.issuing.certificate, clock_now(), &f);
	enum err e = serial_new(f.serial);
	if (!e)
		e = authority_issue(&m->office.issuing, &f, m->key, &hook, der, &m->why);
	return e ? e : certificate_read(der->data, der->len, facts, &m->why);
}

static enum err keep_pem(struct making *m, const struct buf *der, const struct certificate_facts *facts)
{
	struct holder *h = m->now;
	BIGNUM *number = BN_bin2bn(facts->serial, sizeof facts->serial, NULL);
	struct buf issuing = BUF_INIT(PEM_MOST);
	h->number = BN_to_ASN1_INTEGER(number, NULL);
	h->pem = BUF_INIT(PEM_MOST);
	BN_free(number);
	enum err e = certificate_der_to_pem(der->data, der->len, &h->pem);
	if (!e)
		e = certificate_encode(m->office.issuing.certificate, &issuing, &m->why);
	if (!e)
		e = certificate_der_to_pem(issuing.data, issuing.len, &h->pem);
	buf_free(&issuing);
	return e ? e : h->number ? ERR_OK : ERR_MEMORY;
}

static enum err store_row(struct making *m, const struct buf *der, const struct certificate_facts *f)
{
	return store_exec_one(m->office.store, STATEMENT_CERTIFICATE_ADD,
			      STORE_VALUES(value_text(m->now->serial), value_text(m->office.issuer_name), value_text("client"),
					   value_null(), value_null(), value_text(m->client_id),
					   value_blob(f->fingerprint, sizeof f->fingerprint), value_text(f->subject),
					   value_integer(f->not_before), value_integer(f->not_after),
					   value_blob(der->data, der->len), value_text("valid"), value_null(), value_null(),
					   value_integer(clock_now()), value_blob(f->key_hash, sizeof f->key_hash),
					   value_null()));
}

/* An intent first, as the daemon does it; it is open until the row is committed. */
static enum err journal(struct making *m, const char *op, const struct certificate_facts *f)
{
	const struct journal_record r = {.op = op, .issuer = m->office.issuer_name, .serial = m->now->serial,
					 .not_before = f ? f->not_before : 0, .not_after = f ? f->not_after : 0,
					 .tbs_hash = f ? m->tbs_hash : NULL};
	return journal_append(m->office.journal, &r, clock_now());
}

static enum err make_one(struct making *m)
{
	struct buf der = BUF_INIT(PEM_MOST);
	struct certificate_facts facts;
	enum err e = sign(m, &der, &facts);
	if (!e)
		e = keep_pem(m, &der, &facts);
	if (!e)
		e = journal(m, "intent", &facts);
	if (!e)
		e = store_begin(m->office.store);
	if (!e)
		e = store_row(m, &der, &facts);
	if (!e)
		e = store_commit(m->office.store);
	if (!e)
		e = journal(m, "done", NULL);
	buf_free(&der);
	return e;
}

static enum err open_office(struct making *m)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s/counterfoil.conf", m->to->at->dir);
	enum err e = settings_load(path, &m->settings, &m->why);
	if (!e)
		e = host_office_open(&m->office, m->settings, STORE_OPEN, &m->why);
	if (!e)
		e = addresses_make(m->settings, profile_get(PROFILE_CLIENT), m->office.issuing.certificate, &m->at);
	return e;
}

static bool keep_key(struct making *m)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	m->key = EVP_EC_gen("P-256");
	bool fine = bio && m->key && PEM_write_bio_PrivateKey(bio, m->key, NULL, NULL, 0, NULL, NULL) == 1;
	long len = fine ? BIO_get_mem_data(bio, &text) : 0;
	m->to->key = BUF_INIT(PEM_MOST);
	buf_add(&m->to->key, text, (size_t)len);
	BIO_free(bio);
	return fine && !m->to->key.err;
}

bool holders_make(struct holders *h, struct ledger *l, struct installation *i, size_t count)
{
	struct making m = {.to = h};
	*h = (struct holders){.list = calloc(count, sizeof *h->list), .count = count, .at = i};
	enum err e = h->list && keep_key(&m) ? open_office(&m) : ERR_MEMORY;
	ledger_text(l, "SELECT id FROM d.client", NULL, m.client_id, sizeof m.client_id);
	for (size_t n = 0; !e && n < count; n++) {
		m.now = &h->list[n];
		e = make_one(&m);
	}
	if (!e && X509_up_ref(m.office.issuing.certificate) == 1)
		h->issuing = m.office.issuing.certificate;
	if (e)
		fprintf(stderr, "holders: %s\n", err_why(e, &m.why));
	host_office_close(&m.office);
	settings_free(m.settings);
	EVP_PKEY_free(m.key);
	return !e && h->issuing;
}

void holders_clear(struct holders *h)
{
	for (size_t n = 0; h->list && n < h->count; n++) {
		ASN1_INTEGER_free(h->list[n].number);
		buf_free(&h->list[n].pem);
	}
	free(h->list);
	buf_free(&h->key);
	X509_free(h->issuing);
	*h = (struct holders){0};
}
