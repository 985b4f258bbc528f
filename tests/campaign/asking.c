#include "tests/campaign/asking.h"

#include <openssl/ocsp.h>
#include <stdio.h>
#include <string.h>

enum { PATIENCE_MS = 20000 };

void asking_end(struct asking *a)
{
	curl_easy_cleanup(a->curl);
	curl_slist_free_all(a->headers);
	answer_clear(&a->answer);
	*a = (struct asking){0};
}

static void begin(struct asking *a, const char *header)
{
	*a = (struct asking){.curl = curl_easy_init(), .headers = curl_slist_append(NULL, header)};
	curl_easy_setopt(a->curl, CURLOPT_HTTPHEADER, a->headers);
	curl_easy_setopt(a->curl, CURLOPT_WRITEFUNCTION, answer_take);
	curl_easy_setopt(a->curl, CURLOPT_WRITEDATA, &a->answer);
	curl_easy_setopt(a->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(a->curl, CURLOPT_TIMEOUT_MS, (long)PATIENCE_MS);
}

static long perform(struct asking *a)
{
	answer_clear(&a->answer);
	if (curl_easy_perform(a->curl) == CURLE_OK)
		curl_easy_getinfo(a->curl, CURLINFO_RESPONSE_CODE, &a->answer.status);
	return a->answer.status;
}

static enum verdict odd(struct asking *a, const char *what)
{
	snprintf(a->about, sizeof a->about, "%s: %ld %.180s", what, a->answer.status, a->answer.body ? a->answer.body : "");
	return ODD;
}

/* ---- holders ---- */

static void trust(CURL *curl, const struct holders *all)
{
	char root[PATH_MAX];
	snprintf(root, sizeof root, "%s/ca/root.pem", all->at->dir);
	curl_easy_setopt(curl, CURLOPT_CAINFO, root);
}

static void set_blob(CURL *curl, CURLoption option, const struct buf *pem)
{
	struct curl_blob blob = {.data = pem->data, .len = pem->len, .flags = CURL_BLOB_NOCOPY};
	curl_easy_setopt(curl, option, &blob);
}

void call_begin(struct asking *a, const struct holders *all, const struct holder *h)
{
	char url[128];
	begin(a, "Accept: application/json");
	snprintf(url, sizeof url, "%s/v1/me", all->at->members_url);
	curl_easy_setopt(a->curl, CURLOPT_URL, url);
	trust(a->curl, all);
	set_blob(a->curl, CURLOPT_SSLCERT_BLOB, &h->pem);
	set_blob(a->curl, CURLOPT_SSLKEY_BLOB, &all->key);
}

enum verdict call_again(struct asking *a)
{
	long status = perform(a);
	const char *body = a->answer.body ? a->answer.body : "";
	if (status == 200)
		return GOOD;
	if (status == 403 && strstr(body, "\"revoked\""))
		return strstr(body, "on hold") ? HELD : REVOKED;
	return status == 0 || status >= 500 ? NOTHING : odd(a, "/v1/me");
}

/* ---- those who check ---- */

void status_begin(struct asking *a, const struct holders *all)
{
	char url[128];
	begin(a, "Content-Type: application/ocsp-request");
	snprintf(url, sizeof url, "%s/ocsp", all->at->status_url);
	curl_easy_setopt(a->curl, CURLOPT_URL, url);
}

static enum verdict read_status(struct asking *a, OCSP_BASICRESP *basic, OCSP_CERTID *id)
{
	int status = -1, reason = -1;
	ASN1_GENERALIZEDTIME *at = NULL, *from = NULL, *until = NULL;
	if (OCSP_resp_find_status(basic, id, &status, &reason, &at, &from, &until) != 1 ||
	    OCSP_check_validity(from, until, 5, -1) != 1)
		return odd(a, "an OCSP answer about another certificate, or of another time");
	if (status == V_OCSP_CERTSTATUS_REVOKED)
		return reason == OCSP_REVOKED_STATUS_CERTIFICATEHOLD ? HELD : REVOKED;
	return status == V_OCSP_CERTSTATUS_GOOD ? GOOD : odd(a, "an OCSP answer: unknown");
}

static bool is_signed(OCSP_BASICRESP *basic, const struct holders *all)
{
	X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *chain = sk_X509_new_null();
	bool fine = store && chain && sk_X509_push(chain, all->issuing) == 1 && X509_STORE_add_cert(store, all->issuing) == 1 &&
		    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN) == 1 && OCSP_basic_verify(basic, chain, store, 0) == 1;
	sk_X509_free(chain);
	X509_STORE_free(store);
	return fine;
}

