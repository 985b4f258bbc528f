#include "issuer/http/metrics.h"
#include "issuer/http/ca_files.h"
#include "issuer/http/crl_cache.h"
#include "issuer/http/ocsp.h"
#include "issuer/http/workers.h"
#include "issuer/process/child.h"
#include "issuer/signer/signer.h"
#include "issuer/store/store.h"

#include <inttypes.h>

static const int64_t bucket_ms[METRICS_BUCKETS - 1] = {5, 25, 100, 500, 2500};

void metrics_request(struct metrics *m, enum listener l, unsigned status, int64_t milliseconds)
{
	unsigned class = status / 100 < METRICS_CLASSES ? status / 100 : 0, b = 0;
	while (b < METRICS_BUCKETS - 1 && milliseconds > bucket_ms[b])
		b++;
	atomic_fetch_add(&m->requests[l][class], 1);
	atomic_fetch_add(&m->took[l][b], 1);
	atomic_fetch_add(&m->took_ms[l], (uint64_t)(milliseconds > 0 ? milliseconds : 0));
}

static void head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_format(out, "# HELP counterfoil_%s %s\n# TYPE counterfoil_%s %s\n", name, help, name, type);
}

static void one(struct buf *out, const char *name, const char *type, const char *help, int64_t value)
{
	head(out, name, type, help);
	buf_format(out, "counterfoil_%s %" PRId64 "\n", name, value);
}

static void write_requests(const struct metrics *m, struct buf *out)
{
	head(out, "requests_total", "counter",
	     "Requests by listener and class of status; 0 were cut before an answer.");
	for (int l = 0; l < LISTENER_COUNT; l++)
		for (int c = 0; c < METRICS_CLASSES; c++)
			buf_format(out, "counterfoil_requests_total{listener=\"%s\",status=\"%d%s\"} %" PRIu64 "\n",
				   listener_name((enum listener)l), c, c ? "xx" : "", m->requests[l][c]);
	head(out, "refused_total", "counter", "Requests that the guard refused for their shape.");
	for (int l = 0; l < LISTENER_COUNT; l++)
		buf_format(out, "counterfoil_refused_total{listener=\"%s\"} %" PRIu64 "\n",
			   listener_name((enum listener)l), m->refused[l]);
}

static void write_durations(const struct metrics *m, struct buf *out)
{
	head(out, "request_seconds", "histogram", "Time from a request's line to the end of its answer.");
	for (int l = 0; l < LISTENER_COUNT; l++) {
		const char *name = listener_name((enum listener)l);
		uint64_t sum = 0;
		for (int b = 0; b < METRICS_BUCKETS - 1; b++) {
			sum += m->took[l][b];
			buf_format(out, "counterfoil_request_seconds_bucket{listener=\"%s\",le=\"%g\"} %" PRIu64 "\n",
				   name, (double)bucket_ms[b] / 1000, sum);
		}
		sum += m->took[l][METRICS_BUCKETS - 1];
		buf_format(out, "counterfoil_request_seconds_bucket{listener=\"%s\",le=\"+Inf\"} %" PRIu64 "\n", name,
			   sum);
		buf_format(out, "counterfoil_request_seconds_sum{listener=\"%s\"} %.3f\n", name,
			   (double)m->took_ms[l] / 1000);
		buf_format(out, "counterfoil_request_seconds_count{listener=\"%s\"} %" PRIu64 "\n", name, sum);
	}
}

static void write_connections(const struct metrics *m, struct buf *out)
{
	head(out, "connections", "gauge", "Open connections by listener.");
	for (int l = 0; l < LISTENER_COUNT; l++)
		buf_format(out, "counterfoil_connections{listener=\"%s\"} %zu\n", listener_name((enum listener)l),
			   m->connections[l] ? connections_count(m->connections[l]) : 0);
	one(out, "connections_swept_total", "counter", "Connections closed past their deadline.", (int64_t)m->swept);
}

static void write_keys_away(unsigned away, struct buf *out)
{
	head(out, "key_away", "gauge", "1 while the key is in a token that is away, and signs nothing.");
	buf_format(out, "counterfoil_key_away{key=\"issuing\"} %d\n", (away & SIGNER_AWAY_ISSUING) != 0);
	buf_format(out, "counterfoil_key_away{key=\"ocsp\"} %d\n", (away & SIGNER_AWAY_OCSP) != 0);
}

