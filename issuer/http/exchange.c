#include "issuer/http/exchange.h"
#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "issuer/console/console.h"
#include "issuer/http/admit.h"
#include "issuer/http/metrics.h"
#include "issuer/http/page.h"
#include "issuer/http/refusal.h"
#include "issuer/http/send.h"
#include "issuer/http/wire.h"
#include "issuer/http/workers.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum stage {
	STAGE_HEAD,    /* the request line is here */
	STAGE_BODY,    /* the body comes in: into the buffer, or of a refused request nowhere */
	STAGE_RUNNING, /* suspended: a worker has it, and nobody else may touch it */
	STAGE_READY,   /* the reply stands */
	STAGE_SENT,
};

/* A body that is refused, or beyond its cap, is read and dropped up to so many times the cap, so that the peer hears why: a
 * connection closed on bytes that nobody has read is reset, and the answer with it. Then it is cut. */
enum { DISCARD_TIMES = 4, SLOWEST_BYTES_A_SECOND = 32768 };

struct exchange {
	struct listening *on;
	struct MHD_Connection *mhd;
	struct connection *connection;
	enum stage stage;
	int64_t began;
	char target[HEAD_PATH_MAX + HEAD_QUERY_MAX + 3];
	struct admission admission;
	struct identity identity; /* a copy: a worker reads it */
	struct buf body;
	size_t discarded;
	struct request request;
	struct reply reply;
	struct deferral later;
	enum err refused; /* before a handler ran */
	unsigned status;
	bool close;
	struct head head; /* the last member, and its texts the last of it: they are large, and mostly empty */
};

static const struct settings *settings_of(const struct exchange *x)
{
	return x->on->front->desk.settings;
}

/* All zero. It is large, so the last one is kept. */
static struct exchange *take_exchange(struct listening *l)
{
	struct exchange *x = l->spare;
	l->spare = NULL;
	return x ? x : calloc(1, sizeof *x);
}

static void give_exchange(struct listening *l, struct exchange *x)
{
	/* a link's token and a claim stood in it */
	explicit_bzero(x, x->head.has_texts ? sizeof *x : offsetof(struct exchange, head.texts));
	if (l->spare)
		free(x);
	else
		l->spare = x;
}

void *exchange_begin(void *listening, const char *target, struct MHD_Connection *mhd)
{
	struct listening *l = listening;
	struct connection *connection =
	    MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
	struct exchange *x = connection ? take_exchange(l) : NULL;
	if (!x || listening_request_id(l, x->request.id) != ERR_OK) {
		free(x);
		return NULL;
	}
	x->on = l;
	x->mhd = mhd;
	x->connection = connection;
	x->began = clock_mono_ms();
	x->reply = REPLY_INIT;
	x->body = BUF_INIT((size_t)l->front->desk.settings->request_bytes);
	if (strlen(target) < sizeof x->target) { /* else the guard finds none */
		memcpy(x->target, target, strlen(target) + 1);
		x->head.target = x->target;
	}
	connection_deadline(connection, l->front->desk.settings->request_time);
	connection_idle(connection, false);
	atomic_fetch_add(&l->exchanges, 1);
	return x;
}

static enum MHD_Result answer(struct exchange *x)
{
	struct sending s = {
		.listener = x->on->listener, .request_id = x->request.id, .head = &x->head, .close = x->close,
	};
	struct MHD_Response *m = send_response(&x->reply, &s, &x->status);
	if (!m)
		return MHD_NO;
	int64_t length = (int64_t)((x->reply.lent ? x->reply.lent_len : x->reply.body.len) / SLOWEST_BYTES_A_SECOND);
	connection_deadline(x->connection, settings_of(x)->request_time + length);
	if (x->reply.withdrawn)
		connection_sends(x->connection, x->reply.withdrawn);
	enum MHD_Result queued = MHD_queue_response(x->mhd, x->status, m);
	if (m != x->reply.prepared)
		MHD_destroy_response(m);
	x->stage = STAGE_SENT;
	return queued;
}

static void refuse_exchange(struct exchange *x, enum err e, const struct errbuf *why)
{
	x->refused = e;
	bool html = head_prefers_html(&x->head);
	if (e == ERR_NOT_FOUND && html && x->on->listener == LISTENER_PUBLIC)
		page_dead(x->on->front, &x->request, &x->reply); /* a recipient who has mistyped the link's beginning */
	else if (html && x->request.identity && x->request.identity->kind == IDENTITY_STAFF)
		console_fault(x->on->front, &x->request, &x->reply, e, why);
	else
		refuse(&x->reply, &x->request, html, e, why);
	if (x->admission.wrong_role)
		refuse_naming_roles(&x->reply, x->admission.route->who);
	x->stage = STAGE_READY;
}

