/* `counterfoild ca new-issuing`: a CA that stands ready to take over. In one move where the root's key is at hand; else in
 * three: a request here, a certificate there, and the certificate taken in here. */
#include "base/clock.h"
#include "base/file.h"
#include "ca/issuer_label.h"
#include "ca/request.h"
#include "issuer/command/ca.h"
#include "issuer/command/ca_next_key.h"
#include "issuer/command/host_issue.h"
#include "issuer/command/host_key.h"
#include "issuer/issuers.h"
#include "issuer/profiles.h"

#include <errno.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MOST = 65536, PUBLIC_MODE = 0644 };

/* The installation's side: the CAs that are there, and the key that is to be the next one's. */
struct preparation {
	struct ca_place place;
	struct issuers known;
	X509 *root;
	struct next_key next;
};

static void clear(struct preparation *p)
{
	ca_next_key_clear(&p->next);
	X509_free(p->root);
	issuers_clear(&p->known);
	ca_place_close(&p->place);
}

static enum err check_room(const struct preparation *p, struct errbuf *why)
{
	const struct issuer *next = issuers_next(&p->known);
	char path[4096];
	if (issuer_unfinished(p->place.settings, &p->known, path))
		return fail(why, ERR_CONFLICT, "the change over to %s was cut off (%s is still there): counterfoild ca activate ends it",
			    p->known.at[0].label, path);
	if (next)
		return fail(why, ERR_EXISTS, "a CA stands ready already: %s/next-%s.pem; counterfoild ca activate, or remove it and its "
			    "key", p->place.settings->ca_others, next->id);
	if (p->known.count > ISSUERS_RETIRED_MOST)
		return fail(why, ERR_LIMIT, "there are %zu issuing CAs: remove those whose certificates have all expired (counterfoild "
			    "check tells)", p->known.count);
	return ERR_OK;
}

static enum err open_installation(const struct ca_wishes *w, struct preparation *p, struct errbuf *why)
{
	enum err e = ca_place_open(w->config, &p->place, why);
	if (!e)
		e = ca_root_read(NULL, p->place.settings, &p->root, why);
	if (!e)
		e = issuers_load(p->place.settings, &p->known, why);
	return e ? e : check_room(p, why);
}

/* ---- the request ---- */

/* A PKCS#10 in PEM; its name is for the person who looks at it. */
static bool request_make(EVP_PKEY *key, const char *name, BIO *out)
{
	X509_REQ *request = X509_REQ_new();
	bool made = request && out &&
		    X509_NAME_add_entry_by_NID(X509_REQ_get_subject_name(request), NID_commonName, V_ASN1_UTF8STRING,
					       (const uint8_t *)name, -1, -1, 0) == 1 &&
		    X509_REQ_set_pubkey(request, key) == 1 && X509_REQ_sign(request, key, EVP_sha256()) > 0 &&
		    PEM_write_bio_X509_REQ(out, request) == 1;
	X509_REQ_free(request);
	return made;
}

static enum err write_request(const struct preparation *p, const char *path, struct errbuf *why)
{
	const struct settings *s = p->place.settings;
	struct ca_description d;
	char *text = NULL;
	enum err e = ca_describe(p->root, p->next.key, s, &d, why);
	if (e)
		return e;
	BIO *bio = BIO_new(BIO_s_mem());
	if (request_make(p->next.key, d.name, bio)) {
		long len = BIO_get_mem_data(bio, &text);
		e = file_publish_new(path, text, (size_t)len, PUBLIC_MODE, why);
	} else {
		e = fail(why, ERR_CRYPTO, "the request could not be made");
	}
	BIO_free(bio);
	if (!e)
		fprintf(stderr, "counterfoild: %s asks for the certificate of \"%s\"\n"
			"On the root's machine: counterfoild ca new-issuing --root root.pem --request %s --status-url %s --out new.pem\n"
			"Then here:             counterfoild ca new-issuing --config FILE --certificate new.pem\n",
			path, d.name, path, s->status_url);
	return e;
}

static enum err ask(const struct ca_wishes *w, struct errbuf *why)
{
	struct preparation p = {.next = NEXT_KEY_NONE};
	enum err e = ca_check_free(w->request_out, why);
	if (!e)
		e = open_installation(w, &p, why);
	if (!e)
		e = ca_next_key_check(p.place.settings, w->key_in_file, why);
	if (!e)
		e = ca_next_key_have(p.place.settings, &p.next, why);
	if (!e)
		e = write_request(&p, w->request_out, why);
	clear(&p);
	return e;
}

