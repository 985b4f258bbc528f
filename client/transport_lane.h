/* transport_lane: one easy handle, the call it is on, and what was learnt on the way. Internal to client/transport*.c. */
#ifndef CLIENT_TRANSPORT_LANE_H
#define CLIENT_TRANSPORT_LANE_H

#include "client/transport.h"

#include <curl/curl.h>

enum { HOST_SIZE = 256 };

struct lane {
	struct lane *next; /* in the pool */
	CURL *easy;
	const struct transport_settings *settings;
	bool ready; /* the options that every call shares are set */
	char host[HOST_SIZE]; /* of the present call, without brackets */
	bool host_is_address;
	int alert;      /* TLS alert received in this call, -1 for none */
	enum err fault; /* why a callback ended the transfer */
	struct curl_slist *headers;
	counterfoil_response *response;
};

/* Host and scheme of the URL into the lane: BAD_INPUT unless https, ASCII, without user name or fragment. */
counterfoil_code lane_aim(struct lane *lane, const char *url, counterfoil_error *error);

/* Set every option of the easy handle that this request may want otherwise than the one before it. */
counterfoil_code lane_prepare(struct lane *lane, const counterfoil_request *request, counterfoil_error *error);

/* For CURLOPT_SSL_CTX_FUNCTION; data is the lane. */
CURLcode lane_tls(CURL *easy, void *ssl_ctx, void *data);

/* What a finished transfer means. */
counterfoil_code lane_verdict(struct lane *lane, CURLcode result, counterfoil_error *error);

#endif
