/* An OCSP answer: as it comes, which nobody can have signed; and as what a responder of the certificate's own CA has signed,
 * so that what is behind the signature is looked for too. That CA's key is the number one: everybody's. */
#include "base/buf.h"
#include "client/ocsp.h"
#include "tests/fuzz/target.h"

#include <openssl/x509v3.h>
#include <stdbool.h>
#include <string.h>

enum { NOW = 1795313618, LIFE = 1 << 20, AGE_MOST = 3600 };

/* ECPrivateKey (RFC 5915): 1, on P-256. */
static const unsigned char key_der[] = {0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
					0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xa0,
					0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};

static X509 *certificate_make(const char *name, const X509 *issuer, EVP_PKEY *key, long serial)
{
	X509 *x = X509_new();
	HOLDS(x && X509_set_version(x, X509_VERSION_3) && X509_set_pubkey(x, key));
	HOLDS(ASN1_INTEGER_set(X509_get_serialNumber(x), serial));
	HOLDS(X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0));
	HOLDS(X509_set_issuer_name(x, X509_get_subject_name(issuer ? issuer : x)));
	ASN1_TIME_set(X509_getm_notBefore(x), NOW - LIFE);
	ASN1_TIME_set(X509_getm_notAfter(x), NOW + LIFE);
	HOLDS(X509_sign(x, key, EVP_sha256()) > 0);
	return x;
}

static struct {
	EVP_PKEY *key, *nobodys; /* nobody has the second, made anew in each run */
	X509 *ca, *certificate, *nobodys_ca, *nobodys_certificate;
} stage;

static void prepare(void)
{
	const unsigned char *at = key_der;
	stage.key = d2i_AutoPrivateKey(NULL, &at, sizeof key_der);
	stage.nobodys = EVP_EC_gen("P-256");
	HOLDS(stage.key && stage.nobodys);
	stage.ca = certificate_make("Fixture", NULL, stage.key, 1);
	stage.certificate = certificate_make("subject", stage.ca, stage.key, 2);
	stage.nobodys_ca = certificate_make("Fixture", NULL, stage.nobodys, 1);
	stage.nobodys_certificate = certificate_make("subject", stage.nobodys_ca, stage.nobodys, 2);
}

static void add(struct buf *out, unsigned char tag, const void *content, size_t len)
{
	unsigned char head[8], *at = head;
	ASN1_put_object(&at, 1, (int)len, tag & 0x1f, tag & 0xc0);
	head[0] = tag;
	buf_add(out, head, (size_t)(at - head));
	buf_add(out, content, len);
}

static void wrap(struct buf *inner, unsigned char tag)
{
	struct buf outer = BUF_INIT(1 << 20);
	add(&outer, tag, inner->data, inner->len);
	buf_free(inner);
	*inner = outer;
}

/* BasicOCSPResponse around this ResponseData, signed, and OCSPResponse around that. */
static void sign(const uint8_t *data, size_t size, struct buf *out)
{
	static const unsigned char algorithm[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
	static const unsigned char type[] = {0x06, 0x09, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01};
	static const unsigned char successful[] = {0x0a, 0x01, 0x00};
	unsigned char signature[128] = {0};
	size_t len = sizeof signature - 1;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	HOLDS(context && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, stage.key) == 1 &&
	      EVP_DigestSign(context, signature + 1, &len, data, size) == 1);
	EVP_MD_CTX_free(context);
	struct buf basic = BUF_INIT(1 << 20);
	buf_add(&basic, data, size);
	buf_add(&basic, algorithm, sizeof algorithm);
	add(&basic, 0x03, signature, len + 1);
	wrap(&basic, 0x30);
	wrap(&basic, 0x04);
	struct buf typed = BUF_INIT(1 << 20);
	buf_add(&typed, type, sizeof type);
	buf_add(&typed, basic.data, basic.len);
	wrap(&typed, 0x30);
	wrap(&typed, 0xa0);
	buf_add(out, successful, sizeof successful);
	buf_add(out, typed.data, typed.len);
	wrap(out, 0x30);
	HOLDS(buf_check(out) == ERR_OK);
	buf_free(&basic);
	buf_free(&typed);
}

/* Whatever it says, it has said of a time that is now, or that the certificate was revoked. */
static void look_at(counterfoil_bytes der, const struct ocsp_question *question, bool may_count)
{
	struct ocsp_answer answer = {.until = -7};
	enum ocsp_flaw flaw = ocsp_read(der, question, &answer);
	if (flaw) {
		HOLDS(flaw < OCSP_FLAWS && ocsp_flaw_text(flaw)[0] && answer.until == -7 && !answer.revocation);
		return;
	}
	HOLDS(may_count);
	HOLDS(answer.revocation == COUNTERFOIL_REVOCATION_REVOKED ||
	      (answer.revocation && answer.this_update <= NOW + OCSP_CLOCK_SKEW && answer.until >= NOW));
	HOLDS(answer.this_update <= answer.until);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf der = BUF_INIT(1 << 20);
	if (!stage.key)
		prepare();
	const struct ocsp_question nobodys = {.certificate = stage.nobodys_certificate, .issuer = stage.nobodys_ca, .now = NOW,
					      .age_most = AGE_MOST};
	const struct ocsp_question signed_for = {.certificate = stage.certificate, .issuer = stage.ca, .now = NOW, .age_most = AGE_MOST};
	look_at((counterfoil_bytes){data, size}, &nobodys, false);
	look_at((counterfoil_bytes){data, size}, &signed_for, true);
	sign(data, size, &der);
	look_at((counterfoil_bytes){der.data, der.len}, &nobodys, false);
	look_at((counterfoil_bytes){der.data, der.len}, &signed_for, true);
	buf_free(&der);
	return 0;
}
