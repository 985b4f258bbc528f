#include "ca/certificate_extensions.h"

#include "ca/crypto_why.h"
#include "ca/host.h"

#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <string.h>

struct draft {
	const struct certificate_fields *f;
	const struct profile *p;
	X509 *x, *issuer;
};

static bool add(struct draft *d, int nid, bool critical, void *value)
{
	return value && X509_add1_ext_i2d(d->x, nid, value, critical, X509V3_ADD_DEFAULT) == 1;
}

bool certificate_key_id(const X509 *x, uint8_t out[KEY_ID_BYTES])
{
	uint8_t hash[EVP_MAX_MD_SIZE];
	const ASN1_BIT_STRING *key = X509_get0_pubkey_bitstr(x);
	if (!key || EVP_Digest(ASN1_STRING_get0_data(key), (size_t)ASN1_STRING_length(key), hash, NULL, EVP_sha256(),
			       NULL) != 1)
		return false;
	memcpy(out, hash, KEY_ID_BYTES);
	return true;
}

static ASN1_OCTET_STRING *key_id_new(const X509 *x)
{
	uint8_t id[KEY_ID_BYTES];
	ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
	if (s && certificate_key_id(x, id) && ASN1_OCTET_STRING_set(s, id, sizeof id) == 1)
		return s;
	ASN1_OCTET_STRING_free(s);
	return NULL;
}

static bool add_subject_key_id(struct draft *d)
{
	ASN1_OCTET_STRING *id = key_id_new(d->x);
	bool done = add(d, NID_subject_key_identifier, false, id);
	ASN1_OCTET_STRING_free(id);
	return done;
}

/* What the issuer's own certificate says, by whichever method it was made (RFC 5280 4.2.1.1). */
static bool add_authority_key_id(struct draft *d)
{
	AUTHORITY_KEYID *aki = AUTHORITY_KEYID_new();
	const ASN1_OCTET_STRING *id = d->issuer ? X509_get0_subject_key_id(d->issuer) : NULL;
	if (aki)
		aki->keyid = d->issuer ? (id ? ASN1_OCTET_STRING_dup(id) : NULL) : key_id_new(d->x);
	bool done = aki && aki->keyid && add(d, NID_authority_key_identifier, false, aki);
	AUTHORITY_KEYID_free(aki);
	return done;
}

static bool add_key_usage(struct draft *d)
{
	/* X509v3_KU_*: the first octet of the BIT STRING is the low byte, its first bit the high one. */
	ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();
	bool done = bits != NULL;
	for (int i = 0; done && i < 8; i++)
		if (d->p->key_usage & 0x80u >> i)
			done = ASN1_BIT_STRING_set_bit(bits, i, 1) == 1;
	done = done && add(d, NID_key_usage, true, bits);
	ASN1_BIT_STRING_free(bits);
	return done;
}

/* Leaves say CA:FALSE aloud: then no reader has to guess. */
static bool add_basic_constraints(struct draft *d)
{
	BASIC_CONSTRAINTS *bc = BASIC_CONSTRAINTS_new();
	bool done = bc != NULL;
	if (done && d->p->ca) {
		bc->ca = 0xff;
		bc->pathlen = ASN1_INTEGER_new();
		done = bc->pathlen && ASN1_INTEGER_set(bc->pathlen, d->p->path_length) == 1;
	}
	done = done && add(d, NID_basic_constraints, true, bc);
	BASIC_CONSTRAINTS_free(bc);
	return done;
}

static bool add_extended_key_usage(struct draft *d)
{
	if (!d->p->use_count)
		return true;
	EXTENDED_KEY_USAGE *eku = sk_ASN1_OBJECT_new_null();
	bool done = eku != NULL;
	for (size_t i = 0; done && i < d->p->use_count; i++)
		done = sk_ASN1_OBJECT_push(eku, OBJ_nid2obj(d->p->uses[i])) > 0;
	done = done && add(d, NID_ext_key_usage, false, eku);
	sk_ASN1_OBJECT_pop_free(eku, ASN1_OBJECT_free);
	return done;
}

static bool add_ocsp_no_check(struct draft *d)
{
	if (!d->p->ocsp_no_check)
		return true;
	ASN1_NULL *null = ASN1_NULL_new();
	bool done = add(d, NID_id_pkix_OCSP_noCheck, false, null);
	ASN1_NULL_free(null);
	return done;
}

static GENERAL_NAME *general_name_new(int type, const void *bytes, size_t len)
{
	static const struct {
		int type, string_type;
	} strings[] = {{GEN_URI, V_ASN1_IA5STRING}, {GEN_DNS, V_ASN1_IA5STRING}, {GEN_IPADD, V_ASN1_OCTET_STRING}};
	int string_type = V_ASN1_IA5STRING;
	for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++)
		if (strings[i].type == type)
			string_type = strings[i].string_type;
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *string = ASN1_STRING_type_new(string_type);
	if (!name || !string || ASN1_STRING_set(string, bytes, (int)len) != 1) {
		GENERAL_NAME_free(name);
		ASN1_STRING_free(string);
		return NULL;
	}
	GENERAL_NAME_set0_value(name, type, string);
	return name;
}

static bool general_names_push(GENERAL_NAMES *names, int type, const void *bytes, size_t len)
{
	GENERAL_NAME *name = general_name_new(type, bytes, len);
	if (name && sk_GENERAL_NAME_push(names, name) > 0)
		return true;
	GENERAL_NAME_free(name);
	return false;
}

