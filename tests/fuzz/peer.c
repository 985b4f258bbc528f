/* What a proxy passes on of a caller, in each form. The CA is made anew in each run, so nobody can have signed an input. */
#include "client/presented.h"
#include "tests/fuzz/target.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

enum { NOW = 1795313618, LIFE = 1 << 20 };

static counterfoil_verifier *verifier_make(void)
{
	X509 *ca = X509_new();
	EVP_PKEY *key = EVP_EC_gen("P-256");
	BIO *pem = BIO_new(BIO_s_mem());
	char *text = NULL;
	counterfoil_verifier *verifier = NULL;
	HOLDS(ca && key && pem && X509_set_version(ca, X509_VERSION_3) && X509_set_pubkey(ca, key));
	X509_NAME_add_entry_by_txt(X509_get_subject_name(ca), "CN", MBSTRING_ASC, (const unsigned char *)"Fixture", -1, -1, 0);
	X509_set_issuer_name(ca, X509_get_subject_name(ca));
	ASN1_TIME_set(X509_getm_notBefore(ca), NOW - LIFE);
	ASN1_TIME_set(X509_getm_notAfter(ca), NOW + LIFE);
	X509_EXTENSION *basic = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE");
	HOLDS(basic && X509_add_ext(ca, basic, -1) && X509_sign(ca, key, EVP_sha256()) > 0 && PEM_write_bio_X509(pem, ca));
	long len = BIO_get_mem_data(pem, &text);
	const counterfoil_verifier_options options = {.size = sizeof options, .trust_pem = {text, (size_t)len}, .kinds = 7,
						      .accept_unknown = 1};
	HOLDS(counterfoil_verifier_new(&options, &verifier, NULL) == COUNTERFOIL_OK);
	X509_EXTENSION_free(basic);
	BIO_free(pem);
	EVP_PKEY_free(key);
	X509_free(ca);
	return verifier;
}

/* What was read from a header is there as DER that reads the same. */
static void read_again(X509 *certificate)
{
	unsigned char *der = NULL;
	int len = i2d_X509(certificate, &der);
	STACK_OF(X509) *again = NULL;
	HOLDS(len > 0);
	HOLDS(presented_read((counterfoil_bytes){der, (size_t)len}, COUNTERFOIL_FORMAT_DER, &again, NULL) == COUNTERFOIL_OK);
	HOLDS(X509_cmp(certificate, sk_X509_value(again, 0)) == 0);
	sk_X509_pop_free(again, X509_free);
	OPENSSL_free(der);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static counterfoil_verifier *verifier;
	const counterfoil_bytes presented = {data, size};
	int forms = 0;
	if (!verifier)
		verifier = verifier_make();
	for (int form = COUNTERFOIL_FORMAT_PEM; form <= COUNTERFOIL_FORMAT_RFC9440; form++) {
		STACK_OF(X509) *found = NULL;
		counterfoil_error error;
		counterfoil_code code = presented_read(presented, (counterfoil_format)form, &found, &error);
		HOLDS(error.code == code && (code ? found == NULL && error.text[0] : sk_X509_num(found) > 0));
		HOLDS(!code || size <= PRESENTED_MAX || code == COUNTERFOIL_TOO_LARGE);
		if (!code) {
			forms++;
			read_again(sk_X509_value(found, 0));
		}
		sk_X509_pop_free(found, X509_free);
	}
	HOLDS(forms <= 1); /* no input is two things */
	counterfoil_peer *peer = NULL;
	HOLDS(counterfoil_verifier_peer(verifier, presented, COUNTERFOIL_FORMAT_AUTO, NOW, &peer, NULL) != COUNTERFOIL_OK && !peer);
	return 0;
}
