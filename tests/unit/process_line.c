/* line: one conversation, whatever the other end does. The server is a thread that follows a script. */
#include "base/clock.h"
#include "issuer/process/line.h"
#include "issuer/process/line_end.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { OP_ECHO = 7, PATIENCE = 5000, HASTE = 80 };

enum act { ANSWER, DIE, SAY_STALE_FIRST, SAY_GARBAGE, SAY_HALF, STAY_SILENT, REFUSE, OTHER_OP, TOO_LONG, BAD_STATUS };

struct server {
	int fd;
	const enum act *script;
	size_t steps;
	_Atomic int received;
	pthread_t thread;
};

static void say(int fd, const struct frame *f)
{
	assert_int_equal(frame_send(fd, f, clock_mono_ms() + PATIENCE), ERR_OK);
}

/* false: the conversation is over. */
static bool act_out(struct server *s, enum act act, const struct frame *q)
{
	struct frame a = {.id = q->id, .op = q->op, .body = q->body, .len = q->len};
	static const uint8_t garbage[64] = {0xff, 0xff, 0xff, 0xff};
	static uint8_t large[4096];
	switch (act) {
	case SAY_STALE_FIRST:
		a.id = q->id - 1;
		say(s->fd, &a);
		a.id = q->id;
		break;
	case REFUSE:
		a.status = ERR_LIMIT;
		a.body = (const uint8_t *)"too many\ntoday";
		a.len = strlen("too many\ntoday");
		break;
	case OTHER_OP:
		a.op++;
		break;
	case TOO_LONG:
		a.body = large;
		a.len = sizeof large;
		break;
	case BAD_STATUS:
		a.status = ERR_COUNT;
		break;
	case SAY_GARBAGE:
		assert_int_equal(send(s->fd, garbage, sizeof garbage, MSG_NOSIGNAL), sizeof garbage);
		return true;
	case SAY_HALF:
		assert_int_equal(send(s->fd, "\0\0\0\20", 4, MSG_NOSIGNAL), 4);
		return false;
	case STAY_SILENT:
		return true;
	case DIE:
		return false;
	case ANSWER:
		break;
	}
	say(s->fd, &a);
	return true;
}

static void *serve(void *arg)
{
	struct server *s = arg;
	struct buf store = BUF_INIT(65536);
	struct frame q;
	for (size_t i = 0; i < s->steps; i++) {
		if (frame_receive(s->fd, &store, &q, clock_mono_ms() + PATIENCE) != ERR_OK)
			break;
		s->received++;
		if (!act_out(s, s->script[i], &q))
			break;
	}
	close(s->fd);
	buf_free(&store);
	return NULL;
}

/* Start a server with a script; the calling end is returned. */
static int server_start(struct server *s, const enum act *script, size_t steps)
{
	int ends[2];
	assert_int_equal(frame_pair(ends), ERR_OK);
	s->fd = ends[1];
	s->script = script;
	s->steps = steps;
	s->received = 0;
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
	return ends[0];
}

static void server_join(struct server *s)
{
	pthread_join(s->thread, NULL);
}

#define SCRIPT(...) (const enum act[]){__VA_ARGS__}, sizeof((const enum act[]){__VA_ARGS__}) / sizeof(enum act)

static enum err echo(struct line *l, const char *text, int milliseconds, struct errbuf *why)
{
	struct buf body = BUF_INIT(65536), answer = BUF_INIT(65536);
	buf_text(&body, text);
	enum err e = line_call(l, OP_ECHO, &body, &answer, milliseconds, why);
	if (!e)
		assert_string_equal(buf_string(&answer), text);
	buf_free(&body);
	buf_free(&answer);
	return e;
}

static struct line *line_to(int fd)
{
	struct line *l = NULL;
	assert_int_equal(line_new(fd, 1024, &l), ERR_OK);
	return l;
}

static void nobody_there_is_unavailable(void **state)
{
	(void)state;
	struct line *l = line_to(-1);
	struct errbuf why = {""};
	int64_t before = clock_mono_ms();
	assert_int_equal(echo(l, "a", HASTE, &why), ERR_UNAVAILABLE);
	assert_true(clock_mono_ms() - before >= HASTE);
	assert_string_equal(why.text, "the other process is not there");
	line_free(l);
}