static enum MHD_Result add_field(void *ctx, enum MHD_ValueKind kind, const char *name, size_t name_len,
				 const char *value, size_t value_len)
{
	(void)kind;
	head_add(ctx, &(struct head_field){name, value ? value : "", name_len, value ? value_len : 0});
	return MHD_YES;
}

/* A copy: the peer's is looked up anew at the next request. */
static void take_identity(struct exchange *x)
{
	const struct identity *found = x->admission.identity;
	if (found)
		x->identity = *found;
	x->request.identity = found ? &x->identity : NULL;
}

static void fill_request(struct exchange *x)
{
	struct request *q = &x->request;
	const struct admission *a = &x->admission;
	const char *type = head_value(&x->head, "Content-Type");
	q->listener = x->on->listener;
	q->bodiless = strcmp(x->head.method, "HEAD") == 0;
	q->method = q->bodiless ? "GET" : x->head.method;
	q->path = x->head.path;
	memcpy(q->parameter, a->parameter, sizeof q->parameter);
	q->address = connection_address(x->connection);
	q->body = &x->body;
	q->content_type = type ? type : "";
	q->idempotency_key = head_value(&x->head, "Idempotency-Key");
	q->if_match = head_value(&x->head, "If-Match");
	q->wants_json = strncmp(x->head.path, "/v1/", 4) == 0 || head_prefers_json(&x->head);
	take_identity(x);
	q->later = &x->later;
	q->lookup = &x->head;
}

static size_t discard_most(const struct exchange *x)
{
	return DISCARD_TIMES * x->body.cap;
}

/* Not when nobody knows by its head where it ends, when it waits for our word, or when it would be cut anyway. */
static bool body_is_taken(const struct exchange *x)
{
	const char *length = head_value(&x->head, "Content-Length");
	return !x->admission.bad_shape && !head_value(&x->head, "Expect") &&
	       length && strtoull(length, NULL, 10) <= discard_most(x);
}

