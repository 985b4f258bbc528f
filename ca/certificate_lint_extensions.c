#include "ca/certificate_extensions.h"

#include "ca/host.h"

#include <openssl/x509v3.h>
#include <string.h>

struct lint {
	const struct certificate_fields *f;
	const struct profile *p;
	X509 *x, *issuer;
};

static bool bytes_are(const ASN1_STRING *s, const void *bytes, size_t len)
{
	return (size_t)ASN1_STRING_length(s) == len && memcmp(ASN1_STRING_get0_data(s), bytes, len) == 0;
}

static bool uri_is(const GENERAL_NAME *name, const char *uri)
{
	return name->type == GEN_URI && bytes_are(name->d.uniformResourceIdentifier, uri, strlen(uri));
}

/* The issuer's identifier as its certificate says; a root's is its own. */
static bool authority_key_id_right(const struct lint *l, const void *value)
{
	const AUTHORITY_KEYID *aki = value;
	const ASN1_OCTET_STRING *wanted = X509_get0_subject_key_id(l->issuer ? l->issuer : l->x);
	return wanted && aki->keyid && !aki->issuer && !aki->serial && ASN1_OCTET_STRING_cmp(aki->keyid, wanted) == 0;
}

static bool subject_key_id_right(const struct lint *l, const void *value)
{
	uint8_t wanted[KEY_ID_BYTES];
	return certificate_key_id(l->x, wanted) && bytes_are(value, wanted, sizeof wanted);
}

/* In DER the last bit that is written is a one (X.690 11.2.2): the library reads, and writes, others too. No profile has
 * decipherOnly, the only bit that would need a second octet. */
static bool key_usage_right(const struct lint *l, const void *value)
{
	const ASN1_BIT_STRING *bits = value;
	const uint8_t *octets = ASN1_STRING_get0_data(bits);
	return ASN1_STRING_length(bits) == 1 && octets[0] == l->p->key_usage && octets[0] >> (bits->flags & 7) & 1;
}

static bool basic_constraints_right(const struct lint *l, const void *value)
{
	const BASIC_CONSTRAINTS *bc = value;
	if (!l->p->ca)
		return !bc->ca && !bc->pathlen;
	return bc->ca && bc->pathlen && ASN1_INTEGER_get(bc->pathlen) == l->p->path_length;
}

static bool extended_key_usage_right(const struct lint *l, const void *value)
{
	const EXTENDED_KEY_USAGE *eku = value;
	bool right = sk_ASN1_OBJECT_num(eku) == (int)l->p->use_count;
	for (size_t i = 0; right && i < l->p->use_count; i++)
		right = OBJ_obj2nid(sk_ASN1_OBJECT_value(eku, (int)i)) == l->p->uses[i];
	return right;
}

static bool host_is(const GENERAL_NAME *name, const char *text)
{
	struct host host;
	if (host_read(text, &host, NULL) || name->type != host.type)
		return false;
	return bytes_are(host.type == GEN_DNS ? name->d.dNSName : name->d.iPAddress, host.bytes, host.len);
}

static bool subject_alt_name_right(const struct lint *l, const void *value)
{
	const GENERAL_NAMES *names = value;
	int n = 0, count = sk_GENERAL_NAME_num(names);
	if (l->f->san_uri && (n == count || !uri_is(sk_GENERAL_NAME_value(names, n++), l->f->san_uri)))
		return false;
	for (const char *const *h = l->f->hosts; h && *h; h++)
		if (n == count || !host_is(sk_GENERAL_NAME_value(names, n++), *h))
			return false;
	return n == count;
}

/* Whole subtrees, as RFC 5280 4.2.1.10 wants them, and none that are excluded. */
static bool name_constraints_right(const struct lint *l, const void *value)
{
	const NAME_CONSTRAINTS *names = value;
	const struct profile *p = l->p;
	bool right = !names->excludedSubtrees && sk_GENERAL_SUBTREE_num(names->permittedSubtrees) == (int)p->permitted_count;
	for (size_t i = 0; right && i < p->permitted_count; i++) {
		const GENERAL_SUBTREE *tree = sk_GENERAL_SUBTREE_value(names->permittedSubtrees, (int)i);
		const char *host = p->permitted[i].host;
		right = !tree->minimum && !tree->maximum && tree->base->type == (p->permitted[i].uri ? GEN_URI : GEN_DNS) &&
			bytes_are(tree->base->d.ia5, host, strlen(host));
	}
	return right;
}

static bool crl_address_right(const struct lint *l, const void *value)
{
	const CRL_DIST_POINTS *points = value;
	if (sk_DIST_POINT_num(points) != 1)
		return false;
	const DIST_POINT *point = sk_DIST_POINT_value(points, 0);
	return !point->reasons && !point->CRLissuer && point->distpoint && point->distpoint->type == 0 &&
	       sk_GENERAL_NAME_num(point->distpoint->name.fullname) == 1 &&
	       uri_is(sk_GENERAL_NAME_value(point->distpoint->name.fullname, 0), l->f->crl_url);
}

