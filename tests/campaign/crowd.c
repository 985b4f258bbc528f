#include "tests/campaign/crowd.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { START_SECONDS = 90, ASK_SECONDS = 120, POLL_MS = 100, SHORT_POLL_MS = 10 };

/* The answer's first bytes count: from then on it is in the middle of it. */
static size_t take(char *bytes, size_t size, size_t n, void *ctx)
{
	struct asker *a = ctx;
	a->crowd->begun += a->answer.len == 0;
	return answer_take(bytes, size, n, &a->answer);
}

static void prepare_asker(struct crowd *c, int i, const char *authority)
{
	struct asker *a = &c->askers[i];
	char address[32];
	snprintf(address, sizeof address, "127.0.0.%d", 2 + i % CROWD_ADDRESSES);
	a->crowd = c;
	a->curl = curl_easy_init();
	curl_easy_setopt(a->curl, CURLOPT_INTERFACE, address);
	curl_easy_setopt(a->curl, CURLOPT_IPRESOLVE, CURL_IPRESOLVE_V4);
	curl_easy_setopt(a->curl, CURLOPT_CAINFO, authority);
	curl_easy_setopt(a->curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(a->curl, CURLOPT_WRITEDATA, a);
	curl_easy_setopt(a->curl, CURLOPT_PRIVATE, a);
	curl_easy_setopt(a->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(a->curl, CURLOPT_TIMEOUT, (long)CALL_SECONDS);
}

static void ask(struct crowd *c, struct asker *a)
{
	answer_clear(&a->answer);
	a->asks++;
	a->again_at = 0;
	curl_multi_add_handle(c->multi, a->curl);
}

/* One answer has ended, well or not. Is it the last of this asker? */
static bool judge(struct crowd *c, struct asker *a, CURLcode rc, crowd_verdict *verdict)
{
	a->answer.status = 0;
	if (rc == CURLE_OK)
		curl_easy_getinfo(a->curl, CURLINFO_RESPONSE_CODE, &a->answer.status);
	curl_multi_remove_handle(c->multi, a->curl);
	a->answer.json = a->answer.len ? json_loadb(a->answer.body, a->answer.len, 0, NULL) : NULL;
	if (verdict(c, a) || a->asks == CROWD_ASKS_MOST)
		return true;
	if (c->patience_ms == 0) {
		ask(c, a);
		return false;
	}
	a->again_at = mono_ms() + c->patience_ms;
	c->waiting++;
	return false;
}

static int collect(struct crowd *c, crowd_verdict *verdict)
{
	int done = 0, left;
	for (CURLMsg *m; (m = curl_multi_info_read(c->multi, &left));) {
		struct asker *a = NULL;
		if (m->msg != CURLMSG_DONE)
			continue;
		CURLcode rc = m->data.result;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &a);
		done += judge(c, a, rc, verdict);
	}
	return done;
}

static void ask_again(struct crowd *c)
{
	int64_t now = mono_ms();
	for (int i = 0; i < c->n && c->waiting > 0; i++)
		if (c->askers[i].again_at && c->askers[i].again_at <= now) {
			c->waiting--;
			ask(c, &c->askers[i]);
		}
}

static void kill_victim(struct crowd *c)
{
	pid_t pid = c->killed ? 0 : installation_child(&c->at, c->victim);
	if (pid > 0)
		c->killed = kill(pid, SIGKILL) == 0;
}

static void interrupt(struct crowd *c, int64_t since)
{
	if (!c->victim || mono_ms() < since + c->moment_ms)
		return;
	if (c->kill_at == 0)
		kill_victim(c);
	if (c->release)
		c->release(c);
	c->release = NULL;
	if (c->begun >= c->kill_at)
		kill_victim(c);
}

static void prepare(struct crowd *c, const char *rest, const char *form)
{
	char url[192], bearer[96];
	snprintf(url, sizeof url, "%s/d/%s%s", c->at.public_url, c->walk.token, rest);
	snprintf(bearer, sizeof bearer, "Authorization: Bearer %s", c->walk.claim);
	curl_slist_free_all(c->headers);
	c->headers = curl_slist_append(NULL, "Accept: application/json");
	if (c->walk.claim[0])
		c->headers = curl_slist_append(c->headers, bearer);
	for (int i = 0; i < c->n; i++) {
		struct asker *a = &c->askers[i];
		a->asks = 0;
		curl_easy_setopt(a->curl, CURLOPT_URL, url);
		curl_easy_setopt(a->curl, CURLOPT_HTTPHEADER, c->headers);
		/* The library would repeat by itself what died without a word on a kept connection. */
		curl_easy_setopt(a->curl, CURLOPT_FRESH_CONNECT, c->victim ? 1L : 0L);
		if (form)
			curl_easy_setopt(a->curl, CURLOPT_COPYPOSTFIELDS, form);
		else
			curl_easy_setopt(a->curl, CURLOPT_HTTPGET, 1L);
	}
}

bool crowd_ask(struct crowd *c, const char *rest, const char *form, crowd_verdict *verdict)
{
	int running = 0, done = 0;
	prepare(c, rest, form);
	c->begun = c->waiting = 0;
	c->killed = false;
	for (int i = 0; i < c->n; i++)
		ask(c, &c->askers[i]);
	for (int64_t since = mono_ms(); done < c->n && mono_ms() < since + ASK_SECONDS * 1000;) {
		curl_multi_perform(c->multi, &running);
		done += collect(c, verdict);
		interrupt(c, since);
		ask_again(c);
		if (done < c->n)
			curl_multi_poll(c->multi, NULL, 0, c->waiting || c->release ? SHORT_POLL_MS : POLL_MS, NULL);
	}
	for (int i = 0; done < c->n && i < c->n; i++)
		curl_multi_remove_handle(c->multi, c->askers[i].curl);
	return done == c->n;
}

bool crowd_begin(struct crowd *c, const char *build_path, const char *name, int n)
{
	char build[PATH_MAX], dir[PATH_MAX / 2], authority[PATH_MAX];
	struct rlimit files;
	if (!realpath(build_path, build) || snprintf(dir, sizeof dir, "%.1900s/campaign", build) < 0)
		return false;
	mkdir(dir, 0700);
	snprintf(dir, sizeof dir, "%.1900s/campaign/%s-%d", build, name, (int)getpid());
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	if (!installation_begin(&c->at, build, dir) || !installation_ready(&c->at, START_SECONDS))
		return false;
	c->n = n;
	c->walk.caller = caller_new(&c->at);
	c->walk.ledger = ledger_open(&c->at);
	c->multi = curl_multi_init();
	curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)(2 * n));
	snprintf(authority, sizeof authority, "%s/ca/root.pem", dir);
	for (int i = 0; i < n; i++)
		prepare_asker(c, i, authority);
	return walk_directory(c->walk.caller);
}

void crowd_end(struct crowd *c, bool keep)
{
	for (int i = 0; i < c->n; i++) {
		curl_easy_cleanup(c->askers[i].curl);
		answer_clear(&c->askers[i].answer);
	}
	curl_multi_cleanup(c->multi);
	curl_slist_free_all(c->headers);
	installation_end(&c->at);
	caller_free(c->walk.caller);
	ledger_close(c->walk.ledger);
	if (keep)
		printf("kept: %s\n", c->at.dir);
	else
		installation_remove(&c->at);
}