static enum MHD_Result take_head(struct exchange *x, const char *method, const char *version)
{
	struct errbuf why = {""};
	struct admission *a = &x->admission;
	int64_t now = clock_now();
	x->head.method = method;
	x->head.version = version;
	MHD_get_connection_values_n(x->mhd, MHD_HEADER_KIND, add_field, &x->head);
	if (wire_known(MHD_get_version())) {
		x->head.wire = method;
		x->head.wire_len = MHD_get_connection_info(x->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size;
	}
	a->front = x->on->front;
	a->listener = x->on->listener;
	a->address = connection_address(x->connection);
	a->head = &x->head;
	a->peer = connection_peer(x->connection);
	if (a->peer && !peer_presented(a->peer))
		peer_present_session(a->peer, a->front->trust,
				     MHD_get_connection_info(x->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session,
				     now);
	enum err rc = admit(a, now, &why);
	fill_request(x);
	x->stage = STAGE_BODY;
	if (rc == ERR_OK)
		return MHD_YES;
	memcpy(x->reply.allow, a->allow, sizeof x->reply.allow);
	refuse_exchange(x, rc, &why);
	x->close = a->bad_shape || head_has_body(&x->head);
	if (!x->close)
		return MHD_YES;
	if (!body_is_taken(x))
		return answer(x);
	x->stage = STAGE_BODY;
	return MHD_YES;
}

static enum MHD_Result take_body(struct exchange *x, const char *upload, size_t *size)
{
	if (!x->refused)
		buf_add(&x->body, upload, *size);
	if (x->refused || buf_check(&x->body) != ERR_OK)
		x->discarded += *size;
	*size = 0;
	return x->discarded > discard_most(x) ? MHD_NO : MHD_YES;
}

static void run(struct exchange *x)
{
	x->admission.route->run(x->on->front, &x->request, &x->reply);
	x->stage = STAGE_READY;
}

static void run_on_worker(void *ctx)
{
	struct exchange *x = ctx;
	struct MHD_Connection *mhd = x->mhd;
	run(x);
	crash_point(CRASH_FRONT_REPLY);
	connection_deadline(x->connection, settings_of(x)->request_time);
	MHD_resume_connection(mhd); /* from here on x is the listener's thread's */
}

/* Whoever deferred the answer has it now; this is the listener's own thread. */
static void resume_deferred(struct deferral *later)
{
	struct exchange *x = (struct exchange *)((char *)later - offsetof(struct exchange, later));
	x->stage = STAGE_READY;
	connection_deadline(x->connection, settings_of(x)->request_time);
	MHD_resume_connection(x->mhd);
}

static enum MHD_Result run_or_defer(struct exchange *x)
{
	x->later.resume = resume_deferred;
	run(x);
	if (!x->later.waits)
		return answer(x);
	x->stage = STAGE_RUNNING;
	connection_deadline(x->connection, CONNECTION_NO_DEADLINE);
	MHD_suspend_connection(x->mhd);
	return MHD_YES;
}

static enum MHD_Result suspend(struct exchange *x)
{
	x->stage = STAGE_RUNNING;
	connection_deadline(x->connection, CONNECTION_NO_DEADLINE);
	MHD_suspend_connection(x->mhd);
	if (workers_put(x->on->front->workers, run_on_worker, x))
		return MHD_YES;
	atomic_fetch_add(&x->on->front->metrics->shed, 1);
	refuse_exchange(x, ERR_UNAVAILABLE, NULL);
	MHD_resume_connection(x->mhd);
	return MHD_YES;
}

/* Whoever was dismissed while its body was on the way has nothing done any more. */
static enum err check_body(struct exchange *x, struct errbuf *why)
{
	enum err rc = buf_check(&x->body);
	if (rc != ERR_OK || !head_has_body(&x->head))
		return rc;
	rc = admit_body(&x->admission, clock_now(), why);
	take_identity(x);
	return rc;
}

static enum MHD_Result take_end(struct exchange *x)
{
	struct errbuf why = {""};
	if (x->refused)
		return answer(x);
	enum err rc = check_body(x, &why);
	if (rc != ERR_OK) {
		refuse_exchange(x, rc, &why);
		x->close = true;
		return answer(x);
	}
	switch (x->admission.route->lane) {
	case LANE_SLOW:
		return suspend(x);
	case LANE_LATER:
		return run_or_defer(x);
	case LANE_FAST:
		break;
	}
	run(x);
	return answer(x);
}

enum MHD_Result exchange_continue(void *listening, struct MHD_Connection *mhd, const char *url, const char *method,
				  const char *version, const char *upload, size_t *upload_size, void **exchange)
{
	struct exchange *x = *exchange;
	(void)listening, (void)mhd, (void)url;
	if (!x)
		return MHD_NO;
	switch (x->stage) {
	case STAGE_HEAD:
		return take_head(x, method, version);
	case STAGE_BODY:
		return *upload_size ? take_body(x, upload, upload_size) : take_end(x);
	case STAGE_READY:
		return answer(x);
	case STAGE_RUNNING:
	case STAGE_SENT:
		break;
	}
	return MHD_YES;
}

static const char *identity_id(const struct exchange *x)
{
	const struct identity *who = x->request.identity;
	return !who ? "-" : who->kind == IDENTITY_STAFF ? who->staff_id : who->order_id;
}

/* What comes in numbers and went as it should: scrapes, and answers of OCSP. */
static bool is_routine(const struct exchange *x)
{
	const struct route *route = x->admission.route;
	return (x->status == 200 || x->status == 304) && !x->reply.fault &&
	       (x->on->listener == LISTENER_OPS || (route && route->lane == LANE_LATER));
}

/* The route's pattern, never the path: a token may stand in it. */
static void write_log(const struct exchange *x, int64_t took)
{
	enum log_level level = x->status >= 500 ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO;
	char status[8], milliseconds[24];
	const struct route *route = x->admission.route;
	enum err fault = x->refused ? x->refused : x->reply.fault;
	if (is_routine(x))
		level = LOG_LEVEL_DEBUG;
	if (!log_wanted(level))
		return;
	snprintf(status, sizeof status, "%u", x->status);
	snprintf(milliseconds, sizeof milliseconds, "%" PRId64, took);
	log_event(level, "http.request", {"listener", listener_name(x->on->listener)},
		  {"method", x->request.method ? x->request.method : "-"}, {"route", route ? route->path : "-"},
		  {"status", status}, {"request", x->request.id}, {"identity", identity_id(x)},
		  {"address", connection_address(x->connection)}, {"ms", milliseconds},
		  {fault ? "error" : NULL, err_word(fault)}, {x->reply.why.text[0] ? "why" : NULL, x->reply.why.text});
}

void exchange_end(void *listening, struct MHD_Connection *mhd, void **exchange, enum MHD_RequestTerminationCode how)
{
	struct listening *l = listening;
	struct exchange *x = *exchange;
	(void)mhd;
	*exchange = NULL;
	if (!x)
		return;
	if (x->stage != STAGE_SENT)
		x->status = 0;
	int64_t took = clock_mono_ms() - x->began;
	metrics_request(l->front->metrics, l->listener, x->status, took);
	write_log(x, took);
	if (how == MHD_REQUEST_TERMINATED_COMPLETED_OK)
		connection_deadline(x->connection, settings_of(x)->idle_time);
	connection_idle(x->connection, true);
	if (x->reply.withdrawn)
		connection_sends(x->connection, NULL);
	buf_free(&x->body);
	reply_clear(&x->reply);
	give_exchange(l, x);
	atomic_fetch_sub(&l->exchanges, 1);
}
