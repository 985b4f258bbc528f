#include "issuer/signer/signer_delegate.h"

#include "base/clock.h"
#include "base/crash.h"

#include <string.h>

struct delegation {
	struct signer *signer;
	const struct signer_ca *ca;
	struct delegate *out;
	int64_t now;
};

static enum err journal_delegate(void *ctx, const struct certificate_fields *f, const uint8_t tbs_hash[32])
{
	const struct delegation *d = ctx;
	char serial[SERIAL_TEXT_SIZE];
	serial_text(f->serial, serial);
	const struct journal_record r = {
		.op = "delegate",
		.issuer = d->ca->name,
		.serial = serial,
		.not_before = f->not_before,
		.not_after = f->not_after,
		.tbs_hash = tbs_hash,
	};
	enum err rc = journal_append(d->signer->has.journal, &r, d->now);
	if (!rc)
		memcpy(d->out->serial, serial, sizeof serial);
	return rc;
}

static enum err delegate_certify(struct signer *s, struct delegation *d, EVP_PKEY *key, X509 **out, struct errbuf *why)
{
	struct addresses at;
	const struct issue_hook hook = {journal_delegate, d};
	const struct profile *p = &s->has.profiles[PROFILE_OCSP];
	struct certificate_fields f = {.profile = PROFILE_OCSP, .rules = p, .common_name = "OCSP responder"};
	if (addresses_make(s->has.settings, p, d->ca->authority->certificate, &at) != ERR_OK)
		return fail(why, ERR_TOO_LARGE, "status.url does not fit into a certificate");
	addresses_name(&at, &f);
	certificate_life(p, d->ca->authority->certificate, d->now, &f);
	enum err rc = serial_new(f.serial);
	if (rc)
		return rc;
	d->out->not_before = f.not_before;
	d->out->not_after = f.not_after;
	return authority_certify(d->ca->authority, &f, key, &hook, out, why);
}

/* A fresh one, or the one that the settings name. */
static enum err delegate_key(struct signer *s, EVP_PKEY **out, struct errbuf *why)
{
	const char *name = s->has.settings->key_ocsp;
	if (!name || !name[0])
		return key_generate(s->has.profiles[PROFILE_OCSP].key_first, out);
	enum err rc = s->has.ocsp_key ? ERR_OK : signer_token_key(s->has.token, name, &s->has.ocsp_key, why);
	if (!rc)
		rc = signer_ocsp_check(s, why);
	if (!rc && EVP_PKEY_up_ref(s->has.ocsp_key) != 1)
		rc = ERR_MEMORY;
	*out = rc ? NULL : s->has.ocsp_key;
	return rc;
}

enum err delegate_new(struct signer *s, const struct signer_ca *ca, struct delegate *out, struct errbuf *why)
{
	struct delegate made = {.responder = NULL};
	struct delegation d = {.signer = s, .ca = ca, .out = &made, .now = clock_now()};
	X509 *issuer = ca->authority->certificate, *certificate = NULL;
	EVP_PKEY *key = NULL;
	enum err rc = signer_ca_check(s, ca, why);
	if (!rc)
		rc = delegate_key(s, &key, why);
	if (!rc)
		rc = signer_signature(s, ca, delegate_certify(s, &d, key, &certificate, why), why);
	crash_point(CRASH_SIGNER_DELEGATE);
	if (!rc)
		rc = ocsp_responder_new(issuer, certificate, key, &made.responder);
	if (!rc)
		rc = ocsp_responder_check(made.responder, issuer, certificate, d.now, why);
	X509_free(certificate);
	EVP_PKEY_free(key);
	if (rc) {
		ocsp_responder_free(made.responder);
		made.responder = NULL;
	}
	*out = made;
	return rc;
}

bool delegate_due(const struct delegate *d, int64_t now)
{
	return now < d->not_before || now >= d->not_after - (d->not_after - d->not_before) / 3;
}
