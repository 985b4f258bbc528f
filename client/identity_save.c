/* identity_save: an identity as a new file, in the encoding that some other program wants. */
#include "base/file.h"
#include "client/identity_save.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <string.h>

enum {
	FILE_MAX = 1 << 20,
	ROUNDS = 100000, /* the password may be a person's own; a tenth of a second */
	SALT_LEN = 8
};

static bool write_pkcs12(const struct saving *s, int encryption, const EVP_MD *digest, BIO *out)
{
	/* PKCS12_create would choose the MAC by itself: -1 leaves it out */
	PKCS12 *p12 = PKCS12_create(s->password, s->name, s->parts->key, s->parts->certificate, s->parts->others, encryption,
				    encryption, ROUNDS, -1, 0);
	bool written = p12 && PKCS12_set_mac(p12, s->password, s->password_len, NULL, SALT_LEN, ROUNDS, digest) == 1 &&
		       i2d_PKCS12_bio(out, p12) == 1;
	PKCS12_free(p12);
	return written;
}

static bool write_modern(const struct saving *s, BIO *out)
{
	return write_pkcs12(s, NID_aes_256_cbc, EVP_sha256(), out);
}

static bool write_compatible(const struct saving *s, BIO *out)
{
	return write_pkcs12(s, NID_pbe_WithSHA1And3_Key_TripleDES_CBC, EVP_sha1(), out);
}

static bool write_sealed_key(const struct saving *s, BIO *out)
{
	X509_ALGOR *how = PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), ROUNDS, NULL, 0, NULL, NID_hmacWithSHA256);
	PKCS8_PRIV_KEY_INFO *key = EVP_PKEY2PKCS8(s->parts->key);
	X509_SIG *sealed = how && key ? PKCS8_set0_pbe(s->password, s->password_len, key, how) : NULL;
	bool written = sealed && PEM_write_bio_PKCS8(out, sealed) == 1;
	if (sealed)
		how = NULL; /* it is inside now */
	X509_SIG_free(sealed);
	X509_ALGOR_free(how);
	PKCS8_PRIV_KEY_INFO_free(key); /* wipes */
	return written;
}

static bool write_open_key(const struct saving *s, BIO *out)
{
	return PEM_write_bio_PKCS8PrivateKey(out, s->parts->key, NULL, NULL, 0, NULL, NULL) == 1;
}

static bool write_traditional_key(const struct saving *s, BIO *out)
{
	return PEM_write_bio_PrivateKey_traditional(out, s->parts->key, NULL, NULL, 0, NULL, NULL) == 1;
}

static bool write_with_key(const struct saving *s, BIO *out, bool (*write_key)(const struct saving *s, BIO *out))
{
	return saving_certificates(s, out) && (!(s->content & COUNTERFOIL_CONTENT_KEY) || write_key(s, out));
}

static bool write_pem(const struct saving *s, BIO *out)
{
	return write_with_key(s, out, write_sealed_key);
}

static bool write_pem_open(const struct saving *s, BIO *out)
{
	return write_with_key(s, out, write_open_key);
}

static bool write_pem_traditional(const struct saving *s, BIO *out)
{
	return write_with_key(s, out, write_traditional_key);
}

static const struct form {
	bool (*write)(const struct saving *s, BIO *out);
	bool sealed;     /* the key, under the password */
	bool pkcs12;     /* and opened again before it is kept */
	bool traditional;
	unsigned always; /* COUNTERFOIL_CONTENT_*; 0: as the caller says */
} forms[] = {
	[COUNTERFOIL_ENCODING_MODERN] = {.write = write_modern, .sealed = true, .pkcs12 = true, .always = SAVING_EVERYTHING},
	[COUNTERFOIL_ENCODING_COMPATIBLE] = {.write = write_compatible, .sealed = true, .pkcs12 = true, .always = SAVING_EVERYTHING},
	[COUNTERFOIL_ENCODING_PEM] = {.write = write_pem, .sealed = true},
	[COUNTERFOIL_ENCODING_PEM_OPEN] = {.write = write_pem_open},
	[COUNTERFOIL_ENCODING_PEM_TRADITIONAL] = {.write = write_pem_traditional, .traditional = true},
	[COUNTERFOIL_ENCODING_TRUST_STORE] = {.write = saving_trust_store, .always = COUNTERFOIL_CONTENT_CA},
};

/* What does not open again with the same password is not kept. */
static counterfoil_code open_again(const struct saving *s, const struct buf *bytes)
{
	struct pkcs12_parts parts;
	counterfoil_code code = pkcs12_open((counterfoil_bytes){bytes->data, bytes->len},
					    (counterfoil_bytes){s->password, (size_t)s->password_len}, &parts, NULL);
	if (!code && (EVP_PKEY_eq(parts.key, s->parts->key) != 1 || X509_cmp(parts.certificate, s->parts->certificate) != 0))
		code = COUNTERFOIL_FAILED;
	pkcs12_parts_clear(&parts);
	return code ? COUNTERFOIL_FAILED : COUNTERFOIL_OK;
}

