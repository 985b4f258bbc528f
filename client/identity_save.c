/* identity_save: an identity as a new file, in the encoding that some other program wants. */
#include "base/file.h"
#include "client/identity.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <string.h>

enum {
	FILE_MAX = 1 << 20,
	ROUNDS = 100000, /* the password may be a person's own; a tenth of a second */
	SALT_LEN = 8
};

/* What is being written, and under what. */
struct saving {
	const struct pkcs12_parts *parts;
	const char *name; /* friendlyName */
	char password[PKCS12_PASSWORD_MAX + 1];
	int password_len;
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

static bool write_certificates(const struct saving *s, BIO *out)
{
	bool written = PEM_write_bio_X509(out, s->parts->certificate) == 1;
	for (int i = 0; written && i < sk_X509_num(s->parts->others); i++)
		written = PEM_write_bio_X509(out, sk_X509_value(s->parts->others, i)) == 1;
	return written;
}

static bool write_pem(const struct saving *s, BIO *out)
{
	X509_ALGOR *how = PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), ROUNDS, NULL, 0, NULL, NID_hmacWithSHA256);
	PKCS8_PRIV_KEY_INFO *key = EVP_PKEY2PKCS8(s->parts->key);
	X509_SIG *sealed = how && key ? PKCS8_set0_pbe(s->password, s->password_len, key, how) : NULL;
	bool written = sealed && write_certificates(s, out) && PEM_write_bio_PKCS8(out, sealed) == 1;
	if (sealed)
		how = NULL; /* it is inside now */
	X509_SIG_free(sealed);
	X509_ALGOR_free(how);
	PKCS8_PRIV_KEY_INFO_free(key); /* wipes */
	return written;
}

static bool write_pem_open(const struct saving *s, BIO *out)
{
	return write_certificates(s, out) && PEM_write_bio_PKCS8PrivateKey(out, s->parts->key, NULL, NULL, 0, NULL, NULL) == 1;
}

static const struct form {
	bool (*write)(const struct saving *s, BIO *out);
	bool sealed, is_pkcs12;
} forms[] = {
	[COUNTERFOIL_ENCODING_MODERN] = {write_modern, true, true},
	[COUNTERFOIL_ENCODING_COMPATIBLE] = {write_compatible, true, true},
	[COUNTERFOIL_ENCODING_PEM] = {write_pem, true, false},
	[COUNTERFOIL_ENCODING_PEM_OPEN] = {write_pem_open, false, false},
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
	return !code && form->is_pkcs12 ? open_again(s, bytes) : code;
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

counterfoil_code counterfoil_identity_save(const counterfoil_identity *identity, const char *path,
					   const counterfoil_save_options *options, counterfoil_error *error)
{
	if (!identity || !path || !options || options->size != sizeof *options ||
	    options->encoding < COUNTERFOIL_ENCODING_MODERN || options->encoding > COUNTERFOIL_ENCODING_PEM_OPEN)
		return outcome(error, COUNTERFOIL_BAD_INPUT, "no identity, path or encoding was given, or size is not set");
	const struct form *form = &forms[options->encoding];
	counterfoil_bytes password = options->password;
	struct saving s = {.parts = &identity->parts, .name = identity->facts[COUNTERFOIL_FACT_COMMON_NAME]};
	if (form->sealed && (!password.data || password.len == 0 || password.len > PKCS12_PASSWORD_MAX ||
			     memchr(password.data, 0, password.len)))
		return outcome(error, COUNTERFOIL_BAD_INPUT, "the new file needs a password of 1 to %d bytes, none of them NUL",
			       PKCS12_PASSWORD_MAX);
	if (form->sealed)
		memcpy(s.password, password.data, password.len);
	s.password_len = (int)password.len;
	struct buf bytes = BUF_INIT(FILE_MAX);
	counterfoil_code code = encode(&s, form, &bytes);
	code = code ? outcome(error, code, NULL) : publish(path, &bytes, options->replace != 0, error);
	buf_free(&bytes);
	OPENSSL_cleanse(s.password, sizeof s.password);
	return code;
}