static void silence_is_a_timeout_and_its_late_answer_is_thrown_away(void **state)
{
	(void)state;
	struct server s;
	struct line *l = line_to(server_start(&s, SCRIPT(STAY_SILENT, SAY_STALE_FIRST)));
	assert_int_equal(echo(l, "first", HASTE, NULL), ERR_TIMEOUT);
	assert_int_equal(echo(l, "second", PATIENCE, NULL), ERR_OK);
	assert_int_equal(s.received, 2);
	line_free(l);
	server_join(&s);
}

static void refusal_comes_with_its_reason(void **state)
{
	(void)state;
	struct server s;
	struct line *l = line_to(server_start(&s, SCRIPT(REFUSE, ANSWER)));
	struct errbuf why = {""};
	assert_int_equal(echo(l, "x", PATIENCE, &why), ERR_LIMIT);
	assert_string_equal(why.text, "too many?today");
	assert_int_equal(echo(l, "y", PATIENCE, &why), ERR_OK);
	line_free(l);
	server_join(&s);
}

static const struct fault {
	const char *name;
	enum act act;
} faults[] = {
	{"dies", DIE},           {"garbage", SAY_GARBAGE}, {"half a header", SAY_HALF},
	{"another op", OTHER_OP}, {"too long", TOO_LONG},   {"unknown status", BAD_STATUS},
};

static void every_broken_end_is_replaced_and_the_call_sent_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		struct server bad, good;
		struct line *l = line_to(server_start(&bad, &faults[i].act, 1));
		int fresh = server_start(&good, SCRIPT(ANSWER));
		enum err e = echo(l, "hello", HASTE, NULL); /* the bad end alone */
		if (e != ERR_UNAVAILABLE)
			fail_msg("%s: %s", faults[i].name, err_word(e));
		line_replace(l, fresh);
		e = echo(l, "hello", PATIENCE, NULL);
		if (e != ERR_OK)
			fail_msg("%s, replaced: %s", faults[i].name, err_word(e));
		line_free(l);
		server_join(&bad);
		server_join(&good);
	}
}

static void *stop_soon(void *l)
{
	struct timespec a_moment = {.tv_nsec = 50000000};
	nanosleep(&a_moment, NULL);
	line_stop(l);
	return NULL;
}

static void a_call_that_waits_ends_when_its_line_is_stopped(void **state)
{
	(void)state;
	struct server s;
	pthread_t thread;
	struct errbuf why = {""};
	struct line *l = line_to(server_start(&s, SCRIPT(STAY_SILENT, ANSWER)));
	int64_t before = clock_mono_ms();
	assert_int_equal(pthread_create(&thread, NULL, stop_soon, l), 0);
	assert_int_equal(echo(l, "a", PATIENCE, &why), ERR_UNAVAILABLE);
	assert_int_equal(echo(l, "b", PATIENCE, &why), ERR_UNAVAILABLE);
	assert_in_range(clock_mono_ms() - before, 0, PATIENCE / 2);
	pthread_join(thread, NULL);
	line_free(l);
	server_join(&s);
}

static void who_gave_the_status_is_told(void **state)
{
	(void)state;
	struct server s;
	struct buf body = BUF_INIT(64), answer = BUF_INIT(64);
	struct line_wait wait = {.milliseconds = PATIENCE};
	struct line *l = line_to(server_start(&s, SCRIPT(REFUSE, STAY_SILENT, ANSWER)));
	assert_int_equal(line_ask(l, OP_ECHO, &body, &answer, &wait, NULL), ERR_LIMIT);
	assert_true(wait.answered);
	wait.milliseconds = HASTE;
	assert_int_equal(line_ask(l, OP_ECHO, &body, &answer, &wait, NULL), ERR_TIMEOUT);
	assert_false(wait.answered);
	line_free(l);
	server_join(&s);
}

struct replacer {
	struct line *line;
	int fd;
	struct server *watch;
};

/* Hand over the fresh end only when the first server has the request: the call is then waiting. */
static void *replace_later(void *arg)
{
	struct replacer *r = arg;
	int64_t end = clock_mono_ms() + PATIENCE;
	while (r->watch->received == 0 && clock_mono_ms() < end)
		sched_yield();
	line_replace(r->line, r->fd);
	return NULL;
}

