/* One of the staff: what they do next is drawn, and what they are answered is held against what it may be. */
#include "tests/campaign/edits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 60000, BODY_SIZE = 512, LATEST = 40 };

struct desk {
	struct edits *of;
	size_t member;
	CURL *curl;
	struct answer answer;
	uint64_t drawn;
	long seen[OBJECTS_MOST]; /* the version that was seen last; 0: none */
	unsigned writes;
	size_t number;
};

/* xorshift64*: the same for each run. */
static size_t draw(struct desk *d, size_t below)
{
	d->drawn ^= d->drawn >> 12;
	d->drawn ^= d->drawn << 25;
	d->drawn ^= d->drawn >> 27;
	return (size_t)((d->drawn * UINT64_C(2685821657736338717)) >> 33) % below;
}

static void begin(struct desk *d, const struct editor *editor, size_t member)
{
	const struct member *m = &editor->of->staff[member];
	char root[PATH_MAX];
	*d = (struct desk){.of = editor->of, .member = member, .curl = curl_easy_init(), .number = editor->number,
			   .drawn = UINT64_C(0x9e3779b97f4a7c15) * (editor->number + 1)};
	snprintf(root, sizeof root, "%s/ca/root.pem", d->of->at.dir);
	curl_easy_setopt(d->curl, CURLOPT_CAINFO, root);
	curl_easy_setopt(d->curl, CURLOPT_SSLCERT, m->identity);
	curl_easy_setopt(d->curl, CURLOPT_SSLCERTTYPE, "P12");
	curl_easy_setopt(d->curl, CURLOPT_KEYPASSWD, m->password);
	curl_easy_setopt(d->curl, CURLOPT_WRITEFUNCTION, answer_take);
	curl_easy_setopt(d->curl, CURLOPT_WRITEDATA, &d->answer);
	curl_easy_setopt(d->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(d->curl, CURLOPT_TIMEOUT_MS, (long)PATIENCE_MS);
}

static void keep_slowest(struct edits *e, CURL *curl)
{
	curl_off_t us = 0;
	curl_easy_getinfo(curl, CURLINFO_TOTAL_TIME_T, &us);
	for (int64_t most = e->slowest_us; us > most && !atomic_compare_exchange_weak(&e->slowest_us, &most, us);)
		;
}

/* body NULL: GET. header: one more, or NULL. A server's fault, and no answer at all, are violations. */
static long ask(struct desk *d, const char *path, const char *body, const char *header)
{
	char url[256];
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	if (header)
		headers = curl_slist_append(headers, header);
	snprintf(url, sizeof url, "%s%s", d->of->at.members_url, path);
	curl_easy_setopt(d->curl, CURLOPT_URL, url);
	curl_easy_setopt(d->curl, CURLOPT_HTTPHEADER, headers);
	if (body)
		curl_easy_setopt(d->curl, CURLOPT_COPYPOSTFIELDS, body);
	else
		curl_easy_setopt(d->curl, CURLOPT_HTTPGET, 1L);
	answer_clear(&d->answer);
	if (curl_easy_perform(d->curl) == CURLE_OK)
		curl_easy_getinfo(d->curl, CURLINFO_RESPONSE_CODE, &d->answer.status);
	if (d->answer.len)
		d->answer.json = json_loadb(d->answer.body, d->answer.len, 0, NULL);
	keep_slowest(d->of, d->curl);
	curl_slist_free_all(headers);
	if (d->answer.status == 0 || d->answer.status >= 500)
		edits_violated(&d->of->failed, path, &d->answer);
	return d->answer.status;
}

static void odd(struct desk *d, const char *what)
{
	if (d->answer.status != 0 && d->answer.status < 500) /* else it was counted */
		edits_violated(&d->of->odd, what, &d->answer);
}

/* ---- the directory ---- */

static long version_of(const struct desk *d)
{
	return (long)json_integer_value(json_object_get(d->answer.json, "version"));
}

/* None is the same as any before it. */
static void write_change(struct desk *d, char out[BODY_SIZE])
{
	snprintf(out, BODY_SIZE, "{\"name\":\"Name %zu %u\"}", d->number, ++d->writes);
}

static void change(struct desk *d, bool by_tag)
{
	struct edits *e = d->of;
	size_t n = draw(d, e->object_count);
	struct object *o = &e->objects[n];
	char body[BODY_SIZE], tag[48];
	if (by_tag && !d->seen[n] && ask(d, o->path, NULL, NULL) == 200)
		d->seen[n] = version_of(d);
	long seen = d->seen[n];
	write_change(d, body);
	snprintf(tag, sizeof tag, "If-Match: \"%ld\"", seen);
	long status = ask(d, o->path, body, by_tag ? tag : NULL);
	d->seen[n] = 0;
	if (status == 200) {
		e->changed++;
		o->accepted++;
		d->seen[n] = version_of(d);
		if (by_tag && seen < VERSIONS_MOST && atomic_exchange(&o->taken[seen], true))
			edits_violated(&e->lost, "two changes were made to one version", &d->answer);
		if (by_tag && d->seen[n] <= seen)
			edits_violated(&e->lost, "a change without a step", &d->answer);
	} else if (by_tag && answer_is(&d->answer, 412, "precondition") && strstr(answer_text(&d->answer, "detail"), " changed it at ")) {
		e->stale++;
	} else {
		odd(d, o->path);
	}
}

static bool change_what_was_seen(struct desk *d)
{
	change(d, true);
	return true;
}

static bool change_whatever_it_is(struct desk *d)
{
	change(d, false);
	return true;
}

/* ---- orders ---- */

static void write_order(const char *note, size_t which, char out[BODY_SIZE])
{
	static const char *const of[][4] = {{"nordbank", "archive", "app", "kari@nordbank.example"},
					    {"nordbank", "archive", "web", "ola@nordbank.example"},
					    {"vestbank", "guarded", "app", "ada@vestbank.example"}};
	const char *const *o = of[which % 3];
	snprintf(out, BODY_SIZE, "{\"organisation\":\"%s\",\"service\":\"%s\",\"client\":\"%s\",\"contact\":\"%s\",\"note\":\"%s\"}", o[0],
		 o[1], o[2], o[3], note);
}

static void add_order(struct orders *o, const char *id)
{
	if (o->count < ORDERS_MOST)
		snprintf(o->id[o->count++], ID_BYTES, "%s", id);
}

/* It was made just now. */
static void keep_order(struct edits *e, const struct answer *a)
{
	const char *id = answer_text(a, "id");
	e->made++;
	pthread_mutex_lock(&e->mutex);
	add_order(&e->all, id);
	if (strcmp(answer_text(a, "state"), "requested") == 0)
		add_order(&e->requested, id);
	pthread_mutex_unlock(&e->mutex);
}

static bool order(struct desk *d)
{
	char note[64], body[BODY_SIZE];
	snprintf(note, sizeof note, "plain %zu %u", d->number, ++d->writes);
	write_order(note, draw(d, 6), body);
	if (ask(d, "/v1/orders", body, NULL) == 201)
		keep_order(d->of, &d->answer);
	else
		odd(d, "an order");
	return true;
}

/* Whoever is answered under a key is shown the same order. */
static void same_as_others(struct desk *d, struct key *k)
{
	const char *id = answer_text(&d->answer, "id");
	pthread_mutex_lock(&d->of->mutex);
	bool same = !k->order[0] || strcmp(k->order, id) == 0;
	snprintf(k->order, sizeof k->order, "%s", id);
	pthread_mutex_unlock(&d->of->mutex);
	if (!same)
		edits_violated(&d->of->doubled, "two orders under one key", &d->answer);
}

static bool order_by_key(struct desk *d)
{
	struct edits *e = d->of;
	long n = e->staff[d->member].keyed++ / KEY_SHARED;
	char note[64], body[BODY_SIZE], header[64];
	snprintf(note, sizeof note, "key %zu %ld", d->member, n);
	snprintf(header, sizeof header, "Idempotency-Key: edits-%ld", n);
	write_order(note, (size_t)n, body);
	long status = ask(d, "/v1/orders", body, header);
	if (status == 201)
		keep_order(e, &d->answer);
	else if (status == 200)
		e->repeated++;
	else
		odd(d, "an order with a key");
	if (status != 200 && status != 201)
		return true;
	same_as_others(d, &e->keys[d->member][n]);
	if (draw(d, 4) != 0)
		return true;
	write_order("of another request", (size_t)n, body);
	if (ask(d, "/v1/orders", body, header) == 409)
		e->conflicts++;
	else
		odd(d, "another request under a key");
	return true;
}

/* One of the latest, so that others are at it too; false when there is none. */
static bool draw_order(struct desk *d, const struct orders *from, char id[ID_BYTES])
{
	pthread_mutex_lock(&d->of->mutex);
	size_t n = from->count, back = n ? draw(d, n < LATEST ? n : LATEST) + 1 : 0;
	if (n)
		memcpy(id, from->id[n - back], ID_BYTES);
	pthread_mutex_unlock(&d->of->mutex);
	return n > 0;
}

static bool cancel(struct desk *d)
{
	char id[ID_BYTES], path[64];
	if (!draw_order(d, &d->of->all, id))
		return false;
	snprintf(path, sizeof path, "/v1/orders/%s/cancel", id);
	long status = ask(d, path, "{\"reason\":\"edits\"}", NULL);
	if (status == 200)
		d->of->cancelled++;
	else if (status == 409)
		d->of->late++;
	else
		odd(d, path);
	return true;
}

static bool approve(struct desk *d)
{
	char id[ID_BYTES], path[64], body[BODY_SIZE];
	if (!draw_order(d, &d->of->requested, id))
		return false;
	snprintf(path, sizeof path, "/v1/orders/%s", id);
	if (ask(d, path, NULL, NULL) != 200) {
		odd(d, path);
		return true;
	}
	snprintf(body, sizeof body, "{\"digest\":\"%.64s\"}", answer_text(&d->answer, "digest"));
	if (strcmp(answer_text(&d->answer, "state"), "requested") != 0)
		return false; /* others were faster */
	snprintf(path, sizeof path, "/v1/orders/%s/approve", id);
	long status = ask(d, path, body, NULL);
	if (status == 200)
		d->of->approved++;
	else if (status == 409)
		d->of->late++;
	else
		odd(d, path);
	return true;
}

/* ---- all of it ---- */

typedef bool act(struct desk *d); /* false: there was nothing to do it to */

static act *next_act(struct desk *d)
{
	static act *const administrators[] = {change_what_was_seen, change_what_was_seen, change_whatever_it_is, order,
					      order_by_key,	    order_by_key,	  order_by_key,		 cancel};
	return d->member < ADMINISTRATORS ? administrators[draw(d, sizeof administrators / sizeof *administrators)] : approve;
}

/* One thread in eight is an approver. */
void *edit_all(void *editor)
{
	struct editor *of = editor;
	struct edits *e = of->of;
	struct desk d;
	size_t n = of->number;
	begin(&d, of, n % 8 == 7 ? ADMINISTRATORS + n / 8 % APPROVERS : n % ADMINISTRATORS);
	while (e->ended < e->most) {
		if (next_act(&d)(&d))
			e->ended++;
		else
			pause_ms(1);
	}
	answer_clear(&d.answer);
	curl_easy_cleanup(d.curl);
	return NULL;
}