static counterfoil_code encode(const struct saving *s, const struct form *form, struct buf *bytes)
{
	BIO *memory = BIO_new(BIO_s_secmem());
	char *data = NULL;
	ERR_set_mark();
	counterfoil_code code = memory && form->write(s, memory) ? COUNTERFOIL_OK : COUNTERFOIL_FAILED;
	ERR_pop_to_mark();
	if (!code) {
		long len = BIO_get_mem_data(memory, &data);
		buf_add(bytes, data, (size_t)len);
		code = buf_check(bytes) ? COUNTERFOIL_OUT_OF_MEMORY : COUNTERFOIL_OK;
	}
	BIO_free(memory); /* wipes */
	return !code && form->pkcs12 ? open_again(s, bytes) : code;
}

static counterfoil_code publish(const char *path, const struct buf *bytes, bool replace, counterfoil_error *error)
{
	struct errbuf why = {0};
	enum err e = replace ? file_publish(path, bytes->data, bytes->len, 0600, &why)
			     : file_publish_new(path, bytes->data, bytes->len, 0600, &why);
	if (e == ERR_EXISTS)
		return outcome(error, COUNTERFOIL_FILE_EXISTS, "%.300s is there already and was left as it is", path);
	return e ? outcome(error, COUNTERFOIL_FILE_UNWRITABLE, "%s", err_why(e, &why)) : outcome_ok(error);
}

/* OK, or why what was asked for cannot be. */
static counterfoil_code take_options(const counterfoil_save_options *given, counterfoil_save_options *whole,
				     counterfoil_error *error)
{
	const size_t least = offsetof(counterfoil_save_options, content);
	const unsigned known = SAVING_EVERYTHING | COUNTERFOIL_CONTENT_INTERMEDIATES;
	if (!given || given->size < least || given->size > sizeof *given)
		return outcome(error, COUNTERFOIL_BAD_INPUT, "options are missing, or size is not set");
	memcpy(whole, given, given->size);
	if (whole->encoding < COUNTERFOIL_ENCODING_MODERN || whole->encoding > COUNTERFOIL_ENCODING_TRUST_STORE ||
	    whole->content & ~known)
		return outcome(error, COUNTERFOIL_BAD_INPUT, "there is no such encoding or content");
	if (whole->content && forms[whole->encoding].always)
		return outcome(error, COUNTERFOIL_BAD_INPUT, "content can be chosen for PEM only");
	return COUNTERFOIL_OK;
}

static counterfoil_code take_password(struct saving *s, const struct form *form, counterfoil_bytes password,
				      counterfoil_error *error)
{
	if (!form->sealed || !(s->content & COUNTERFOIL_CONTENT_KEY))
		return COUNTERFOIL_OK;
	if (!password.data || password.len == 0 || password.len > PKCS12_PASSWORD_MAX || memchr(password.data, 0, password.len))
		return outcome(error, COUNTERFOIL_BAD_INPUT, "the new file needs a password of 1 to %d bytes, none of them NUL",
			       PKCS12_PASSWORD_MAX);
	memcpy(s->password, password.data, password.len);
	s->password_len = (int)password.len;
	return COUNTERFOIL_OK;
}

/* Only keys that are older than PKCS#8 have an older form. */
static bool has_traditional_form(const EVP_PKEY *key)
{
	int kind = EVP_PKEY_get_base_id(key);
	return kind == EVP_PKEY_RSA || kind == EVP_PKEY_EC;
}

static counterfoil_code save(struct saving *s, const struct form *form, const counterfoil_save_options *options,
			     const char *path, counterfoil_error *error)
{
	counterfoil_code code = take_password(s, form, options->password, error);
	if (code)
		return code;
	if (form->traditional && s->content & COUNTERFOIL_CONTENT_KEY && !has_traditional_form(s->parts->key))
		return outcome(error, COUNTERFOIL_UNSUPPORTED,
			       "a key of this kind has no traditional form: order a certificate with an EC or RSA key");
	struct buf bytes = BUF_INIT(FILE_MAX);
	code = encode(s, form, &bytes);
	code = code ? outcome(error, code, NULL) : publish(path, &bytes, options->replace != 0, error);
	buf_free(&bytes);
	return code;
}

counterfoil_code counterfoil_identity_save(const counterfoil_identity *identity, const char *path,
					   const counterfoil_save_options *options, counterfoil_error *error)
{
	counterfoil_save_options whole = {0};
	if (!identity || !path)
		return outcome(error, COUNTERFOIL_BAD_INPUT, "no identity or path was given");
	counterfoil_code code = take_options(options, &whole, error);
	if (code)
		return code;
	const struct form *form = &forms[whole.encoding];
	struct saving s = {.parts = &identity->parts, .name = identity->facts[COUNTERFOIL_FACT_COMMON_NAME]};
	s.content = form->always ? form->always : whole.content ? whole.content : SAVING_EVERYTHING;
	/* who names the CA wants one that other programs can use */
	if (whole.encoding == COUNTERFOIL_ENCODING_TRUST_STORE ||
	    whole.content & (COUNTERFOIL_CONTENT_CA | COUNTERFOIL_CONTENT_INTERMEDIATES))
		code = saving_chain(identity, &s, error);
	if (!code)
		code = save(&s, form, &whole, path, error);
	sk_X509_free(s.chain);
	OPENSSL_cleanse(s.password, sizeof s.password);
	return code;
}
