#include "client/pem.h"
#include "client/key.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <string.h>

/* One opening, over all its texts. */
struct opening {
	struct password *password;
	counterfoil_error *error; /* may be NULL */
	int blocks, keys;
	EVP_PKEY *key;
	STACK_OF(X509) *certificates;
};

struct block {
	char *name, *header;
	unsigned char *data;
	long len;
};

bool pem_is_meant(counterfoil_bytes text)
{
	static const char begin[] = "-----BEGIN ";
	return text.len && *(const unsigned char *)text.data != 0x30 && memmem(text.data, text.len, begin, sizeof begin - 1);
}

static counterfoil_code take_certificate(struct opening *o, const struct block *block)
{
	const unsigned char *at = block->data;
	X509 *certificate = d2i_X509(NULL, &at, block->len);
	counterfoil_code code = COUNTERFOIL_NOT_PEM;
	if (certificate && at == block->data + block->len)
		code = X509_add_cert(o->certificates, certificate, X509_ADD_FLAG_UP_REF | X509_ADD_FLAG_NO_DUP)
			       ? COUNTERFOIL_OK
			       : COUNTERFOIL_OUT_OF_MEMORY;
	X509_free(certificate);
	return code;
}

static counterfoil_code keep_key(struct opening *o, EVP_PKEY *key)
{
	o->key = key;
	return key && key_is_sane(key) ? COUNTERFOIL_OK
				       : outcome(o->error, COUNTERFOIL_UNSUPPORTED,
						 "the private key is damaged, larger than %d bits, or of a kind that is not known here",
						 KEY_BITS_MAX);
}

static counterfoil_code take_plain(struct opening *o, const struct block *block)
{
	const unsigned char *at = block->data;
	PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, block->len);
	counterfoil_code code = COUNTERFOIL_NOT_PEM;
	if (info && at == block->data + block->len) {
		code = keep_key(o, EVP_PKCS82PKEY(info));
	}
	PKCS8_PRIV_KEY_INFO_free(info); /* wipes */
	return code;
}

static counterfoil_code decrypt(struct opening *o, const X509_SIG *sealed)
{
	const X509_ALGOR *algorithm = NULL;
	counterfoil_bytes password = {NULL, 0};
	int64_t rounds;
	X509_SIG_get0(sealed, &algorithm, NULL);
	counterfoil_code code = pkcs12_cost(algorithm, &rounds);
	if (!code && !password_is_given(o->password))
		return outcome(o->error, COUNTERFOIL_WRONG_PASSWORD, "the key is encrypted: give its password");
	if (!code)
		code = password_have(o->password, &password, o->error);
	if (code)
		return code;
	PKCS8_PRIV_KEY_INFO *info = PKCS8_decrypt(sealed, password.len ? password.data : "", (int)password.len);
	if (!info)
		return COUNTERFOIL_WRONG_PASSWORD;
	code = keep_key(o, EVP_PKCS82PKEY(info));
	PKCS8_PRIV_KEY_INFO_free(info); /* wipes */
	return code;
}

static counterfoil_code take_encrypted(struct opening *o, const struct block *block)
{
	const unsigned char *at = block->data;
	X509_SIG *sealed = d2i_X509_SIG(NULL, &at, block->len);
	counterfoil_code code = sealed && at == block->data + block->len ? decrypt(o, sealed) : COUNTERFOIL_NOT_PEM;
	X509_SIG_free(sealed);
	return code;
}

/* As OpenSSL wrote keys before PKCS#8. Its encryption derives by one round of MD5. */
static counterfoil_code take_traditional(struct opening *o, const struct block *block, int type)
{
	const unsigned char *at = block->data;
	if (block->header[0])
		return COUNTERFOIL_OLD_ENCRYPTION;
	EVP_PKEY *key = d2i_PrivateKey(type, NULL, &at, block->len);
	if (key && at == block->data + block->len)
		return keep_key(o, key);
	EVP_PKEY_free(key);
	return COUNTERFOIL_NOT_PEM;
}

static counterfoil_code take_rsa(struct opening *o, const struct block *block)
{
	return take_traditional(o, block, EVP_PKEY_RSA);
}

static counterfoil_code take_ec(struct opening *o, const struct block *block)
{
	return take_traditional(o, block, EVP_PKEY_EC);
}

static counterfoil_code take_unknown(struct opening *o, const struct block *block)
{
	return outcome(o->error, COUNTERFOIL_UNSUPPORTED, "there is a block \"%s\": want CERTIFICATE and PRIVATE KEY (PKCS#8)",
		       block->name);
}

/* What has another name (EC PARAMETERS, a request, a revocation list) is passed over. */
static const struct kind {
	const char *name;
	bool is_key;
	counterfoil_code (*take)(struct opening *o, const struct block *block);
} kinds[] = {
	{"CERTIFICATE", false, take_certificate},
	{"X509 CERTIFICATE", false, take_certificate},
	{"TRUSTED CERTIFICATE", false, take_unknown},
	{"PRIVATE KEY", true, take_plain},
	{"ENCRYPTED PRIVATE KEY", true, take_encrypted},
	{"RSA PRIVATE KEY", true, take_rsa},
	{"EC PRIVATE KEY", true, take_ec},
	{"DSA PRIVATE KEY", true, take_unknown},
	{"OPENSSH PRIVATE KEY", true, take_unknown},
};