static enum verdict read_answer(struct asking *a, const struct holders *all, OCSP_REQUEST *request)
{
	const uint8_t *der = (const uint8_t *)a->answer.body;
	OCSP_RESPONSE *response = der ? d2i_OCSP_RESPONSE(NULL, &der, (long)a->answer.len) : NULL;
	OCSP_BASICRESP *basic = response ? OCSP_response_get1_basic(response) : NULL;
	enum verdict v = ODD;
	if (response && OCSP_response_status(response) == OCSP_RESPONSE_STATUS_TRYLATER)
		v = NOTHING;
	else if (!basic || !is_signed(basic, all) || OCSP_check_nonce(request, basic) == 0)
		odd(a, "an OCSP answer that cannot be read or verified, or of another question");
	else
		v = read_status(a, basic, OCSP_onereq_get0_id(OCSP_request_onereq_get0(request, 0)));
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
	return v;
}

static OCSP_REQUEST *make_request(const struct holders *all, const struct holder *h, bool nonce)
{
	OCSP_REQUEST *request = OCSP_REQUEST_new();
	OCSP_CERTID *id = OCSP_cert_id_new(EVP_sha1(), X509_get_subject_name(all->issuing),
					   X509_get0_pubkey_bitstr(all->issuing), h->number);
	if (!request || !id || !OCSP_request_add0_id(request, id) || (nonce && OCSP_request_add1_nonce(request, NULL, 16) != 1))
		abort();
	return request;
}

enum verdict status_ask(struct asking *a, const struct holders *all, const struct holder *h, bool nonce)
{
	OCSP_REQUEST *request = make_request(all, h, nonce);
	uint8_t *der = NULL;
	int len = i2d_OCSP_REQUEST(request, &der);
	curl_easy_setopt(a->curl, CURLOPT_POSTFIELDSIZE, (long)len);
	curl_easy_setopt(a->curl, CURLOPT_POSTFIELDS, (char *)der);
	long status = perform(a);
	enum verdict v = status == 200 ? read_answer(a, all, request) : status == 0 || status >= 500 ? NOTHING : odd(a, "/ocsp");
	OPENSSL_free(der);
	OCSP_REQUEST_free(request);
	return v;
}

/* ---- staff ---- */

void staff_begin(struct asking *a, const struct holders *all)
{
	char identity[PATH_MAX];
	begin(a, "Content-Type: application/json");
	snprintf(identity, sizeof identity, "%s/admin.p12", all->at->dir);
	trust(a->curl, all);
	curl_easy_setopt(a->curl, CURLOPT_SSLCERT, identity);
	curl_easy_setopt(a->curl, CURLOPT_SSLCERTTYPE, "P12");
	curl_easy_setopt(a->curl, CURLOPT_KEYPASSWD, all->at->password);
}

long staff_ask(struct asking *a, const struct holders *all, const struct holder *h, const char *verb)
{
	char url[192];
	snprintf(url, sizeof url, "%s/v1/certificates/%s/%s", all->at->members_url, h->serial, verb);
	curl_easy_setopt(a->curl, CURLOPT_URL, url);
	curl_easy_setopt(a->curl, CURLOPT_POSTFIELDS, "{}");
	return perform(a);
}
