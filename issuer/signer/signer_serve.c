/* The signer's main: take what was granted, shut in, answer. */
#include "base/log.h"
#include "issuer/profiles.h"
#include "issuer/signer/signer_key.h"
#include "issuer/signer/signer_ocsp.h"

#include <stdio.h>
#include <unistd.h>

/* The key of a CA is the file of keys.others that has its name, or else keys.issuing. */
static enum err take_authority(struct child *c, struct signer_key_home *home, const struct issuer *issuer, const char **name,
			       struct authority *out, struct errbuf *why)
{
	char granted[ISSUER_ID_SIZE + 8];
	EVP_PKEY *key = NULL;
	snprintf(granted, sizeof granted, "key.%s", issuer->id);
	bool own = child_has(c, granted);
	*name = own ? NULL : child_settings(c)->key_issuing;
	enum err rc = signer_key_take(home, own ? "" : *name, own ? granted : "key.issuing", X509_get0_pubkey(issuer->certificate),
				      &key, why);
	if (rc)
		return rc;
	X509_up_ref(issuer->certificate);
	return authority_join(issuer->certificate, key, out, why);
}

/* Without its key a CA that does not issue is passed over: its list ends, and everybody hears of it, but the others go on. */
static void take_other(struct child *c, struct signer_key_home *home, const struct issuer *issuer, struct signer_parts *p)
{
	struct other_authority *other = &p->others[p->other_count];
	struct errbuf why = {""};
	other->standing = issuer->standing;
	enum err rc = take_authority(c, home, issuer, &other->key_name, &other->authority, &why);
	if (rc)
		log_event(LOG_LEVEL_ALARM, "issuer.no_key", {"issuer", issuer->label}, {"error", err_word(rc)}, {"why", err_why(rc, &why)});
	else
		p->other_count++;
}

static enum err take_authorities(struct child *c, struct signer_key_home *home, struct signer_parts *p, struct errbuf *why)
{
	struct issuers all;
	enum err rc = issuers_take(c, &all, why);
	if (!rc)
		rc = take_authority(c, home, &all.at[0], &p->key_name, &p->authority, why);
	for (size_t i = 1; !rc && i < all.count; i++)
		take_other(c, home, &all.at[i], p);
	issuers_clear(&all);
	return rc;
}

/* Every key that certifies or answers, and the token that has some of them. */
static enum err take_keys(struct child *c, struct signer_parts *p, struct errbuf *why)
{
	struct signer_key_home home;
	enum err rc = signer_key_begin(&home, c, why);
	if (!rc)
		rc = take_authorities(c, &home, p, why);
	if (!rc && p->settings->key_ocsp[0])
		rc = signer_key_take(&home, p->settings->key_ocsp, "key.ocsp", NULL, &p->ocsp_key, why);
	p->token = home.token;
	signer_key_end(&home);
	return rc || !p->token ? rc : signer_token_start(p->token, why);
}

/* Its setting empty: the built-in one. */
static enum err take_profile(struct child *c, struct signer_parts *p, enum profile_id id, struct errbuf *why)
{
	const char *path = profiles_path(p->settings, id);
	char name[32];
	struct buf text = BUF_INIT(PROFILE_MAX_BYTES);
	if (!path[0])
		return ERR_OK;
	snprintf(name, sizeof name, "profile.%s", profile_get(id)->name);
	enum err rc = child_take_file(c, name, &text, why);
	if (!rc)
		rc = profile_read(id, (const char *)text.data, text.len, path, &p->profiles[id], why);
	buf_free(&text);
	return rc;
}

static enum err take_parts(struct child *c, struct signer_parts *p, struct errbuf *why)
{
	p->settings = child_settings(c);
	int journal = child_take(c, "journal");
	if (journal < 0)
		return fail(why, ERR_NOT_FOUND, "the journal was not granted");
	enum err rc = journal_open(journal, p->settings->node, &p->journal, why);
	if (!rc)
		rc = take_keys(c, p, why);
	if (!rc)
		rc = child_take_certificate(c, "file.root", &p->root, why);
	if (!rc)
		rc = child_take_certificate(c, "file.courier", &p->courier, why);
	if (!rc)
		rc = child_take_secret(c, "key.parcel", 32, &p->parcel_key, why);
	if (!rc)
		rc = child_take_secret(c, "key.ticket", 32, &p->ticket_key, why);
	if (!rc)
		rc = take_profile(c, p, PROFILE_CLIENT, why);
	if (!rc)
		rc = take_profile(c, p, PROFILE_STAFF, why);
	if (!rc)
		rc = take_profile(c, p, PROFILE_OCSP, why);
	return rc;
}

static enum err open_ocsp(struct child *c, struct signer *s, struct errbuf *why)
{
	int packets = child_take(c, "ocsp.signer");
	if (packets < 0)
		return fail(why, ERR_NOT_FOUND, "the OCSP lane was not granted");
	return signer_ocsp_start(s, packets, &s->ocsp, why);
}

int role_signer(struct child *c)
{
	struct signer_parts parts = {0};
	struct signer *s = NULL;
	struct errbuf why = {""};
	int status = 1;
	enum err rc = take_parts(c, &parts, &why);
	if (rc)
		signer_parts_clear(&parts);
	else
		rc = signer_new(&parts, &s, &why);
	if (!rc)
		rc = open_ocsp(c, s, &why);
	if (!rc)
		rc = signer_keys_start(s, &why);
	if (!rc)
		rc = child_confine(c, &why);
	if (rc) {
		log_event(LOG_LEVEL_ALARM, "signer.not_started", {"error", err_word(rc)}, {"why", err_why(rc, &why)});
		status = err_exit_code(rc);
		goto out;
	}
	status = child_serve(c, &(struct child_server){
					.permitted = signer_permitted,
					.answer = signer_answer,
					.tick = signer_tick,
					.ctx = s,
					.request_cap = SIGNER_REQUEST_CAP,
					.answer_cap = SIGNER_ANSWER_CAP,
				});
out:
	if (s && !signer_keys_end(s)) /* a key is being made still: no library may be unloaded under it */
		_exit(status);
	signer_free(s);
	return status;
}