/* ---- the certificate, where the root's key is ---- */

static enum err read_request(const char *path, struct certificate_request *out, struct errbuf *why)
{
	struct buf text = BUF_INIT(FILE_MOST), der = BUF_INIT(REQUEST_MAX_BYTES);
	struct errbuf reason = {""};
	enum err e = file_read(path, &text, why);
	if (!e && ((e = request_to_der(text.data, text.len, &der, &reason)) || (e = request_read(der.data, der.len, out, &reason))))
		fail(why, e, "%s: %s", path, err_why(e, &reason));
	buf_free(&text);
	buf_free(&der);
	return e;
}

static void report(const char *path, X509 *certificate)
{
	struct certificate_facts facts;
	struct buf der = BUF_INIT(FILE_MOST);
	char until[CLOCK_TEXT_SIZE] = "";
	if (certificate_encode(certificate, &der, NULL) == ERR_OK && certificate_read(der.data, der.len, &facts, NULL) == ERR_OK) {
		clock_text(facts.not_after, until);
		fprintf(stderr, "counterfoild: %s: %s, until %.10s\n", path, facts.subject, until);
	}
	buf_free(&der);
}

/* Settings of which nothing is known here but what the command was given. */
static enum err sign(const struct ca_wishes *w, struct errbuf *why)
{
	const struct settings s = {.status_url = w->status_url, .profile_issuing = w->profile ? w->profile : ""};
	struct certificate_request request = {.key = NULL};
	struct authority root = {.certificate = NULL};
	struct ca_description d;
	X509 *certificate = NULL, *first = NULL;
	if (!w->root || !w->status_url || !w->out)
		return fail(why, ERR_USAGE, "--request FILE needs --root FILE, --status-url URL (as in the installation) and --out FILE");
	enum err e = ca_check_free(w->out, why);
	if (!e)
		e = read_request(w->request, &request, why);
	if (!e)
		e = ca_root_read(w->root, NULL, &first, why);
	if (!e)
		e = ca_describe(first, request.key, &s, &d, why);
	if (!e) {
		fprintf(stderr, "counterfoild: the root is to make \"%s\" an issuing CA\n", d.name);
		e = ca_root_open(w, NULL, &root, why);
	}
	if (!e)
		e = ca_sign_issuing(&root, request.key, &s, &certificate, why);
	if (!e)
		e = host_publish_new(w->out, certificate, why);
	if (!e)
		report(w->out, certificate);
	X509_free(first);
	X509_free(certificate);
	authority_clear(&root);
	request_clear(&request);
	return e;
}

/* ---- the certificate, taken in ---- */

static enum err check_key(const struct preparation *p, X509 *certificate, const char *from, struct errbuf *why)
{
	char id[ISSUER_ID_SIZE], path[4096] = "", final[4096] = "";
	EVP_PKEY *key = NULL;
	enum err e = issuer_id(X509_get0_pubkey(certificate), id);
	if (!e)
		e = issuer_key_file(p->place.settings, id, true, path);
	if (!e)
		e = issuer_key_file(p->place.settings, id, false, final);
	if (!e)
		e = host_key(p->place.settings, path, X509_get0_pubkey(certificate), &key, why);
	if (e == ERR_NOT_FOUND && access(final, F_OK) == 0)
		e = fail(why, ERR_REFUSED, "%s is for a key that was certified before (%s): no CA gets a key that another had", from, final);
	else if (e == ERR_NOT_FOUND)
		e = fail(why, ERR_REFUSED, "%s is not for a key that was made here: there is no %s", from, path);
	EVP_PKEY_free(key);
	return e;
}

/* It has both names while its certificate is put into place: cut off there, it can be taken in again. */
static enum err name_key(const struct settings *s, const char *id, struct errbuf *why)
{
	char path[4096], final[4096];
	enum err e = issuer_key_file(s, id, true, path);
	if (!e)
		e = issuer_key_file(s, id, false, final);
	if (!e && link(path, final) != 0 && errno != EEXIST)
		e = file_failed(why, "link", final);
	return e ? e : file_sync_folder(final, why);
}

static enum err forget_pending(const struct settings *s, const char *id, struct errbuf *why)
{
	char path[4096];
	enum err e = issuer_key_file(s, id, true, path);
	if (!e && unlink(path) != 0)
		e = file_failed(why, "remove", path);
	return e ? e : file_sync_folder(path, why);
}