static bool authority_info_right(const struct lint *l, const void *value)
{
	const AUTHORITY_INFO_ACCESS *list = value;
	const struct {
		int method;
		const char *url;
	} wanted[] = {{NID_ad_OCSP, l->f->ocsp_url}, {NID_ad_ca_issuers, l->f->issuer_url}};
	int n = 0, count = sk_ACCESS_DESCRIPTION_num(list);
	for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
		if (!wanted[i].url)
			continue;
		const ACCESS_DESCRIPTION *one = n < count ? sk_ACCESS_DESCRIPTION_value(list, n++) : NULL;
		if (!one || OBJ_obj2nid(one->method) != wanted[i].method || !uri_is(one->location, wanted[i].url))
			return false;
	}
	return n == count;
}

static bool always_right(const struct lint *l, const void *value)
{
	(void)l;
	(void)value;
	return true;
}

struct rule {
	int nid;
	bool critical, wanted;
	const char *name;
	bool (*right)(const struct lint *, const void *value);
};

/* DER has one form of each value: decoding and encoding again must give the same octets. */
static bool canonical(const X509_EXTENSION *extension, int nid, const void *value)
{
	uint8_t *der = NULL;
	const X509V3_EXT_METHOD *method = X509V3_EXT_get_nid(nid);
	int len = ASN1_item_i2d(value, &der, ASN1_ITEM_ptr(method->it));
	bool same = len > 0 && bytes_are(X509_EXTENSION_get_data((X509_EXTENSION *)extension), der, (size_t)len);
	OPENSSL_free(der);
	return same;
}

static enum err rule_check(const struct lint *l, const struct rule *r, struct errbuf *why)
{
	int critical = 0;
	int at = X509_get_ext_by_NID(l->x, r->nid, -1);
	if ((at >= 0) != r->wanted)
		return fail(why, ERR_INVALID, "certificate lint: the extension %s is %s", r->name,
			    r->wanted ? "missing" : "not the profile's");
	if (at < 0)
		return ERR_OK;
	void *value = X509_get_ext_d2i(l->x, r->nid, &critical, NULL);
	if (!value)
		return fail(why, ERR_INVALID, "certificate lint: the extension %s %s", r->name,
			    critical == -2 ? "stands twice" : "cannot be read");
	bool right = r->right(l, value) && canonical(X509_get_ext(l->x, at), r->nid, value);
	ASN1_item_free(value, ASN1_ITEM_ptr(X509V3_EXT_get_nid(r->nid)->it));
	if (!right)
		return fail(why, ERR_INVALID, "certificate lint: the extension %s does not say what was asked", r->name);
	if (critical != r->critical)
		return fail(why, ERR_INVALID, "certificate lint: the extension %s %s be critical", r->name,
			    r->critical ? "must" : "must not");
	return ERR_OK;
}

enum err certificate_extensions_lint(const struct certificate_fields *f, X509 *x, X509 *issuer, struct errbuf *why)
{
	const struct profile *p = certificate_profile(f);
	const struct lint l = {.f = f, .p = p, .x = x, .issuer = issuer};
	const struct rule rules[] = {
		{NID_authority_key_identifier, false, true, "authorityKeyIdentifier", authority_key_id_right},
		{NID_subject_key_identifier, false, true, "subjectKeyIdentifier", subject_key_id_right},
		{NID_key_usage, true, true, "keyUsage", key_usage_right},
		{NID_basic_constraints, true, true, "basicConstraints", basic_constraints_right},
		{NID_name_constraints, true, p->permitted_count > 0, "nameConstraints", name_constraints_right},
		{NID_ext_key_usage, false, p->use_count > 0, "extendedKeyUsage", extended_key_usage_right},
		{NID_subject_alt_name, false, f->san_uri || f->hosts, "subjectAltName", subject_alt_name_right},
		{NID_crl_distribution_points, false, f->crl_url, "cRLDistributionPoints", crl_address_right},
		{NID_info_access, false, f->ocsp_url || f->issuer_url, "authorityInfoAccess", authority_info_right},
		{NID_id_pkix_OCSP_noCheck, false, p->ocsp_no_check, "ocsp-nocheck", always_right},
	};
	int known = 0;
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		enum err rc = rule_check(&l, &rules[i], why);
		if (rc)
			return rc;
		known += rules[i].wanted;
	}
	if (X509_get_ext_count(x) != known)
		return fail(why, ERR_INVALID, "certificate lint: it has an extension that its profile does not know");
	if (X509_get_extension_flags(x) & EXFLAG_INVALID)
		return fail(why, ERR_INVALID, "certificate lint: its extensions contradict each other");
	return ERR_OK;
}