static void write_state(struct front *front, int64_t now, struct buf *out)
{
	const struct shared_page *page = front->shared;
	struct crl_head crl;
	one(out, "queue_waiting", "gauge", "Requests that wait for a worker.",
	    (int64_t)workers_waiting(front->workers));
	one(out, "queue_shed_total", "counter", "Requests refused because the queue was full.",
	    (int64_t)front->metrics->shed);
	one(out, "revocation_generation", "counter", "Changes of a certificate's status since the start, and the clerk's starts.",
	    (int64_t)page->revocation_generation);
	one(out, "clerk_age_seconds", "gauge", "Since the clerk's last round.", now - page->clerk_alive_at);
	one(out, "issuing_paused", "gauge", "1 while nothing is issued.", page->issuing_paused != 0 || issuer_fault_because(page));
	write_keys_away((unsigned)page->keys_away, out);
	if (crl_cache_head(front->crl_cache, &crl) == ERR_OK) {
		one(out, "crl_number", "gauge", "Number of the newest CRL.", (int64_t)crl.number);
		one(out, "crl_age_seconds", "gauge", "Since the newest CRL was made.", now - crl.this_update);
		one(out, "crl_left_seconds", "gauge", "Until the newest CRL is overdue.", crl.next_update - now);
	}
}

static void write_issuer_row(struct buf *out, const char *name, const struct issuer *i, int64_t value)
{
	buf_format(out, "counterfoil_%s{issuer=\"%s\",standing=\"%s\"} %" PRId64 "\n", name, i->label,
		   issuer_standing_name(i->standing), value);
}

/* Each issuing CA, and the root's list above them. */
static void write_issuers(struct front *front, int64_t now, struct buf *out)
{
	const struct issuers *all = front->issuers;
	struct crl_head crl;
	head(out, "issuer_left_seconds", "gauge", "Until the certificate of an issuing CA ends.");
	for (size_t i = 0; i < all->count; i++)
		write_issuer_row(out, "issuer_left_seconds", &all->at[i], all->at[i].until - now);
	head(out, "issuer_over", "gauge", "1 when everything that a retired CA issued has expired: it may be removed.");
	for (size_t i = 0; i < all->count; i++)
		write_issuer_row(out, "issuer_over", &all->at[i], front->shared->issuer_over[i]);
	head(out, "issuer_revoked", "gauge", "1 when the root's list has an issuing CA: nobody believes what it signs.");
	for (size_t i = 0; i < all->count; i++)
		write_issuer_row(out, "issuer_revoked", &all->at[i], (front->shared->issuers_revoked >> i & 1) != 0);
	head(out, "issuer_silent", "gauge", "1 while an issuing CA can sign no revocation list, as without its key.");
	for (size_t i = 0; i < all->count; i++)
		write_issuer_row(out, "issuer_silent", &all->at[i], front->shared->issuer_silent[i]);
	one(out, "issuers_missing", "gauge", "Issuing CAs that are not here while certificates of theirs live.",
	    front->shared->issuers_missing);
	head(out, "issuer_crl_left_seconds", "gauge", "Until the newest CRL of an issuing CA is overdue.");
	for (size_t i = 0; i < all->count; i++)
		if (crl_cache_head_of(front->crl_cache, i, &crl) == ERR_OK)
			write_issuer_row(out, "issuer_crl_left_seconds", &all->at[i], crl.next_update - now);
	one(out, "root_crl_left_seconds", "gauge", "Until the root's CRL is overdue: counterfoild ca root-crl makes the next.",
	    ca_files_find(front->ca_files, "root.crl")->good_until - now);
	one(out, "root_crl_file_old", "gauge", "1 while the file of the root's CRL is an older one than was served.",
	    front->shared->root_list_newer != 0);
}

static void write_ocsp(const struct ocsp_counts *c, struct buf *out)
{
	const struct {
		const char *kind;
		uint64_t count;
	} rows[] = {{"ready", c->ready}, {"signed", c->asked}, {"refused", c->refused}, {"limited", c->limited}};
	head(out, "ocsp_total", "counter",
	     "OCSP requests: answered by what was ready, sent to the signer, refused, beyond the limit of an address.");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		buf_format(out, "counterfoil_ocsp_total{answer=\"%s\"} %" PRIu64 "\n", rows[i].kind, rows[i].count);
}