static bool add_subject_alt_name(struct draft *d)
{
	struct host host;
	if (!d->f->san_uri && !d->f->hosts)
		return true;
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
	bool done = names != NULL;
	if (done && d->f->san_uri)
		done = general_names_push(names, GEN_URI, d->f->san_uri, strlen(d->f->san_uri));
	for (const char *const *h = d->f->hosts; done && h && *h; h++)
		done = host_read(*h, &host, NULL) == ERR_OK && general_names_push(names, host.type, host.bytes, host.len);
	done = done && add(d, NID_subject_alt_name, false, names);
	GENERAL_NAMES_free(names);
	return done;
}

static GENERAL_SUBTREE *subtree_new(const struct profile_permitted *permitted)
{
	GENERAL_SUBTREE *tree = GENERAL_SUBTREE_new();
	GENERAL_NAME *base = general_name_new(permitted->uri ? GEN_URI : GEN_DNS, permitted->host, strlen(permitted->host));
	if (tree && base) {
		GENERAL_NAME_free(tree->base);
		tree->base = base;
		return tree;
	}
	GENERAL_SUBTREE_free(tree);
	GENERAL_NAME_free(base);
	return NULL;
}

static bool add_name_constraints(struct draft *d)
{
	const struct profile *p = d->p;
	if (!p->permitted_count)
		return true;
	NAME_CONSTRAINTS *names = NAME_CONSTRAINTS_new();
	bool done = names && (names->permittedSubtrees = sk_GENERAL_SUBTREE_new_null()) != NULL;
	for (size_t i = 0; done && i < p->permitted_count; i++) {
		GENERAL_SUBTREE *tree = subtree_new(&p->permitted[i]);
		done = tree && sk_GENERAL_SUBTREE_push(names->permittedSubtrees, tree) > 0;
		if (!done)
			GENERAL_SUBTREE_free(tree);
	}
	done = done && add(d, NID_name_constraints, true, names);
	NAME_CONSTRAINTS_free(names);
	return done;
}

static bool add_crl_address(struct draft *d)
{
	if (!d->f->crl_url)
		return true;
	CRL_DIST_POINTS *points = sk_DIST_POINT_new_null();
	DIST_POINT *point = DIST_POINT_new();
	bool done = points && point && sk_DIST_POINT_push(points, point) > 0;
	if (!done)
		DIST_POINT_free(point);
	done = done && (point->distpoint = DIST_POINT_NAME_new()) != NULL;
	if (done) {
		point->distpoint->type = 0; /* fullName */
		point->distpoint->name.fullname = sk_GENERAL_NAME_new_null();
		done = point->distpoint->name.fullname &&
		       general_names_push(point->distpoint->name.fullname, GEN_URI, d->f->crl_url,
					  strlen(d->f->crl_url)) &&
		       add(d, NID_crl_distribution_points, false, points);
	}
	sk_DIST_POINT_pop_free(points, DIST_POINT_free);
	return done;
}

static bool access_push(AUTHORITY_INFO_ACCESS *list, int method, const char *url)
{
	if (!url)
		return true;
	ACCESS_DESCRIPTION *one = ACCESS_DESCRIPTION_new();
	GENERAL_NAME *location = general_name_new(GEN_URI, url, strlen(url));
	if (!one || !location || sk_ACCESS_DESCRIPTION_push(list, one) <= 0) {
		ACCESS_DESCRIPTION_free(one);
		GENERAL_NAME_free(location);
		return false;
	}
	one->method = OBJ_nid2obj(method);
	GENERAL_NAME_free(one->location);
	one->location = location;
	return true;
}

static bool add_authority_info(struct draft *d)
{
	if (!d->f->ocsp_url && !d->f->issuer_url)
		return true;
	AUTHORITY_INFO_ACCESS *list = sk_ACCESS_DESCRIPTION_new_null();
	bool done = list && access_push(list, NID_ad_OCSP, d->f->ocsp_url) &&
		    access_push(list, NID_ad_ca_issuers, d->f->issuer_url) && add(d, NID_info_access, false, list);
	AUTHORITY_INFO_ACCESS_free(list);
	return done;
}

enum err certificate_extensions_add(const struct certificate_fields *f, X509 *x, X509 *issuer, struct errbuf *why)
{
	static const struct {
		const char *name;
		bool (*add)(struct draft *);
	} table[] = { /* in the order in which they stand in the certificate */
		{"authorityKeyIdentifier", add_authority_key_id},
		{"subjectKeyIdentifier", add_subject_key_id},
		{"keyUsage", add_key_usage},
		{"basicConstraints", add_basic_constraints},
		{"nameConstraints", add_name_constraints},
		{"extendedKeyUsage", add_extended_key_usage},
		{"subjectAltName", add_subject_alt_name},
		{"cRLDistributionPoints", add_crl_address},
		{"authorityInfoAccess", add_authority_info},
		{"ocsp-nocheck", add_ocsp_no_check},
	};
	struct draft d = {.f = f, .p = certificate_profile(f), .x = x, .issuer = issuer};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		if (!table[i].add(&d)) {
			struct errbuf reason = {""};
			enum err rc = crypto_why(&reason, ERR_CRYPTO, "it could not be written");
			return fail(why, rc, "extension %s: %s", table[i].name, reason.text);
		}
	}
	return ERR_OK;
}
