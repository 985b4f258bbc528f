#include "issuer/command/host_issue.h"
#include "base/clock.h"
#include "base/file.h"
#include "issuer/addresses.h"
#include "issuer/clerk/clerk_reconcile.h"
#include "issuer/command/ca.h"
#include "issuer/command/host_books.h"
#include "issuer/command/host_key.h"
#include "issuer/issuers.h"
#include "issuer/profiles.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MOST = 65536 };

static enum err load_authority(struct host_office *o, struct errbuf *why)
{
	struct buf bytes = BUF_INIT(FILE_MOST);
	X509 *certificate = NULL;
	EVP_PKEY *key = NULL;
	char id[ISSUER_ID_SIZE];
	enum err e = file_read(o->settings->ca_issuing, &bytes, why);
	if (!e)
		e = authority_certificate(&bytes, &certificate, why);
	if (!e)
		e = issuer_id(X509_get0_pubkey(certificate), id);
	if (!e)
		e = host_issuer_key(o->settings, id, X509_get0_pubkey(certificate), &key, why);
	buf_free(&bytes);
	if (!e)
		return authority_join(certificate, key, &o->issuing, why);
	X509_free(certificate);
	return e;
}

static enum err open_journal(struct host_office *o, struct errbuf *why)
{
	int fd = open(o->settings->journal, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(why, ERR_IO, "%s: %s", o->settings->journal, strerror(errno));
	return journal_open(fd, o->settings->node, &o->journal, why);
}

/* What the daemon refuses is not done behind its back either. */
static enum err check_issuer(struct host_office *o, struct errbuf *why)
{
	struct issuers all;
	struct journal_last last;
	if (ca_check_unrevoked(o->root, o->issuing.certificate, o->settings, NULL) == ERR_REVOKED)
		return fail(why, ERR_REVOKED, "the root has revoked the issuing CA: nobody would believe what it signs; change over "
			    "to another (counterfoild ca new-issuing)");
	journal_last_known(o->journal, &last);
	enum err e = issuers_load(o->settings, &all, why);
	if (!e)
		e = reconcile_issuer(o->store, &last, &all, clock_now(), why);
	issuers_clear(&all);
	return e;
}

enum err host_office_open(struct host_office *o, const struct settings *s, enum store_mode mode, struct errbuf *why)
{
	*o = (struct host_office){.settings = s};
	enum err e = load_authority(o, why);
	if (!e)
		e = host_read_certificate(s->ca_root, &o->root, why);
	if (!e)
		e = issuer_name_of(o->issuing.certificate, o->issuer_name);
	if (!e)
		e = profiles_load(s, PROFILE_STAFF, &o->staff, why);
	if (!e)
		e = profiles_load(s, PROFILE_SERVER, &o->server, why);
	if (!e)
		e = store_open(s->database, mode, &o->store, why);
	if (!e)
		e = open_journal(o, why);
	if (!e)
		e = host_books_agree(o->store, o->journal, why);
	return e ? e : check_issuer(o, why);
}

void host_office_close(struct host_office *o)
{
	journal_close(o->journal);
	store_close(o->store);
	authority_clear(&o->issuing);
	X509_free(o->root);
	*o = (struct host_office){0};
}

struct intent {
	struct host_office *office;
	int64_t now;
};

static enum err journal_intent(void *ctx, const struct certificate_fields *f, const uint8_t tbs_hash[32])
{
	const struct intent *i = ctx;
	char serial[SERIAL_TEXT_SIZE];
	serial_text(f->serial, serial);
	const struct journal_record r = {.op = "intent", .issuer = i->office->issuer_name, .serial = serial,
					 .not_before = f->not_before, .not_after = f->not_after, .tbs_hash = tbs_hash};
	return journal_append(i->office->journal, &r, i->now);
}

static enum err take_certificate(struct host_certificate *c, struct errbuf *why)
{
	const uint8_t *at = c->der.data;
	c->certificate = d2i_X509(NULL, &at, (long)c->der.len);
	if (!c->certificate)
		return fail(why, ERR_CRYPTO, "the new certificate does not read back");
	return certificate_read(c->der.data, c->der.len, &c->facts, why);
}

/* The certificate that was to be is nothing to roll back: the lint comes before the journal and the signature. */
static enum err lint_refused(struct host_office *o, const struct host_subject *subject, int64_t now, struct errbuf *why)
{
	struct errbuf reason = why ? *why : (struct errbuf){""};
	const struct audit_event event = {.what = "certificate.refused",
					  .object = subject->staff_id ? subject->staff_id : "host",
					  .why = err_why(ERR_INVALID, &reason), .detail = profile_get(subject->profile)->name};
	enum err e = store_begin(o->store);
	if (!e)
		e = audit_append(o->store, &host_actor, &event, now, NULL);
	if (!e)
		e = store_commit(o->store);
	if (e)
		store_rollback(o->store);
	return e ? e : ERR_INVALID;
}

enum err host_sign(struct host_office *o, const struct host_subject *subject, EVP_PKEY *key, struct host_certificate *out,
		   struct errbuf *why)
{
	char uri[512] = "";
	struct addresses at;
	*out = (struct host_certificate){.der = BUF_INIT(16384)};
	bool staff = subject->profile == PROFILE_STAFF;
	const struct profile *p = staff ? &o->staff : &o->server;
	const struct profile_name names[] = {{"domain", o->settings->domain}, {"staff", subject->staff_id}, {NULL, NULL}};
	if (addresses_make(o->settings, p, o->issuing.certificate, &at) != ERR_OK)
		return fail(why, ERR_USAGE, "status.url = %s does not fit into a certificate", o->settings->status_url);
	enum err e = staff ? profile_uri(p, names, uri, NULL) : ERR_OK;
	if (e)
		return fail(why, e, "installation.domain = %s cannot stand in a certificate", o->settings->domain);
	struct certificate_fields f = {.profile = subject->profile, .rules = p, .common_name = staff ? subject->common_name : NULL,
				       .organisation = staff ? o->settings->name : NULL, .san_uri = staff ? uri : NULL,
				       .hosts = subject->hosts};
	struct intent intent = {o, clock_now()};
	const struct issue_hook hook = {journal_intent, &intent};
	addresses_name(&at, &f);
	certificate_life(p, o->issuing.certificate, intent.now, &f);
	e = serial_new(f.serial);
	if (!e)
		e = authority_issue(&o->issuing, &f, key, &hook, &out->der, why);
	if (e == ERR_INVALID)
		e = lint_refused(o, subject, intent.now, why);
	return e ? e : take_certificate(out, why);
}

void host_certificate_clear(struct host_certificate *c)
{
	X509_free(c->certificate);
	buf_free(&c->der);
	c->certificate = NULL;
}

struct commit {
	const struct host_subject *subject;
	const struct host_certificate *made;
	char serial[SERIAL_TEXT_SIZE];
	uint8_t head[AUDIT_HASH_BYTES];
	int64_t now;
};

static enum err add_certificate(struct host_office *o, const struct commit *c)
{
	bool staff = c->subject->profile == PROFILE_STAFF;
	const struct certificate_facts *f = &c->made->facts;
	return store_exec_one(o->store, STATEMENT_CERTIFICATE_ADD,
			      STORE_VALUES(value_text(c->serial), value_text(o->issuer_name),
					   value_text(staff ? "staff" : "server"), value_null(),
					   value_text(c->subject->staff_id), value_null(),
					   value_blob(f->fingerprint, sizeof f->fingerprint), value_text(f->subject),
					   value_integer(f->not_before), value_integer(f->not_after),
					   value_blob(c->made->der.data, c->made->der.len), value_text("valid"),
					   value_null(), value_null(), value_integer(c->now),
					   value_blob(f->key_hash, sizeof f->key_hash), value_null()));
}

static enum err add_staff(struct host_office *o, const struct commit *c)
{
	const struct host_subject *s = c->subject;
	const struct audit_event event = {.what = "staff.added", .object = s->staff_id, .detail = s->staff_role};
	enum err e = store_exec_one(o->store, STATEMENT_STAFF_ADD,
				    STORE_VALUES(value_text(s->staff_id), value_text(s->common_name),
						 value_text(s->staff_role), value_integer(c->now),
						 value_text(s->staff_email), value_null(),
						 value_text(""), value_null()));
	return e ? e : audit_append(o->store, &host_actor, &event, c->now, NULL);
}

static enum err record(struct host_office *o, struct commit *c)
{
	const struct audit_event event = {.what = "certificate.issued", .object = c->serial,
					  .detail = c->subject->staff_id ? c->subject->staff_id : c->subject->common_name};
	enum err e = c->subject->profile == PROFILE_STAFF ? add_staff(o, c) : ERR_OK;
	if (!e)
		e = add_certificate(o, c);
	return e ? e : audit_append(o->store, &host_actor, &event, c->now, c->head);
}

enum err host_commit(struct host_office *o, const struct host_subject *subject, const struct host_certificate *made,
		     struct errbuf *why)
{
	struct commit c = {.subject = subject, .made = made, .now = clock_now()};
	serial_text(made->facts.serial, c.serial);
	enum err e = store_begin(o->store);
	if (!e)
		e = record(o, &c);
	if (!e)
		e = store_commit(o->store);
	if (e) {
		store_rollback(o->store);
		return fail(why, e, "the certificate cannot be recorded in %s: %s", o->settings->database, err_text(e));
	}
	const struct journal_record done = {.op = "done", .issuer = o->issuer_name, .serial = c.serial,
					    .audit_head = c.head};
	e = journal_append(o->journal, &done, c.now);
	return e ? fail(why, e, "%s: %s", o->settings->journal, err_text(e)) : ERR_OK;
}
