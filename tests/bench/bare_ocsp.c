/* bare_ocsp sign ISSUER KEY | bare_ocsp ready FILE: OCSP over POST on bare libmicrohttpd.
 * bare_ocsp answers ISSUER KEY COUNT: so many answers, in base64, a line each.
 *
 * sign: each request is read, answered `good` with its nonce, and signed with OpenSSL's builder, by a delegate made at the
 * start. It asks no database. ready: the bytes of FILE, whatever comes, as one response that was made at the start: nothing
 * of a request is kept, or made for it. Both send the product's headers, and keep no log. */
#include "tests/bench/bare.h"

#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_MOST = 16384, READY_MOST = 16384, LIFE = 3600 };

static X509 *issuer, *delegate;
static EVP_PKEY *key;
static struct MHD_Response *ready;

struct request {
	size_t len;
	unsigned char body[BODY_MOST];
};

static void make_delegate(const char *issuer_file, const char *key_file)
{
	FILE *f = fopen(issuer_file, "r"), *k = fopen(key_file, "r");
	issuer = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
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

/* About certificates of which nobody knows: a file of them is as large as one that is of use. */
static void write_answers(unsigned long count)
{
	static struct request q;
	static char line[READY_MOST];
	for (unsigned long i = 1; i <= count; i++) {
		ASN1_INTEGER *serial = ASN1_INTEGER_new();
		OCSP_REQUEST *request = OCSP_REQUEST_new();
		unsigned char *at = q.body, *made = NULL;
		if (ASN1_INTEGER_set_uint64(serial, i) != 1 ||
		    !OCSP_request_add0_id(request, OCSP_cert_id_new(EVP_sha1(), X509_get_subject_name(issuer),
								    X509_get0_pubkey_bitstr(issuer), serial)))
			bare_die("request");
		q.len = (size_t)i2d_OCSP_REQUEST(request, &at);
		int len = sign(&q, &made);
		if (len <= 0 || (size_t)len * 2 > sizeof line)
			bare_die("answer");
		EVP_EncodeBlock((unsigned char *)line, made, len);
		puts(line);
		OPENSSL_free(made);
		OCSP_REQUEST_free(request);
		ASN1_INTEGER_free(serial);
	}
}

static struct MHD_Response *make_response(void *bytes, size_t len)
{
	static const char *const headers[][2] = {
		{"Content-Type", "application/ocsp-response"},
		{"Last-Modified", "Sun, 22 Nov 2026 09:00:00 GMT"},
		{"Expires", "Sun, 22 Nov 2026 10:00:00 GMT"},
		{"Cache-Control", "max-age=60, public, no-transform, must-revalidate"},
		{"X-Content-Type-Options", "nosniff"},
		{"Referrer-Policy", "no-referrer"},
	};
	struct MHD_Response *r = MHD_create_response_from_buffer(len, bytes, MHD_RESPMEM_MUST_COPY);
	for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
		MHD_add_response_header(r, headers[i][0], headers[i][1]);
	return r;
}

static void load_ready(const char *path)
{
	static unsigned char bytes[READY_MOST];
	FILE *f = fopen(path, "r");
	size_t len = f ? fread(bytes, 1, sizeof bytes, f) : 0;
	if (len == 0)
		bare_die(path);
	fclose(f);
	ready = make_response(bytes, len);
	MHD_add_response_header(ready, "ETag", "\"0123456789abcdef0123456789abcdef\"");
}

static enum MHD_Result answer(struct MHD_Connection *c, const struct request *q)
{
	unsigned char *made = NULL;
	int len = sign(q, &made);
	struct MHD_Response *r = make_response(made, (size_t)len);
	OPENSSL_free(made);
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

static enum MHD_Result handle_ready(void *ctx, struct MHD_Connection *c, const char *url, const char *method,
				    const char *version, const char *upload, size_t *size, void **request)
{
	(void)ctx, (void)url, (void)method, (void)version, (void)upload;
	if (*request && *size == 0)
		return MHD_queue_response(c, MHD_HTTP_OK, ready);
	*request = &ready;
	*size = 0;
	return MHD_YES;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	if (argc == 3 && strcmp(mode, "ready") == 0) {
		load_ready(argv[2]);
		bare_serve(&(struct bare_service){.handle = handle_ready});
	}
	if ((argc != 4 || strcmp(mode, "sign") != 0) && (argc != 5 || strcmp(mode, "answers") != 0))
		return fputs("usage: bare_ocsp sign ISSUER KEY | ready FILE | answers ISSUER KEY COUNT\n", stderr), 2;
	make_delegate(argv[2], argv[3]);
	if (argc == 5)
		return write_answers(strtoul(argv[4], NULL, 10)), 0;
	bare_serve(&(struct bare_service){.handle = handle, .completed = completed});
}