static counterfoil_code take(struct opening *o, const struct block *block)
{
	if (++o->blocks > PKCS12_BAGS_MAX)
		return outcome(o->error, COUNTERFOIL_TOO_LARGE, "there are more than %d blocks: want one key and its certificates",
			       PKCS12_BAGS_MAX);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (strcmp(kinds[i].name, block->name) != 0)
			continue;
		if (kinds[i].is_key && ++o->keys > 1)
			return COUNTERFOIL_SEVERAL_KEYS;
		return kinds[i].take(o, block);
	}
	return COUNTERFOIL_OK;
}

/* The end is 'no start line'; anything else is a block that cannot be read, and none is left out quietly. */
static counterfoil_code end_of_text(void)
{
	return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE ? COUNTERFOIL_OK : COUNTERFOIL_NOT_PEM;
}

static counterfoil_code take_all(struct opening *o, counterfoil_bytes text)
{
	if (!text.data)
		return COUNTERFOIL_OK;
	if (text.len > PKCS12_FILE_MAX)
		return outcome(o->error, COUNTERFOIL_TOO_LARGE, "the text is larger than %d bytes: not one key and its certificates",
			       PKCS12_FILE_MAX);
	BIO *memory = BIO_new_mem_buf(text.data, (int)text.len);
	counterfoil_code code = memory ? COUNTERFOIL_OK : COUNTERFOIL_OUT_OF_MEMORY;
	for (bool more = true; !code && more;) {
		struct block block = {0};
		more = PEM_read_bio_ex(memory, &block.name, &block.header, &block.data, &block.len,
				       PEM_FLAG_EAY_COMPATIBLE | PEM_FLAG_SECURE);
		code = more ? take(o, &block) : end_of_text();
		OPENSSL_secure_free(block.name);
		OPENSSL_secure_free(block.header);
		OPENSSL_secure_clear_free(block.data, (size_t)block.len);
	}
	BIO_free(memory);
	return code;
}

enum { SIGNATURE_MAX = KEY_BITS_MAX / 8 };

/* No MAC stands over PEM, and a key tells its public half beside the private one: does the private one sign for it? */
static bool key_signs(const struct pkcs12_parts *parts)
{
	static const unsigned char text[] = "counterfoil";
	bool edwards = EVP_PKEY_is_a(parts->key, "ED25519") || EVP_PKEY_is_a(parts->key, "ED448");
	const EVP_MD *digest = edwards ? NULL : EVP_sha256();
	EVP_MD_CTX *sign = EVP_MD_CTX_new(), *verify = EVP_MD_CTX_new();
	unsigned char signature[SIGNATURE_MAX];
	size_t len = sizeof signature;
	bool signs = sign && verify && EVP_DigestSignInit(sign, NULL, digest, NULL, parts->key) == 1 &&
		     EVP_DigestSign(sign, signature, &len, text, sizeof text) == 1 &&
		     EVP_DigestVerifyInit(verify, NULL, digest, NULL, X509_get0_pubkey(parts->certificate)) == 1 &&
		     EVP_DigestVerify(verify, signature, len, text, sizeof text) == 1;
	EVP_MD_CTX_free(sign);
	EVP_MD_CTX_free(verify);
	return signs;
}

static counterfoil_code match(struct opening *o, struct pkcs12_parts *parts)
{
	if (!o->key)
		return outcome(o->error, COUNTERFOIL_NO_KEY, "there is no private key: give the file that holds it");
	if (pkcs12_match(&o->key, &o->certificates, parts) != COUNTERFOIL_OK)
		return outcome(o->error, COUNTERFOIL_NO_KEY,
			       "the private key belongs to none of the certificates: give those that belong together");
	if (key_signs(parts))
		return COUNTERFOIL_OK;
	pkcs12_parts_clear(parts);
	return COUNTERFOIL_NOT_PEM;
}

counterfoil_code pem_open(counterfoil_bytes certificates, counterfoil_bytes key, struct password *password,
			  struct pkcs12_parts *parts, counterfoil_error *error)
{
	struct opening o = {.password = password, .error = error, .certificates = sk_X509_new_null()};
	*parts = (struct pkcs12_parts){0};
	if (error)
		error->code = COUNTERFOIL_OK;
	ERR_set_mark();
	counterfoil_code code = o.certificates ? take_all(&o, certificates) : COUNTERFOIL_OUT_OF_MEMORY;
	if (!code)
		code = take_all(&o, key);
	if (!code)
		code = match(&o, parts);
	if (code == COUNTERFOIL_NOT_PEM && ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE)
		code = COUNTERFOIL_OUT_OF_MEMORY;
	EVP_PKEY_free(o.key);
	sk_X509_pop_free(o.certificates, X509_free);
	ERR_pop_to_mark();
	if (code && error && error->code == code)
		return code; /* it has a sentence of its own */
	return outcome(error, code, NULL);
}