static void waiting_call_moves_to_the_fresh_end(void **state)
{
	(void)state;
	static const enum act first[] = {DIE, STAY_SILENT};
	for (size_t i = 0; i < 2; i++) {
		struct server old, fresh;
		struct line *l = line_to(server_start(&old, &first[i], 1));
		struct replacer r = {l, server_start(&fresh, SCRIPT(ANSWER)), &old};
		pthread_t t;
		assert_int_equal(pthread_create(&t, NULL, replace_later, &r), 0);
		assert_int_equal(echo(l, "again", PATIENCE, NULL), ERR_OK);
		pthread_join(t, NULL);
		assert_int_equal(old.received + fresh.received, 2);
		line_free(l);
		server_join(&old);
		server_join(&fresh);
	}
}

struct supply {
	struct line *line;
	struct server servers[5];
	int used;
};

static void supply_another(void *ctx)
{
	static const enum act die = DIE;
	struct supply *s = ctx;
	if (s->used < 5)
		line_replace(s->line, server_start(&s->servers[s->used++], &die, 1));
}

static void poisoned_request_is_sent_three_times_and_no_more(void **state)
{
	(void)state;
	struct supply s = {.line = line_to(-1)};
	line_on_broken(s.line, supply_another, &s);
	supply_another(&s);
	struct errbuf why = {""};
	assert_int_equal(echo(s.line, "poison", PATIENCE, &why), ERR_UNAVAILABLE);
	assert_non_null(strstr(why.text, "3 times"));
	line_free(s.line);
	int received = 0;
	for (int i = 0; i < s.used; i++) {
		server_join(&s.servers[i]);
		received += s.servers[i].received;
	}
	assert_int_equal(received, 3);
}

static void answer_larger_than_the_callers_cap_is_refused_and_the_line_lives(void **state)
{
	(void)state;
	struct server s;
	struct line *l = line_to(server_start(&s, SCRIPT(ANSWER, ANSWER)));
	struct buf body = BUF_INIT(100), small = BUF_INIT(10);
	buf_text(&body, "more than ten bytes");
	assert_int_equal(line_call(l, OP_ECHO, &body, &small, PATIENCE, NULL), ERR_TOO_LARGE);
	assert_int_equal(echo(l, "next", PATIENCE, NULL), ERR_OK);
	buf_free(&body);
	buf_free(&small);
	line_free(l);
	server_join(&s);
}

enum { CALLERS = 8, CALLS = 50 };

static void *call_often(void *arg)
{
	struct line *l = arg;
	for (int i = 0; i < CALLS; i++) {
		char text[40];
		snprintf(text, sizeof text, "%lx %d", (unsigned long)pthread_self(), i);
		struct buf body = BUF_INIT(64), answer = BUF_INIT(64);
		buf_text(&body, text);
		enum err e = line_call(l, OP_ECHO, &body, &answer, PATIENCE, NULL);
		bool same = !e && answer.len == body.len && memcmp(answer.data, body.data, body.len) == 0;
		buf_free(&body);
		buf_free(&answer);
		if (!same)
			return (void *)1;
	}
	return NULL;
}

static void each_of_many_callers_gets_its_own_answer(void **state)
{
	(void)state;
	static enum act script[CALLERS * CALLS];
	for (size_t i = 0; i < CALLERS * CALLS; i++)
		script[i] = i % 3 == 0 ? SAY_STALE_FIRST : ANSWER;
	struct server s;
	struct line *l = line_to(server_start(&s, script, CALLERS * CALLS));
	pthread_t threads[CALLERS];
	for (int i = 0; i < CALLERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, call_often, l), 0);
	for (int i = 0; i < CALLERS; i++) {
		void *wrong = NULL;
		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
	assert_int_equal(s.received, CALLERS * CALLS);
	line_free(l);
	server_join(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_there_is_unavailable),
		cmocka_unit_test(silence_is_a_timeout_and_its_late_answer_is_thrown_away),
		cmocka_unit_test(refusal_comes_with_its_reason),
		cmocka_unit_test(every_broken_end_is_replaced_and_the_call_sent_again),
		cmocka_unit_test(waiting_call_moves_to_the_fresh_end),
		cmocka_unit_test(a_call_that_waits_ends_when_its_line_is_stopped),
		cmocka_unit_test(who_gave_the_status_is_told),
		cmocka_unit_test(poisoned_request_is_sent_three_times_and_no_more),
		cmocka_unit_test(answer_larger_than_the_callers_cap_is_refused_and_the_line_lives),
		cmocka_unit_test(each_of_many_callers_gets_its_own_answer),
	};
	return cmocka_run_group_tests_name("process_line", tests, NULL, NULL);
}
