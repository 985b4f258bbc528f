#include "tests/support/pkcs12_maker.h"
#include "tests/support/test.h"

#include <openssl/objects.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

void pair_free(struct pair *p)
{
	EVP_PKEY_free(p->key);
	X509_free(p->certificate);
	*p = (struct pair){0};
}

static void add_name(X509_NAME *name, const char *type, const char *value, size_t len)
{
	if (value)
		assert_int_equal(X509_NAME_add_entry_by_txt(name, type, MBSTRING_UTF8, (const unsigned char *)value,
							    (int)(len ? len : strlen(value)), -1, 0), 1);
}

static void add_extension(X509 *certificate, const struct pair *issuer, int nid, const char *value)
{
	if (!value)
		return;
	X509V3_CTX context;
	X509V3_set_ctx(&context, issuer ? issuer->certificate : certificate, certificate, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	assert_non_null(extension);
	assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

/* One that signs by RSA-PSS alone, with any digest. */
static EVP_PKEY *pss_make(void)
{
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
	assert_int_equal(EVP_PKEY_keygen_init(context), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048), 1);
	assert_int_equal(EVP_PKEY_generate(context, &key), 1);
	EVP_PKEY_CTX_free(context);
	return key;
}

static EVP_PKEY *key_make(const char *type)
{
	if (!type)
		type = "P-256";
	if (strcmp(type, "RSA-PSS") == 0)
		return pss_make();
	if (strncmp(type, "RSA", 3) == 0)
		return EVP_RSA_gen((unsigned)strtoul(type + 3, NULL, 10));
	return strcmp(type, "ED25519") == 0 ? EVP_PKEY_Q_keygen(NULL, NULL, type) : EVP_EC_gen(type);
}

struct pair pair_make(const struct wanted *w)
{
	struct pair p = {key_make(w->key), X509_new()};
	unsigned char serial[16];
	assert_non_null(p.key);
	assert_int_equal(X509_set_version(p.certificate, X509_VERSION_3), 1);
	assert_int_equal(RAND_bytes(serial, sizeof serial), 1);
	serial[0] = (serial[0] & 0x7f) | 0x40;
	BIGNUM *number = BN_bin2bn(serial, sizeof serial, NULL);
	BN_to_ASN1_INTEGER(number, X509_get_serialNumber(p.certificate));
	BN_free(number);
	bool dated = w->from || w->until;
	X509_gmtime_adj(X509_getm_notBefore(p.certificate), dated ? (long)w->from : -3600);
	X509_gmtime_adj(X509_getm_notAfter(p.certificate), dated ? (long)w->until : 365L * DAY);
	X509_NAME *name = X509_get_subject_name(p.certificate);
	add_name(name, "O", w->organisation, 0);
	add_name(name, "OU", w->unit, 0);
	add_name(name, "CN", w->common_name, w->common_name_len);
	X509_set_issuer_name(p.certificate, w->issuer ? X509_get_subject_name(w->issuer->certificate) : name);
	X509_set_pubkey(p.certificate, p.key);
	if (w->ca)
		add_extension(p.certificate, w->issuer, NID_basic_constraints, "critical,CA:TRUE");
	add_extension(p.certificate, w->issuer, NID_subject_key_identifier, "hash");
	add_extension(p.certificate, w->issuer ? w->issuer : NULL, NID_ext_key_usage, w->extended);
	add_extension(p.certificate, w->issuer, NID_subject_alt_name, w->alternative);
	add_extension(p.certificate, w->issuer, NID_crl_distribution_points, w->lists);
	add_extension(p.certificate, w->issuer, NID_info_access, w->responder);
	add_extension(p.certificate, w->issuer, NID_tlsfeature, w->features);
	add_extension(p.certificate, w->issuer, NID_key_usage, w->usage);
	EVP_PKEY *signer = w->issuer ? w->issuer->key : p.key;
	assert_true(X509_sign(p.certificate, signer, EVP_PKEY_is_a(signer, "ED25519") ? NULL : EVP_sha256()) > 0);
	return p;
}

/* Write another count of rounds into PBES2's or PBE's parameters. */
static void tell_rounds(X509_ALGOR *algorithm, int64_t rounds)
{
	PBE2PARAM *pbes2 = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), algorithm->parameter);
	if (OBJ_obj2nid(algorithm->algorithm) != NID_pbes2) {
		PBE2PARAM_free(pbes2);
		PBEPARAM *pbe = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBEPARAM), algorithm->parameter);
		ASN1_INTEGER_set_int64(pbe->iter, rounds);
		assert_non_null(ASN1_TYPE_pack_sequence(ASN1_ITEM_rptr(PBEPARAM), pbe, &algorithm->parameter));
		PBEPARAM_free(pbe);
		return;
	}
	PBKDF2PARAM *kdf = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), pbes2->keyfunc->parameter);
	ASN1_INTEGER_set_int64(kdf->iter, rounds);
	assert_non_null(ASN1_TYPE_pack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), kdf, &pbes2->keyfunc->parameter));
	assert_non_null(ASN1_TYPE_pack_sequence(ASN1_ITEM_rptr(PBE2PARAM), pbes2, &algorithm->parameter));
	PBKDF2PARAM_free(kdf);
	PBE2PARAM_free(pbes2);
}

