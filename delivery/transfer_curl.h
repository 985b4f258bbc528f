/* transfer_curl: what both kinds of exchange share. Only for transfer*.c. */
#ifndef DELIVERY_TRANSFER_CURL_H
#define DELIVERY_TRANSFER_CURL_H

#include "delivery/transfer.h"

#include <curl/curl.h>
#include <stdbool.h>

struct transfer {
	CURL *easy;
	char said[CURL_ERROR_SIZE]; /* libcurl's own words; never ours to show as they are, but for TLS and addresses */
};

/* An easy handle with every switch that matters. `protocols` as CURLOPT_PROTOCOLS_STR takes them. End it in every case. */
enum err transfer_open(struct transfer *x, const struct transfer_peer *p, const char *protocols, struct errbuf *why) MUST_CHECK;
void transfer_close(struct transfer *x);

/* What a result means when the server itself has decided nothing. */
enum err transfer_verdict(const struct transfer *x, CURLcode result, struct errbuf *why) MUST_CHECK;

#endif
