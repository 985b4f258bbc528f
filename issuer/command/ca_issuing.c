/* The certificate of an issuing CA that takes over from another: what it says, its signature, and whether one that came from
 * elsewhere is it. */
#include "base/clock.h"
#include "base/file.h"
#include "ca/issuer_label.h"
#include "issuer/command/ca.h"
#include "issuer/profiles.h"
#include "issuer/root_list.h"

#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

enum { NAME_MOST = 44, CERTIFICATE_MOST = 16384 };

static enum err facts_of(X509 *x, struct certificate_facts *out, struct errbuf *why)
{
	struct buf der = BUF_INIT(CERTIFICATE_MOST);
	enum err e = certificate_encode(x, &der, why);
	if (!e)
		e = certificate_read(der.data, der.len, out, why);
	buf_free(&der);
	return e;
}

/* "Nordbank Issuing 1a2b3c4d": a name of its own, by which its list is called (issuer_label.h). */
static enum err name_it(X509 *root, EVP_PKEY *key, struct ca_description *out, struct errbuf *why)
{
	struct certificate_facts facts;
	char digits[ISSUER_DIGITS_SIZE];
	enum err e = facts_of(root, &facts, why);
	if (!e)
		e = issuer_digits(key, digits);
	if (e)
		return e;
	snprintf(out->organisation, sizeof out->organisation, "%s", facts.organisation);
	const char *base = facts.organisation[0] ? facts.organisation : facts.common_name;
	size_t len = strnlen(base, NAME_MOST);
	while (len > 0 && ((uint8_t)base[len] & 0xc0) == 0x80) /* not in the middle of a character */
		len--;
	snprintf(out->name, sizeof out->name, "%.*s Issuing %s", (int)len, base, digits);
	return ERR_OK;
}

enum err ca_describe(X509 *root, EVP_PKEY *key, const struct settings *s, struct ca_description *out, struct errbuf *why)
{
	memset(out, 0, sizeof *out);
	enum err e = profiles_load(s, PROFILE_ISSUING, &out->rules, why);
	if (!e)
		e = name_it(root, key, out, why);
	if (!e && addresses_make(s, &out->rules, NULL, &out->at) != ERR_OK)
		e = fail(why, ERR_USAGE, "%s does not fit into a certificate", s->status_url);
	if (e)
		return e;
	out->fields = (struct certificate_fields){.profile = PROFILE_ISSUING, .rules = &out->rules,
						  .organisation = out->organisation[0] ? out->organisation : NULL,
						  .common_name = out->name};
	addresses_name(&out->at, &out->fields);
	return ERR_OK;
}

enum err ca_sign_issuing(const struct authority *root, EVP_PKEY *key, const struct settings *s, X509 **out, struct errbuf *why)
{
	struct ca_description d;
	enum err e = ca_describe(root->certificate, key, s, &d, why);
	if (!e)
		e = serial_new(d.fields.serial);
	if (e)
		return e;
	certificate_life(&d.rules, root->certificate, clock_now(), &d.fields);
	return authority_certify(root, &d.fields, key, NULL, out, why);
}

static enum err check_time(const struct certificate_facts *facts, struct errbuf *why)
{
	char until[CLOCK_TEXT_SIZE];
	clock_text(facts->not_after, until);
	return facts->not_after > clock_now() ? ERR_OK : fail(why, ERR_EXPIRED, "it ended on %s", until);
}

enum err ca_check_issuing(X509 *root, X509 *certificate, const struct settings *s, struct errbuf *why)
{
	struct ca_description d;
	struct certificate_facts facts;
	EVP_PKEY *key = X509_get0_pubkey(certificate);
	if (!key || X509_verify(certificate, X509_get0_pubkey(root)) != 1)
		return fail(why, ERR_REFUSED, "it is not signed by the root of this installation");
	enum err e = facts_of(certificate, &facts, why);
	if (!e)
		e = ca_describe(root, key, s, &d, why);
	if (e)
		return e;
	memcpy(d.fields.serial, facts.serial, sizeof facts.serial);
	d.fields.not_before = facts.not_before;
	d.fields.not_after = facts.not_after;
	e = certificate_lint(&d.fields, certificate, root, why);
	return e ? e : check_time(&facts, why);
}

static enum err check_unlisted(const struct crl_entries *entries, const X509 *certificate, struct errbuf *why)
{
	uint8_t serial[SERIAL_BYTES];
	enum err e = certificate_serial(certificate, serial);
	return !e && crl_entries_find(entries, serial)
		   ? fail(why, ERR_REVOKED, "the root's list says that it is revoked")
		   : e;
}

enum err ca_check_unrevoked(X509 *root, X509 *certificate, const struct settings *s, struct errbuf *why)
{
	struct root_list *l = NULL;
	struct buf list = BUF_INIT(ROOT_LIST_MOST);
	enum err e = root_list_new(&l);
	if (!e)
		e = file_read(s->ca_root_crl, &list, why);
	if (!e)
		e = crl_entries_read(&list, root, &l->head, &l->entries, NULL, why);
	if (!e)
		e = check_unlisted(&l->entries, certificate, why);
	if (!e) { /* an older file may have been put back */
		e = root_list_kept_in(s->database, root, l);
		e = e == ERR_NOT_FOUND ? ERR_OK : e ? e : check_unlisted(&l->entries, certificate, why);
	}
	root_list_free(l);
	buf_free(&list);
	return e;
}