static enum err check_distinct(struct preparation *p, X509 *certificate, struct errbuf *why)
{
	for (size_t i = 0; i < p->known.count; i++) {
		X509 *other = p->known.at[i].certificate;
		if (EVP_PKEY_eq(X509_get0_pubkey(other), X509_get0_pubkey(certificate)) == 1 ||
		    X509_NAME_cmp(X509_get_subject_name(other), X509_get_subject_name(certificate)) == 0)
			return fail(why, ERR_REFUSED, "it has the key or the name of an issuing CA that is here already (%s)",
				    p->known.at[i].label);
	}
	return ERR_OK;
}

static enum err take_in(struct preparation *p, X509 *certificate, const char *from, struct errbuf *why)
{
	const struct settings *s = p->place.settings;
	struct errbuf reason = {""};
	char id[ISSUER_ID_SIZE], name[ISSUER_ID_SIZE + 16], path[4096];
	enum err e = ca_check_issuing(p->root, certificate, s, &reason);
	if (!e)
		e = ca_check_unrevoked(p->root, certificate, s, &reason);
	if (!e)
		e = check_distinct(p, certificate, &reason);
	if (!e)
		e = ca_rehearse(s, &p->known, certificate, &reason);
	if (e)
		return fail(why, e, "%s: %s", from, err_why(e, &reason));
	e = check_key(p, certificate, from, why);
	if (!e)
		e = ca_make_folder(s->ca_others, 0755, why);
	if (!e)
		e = issuer_id(X509_get0_pubkey(certificate), id);
	if (e)
		return e;
	snprintf(name, sizeof name, "next-%s.pem", id);
	e = name_key(s, id, why);
	if (!e)
		e = file_join(path, s->ca_others, name);
	if (!e)
		e = host_publish_chain(path, (X509 *const[]){certificate, NULL}, why);
	if (!e)
		e = forget_pending(s, id, why);
	if (!e)
		report(path, certificate);
	return e;
}

static void say_what_now(const struct ca_place *place)
{
	fputs("counterfoild: it stands ready; nothing is issued by it yet. Let the servers that check certificates fetch what is "
	      "published anew, then: counterfoild ca activate\n", stderr);
	ca_tell_daemon(place);
}

static enum err receive(const struct ca_wishes *w, struct errbuf *why)
{
	struct preparation p = {.next = NEXT_KEY_NONE};
	X509 *certificate = NULL;
	enum err e = open_installation(w, &p, why);
	if (!e)
		e = host_read_certificate(w->certificate, &certificate, why);
	if (!e)
		e = take_in(&p, certificate, w->certificate, why);
	if (!e)
		say_what_now(&p.place);
	X509_free(certificate);
	clear(&p);
	return e;
}

/* ---- all of it at once ---- */

static enum err make(const struct ca_wishes *w, struct errbuf *why)
{
	struct preparation p = {.next = NEXT_KEY_NONE};
	struct authority root = {.certificate = NULL};
	X509 *certificate = NULL;
	enum err e = open_installation(w, &p, why);
	if (!e)
		e = ca_next_key_check(p.place.settings, w->key_in_file, why);
	if (!e)
		e = ca_root_open(w, p.place.settings, &root, why);
	if (!e && X509_cmp(root.certificate, p.root) != 0)
		e = fail(why, ERR_REFUSED, "%s is not the root of this installation", w->root);
	if (!e)
		e = ca_next_key_have(p.place.settings, &p.next, why);
	if (!e)
		e = ca_sign_issuing(&root, p.next.key, p.place.settings, &certificate, why);
	if (!e)
		e = take_in(&p, certificate, "the new certificate", why);
	if (!e)
		say_what_now(&p.place);
	X509_free(certificate);
	authority_clear(&root);
	clear(&p);
	return e;
}

enum err ca_new_issuing(const struct ca_wishes *w, struct errbuf *why)
{
	if (!!w->request + !!w->request_out + !!w->certificate > 1)
		return fail(why, ERR_USAGE, "--request-out, --request and --certificate are three moves: one at a time");
	if (!w->request && !w->config)
		return fail(why, ERR_USAGE, "new-issuing needs --config FILE, or --request FILE where the root's key is");
	if (w->key_in_file && (w->request || w->certificate))
		return fail(why, ERR_USAGE, "--key-in-file belongs to the move that makes the key");
	if (!w->request && (w->status_url || w->profile || w->out))
		return fail(why, ERR_USAGE, "--status-url, --profile and --out belong to --request: the configuration says them here");
	return w->request ? sign(w, why) : w->request_out ? ask(w, why) : w->certificate ? receive(w, why) : make(w, why);
}