static int encryption(int nid)
{
	return nid ? nid : NID_aes_256_cbc;
}

static void add_certificates(const struct package *p, STACK_OF(PKCS7) **safes, int rounds)
{
	STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
	X509 *own = (X509 *)(p->only_certificate ? p->only_certificate : p->subject->certificate);
	if (!p->no_certificate)
		assert_non_null(PKCS12_add_cert(&bags, own));
	for (size_t i = 0; i < p->chain_count; i++)
		assert_non_null(PKCS12_add_cert(&bags, p->chain[i]));
	if (!bags)
		return;
	assert_int_equal(PKCS12_add_safe(safes, bags, p->certificate_nid == -1 ? -1 : encryption(p->certificate_nid), rounds,
					 p->password), 1);
	if (p->certificate_rounds_told)
		tell_rounds(sk_PKCS7_value(*safes, 0)->d.encrypted->enc_data->algorithm, p->certificate_rounds_told);
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
}

/* The bytes of a DER element of that tag and content. */
static void wrap(unsigned char tag, struct buf *content)
{
	struct buf whole = BUF_INIT(1 << 20);
	unsigned char head[8], *at = head;
	ASN1_put_object(&at, 1, (int)content->len, tag & 0x1f, tag & 0xc0);
	buf_add(&whole, head, (size_t)(at - head));
	buf_add(&whole, content->data, content->len);
	assert_int_equal(buf_check(&whole), ERR_OK);
	buf_free(content);
	*content = whole;
}

/* safeContentsBag (RFC 7292 section 4.2.6), for which OpenSSL has a reader only. */
static void nest_bags(STACK_OF(PKCS12_SAFEBAG) *bags, int depth, STACK_OF(PKCS7) **safes)
{
	static const unsigned char type[] = {0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x06};
	unsigned char *der = NULL;
	int len = ASN1_item_i2d((ASN1_VALUE *)bags, &der, ASN1_ITEM_rptr(PKCS12_SAFEBAGS));
	struct buf content = BUF_INIT(1 << 20);
	buf_add(&content, der, (size_t)len);
	OPENSSL_free(der);
	for (int i = 0; i < depth; i++) {
		struct buf bag = BUF_INIT(1 << 20);
		wrap(0xa0, &content);
		buf_add(&bag, type, sizeof type);
		buf_add(&bag, content.data, content.len);
		buf_free(&content);
		content = bag;
		wrap(0x30, &content); /* the bag */
		wrap(0x30, &content); /* a sequence of one */
	}
	PKCS7 *safe = PKCS7_new();
	safe->type = OBJ_nid2obj(NID_pkcs7_data);
	safe->d.data = ASN1_OCTET_STRING_new();
	assert_int_equal(ASN1_OCTET_STRING_set(safe->d.data, content.data, (int)content.len), 1);
	if (!*safes)
		*safes = sk_PKCS7_new_null();
	sk_PKCS7_push(*safes, safe);
	buf_free(&content);
}

static void add_keys(const struct package *p, STACK_OF(PKCS7) **safes, int rounds)
{
	STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
	if (p->no_key)
		return;
	int nid = encryption(p->key_nid);
	EVP_PKEY *keys[] = {p->subject->key, p->second_key};
	for (size_t i = 0; i < 2 && keys[i]; i++)
		assert_non_null(PKCS12_add_key(&bags, keys[i], 0, rounds, nid, nid == -1 ? NULL : p->password));
	if (p->nest)
		nest_bags(bags, p->nest, safes);
	else
		assert_int_equal(PKCS12_add_safe(safes, bags, -1, 0, NULL), 1);
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
}

void package_write(const struct package *p, struct buf *out)
{
	STACK_OF(PKCS7) *safes = NULL;
	int rounds = p->rounds ? p->rounds : 1;
	add_certificates(p, &safes, rounds);
	add_keys(p, &safes, rounds);
	PKCS12 *p12 = PKCS12_add_safes(safes, 0);
	assert_non_null(p12);
	if (!p->no_mac)
		assert_int_equal(PKCS12_set_mac(p12, p->password, -1, NULL, 8, rounds, p->mac ? p->mac : EVP_sha256()), 1);
	if (p->mac_rounds_told) {
		const ASN1_INTEGER *count = NULL;
		PKCS12_get0_mac(NULL, NULL, NULL, &count, p12);
		if (count)
			ASN1_INTEGER_set_int64((ASN1_INTEGER *)count, p->mac_rounds_told);
		else
			fail_msg("a MAC of one round carries no count to write over");
	}
	unsigned char *der = NULL;
	int len = i2d_PKCS12(p12, &der);
	assert_true(len > 0);
	buf_add(out, der, (size_t)len);
	assert_int_equal(buf_check(out), ERR_OK);
	OPENSSL_free(der);
	PKCS12_free(p12);
	sk_PKCS7_pop_free(safes, PKCS7_free);
}
