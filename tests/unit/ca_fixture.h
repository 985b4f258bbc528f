/* ca_fixture: a root and an issuing CA born at a fixed time, and one good set of fields for each profile. */
#ifndef TESTS_CA_FIXTURE_H
#define TESTS_CA_FIXTURE_H

#include "tests/support/test.h"

#include "ca/authority.h"

#include <stdbool.h>
#include <string.h>

#define NOW INT64_C(1795313618) /* 2026-11-22T02:13:38Z */
#define DAY INT64_C(86400)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define assert_ok(call)                                                                                                \
	do {                                                                                                           \
		enum err assert_ok_rc = (call);                                                                        \
		if (assert_ok_rc)                                                                                      \
			fail_msg("%s:%d: %s: %s\n", __FILE__, __LINE__, #call, err_word(assert_ok_rc));                \
	} while (0)

struct pki {
	struct authority root, issuing;
};

static const struct authority_names fixture_names = {.organisation = "Fixture Authority",
						      .root_name = "Fixture Root",
						      .issuing_name = "Fixture Issuing",
						      .root_crl_url = "http://ca.example.org/crl/root.crl",
						      .root_url = "http://ca.example.org/ca/root.cer"};

static inline void pki_new(struct pki *p, int64_t now)
{
	struct errbuf why = {""};
	if (authority_make_root(&fixture_names, now, &p->root, &why) ||
	    authority_make_issuing(&fixture_names, &p->root, now, &p->issuing, &why))
		fail_msg("fixture: %s\n", why.text);
}

static inline void pki_clear(struct pki *p)
{
	authority_clear(&p->root);
	authority_clear(&p->issuing);
}

static const char *const fixture_hosts[] = {"localhost", "members.example.org", "127.0.0.1", "::1", NULL};

/* Good fields of a profile at `now`: a fixed serial, addresses for all but the root. */
static inline struct certificate_fields fields_of(enum profile_id id, const X509 *issuer, int64_t now)
{
	struct certificate_fields f = {.profile = id,
				       .organisation = "M\xc3\xbcller & S\xc3\xb6hne AG",
				       .common_name = "my page",
				       .serial = {0x5e, 0x41, [19] = 0x07}};
	if (id != PROFILE_ROOT) {
		f.crl_url = "http://ca.example.org/crl/issuing.crl";
		f.issuer_url = "http://ca.example.org/ca/issuing.cer";
		f.ocsp_url = "http://ca.example.org/ocsp";
	}
	if (id == PROFILE_CLIENT) {
		f.service = "e-banking";
		f.san_uri = "spiffe://example.org/org/mueller/service/e-banking/client/my-page";
	}
	if (id == PROFILE_STAFF)
		f.san_uri = "spiffe://example.org/staff/7k3mq2";
	if (id == PROFILE_SERVER) {
		f.hosts = fixture_hosts;
		f.common_name = NULL;
	}
	certificate_life(profile_get(id), issuer, now, &f);
	return f;
}

/* The DER of a good certificate under the issuing CA. */
static inline void issue_der(const struct authority *issuer, enum profile_id id, EVP_PKEY *key, struct buf *out)
{
	struct errbuf why = {""};
	struct certificate_fields f = fields_of(id, issuer->certificate, NOW);
	if (authority_issue(issuer, &f, key, NULL, out, &why))
		fail_msg("issue: %s\n", why.text);
}

static inline X509 *der_to_x509(const void *der, size_t len)
{
	const uint8_t *at = der;
	X509 *x = d2i_X509(NULL, &at, (long)len);
	assert_non_null(x);
	return x;
}

#endif
