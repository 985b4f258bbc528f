/* bare_ocsp sign ISSUER KEY | bare_ocsp ready FILE: OCSP over POST on bare libmicrohttpd.
 *
 * sign: each request is read, answered `good` with its nonce, and signed with OpenSSL's builder, by a delegate made at the
 * start. It asks no database. ready: the bytes of FILE, whatever comes. Both send the product's headers, and keep no log. */
#include "tests/bench/bare.h"

#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_MOST = 16384, READY_MOST = 16384, LIFE = 3600 };

static X509 *delegate;
static EVP_PKEY *key;
static unsigned char ready[READY_MOST];
static size_t ready_len;

struct request {
	size_t len;
	unsigned char body[BODY_MOST];
};

static void make_delegate(const char *issuer_file, const char *key_file)
{
	FILE *f = fopen(issuer_file, "r"), *k = fopen(key_file, "r");
	X509 *issuer = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
	EVP_PKEY *issuer_key = k ? PEM_read_PrivateKey(k, NULL, NULL, NULL) : NULL;
	X509V3_CTX ctx;
	key = EVP_EC_gen("P-256");
	delegate = X509_new();
	if (!issuer || !issuer_key || !key || !delegate)
		bare_die("delegate");
	fclose(f);
	fclose(k);
	X509_set_version(delegate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(delegate), 7);
	X509_set_issuer_name(delegate, X509_get_subject_name(issuer));
	X509_NAME_add_entry_by_txt(X509_get_subject_name(delegate), "CN", MBSTRING_ASC, (const unsigned char *)"OCSP responder", -1,
				   -1, 0);
	X509_gmtime_adj(X509_getm_notBefore(delegate), 0);
	X509_gmtime_adj(X509_getm_notAfter(delegate), LIFE);
	X509_set_pubkey(delegate, key);
	X509V3_set_ctx(&ctx, issuer, delegate, NULL, NULL, 0);
	static const struct {
		int nid;
		const char *value;
	} extensions[] = { /* as many bytes as the product's */
		{NID_authority_key_identifier, "keyid"}, {NID_subject_key_identifier, "hash"},
		{NID_key_usage, "critical,digitalSignature"}, {NID_basic_constraints, "critical,CA:FALSE"},
		{NID_ext_key_usage, "OCSPSigning"}, {NID_crl_distribution_points, "URI:http://localhost:12345/crl/issuing.crl"},
		{NID_info_access, "caIssuers;URI:http://localhost:12345/ca/issuing.cer"}, {NID_id_pkix_OCSP_noCheck, "NULL"},
	};
	for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++) {
		X509_EXTENSION *e = X509V3_EXT_nconf_nid(NULL, &ctx, extensions[i].nid, extensions[i].value);
		if (!e || X509_add_ext(delegate, e, -1) != 1)
			bare_die("extension");
		X509_EXTENSION_free(e);
	}
	if (X509_sign(delegate, issuer_key, EVP_sha256()) <= 0)
		bare_die("sign");
	EVP_PKEY_free(issuer_key);
	X509_free(issuer);
}

static void load_ready(const char *path)
{
	FILE *f = fopen(path, "r");
	ready_len = f ? fread(ready, 1, sizeof ready, f) : 0;
	if (ready_len == 0)
		bare_die(path);
	fclose(f);
}

static int sign(const struct request *q, unsigned char **out)
{
	const unsigned char *at = q->body;
	OCSP_REQUEST *request = d2i_OCSP_REQUEST(NULL, &at, (long)q->len);
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	ASN1_TIME *now = X509_gmtime_adj(NULL, 0), *next = X509_gmtime_adj(NULL, LIFE);
	for (int i = 0; request && i < OCSP_request_onereq_count(request); i++)
		OCSP_basic_add1_status(basic, OCSP_onereq_get0_id(OCSP_request_onereq_get0(request, i)), V_OCSP_CERTSTATUS_GOOD, 0,
				       NULL, now, next);
	if (request)
		OCSP_copy_nonce(basic, request);
	if (!request || OCSP_basic_sign(basic, delegate, key, EVP_sha256(), NULL, OCSP_RESPID_KEY) != 1)
		bare_die("OCSP");
	OCSP_RESPONSE *response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	int len = i2d_OCSP_RESPONSE(response, out);
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
	OCSP_REQUEST_free(request);
	ASN1_TIME_free(now);
	ASN1_TIME_free(next);
	return len;
}

static enum MHD_Result answer(struct MHD_Connection *c, const struct request *q)
{
	static const char *const headers[][2] = {
		{"Content-Type", "application/ocsp-response"},
		{"Last-Modified", "Sun, 22 Nov 2026 09:00:00 GMT"},
		{"Expires", "Sun, 22 Nov 2026 10:00:00 GMT"},
		{"Cache-Control", "max-age=60, public, no-transform, must-revalidate"},
		{"X-Content-Type-Options", "nosniff"},
		{"Referrer-Policy", "no-referrer"},
		{"X-Request-Id", "0123456789abcdef"},
	};
	unsigned char *made = NULL;
	int len = ready_len ? (int)ready_len : sign(q, &made);
	struct MHD_Response *r =
	    MHD_create_response_from_buffer((size_t)len, made ? made : ready, MHD_RESPMEM_MUST_COPY);
	OPENSSL_free(made);
	for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
		MHD_add_response_header(r, headers[i][0], headers[i][1]);
	enum MHD_Result queued = MHD_queue_response(c, MHD_HTTP_OK, r);
	MHD_destroy_response(r);
	return queued;
}

static enum MHD_Result handle(void *ctx, struct MHD_Connection *c, const char *url, const char *method, const char *version,
			      const char *upload, size_t *size, void **request)
{
	struct request *q = *request;
	(void)ctx, (void)url, (void)method, (void)version;
	if (!q) {
		*request = q = malloc(sizeof *q);
		if (q)
			q->len = 0;
		return q ? MHD_YES : MHD_NO;
	}
	if (*size == 0)
		return answer(c, q);
	if (*size > sizeof q->body - q->len)
		return MHD_NO;
	memcpy(q->body + q->len, upload, *size);
	q->len += *size;
	*size = 0;
	return MHD_YES;
}

static void completed(void *ctx, struct MHD_Connection *c, void **request, enum MHD_RequestTerminationCode how)
{
	(void)ctx, (void)c, (void)how;
	free(*request);
	*request = NULL;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "sign") == 0)
		make_delegate(argv[2], argv[3]);
	else if (argc == 3 && strcmp(argv[1], "ready") == 0)
		load_ready(argv[2]);
	else
		return fputs("usage: bare_ocsp sign ISSUER KEY | ready FILE\n", stderr), 2;
	bare_serve(&(struct bare_service){.handle = handle, .completed = completed});
}