static enum err write_messages(void *ctx, const struct row *r)
{
	static const char *const states[] = {"waiting", "overdue", "dead", "undelivered"};
	struct buf *out = ctx;
	enum { STATES = sizeof states / sizeof states[0] };
	head(out, "messages", "gauge",
	     "Messages: waiting, of these overdue for a minute; dead; reported as not delivered.");
	for (int i = 0; i < STATES; i++)
		buf_format(out, "counterfoil_messages{state=\"%s\"} %" PRId64 "\n", states[i], row_integer(r, i));
	one(out, "outbox_paused", "gauge", "1 while nothing is sent.", row_integer(r, STATES));
	return ERR_OK;
}

/* One line for each type of which keys are kept ready. */
static void write_keys_of(const struct shared_page *page, size_t place, const char *name, struct buf *out)
{
	for (unsigned t = 0; t < KEY_TYPE_COUNT; t++) {
		const struct shared_keys *k = &page->keys[t];
		const _Atomic uint64_t *value = (const void *)((const char *)k + place);
		if (k->wanted || k->made)
			buf_format(out, "counterfoil_%s{type=\"%s\"} %" PRIu64 "\n", name, key_type_name((enum key_type)t), *value);
	}
}

static void write_keys(const struct shared_page *page, struct buf *out)
{
	static const struct {
		const char *name, *type, *help;
		size_t place;
	} rows[] = {
		{"rsa_keys_ready", "gauge", "RSA keys that are made and wait for an order.", offsetof(struct shared_keys, ready)},
		{"rsa_keys_wanted", "gauge", "How many are to be ready.", offsetof(struct shared_keys, wanted)},
		{"rsa_keys_made_total", "counter", "RSA keys made since the signer's start.", offsetof(struct shared_keys, made)},
		{"rsa_keys_awaited_total", "counter", "Times that none was ready and somebody waited.",
		 offsetof(struct shared_keys, awaited)},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		head(out, rows[i].name, rows[i].type, rows[i].help);
		write_keys_of(page, rows[i].place, rows[i].name, out);
	}
	one(out, "rsa_keys_failing", "gauge", "1 while no RSA key can be made.", page->keys_fault != 0);
}

static enum err add_order_state(void *ctx, const struct row *r)
{
	buf_format(ctx, "counterfoil_orders{state=\"%s\"} %" PRId64 "\n", row_text(r, 0), row_integer(r, 1));
	return ERR_OK;
}

static void write_orders(struct front *front, int64_t now, struct buf *out)
{
	struct store *s = readers_take(front->desk.readers);
	struct buf rows = BUF_INIT(8192);
	enum err rc = store_each(s, STATEMENT_METRICS_ORDERS, NULL, 0, add_order_state, &rows);
	enum err messages = store_one(s, STATEMENT_METRICS_MESSAGES, STORE_VALUES(value_integer(now)), write_messages, out);
	if (!rc)
		rc = messages;
	readers_give(front->desk.readers, s);
	one(out, "database_writable", "gauge", "1 unless the last transaction failed by the disk.",
	    writer_fault(front->desk.writer) == ERR_OK);
	one(out, "database_readable", "gauge", "1 when the database answers.", rc == ERR_OK);
	if (rc == ERR_OK && rows.len) {
		head(out, "orders", "gauge", "Orders by state.");
		buf_add(out, rows.data, rows.len);
	}
	buf_free(&rows);
}

enum err metrics_write(struct front *front, int64_t now, struct buf *out)
{
	head(out, "build_info", "gauge", "The version, as a label.");
	buf_text(out, "counterfoil_build_info{version=\"" COUNTERFOIL_VERSION "\"} 1\n");
	write_requests(front->metrics, out);
	write_durations(front->metrics, out);
	write_connections(front->metrics, out);
	write_state(front, now, out);
	write_issuers(front, now, out);
	if (front->ocsp)
		write_ocsp(ocsp_desk_counts(front->ocsp), out);
	write_keys(front->shared, out);
	write_orders(front, now, out);
	return buf_check(out);
}
