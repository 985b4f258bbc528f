/* collect --key: the key is made here, and a request is sent for its certificate; with the same link and the same code. */
#include "base/file.h"
#include "client/command/collect_run.h"
#include "client/command/output.h"
#include "client/command/problem.h"

#include <stdio.h>
#include <string.h>

enum { CHAIN_MAX = 1 << 18 };

/* Said before the code is used up. */
enum err own_permitted(const json_t *view, bool wanted, struct errbuf *why)
{
	const char *key = json_string_value(json_object_get(view, "key"));
	bool own = key && strcmp(key, "own") == 0, either = key && strcmp(key, "either") == 0;
	if (!wanted && own)
		return fail(why, ERR_CONFLICT, "this certificate is for a key that you make yourself: run it again with --key FILE");
	if (!wanted || own || either)
		return ERR_OK;
	if (json_is_true(json_object_get(view, "ready")))
		return fail(why, ERR_CONFLICT, "the key was made by the service already: run it without --key, or have a new "
					       "certificate ordered");
	return fail(why, ERR_CONFLICT, "the key of this order is made by the service: run it without --key, or have it "
				       "ordered anew with --own-key yes");
}

/* The request that the certificate was made for may be lost, and one made anew is another: the key tells whose it is. */
static enum err fetch_made(const struct asking *a, struct errbuf *why)
{
	char fingerprint[SHA256_TEXT];
	enum err e = parcel_certificate(a->session, a->parcel, a->answer, why);
	if (!e && own_key_fits(a->key, a->answer, fingerprint, why) == ERR_CORRUPT)
		e = fail(why, ERR_CORRUPT, "the certificate of this order was made for another key than the one in %.200s: name that "
					   "key's file, or have a new certificate ordered", a->key->path);
	return e;
}

static enum err ask(const struct asking *a, struct errbuf *why)
{
	struct errbuf other = {""};
	enum err e = parcel_request(a->session, a->parcel, &a->key->request, a->answer, why);
	if (e != ERR_CONFLICT && e != ERR_INVALID)
		return e;
	enum err made = fetch_made(a, &other);
	if (made == ERR_CONFLICT) /* there is none: what was said of the request stands */
		return e;
	return made ? fail(why, made == ERR_CORRUPT ? ERR_CONFLICT : made, "%s", err_why(made, &other)) : ERR_OK;
}

/* An interrupted run may have saved it. */
static enum err publish(const struct own_key *k, const char *path, const struct buf *chain, struct errbuf *why)
{
	struct buf there = BUF_INIT(CHAIN_MAX);
	enum err e = file_publish_new(path, chain->data, chain->len, 0644, why);
	if (e == ERR_EXISTS && file_read(path, &there, NULL) == ERR_OK && there.len == chain->len &&
	    memcmp(there.data, chain->data, chain->len) == 0)
		e = ERR_OK;
	buf_free(&there);
	if (e == ERR_EXISTS && own_key_same_place(k->path, path))
		return fail(why, e, "%.200s is the key itself: give --out with another name; no code is needed", path);
	return e == ERR_EXISTS ? fail(why, e, "%.200s exists already: move it, or give --out with another name; no code is needed", path)
			       : e;
}

enum err own_save(struct session *s, struct parcel *p, const struct own_key *k, char path[PATH_SIZE], struct errbuf *why)
{
	struct buf chain = BUF_INIT(CHAIN_MAX);
	enum err e = collect_insist(ask, &(struct asking){s, p, k, &chain},
				    "no certificate yet: run the same command again, no code is needed", why);
	if (!e)
		e = own_key_fits(k, &chain, p->claim.sha256, why);
	snprintf(path, PATH_SIZE, "%s", p->out ? p->out : p->file_name[0] ? p->file_name : "certificate.pem");
	if (!e)
		e = publish(k, path, &chain, why);
	if (!e)
		e = claim_keep(p->link, &p->claim, why);
	buf_free(&chain);
	return e;
}

/* A key store has a password, and nobody has given one to this key. */
static bool wants_password(const struct install *i)
{
	for (const struct install_file *f = i->platform ? i->platform->files : NULL; f && f->name; f++)
		if (f->encoding == COUNTERFOIL_ENCODING_MODERN)
			return true;
	return false;
}

enum err own_open(const struct session *s, const struct own_key *k, struct collected *c, struct errbuf *why)
{
	counterfoil_error error;
	counterfoil_identity_options options = {.size = sizeof options, .file = {.path = c->path}, .key = {.path = k->path}};
	if (counterfoil_identity_load(&options, &c->identity, &error))
		return fail(why, problem_of_library(error.code), "%s", error.text);
	return wants_password(&c->install) ? session_password(&s->settings, "the new key store", false, &c->password, why) : ERR_OK;
}
