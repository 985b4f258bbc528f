/* Keys and certificates: do they belong together, and how long do they last. */
#include "base/clock.h"
#include "base/file.h"
#include "ca/asn1_time.h"
#include "ca/authority.h"
#include "ca/chain.h"
#include "issuer/command/check.h"
#include "issuer/command/host_issue.h"

#include <inttypes.h>
#include <openssl/pem.h>

enum { FILE_MOST = 1 << 20, DAY = 86400, SOON_CERTIFICATE = 30 * DAY, SOON_ROOT_CRL = 60 * DAY };

static enum err load_pair(const char *certificate_path, const char *key_path, X509 **certificate, struct errbuf *why)
{
	struct buf key = BUF_INIT(FILE_MOST);
	EVP_PKEY *private = NULL;
	enum err e = host_read_certificate(certificate_path, certificate, why);
	if (!e)
		e = file_read(key_path, &key, why);
	if (!e)
		e = key_read_pem(key.data, key.len, NULL, &private, why);
	if (!e && X509_check_private_key(*certificate, private) != 1)
		e = fail(why, ERR_REFUSED, "%s is not the key of %s", key_path, certificate_path);
	buf_free(&key);
	EVP_PKEY_free(private);
	return e;
}

/* Our own servers' certificates chain to our root; anybody else's are only looked at for their time. */
static void check_chain_of(struct check *c, const char *path, const struct chain_trust *trust)
{
	struct buf pem = BUF_INIT(FILE_MOST), ders[8];
	struct der_view views[8];
	struct errbuf why = {""};
	size_t n = 0;
	enum err e = file_read(path, &pem, &why);
	for (; n < 8 && !e; n++) {
		ders[n] = BUF_INIT(FILE_MOST);
		if (certificate_pem_to_der(pem.data, pem.len, (unsigned)n, &ders[n]) != ERR_OK)
			break;
		views[n] = (struct der_view){ders[n].data, ders[n].len};
	}
	if (!e && n > 0)
		e = chain_verify(trust, views, n, CHAIN_SERVER, clock_now(), &why);
	if (e == ERR_EXPIRED)
		check_say(c, CHECK_FAULT, "%s: %s", path, err_why(e, &why));
	else if (e || n == 0)
		check_say(c, CHECK_NOTE, "%s is not of this authority (%s): its renewal is yours", path, err_why(e, &why));
	for (size_t i = 0; i < n; i++)
		buf_free(&ders[i]);
	buf_free(&pem);
}

void check_pairs(struct check *c)
{
	const struct settings *s = c->settings;
	const struct {
		const char *what, *certificate, *key;
	} pairs[] = {
		{"public listener", s->public_certificate, s->public_key},
		{"members listener", s->members_certificate, s->members_key},
		{"courier", s->courier_certificate, s->key_courier},
	};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		X509 *certificate = NULL;
		struct errbuf why = {""};
		enum err e = load_pair(pairs[i].certificate, pairs[i].key, &certificate, &why);
		if (e)
			check_say(c, CHECK_FAULT, "%s: %s", pairs[i].what, err_why(e, &why));
		else
			check_say(c, CHECK_OK, "%s: key and certificate belong together", pairs[i].what);
		X509_free(certificate);
	}
}

static void say_end(struct check *c, const char *path, int64_t until, int64_t soon)
{
	char text[CLOCK_TEXT_SIZE];
	int64_t left = until - clock_now();
	clock_text(until, text);
	if (left <= 0)
		check_say(c, CHECK_FAULT, "%s ended on %.10s", path, text);
	else if (left < soon)
		check_say(c, CHECK_WARNING, "%s ends on %.10s, in %" PRId64 " days", path, text, left / DAY);
	else
		check_say(c, CHECK_OK, "%s lasts until %.10s", path, text);
}

static void check_root_crl(struct check *c, X509 *root)
{
	struct buf bytes = BUF_INIT(FILE_MOST);
	struct crl_head head;
	size_t entries = 0;
	struct errbuf why = {""};
	enum err e = file_read(c->settings->ca_root_crl, &bytes, &why);
	if (!e)
		e = crl_read(bytes.data, bytes.len, root, &head, &entries, &why);
	if (e)
		check_say(c, CHECK_FAULT, "%s: %s", c->settings->ca_root_crl, err_why(e, &why));
	else
		say_end(c, c->settings->ca_root_crl, head.next_update, SOON_ROOT_CRL);
	buf_free(&bytes);
}

static void check_issued_by_root(struct check *c, X509 *root)
{
	X509 *issuing = NULL;
	if (host_read_certificate(c->settings->ca_issuing, &issuing, NULL) == ERR_OK &&
	    X509_verify(issuing, X509_get0_pubkey(root)) != 1)
		check_say(c, CHECK_FAULT, "%s is not signed by %s", c->settings->ca_issuing, c->settings->ca_root);
	X509_free(issuing);
}

static void check_servers(struct check *c)
{
	struct buf pem = BUF_INIT(FILE_MOST);
	struct chain_trust *trust = NULL;
	if (file_read(c->settings->ca_root, &pem, NULL) == ERR_OK && file_read(c->settings->ca_issuing, &pem, NULL) == ERR_OK &&
	    chain_trust_new(pem.data, pem.len, &trust, NULL) == ERR_OK) {
		check_chain_of(c, c->settings->public_certificate, trust);
		check_chain_of(c, c->settings->members_certificate, trust);
	}
	chain_trust_free(trust);
	buf_free(&pem);
}

void check_ends(struct check *c)
{
	const struct settings *s = c->settings;
	const char *const paths[] = {s->ca_root, s->ca_issuing, s->public_certificate, s->members_certificate};
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		X509 *certificate = NULL; /* what cannot be read was said by check_pairs and check_files */
		int64_t until = 0;
		if (host_read_certificate(paths[i], &certificate, NULL) == ERR_OK &&
		    asn1_time_read(X509_get0_notAfter(certificate), &until) == ERR_OK)
			say_end(c, paths[i], until, SOON_CERTIFICATE);
		if (i == 0 && certificate) {
			check_root_crl(c, certificate);
			check_issued_by_root(c, certificate);
		}
		X509_free(certificate);
	}
	check_servers(c);
}
