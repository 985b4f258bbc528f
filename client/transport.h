/* transport: HTTPS by libcurl over OpenSSL. The only part of the library that includes curl.
 *
 * A lane is one easy handle with the connection it keeps. A call takes an idle lane, or makes one, and gives it back;
 * so any number of threads may call at once. */
#ifndef CLIENT_TRANSPORT_H
#define CLIENT_TRANSPORT_H

#include "client/identity.h"
#include "client/response.h"

#include <stdbool.h>

struct transport_settings {
	const counterfoil_identity *identity; /* borrowed as long as the transport lives; NULL for none */
	X509_STORE *trust;                    /* borrowed likewise */
	uint32_t connect_timeout_ms, total_timeout_ms, stall_timeout_seconds, connections_kept;
	size_t header_cap, body_cap;
	const char *proxy, *no_proxy; /* borrowed likewise; NULL for none */
	counterfoil_http http;
	counterfoil_staple staple;
};

struct transport;

/* A request, and what came of it so far that decides whether it may be tried again. */
struct attempt {
	counterfoil_request request; /* whole: see request_take */
	bool reading;                /* a source of it was asked for bytes */
	bool writing;                /* its sink was given some */
	uint32_t tried;              /* tries behind the first */
	int64_t deadline;            /* of all tries together, clock_mono_ms; set when there may be more than one */
};

counterfoil_code transport_new(const struct transport_settings *settings, struct transport **out,
			       counterfoil_error *error);
void transport_free(struct transport *transport);

/* Idle connections end now, and those of calls under way with their calls. */
void transport_retire(struct transport *transport);

/* One try. The request's members are checked by the caller, but for the URL. *response is made on COUNTERFOIL_OK only. */
counterfoil_code transport_exchange(struct transport *transport, struct attempt *attempt,
				    counterfoil_response **response, counterfoil_error *error);

/* The same, and again as often as the request allows. */
counterfoil_code retry_exchange(struct transport *transport, struct attempt *attempt, counterfoil_response **response,
				counterfoil_error *error);
/* The same in steps. Before the first try: */
void retry_begin(struct attempt *attempt, const struct transport_settings *settings);
/* After each: milliseconds until the next, below 0 when there is none and this result stands. */
int64_t retry_in(const struct attempt *attempt, counterfoil_code code, const counterfoil_response *response);
/* When they are over. WRITER_FAILED when what the sink was given cannot be taken back. */
counterfoil_code retry_anew(struct attempt *attempt, counterfoil_error *error);
/* Milliseconds to wait when `tried` tries were made behind the first: the request's own, doubled with each up to `most`, of
 * which a random half is left out; or what the server asked for (0: nothing) and as much of such a half beyond it. */
int64_t retry_wait(const counterfoil_request *request, uint32_t tried, int64_t most, int64_t asked);

const struct transport_settings *transport_settings_of(const struct transport *transport); /* lent */
/* Whether the libcurl below is one that this library can work with; starts it at the first call. */
bool transport_is_usable(void);
/* What is asked for over plain HTTP: a file, or, with a type, the answer to what is posted. Borrowed. */
struct transport_question {
	const char *url;
	uint32_t timeout_ms;
	const char *type; /* "application/ocsp-request"; NULL: nothing is posted */
	counterfoil_bytes body;
};
/* The body of a 200 appended to out, whose cap bounds it; redirects are not followed. TOO_LARGE, TIMEOUT, UNREACHABLE,
 * BROKEN (another status), OUT_OF_MEMORY, FAILED. */
counterfoil_code transport_fetch(const struct transport_question *question, struct buf *out, counterfoil_error *error);

#endif
