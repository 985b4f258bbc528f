/* transport_lane: one easy handle, the call it is on, and what was learnt on the way. Internal to client/transport*.c. */
#ifndef CLIENT_TRANSPORT_LANE_H
#define CLIENT_TRANSPORT_LANE_H

#include "client/transport_feed.h"
#include "client/transport.h"

#include <curl/curl.h>
#include <openssl/ssl.h>

enum { HOST_SIZE = 256, WHY_SIZE = 256 };

struct lane {
	struct lane *next; /* in the pool */
	CURL *easy;
	const struct transport_settings *settings;
	bool spoilt; /* libcurl did not let go of it: not to be kept */
	bool ready; /* the options that every call shares are set */
	char host[HOST_SIZE]; /* of the present call, without brackets */
	bool host_is_address;
	int alert;      /* TLS alert received in this call, -1 for none */
	bool objected;  /* we sent one */
	bool connected; /* this call has made a connection, */
	bool cut;       /* and not all that was sent there has left */
	enum err fault; /* why a callback ended the transfer */
	counterfoil_code own_fault; /* a verdict of ours, which goes before libcurl's */
	char own_why[WHY_SIZE];     /* its sentence; "": the code's own */
	struct curl_slist *headers;
	counterfoil_response *response;
	struct attempt *attempt;
	unsigned int sendings; /* of the request in this try: libcurl sends again when a kept connection brings nothing */
	bool made_for_it;      /* the connection by which it was sent first */
	uint64_t sunk;    /* bytes that the sink was given */
	struct feed body; /* of a request with a source */
	curl_mime *form;
	struct feed *parts; /* of the form, as many as the request has */
	CURLM *multi;       /* NULL until a call comes that lane_run cannot leave to the easy handle: then it keeps the connection */
	bool listens;         /* multi tells what it waits for, */
	struct drive *drive;  /* and this try hears it: NULL when no event loop drives the lane */
};

/* A try in two halves, between which the lane's transfer runs. Begun on COUNTERFOIL_OK only; the lane is not the caller's
 * any more after its end. *response is made on COUNTERFOIL_OK only. */
counterfoil_code transport_begin(struct transport *transport, struct attempt *attempt, struct lane **lane,
				 counterfoil_error *error);
counterfoil_code transport_end(struct transport *transport, struct lane *lane, CURLcode result,
			       counterfoil_response **response, counterfoil_error *error);

/* Host and scheme of the URL into the lane: BAD_INPUT unless https, ASCII, without user name or fragment. */
counterfoil_code lane_aim(struct lane *lane, const char *url, counterfoil_error *error);

/* Set every option of the easy handle that this request may want otherwise than the one before it. */
counterfoil_code lane_prepare(struct lane *lane, const counterfoil_request *request, counterfoil_error *error);
/* Give back what was taken for one call. */
void lane_clear(struct lane *lane);

/* A body goes with the request. */
bool lane_carries_body(const counterfoil_request *request);
/* The method, and the body from wherever it comes. */
counterfoil_code lane_body(struct lane *lane, const counterfoil_request *request, counterfoil_error *error);
/* What never changes about bodies: the callbacks. */
bool lane_set_body_callbacks(struct lane *lane);
/* A form as the body; lane_form_clear ends it. */
counterfoil_code lane_form(struct lane *lane, const counterfoil_request *request, counterfoil_error *error);
void lane_form_clear(struct lane *lane);

/* The transfer itself: returns when it is over, or was cancelled. */
CURLcode lane_run(struct lane *lane);
/* The lane's own multi handle, made when there is none yet; NULL: out of memory. A connection belongs to what drives it: to
 * libcurl's multi handle inside of the easy one, or to this, which it stays with. */
CURLM *lane_multi(struct lane *lane);
/* How the only transfer of a multi handle ended, when none is running there any more. */
CURLcode lane_result(CURLM *multi);

/* For CURLOPT_SSL_CTX_FUNCTION; data is the lane. */
CURLcode lane_tls(CURL *easy, void *ssl_ctx, void *data);

/* Ask for a stapled answer about the server's certificate, and judge it when the server has shown all that it shows. */
bool lane_ask_staple(struct lane *lane, SSL_CTX *context);

/* A verdict of ours; why is its sentence, NULL: the code's own. */
void lane_fail(struct lane *lane, counterfoil_code code, const char *why);
/* The server answered and closed before it had the whole body. */
extern const char lane_cut_text[];
/* What a finished transfer means. */
counterfoil_code lane_verdict(struct lane *lane, CURLcode result, counterfoil_error *error);

#endif
