/* transport_tls: the TLS context of a new connection: our key, our trust, the host that is meant, its revocation.
 *
 * The host name is given to OpenSSL, so that a server of another name fails inside the handshake, before it is shown our
 * certificate; curl looks at the name again afterwards. */
#include "client/transport_lane.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdint.h>

enum { LAST_WORDS_MAX = 4096, LAST_WORDS_MOST = 65536 }; /* an alert has 24 bytes */

static pthread_once_t index_once = PTHREAD_ONCE_INIT;
static int lane_index = -1;

static void make_index(void)
{
	lane_index = CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL_CTX, 0, NULL, NULL, NULL, NULL);
}

/* By TLS 1.3 a server refuses our certificate when we take the handshake for finished and are sending already, and then
 * closes. libcurl gives up at the first bytes that do not leave, with the alert, or an early refusal, unread behind them. So
 * when a write fails for good, what has come is put in the place of what may come, and the bytes are said to have left:
 * libcurl goes on to read what there is, and finds the end behind it. The lane knows that they have not (cut). Only on a
 * connection that this call has made: what lies unread on a kept one is no answer to it. */
static bool put_by(SSL *ssl, BIO *bio)
{
	char last[LAST_WORDS_MAX];
	BIO *kept = BIO_new(BIO_s_mem());
	int had = kept ? BIO_read(bio, last, sizeof last) : 0;
	while (had > 0 && BIO_write(kept, last, had) == had && BIO_pending(kept) < LAST_WORDS_MOST)
		had = BIO_read(bio, last, sizeof last);
	BIO_clear_retry_flags(bio);
	if (!kept || BIO_pending(kept) == 0) {
		BIO_free(kept);
		return false;
	}
	BIO_set_mem_eof_return(kept, 0);
	SSL_set0_rbio(ssl, kept);
	return true;
}

static long on_bytes(BIO *bio, int done, const char *bytes, size_t len, int argi, long argl, int result, size_t *processed)
{
	(void)bytes, (void)argi, (void)argl;
	if (done != (BIO_CB_WRITE | BIO_CB_RETURN) || result > 0 || BIO_should_retry(bio))
		return result;
	SSL *ssl = (SSL *)(void *)BIO_get_callback_arg(bio);
	struct lane *lane = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), lane_index);
	if (!lane->connected || (SSL_get_rbio(ssl) == bio && !put_by(ssl, bio)))
		return result;
	lane->cut = true;
	*processed = len;
	return 1;
}

/* The BIO is the connection's, and ends with it. */
static void listen_to(SSL *ssl)
{
	BIO_set_callback_arg(SSL_get_wbio(ssl), (char *)ssl);
	BIO_set_callback_ex(SSL_get_wbio(ssl), on_bytes);
}

/* A received alert says more than curl's result: 'revoked' comes as one. */
static void on_info(const SSL *ssl, int where, int value)
{
	struct lane *lane = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), lane_index);
	if (lane && (where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && value >> 8 == SSL3_AL_FATAL)
		lane->alert = value & 0xff;
	if (lane && (where & SSL_CB_WRITE_ALERT) == SSL_CB_WRITE_ALERT && value >> 8 == SSL3_AL_FATAL)
		lane->objected = true;
	if (lane && where & SSL_CB_HANDSHAKE_DONE) {
		lane->connected = true;
		listen_to((SSL *)(uintptr_t)ssl);
	}
}

static bool give_identity(SSL_CTX *context, const counterfoil_identity *identity)
{
	if (!identity)
		return true;
	if (SSL_CTX_use_certificate(context, identity->parts.certificate) != 1 ||
	    SSL_CTX_use_PrivateKey(context, identity->parts.key) != 1)
		return false;
	for (int i = 0; i < sk_X509_num(identity->parts.others); i++) {
		X509 *ca = sk_X509_value(identity->parts.others, i);
		bool is_root = X509_get_extension_flags(ca) & EXFLAG_SS; /* servers have it: not sent */
		if (!is_root && SSL_CTX_add1_chain_cert(context, ca) != 1)
			return false;
	}
	return true;
}

static bool expect_host(SSL_CTX *context, const struct lane *lane)
{
	X509_VERIFY_PARAM *wanted = SSL_CTX_get0_param(context);
	X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	return lane->host_is_address ? X509_VERIFY_PARAM_set1_ip_asc(wanted, lane->host)
				     : X509_VERIFY_PARAM_set1_host(wanted, lane->host, 0);
}

CURLcode lane_tls(CURL *easy, void *ssl_ctx, void *data)
{
	(void)easy;
	SSL_CTX *context = ssl_ctx;
	struct lane *lane = data;
	pthread_once(&index_once, make_index);
	SSL_CTX_set1_cert_store(context, lane->settings->trust);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_info_callback(context, on_info);
	if (lane_index < 0 || !SSL_CTX_set_ex_data(context, lane_index, lane) ||
	    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 || !expect_host(context, lane) ||
	    !lane_ask_staple(lane, context) || !give_identity(context, lane->settings->identity))
		return CURLE_SSL_CERTPROBLEM;
	return CURLE_OK;
}
