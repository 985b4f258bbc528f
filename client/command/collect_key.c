#include "client/command/collect_key.h"
#include "base/encode.h"
#include "base/file.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REQUEST_MAX = 16384, KEY_FILE_MAX = 32768 };

/* The memory that openssl writes it into is wiped when it is freed. */
static enum err make_key(struct own_key *k, const char *type, struct errbuf *why)
{
	enum err e = ERR_CRYPTO;
	char *bytes = NULL;
	BIO *bio = BIO_new(BIO_s_secmem());
	k->key = own_key_generate(type);
	bool written = bio && k->key && PEM_write_bio_PKCS8PrivateKey(bio, k->key, NULL, NULL, 0, NULL, NULL) == 1;
	long len = written ? BIO_get_mem_data(bio, &bytes) : 0;
	if (len > 0)
		e = own_key_publish(k, bytes, (size_t)len, why);
	k->made = e == ERR_OK;
	BIO_free(bio);
	return e == ERR_CRYPTO ? fail(why, e, "no key could be made") : e;
}

static int no_password(char *into, int size, int writing, void *asked)
{
	(void)into;
	(void)size;
	(void)writing;
	*(bool *)asked = true;
	return -1;
}

static enum err read_key(struct own_key *k, struct errbuf *why)
{
	struct secret *pem = NULL;
	bool asked = false;
	enum err e = file_read_secret(k->path, KEY_FILE_MAX, &pem, why);
	if (e)
		return e;
	BIO *bio = BIO_new_mem_buf(secret_peek(pem), (int)secret_len(pem));
	k->key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, &asked) : NULL;
	BIO_free(bio);
	secret_free(pem);
	ERR_clear_error();
	if (asked)
		return fail(why, ERR_REFUSED, "%.200s is encrypted: a key that nobody has to open is wanted here", k->path);
	return k->key ? ERR_OK : fail(why, ERR_MALFORMED, "%.200s is there and is no private key in PEM: give another name", k->path);
}

static X509_REQ *new_request(EVP_PKEY *key)
{
	X509_REQ *r = X509_REQ_new();
	const EVP_MD *digest = EVP_PKEY_get_bits(key) == 384 ? EVP_sha384() : EVP_sha256();
	if (r && X509_REQ_set_version(r, X509_REQ_VERSION_1) == 1 && X509_REQ_set_pubkey(r, key) == 1 &&
	    X509_REQ_sign(r, key, digest) > 0)
		return r;
	X509_REQ_free(r);
	return NULL;
}

/* Names are left out: they are as ordered. */
static enum err make_request(struct own_key *k, struct errbuf *why)
{
	enum err e = ERR_CRYPTO;
	char *bytes = NULL;
	BIO *bio = BIO_new(BIO_s_mem());
	X509_REQ *r = new_request(k->key);
	long len = bio && r && PEM_write_bio_X509_REQ(bio, r) == 1 ? BIO_get_mem_data(bio, &bytes) : 0;
	if (len > 0)
		e = file_publish_new(k->request_path, bytes, (size_t)len, 0600, why);
	k->requested = e == ERR_OK;
	if (!e) {
		buf_add(&k->request, bytes, (size_t)len);
		e = buf_check(&k->request);
	}
	X509_REQ_free(r);
	BIO_free(bio);
	return e == ERR_CRYPTO ? fail(why, e, "no request could be made with %.200s", k->path) : e;
}

static enum err check_request(struct own_key *k, struct errbuf *why)
{
	BIO *bio = BIO_new_mem_buf(k->request.data, (int)k->request.len);
	X509_REQ *r = bio ? PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL) : NULL;
	EVP_PKEY *of = r ? X509_REQ_get0_pubkey(r) : NULL;
	bool same = of && EVP_PKEY_eq(of, k->key) == 1;
	X509_REQ_free(r);
	BIO_free(bio);
	ERR_clear_error();
	return same ? ERR_OK
		    : fail(why, ERR_CONFLICT, "%.150s is not a request for the key in %.150s: move it away", k->request_path, k->path);
}

static bool is_there(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0;
}

/* What lies beside a key that is not there is somebody's, and no request for a key that is yet to be made. */
static enum err first_take(struct own_key *k, const char *type, struct errbuf *why)
{
	if (is_there(k->request_path))
		return fail(why, ERR_CONFLICT, "%.150s is there without its key, %.150s: move it away, or give another name",
			    k->request_path, k->path);
	enum err e = make_key(k, type, why);
	return e ? e : make_request(k, why);
}

static enum err take_again(struct own_key *k, const char *type, struct errbuf *why)
{
	enum err e = own_key_hold(k, why);
	if (!e)
		e = read_key(k, why);
	if (!e)
		e = own_key_serves(k, type, why);
	if (e)
		return e;
	if (!is_there(k->request_path))
		return make_request(k, why);
	e = file_read(k->request_path, &k->request, why);
	return e ? e : check_request(k, why);
}

enum err own_key_take(const char *path, const char *type, struct own_key *out, struct errbuf *why)
{
	*out = (struct own_key){.request = BUF_INIT(REQUEST_MAX), .lock = -1};
	int n = snprintf(out->path, sizeof out->path, "%s", path);
	int m = snprintf(out->request_path, sizeof out->request_path, "%s.csr", path);
	if (n <= 0 || m <= 0 || m >= (int)sizeof out->request_path)
		return fail(why, ERR_USAGE, "--key: a path of at most %d bytes is wanted", PATH_SIZE - 5);
	return is_there(path) ? take_again(out, type, why) : first_take(out, type, why);
}

enum err own_key_fits(const struct own_key *k, const struct buf *chain, char fingerprint[SHA256_TEXT], struct errbuf *why)
{
	BIO *bio = BIO_new_mem_buf(chain->data, (int)chain->len);
	X509 *x = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	enum err e = ERR_OK;
	if (!x)
		e = fail(why, ERR_MALFORMED, "the server did not answer with a certificate in PEM");
	else if (EVP_PKEY_eq(X509_get0_pubkey(x), k->key) != 1)
		e = fail(why, ERR_CORRUPT, "the server answered with a certificate for another key; nothing was saved");
	else if (X509_digest(x, EVP_sha256(), digest, &len) != 1)
		e = ERR_CRYPTO;
	else
		hex_encode(digest, 32, fingerprint);
	X509_free(x);
	BIO_free(bio);
	ERR_clear_error();
	return e;
}

void own_key_settled(const struct own_key *k)
{
	unlink(k->request_path);
}

void own_key_withdraw(const struct own_key *k)
{
	if (k->requested)
		unlink(k->request_path);
	if (k->made)
		unlink(k->path);
}

void own_key_clear(struct own_key *k)
{
	own_key_let_go(k);
	EVP_PKEY_free(k->key);
	buf_free(&k->request);
	*k = (struct own_key){.lock = -1};
}
