#include "delivery/seal.h"

#include <openssl/asn1.h>
#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <string.h>

/* One recipient by ECDH (ephemeral-static, RFC 5753) with the SHA-256 key derivation; OpenSSL's default is SHA-1. */
static CMS_ContentInfo *envelope_for(X509 *recipient)
{
	CMS_ContentInfo *cms = CMS_encrypt(NULL, NULL, EVP_aes_256_gcm(), CMS_BINARY | CMS_PARTIAL);
	CMS_RecipientInfo *ri = cms ? CMS_add1_recipient_cert(cms, recipient, CMS_KEY_PARAM) : NULL;
	EVP_PKEY_CTX *kdf = ri ? CMS_RecipientInfo_get0_pkey_ctx(ri) : NULL;
	if (kdf && CMS_RecipientInfo_type(ri) == CMS_RECIPINFO_AGREE &&
	    EVP_PKEY_CTX_set_ecdh_kdf_md(kdf, EVP_sha256()) == 1)
		return cms;
	CMS_ContentInfo_free(cms);
	return NULL;
}

/* Written straight through the cipher: CMS_final and CMS_decrypt would leave the plain text in buffers on the stack. */
static bool encrypt(CMS_ContentInfo *cms, const void *plain, size_t len)
{
	BIO *cipher = CMS_dataInit(cms, NULL);
	bool good = cipher && BIO_write(cipher, plain, (int)len) == (int)len && BIO_flush(cipher) == 1 &&
		    CMS_dataFinal(cms, cipher) == 1;
	BIO_free_all(cipher);
	return good;
}

/* When memory runs out at the wrong moment OpenSSL leaves the ciphertext out, or goes back to the derivation by SHA-1, and
 * says nothing: no recipient of ours would open that. */
static bool is_as_meant(CMS_ContentInfo *cms, size_t len)
{
	ASN1_OCTET_STRING **content = CMS_get0_content(cms);
	STACK_OF(CMS_RecipientInfo) *recipients = CMS_get0_RecipientInfos(cms);
	X509_ALGOR *derivation = NULL;
	return content && *content && ASN1_STRING_length(*content) == (int)len && sk_CMS_RecipientInfo_num(recipients) == 1 &&
	       CMS_RecipientInfo_kari_get0_alg(sk_CMS_RecipientInfo_value(recipients, 0), &derivation, NULL) == 1 &&
	       derivation && OBJ_obj2nid(derivation->algorithm) == NID_dhSinglePass_stdDH_sha256kdf_scheme;
}

enum err seal_to(X509 *recipient, const void *plain, size_t len, struct buf *out)
{
	unsigned char *der = NULL;
	int der_len = 0;
	enum err rc = ERR_CRYPTO;
	if (len == 0)
		return ERR_INVALID;
	if (len > SEAL_MAX_BYTES)
		return ERR_TOO_LARGE;
	CMS_ContentInfo *cms = envelope_for(recipient);
	if (!cms || !encrypt(cms, plain, len) || !is_as_meant(cms, len))
		goto out;
	der_len = i2d_CMS_ContentInfo(cms, &der);
	if (der_len <= 0)
		goto out;
	rc = ERR_TOO_LARGE;
	if (der_len > SEAL_MAX_BYTES)
		goto out;
	buf_add(out, der, (size_t)der_len);
	rc = buf_check(out);
out:
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	return rc;
}

/* The whole input, in DER, of the authenticated content type; OpenSSL alone would also open what is not. */
static CMS_ContentInfo *read_envelope(const uint8_t *sealed, size_t len)
{
	const unsigned char *p = sealed;
	if (len == 0 || len > SEAL_MAX_BYTES)
		return NULL;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)len);
	if (cms && p == sealed + len && OBJ_obj2nid(CMS_get0_type(cms)) == NID_id_smime_ct_authEnvelopedData)
		return cms;
	CMS_ContentInfo_free(cms);
	return NULL;
}

/* Nothing is believed before the last read has checked the tag. */
static enum err decrypt(CMS_ContentInfo *cms, size_t most, struct secret **out)
{
	BIO *cipher = CMS_dataInit(cms, NULL);
	struct secret *plain = secret_new(most);
	size_t have = 0;
	int n = 0;
	enum err rc = plain ? ERR_REFUSED : ERR_MEMORY;
	while (cipher && plain && have < most &&
	       (n = BIO_read(cipher, secret_bytes(plain) + have, (int)(most - have))) > 0)
		have += (size_t)n;
	if (cipher && plain && have > 0 && have < most && BIO_method_type(cipher) == BIO_TYPE_CIPHER &&
	    BIO_get_cipher_status(cipher) == 1) {
		secret_shorten(plain, have);
		*out = plain;
		plain = NULL;
		rc = ERR_OK;
	}
	secret_free(plain);
	BIO_free_all(cipher);
	return rc;
}

/* What is fresh in every envelope: nonce, wrapped key and tag (OCTET STRING), the ciphertext ([0]), and the ephemeral
 * point (BIT STRING) behind its two fixed first bytes: no unused bits, uncompressed. All of it is checked by
 * decrypting. */
static size_t fixed_part(int tag, int class, size_t len)
{
	if (class == V_ASN1_UNIVERSAL && tag == V_ASN1_BIT_STRING)
		return len < 2 ? len : 2;
	bool fresh = class == V_ASN1_UNIVERSAL ? tag == V_ASN1_OCTET_STRING : tag == 0;
	return fresh ? 0 : len;
}

static bool same_frame(const uint8_t *a, const uint8_t *b, size_t len)
{
	while (len > 0) {
		const unsigned char *inside = a;
		long inner = 0;
		int tag = 0, class = 0;
		int form = ASN1_get_object(&inside, &inner, &tag, &class, (long)len);
		size_t head = (size_t)(inside - a), n = (size_t)inner;
		if ((form & 0x81) || memcmp(a, b, head) != 0)
			return false;
		if ((form & V_ASN1_CONSTRUCTED) ? !same_frame(a + head, b + head, n)
					      : memcmp(a + head, b + head, fixed_part(tag, class, n)) != 0)
			return false;
		a += head + n;
		b += head + n;
		len -= head + n;
	}
	return true;
}

/* OpenSSL does not look at versions, at unknown bits of algorithms, or at how a name is spelt. Whatever could be
 * altered without harm to the plain text is refused too: all around the fresh parts must be just as we write it. */
static enum err check_frame(X509 *recipient, const struct secret *plain, const uint8_t *sealed, size_t len)
{
	struct buf again = BUF_INIT(SEAL_MAX_BYTES);
	enum err rc = seal_to(recipient, secret_peek(plain), secret_len(plain), &again);
	if (!rc)
		rc = again.len == len && same_frame(again.data, sealed, len) ? ERR_OK : ERR_REFUSED;
	buf_free(&again);
	return rc;
}

enum err seal_open_with(X509 *recipient, EVP_PKEY *key, const void *sealed, size_t len, struct secret **out)
{
	struct secret *plain = NULL;
	enum err rc = ERR_REFUSED;
	CMS_ContentInfo *cms = read_envelope(sealed, len);
	if (cms && CMS_decrypt_set1_pkey(cms, key, recipient) == 1)
		rc = decrypt(cms, len, &plain);
	if (!rc)
		rc = check_frame(recipient, plain, sealed, len);
	if (!rc) {
		*out = plain;
		plain = NULL;
	}
	secret_free(plain);
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	return rc;
}
