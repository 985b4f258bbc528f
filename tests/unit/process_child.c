/* child: what the supervisor says is taken strictly; a server outlives every peer. */
#include "base/clock.h"
#include "base/pack.h"
#include "issuer/process/child_internal.h"
#include "tests/unit/ca_fixture.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE = 5000, OP_ECHO = 1, OP_LARGE = 2, OP_REFUSE = 3, OP_FORBIDDEN = 4, CAP = 256 };

static int64_t soon(void)
{
	return clock_mono_ms() + PATIENCE;
}

/* A child of a role, with the supervisor's end of its control channel. */
static int make_child(struct child *c, enum role role)
{
	int ends[2];
	assert_int_equal(frame_pair(ends), ERR_OK);
	assert_int_equal(child_init(c, role, ends[1]), ERR_OK);
	return ends[0];
}

static void end_child(struct child *c, int supervisor)
{
	close(c->control);
	child_clear(c);
	if (supervisor >= 0)
		close(supervisor);
}

static void say(int fd, uint16_t op, const struct buf *body, int passed)
{
	struct frame f = {.op = op, .body = body ? body->data : NULL, .len = body ? body->len : 0};
	assert_int_equal(frame_send_fd(fd, &f, passed, soon()), ERR_OK);
}

static void say_named(int fd, uint16_t op, const char *name, int passed)
{
	struct buf body = BUF_INIT(1024);
	pack_text(&body, name);
	say(fd, op, &body, passed);
	buf_free(&body);
}

static void say_role(int fd, uint16_t op, enum role role, int passed)
{
	struct buf body = BUF_INIT(1);
	pack_u8(&body, (uint8_t)role);
	say(fd, op, &body, passed);
	buf_free(&body);
}

static void say_settings(int fd, const char *text)
{
	struct buf body = BUF_INIT(4096);
	pack_text(&body, "counterfoil.conf");
	pack_text(&body, "/srv/cf");
	pack_bytes(&body, text, strlen(text));
	say(fd, CONTROL_SETTINGS, &body, -1);
	buf_free(&body);
}

static int some_bytes(const char *bytes, size_t len)
{
	int fd = memfd_create("test", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	return fd;
}

static int some_file(const char *text)
{
	return some_bytes(text, strlen(text));
}

static void birth_reads_back_and_every_cut_of_it_is_refused(void **state)
{
	(void)state;
	struct birth in = {.role = ROLE_CLERK, .parent = 77, .change_user = true, .uid = 1000, .groups = {5, 6}, .group_count = 2};
	struct birth out;
	struct buf body = BUF_INIT(1024);
	birth_pack(&in, &body);
	assert_int_equal(birth_unpack(body.data, body.len, &out), ERR_OK);
	assert_int_equal(out.role, ROLE_CLERK);
	assert_int_equal(out.parent, 77);
	assert_int_equal(out.uid, 1000);
	assert_int_equal(out.groups[1], 6);
	for (size_t len = 0; len < body.len; len++)
		assert_int_equal(birth_unpack(body.data, len, &out), ERR_MALFORMED);
	in.role = ROLE_COUNT;
	buf_clear(&body);
	birth_pack(&in, &body);
	assert_int_equal(birth_unpack(body.data, body.len, &out), ERR_MALFORMED);
	buf_free(&body);
}

static void child_of_another_role_is_not_born(void **state)
{
	(void)state;
	struct child c;
	struct birth b = {.role = ROLE_FRONT}, got;
	struct buf body = BUF_INIT(1024);
	int supervisor = make_child(&c, ROLE_SIGNER);
	birth_pack(&b, &body);
	say(supervisor, CONTROL_BEGIN, &body, -1);
	assert_int_equal(child_receive_birth(&c, &got, NULL), ERR_REFUSED);
	say(supervisor, CONTROL_START, NULL, -1);
	assert_int_equal(child_receive_birth(&c, &got, NULL), ERR_MALFORMED);
	buf_free(&body);
	end_child(&c, supervisor);
}

static void granted_descriptors_are_taken_once_by_name(void **state)
{
	(void)state;
	struct child c;
	struct secret *secret = NULL;
	struct buf text = BUF_INIT(100);
	int supervisor = make_child(&c, ROLE_FRONT), key = some_file("0123456789abcdef"), file = some_file("PEM");
	say_settings(supervisor, "[order]\ncode_tries = 3\n");
	say_named(supervisor, CONTROL_GRANT, "key.code", key);
	say_named(supervisor, CONTROL_GRANT, "file.root", file);
	say(supervisor, CONTROL_START, NULL, -1);
	assert_int_equal(child_receive_grants(&c, NULL), ERR_OK);
	assert_int_equal(child_settings(&c)->code_tries, 3);
	assert_int_equal(child_take(&c, "key.issuing"), -1);
	assert_int_equal(child_take_secret(&c, "key.code", 32, &secret, NULL), ERR_OK);
	assert_int_equal(secret_len(secret), 16);
	secret_free(secret);
	assert_int_equal(child_take_secret(&c, "key.code", 32, &secret, NULL), ERR_INTERNAL);
	assert_int_equal(child_take_file(&c, "file.root", &text, NULL), ERR_OK);
	assert_string_equal(buf_string(&text), "PEM");
	assert_non_null(child_line(&c, ROLE_SIGNER));
	assert_null(child_line(&c, ROLE_COURIER));
	buf_free(&text);
	close(key);
	close(file);
	end_child(&c, supervisor);
}

static void granted_certificate_is_read_in_either_form_and_nothing_else_is(void **state)
{
	(void)state;
	struct pki pki;
	struct buf der = BUF_INIT(4096), pem = BUF_INIT(4096);
	static const char wants_pass_phrase[] = "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\n"
						"DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\nAAAA\n-----END CERTIFICATE-----\n";
	pki_new(&pki, NOW);
	assert_ok(certificate_encode(pki.root.certificate, &der, NULL));
	assert_ok(certificate_der_to_pem(der.data, der.len, &pem));
	const struct {
		const char *name, *bytes;
		size_t len;
		enum err want;
	} files[] = {
		{"PEM", (const char *)pem.data, pem.len, ERR_OK},
		{"DER", (const char *)der.data, der.len, ERR_OK},
		{"DER that was cut", (const char *)der.data, der.len - 1, ERR_MALFORMED},
		{"nothing", "", 0, ERR_MALFORMED},
		{"a PEM that asks for a pass phrase", wants_pass_phrase, sizeof wants_pass_phrase - 1, ERR_MALFORMED},
	};
	for (size_t i = 0; i < COUNT(files); i++) {
		struct child c;
		X509 *x = NULL;
		struct errbuf why = {""};
		int supervisor = make_child(&c, ROLE_FRONT), file = some_bytes(files[i].bytes, files[i].len);
		say_settings(supervisor, "");
		say_named(supervisor, CONTROL_GRANT, "file.root", file);
		say(supervisor, CONTROL_START, NULL, -1);
		assert_int_equal(child_receive_grants(&c, NULL), ERR_OK);
		if (child_take_certificate(&c, "file.root", &x, &why) != files[i].want)
			fail_msg("%s: %s\n", files[i].name, why.text);
		assert_true(files[i].want ? !x && strstr(why.text, "file.root") : X509_cmp(x, pki.root.certificate) == 0);
		X509_free(x);
		assert_int_equal(child_take_certificate(&c, "file.courier", &x, NULL), ERR_INTERNAL);
		close(file);
		end_child(&c, supervisor);
	}
	buf_free(&der);
	buf_free(&pem);
	pki_clear(&pki);
}

static const struct bad_frame {
	const char *name;
	uint16_t op;
	const char *text; /* packed as text; NULL for an empty body */
	bool with_descriptor;
} bad_frames[] = {
	{"grant without a descriptor", CONTROL_GRANT, "key.code", false},
	{"grant with a long name", CONTROL_GRANT, "a name that is longer than any of the names that we grant", true},
	{"grant without a name", CONTROL_GRANT, NULL, true},
	{"start without settings", CONTROL_START, NULL, false},
	{"shared page without a descriptor", CONTROL_SHARED, NULL, false},
	{"peer without a descriptor", CONTROL_PEER, NULL, false},
	{"begin again", CONTROL_BEGIN, NULL, false},
	{"ready from above", CONTROL_READY, NULL, false},
	{"no such operation", 99, NULL, true},
};

static void broken_control_frame_stops_the_birth(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad_frames / sizeof *bad_frames; i++) {
		struct child c;
		int supervisor = make_child(&c, ROLE_FRONT);
		int fd = bad_frames[i].with_descriptor ? some_file("x") : -1;
		if (bad_frames[i].text)
			say_named(supervisor, bad_frames[i].op, bad_frames[i].text, fd);
		else
			say(supervisor, bad_frames[i].op, NULL, fd);
		enum err e = child_receive_grants(&c, NULL);
		if (e != ERR_MALFORMED)
			fail_msg("%s: %s", bad_frames[i].name, err_word(e));
		if (fd >= 0)
			close(fd);
		end_child(&c, supervisor);
	}
}

static void line_to_a_server_this_role_does_not_call_is_refused(void **state)
{
	(void)state;
	struct child c;
	int supervisor = make_child(&c, ROLE_FRONT), ends[2];
	assert_int_equal(frame_pair(ends), ERR_OK);
	say_role(supervisor, CONTROL_LINE, ROLE_COURIER, ends[0]);
	assert_int_equal(child_receive_grants(&c, NULL), ERR_MALFORMED);
	close(ends[0]);
	struct frame f; /* the child has closed what it was sent */
	struct buf store = BUF_INIT(10);
	assert_int_equal(frame_receive(ends[1], &store, &f, soon()), ERR_CLOSED);
	close(ends[1]);
	buf_free(&store);
	end_child(&c, supervisor);
}

/* A server that echoes. */
static int permitted(enum role peer, uint16_t op)
{
	return peer == ROLE_FRONT && op != OP_FORBIDDEN;
}

static enum err answer(void *ctx, enum role peer, const struct frame *q, struct buf *out, struct errbuf *why)
{
	int *answered = ctx;
	(void)peer;
	(*answered)++;
	if (q->op == OP_REFUSE)
		return (fail)(why, ERR_LIMIT, "not today"); /* not the macro of cmocka */
	for (int i = 0; i < (q->op == OP_LARGE ? CAP : 1); i++)
		buf_add(out, q->body, q->len);
	return ERR_OK;
}

struct stage {
	struct child child;
	struct child_server server;
	int supervisor, answered;
	pthread_t thread;
};

static void *serve(void *arg)
{
	struct stage *s = arg;
	child_serve(&s->child, &s->server);
	return NULL;
}

static void stage_begin(struct stage *s)
{
	memset(s, 0, sizeof *s);
	s->supervisor = make_child(&s->child, ROLE_SIGNER);
	s->server = (struct child_server){.permitted = permitted, .answer = answer, .ctx = &s->answered,
					  .request_cap = CAP, .answer_cap = CAP};
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void stage_end(struct stage *s)
{
	struct frame stop = {.op = CONTROL_STOP};
	assert_int_equal(child_control_frame(&s->child, &stop, -1), ERR_OK);
	assert_true(child_stopping(&s->child));
	assert_int_equal(frame_wait(child_stop_fd(&s->child), soon()), ERR_OK);
	pthread_join(s->thread, NULL);
	end_child(&s->child, s->supervisor);
}

/* Give the server a peer as the control thread does; the calling end is returned. */
static int stage_peer(struct stage *s, enum role role)
{
	int ends[2];
	assert_int_equal(frame_pair(ends), ERR_OK);
	uint8_t body = (uint8_t)role;
	struct frame f = {.op = CONTROL_PEER, .body = &body, .len = 1};
	assert_int_equal(child_control_frame(&s->child, &f, ends[1]), ERR_OK);
	return ends[0];
}

static enum err call(int fd, uint16_t op, const char *text, struct frame *got, struct buf *store)
{
	struct frame q = {.id = 9, .op = op, .body = (const uint8_t *)text, .len = strlen(text)};
	enum err e = frame_send(fd, &q, soon());
	return e ? e : frame_receive(fd, store, got, soon());
}

static void assert_echo(int fd)
{
	struct frame got;
	struct buf store = BUF_INIT(4096);
	assert_int_equal(call(fd, OP_ECHO, "hello", &got, &store), ERR_OK);
	assert_int_equal(got.status, ERR_OK);
	assert_int_equal(got.id, 9);
	assert_int_equal(got.len, 5);
	assert_memory_equal(got.body, "hello", 5);
	buf_free(&store);
}

static void refusals_and_large_answers_come_as_a_status_with_a_reason(void **state)
{
	(void)state;
	struct stage s;
	struct frame got;
	struct buf store = BUF_INIT(4096);
	stage_begin(&s);
	int front = stage_peer(&s, ROLE_FRONT);
	assert_int_equal(call(front, OP_REFUSE, "x", &got, &store), ERR_OK);
	assert_int_equal(got.status, ERR_LIMIT);
	assert_memory_equal(got.body, "not today", got.len);
	assert_int_equal(call(front, OP_LARGE, "xyz", &got, &store), ERR_OK);
	assert_int_equal(got.status, ERR_TOO_LARGE);
	assert_echo(front);
	close(front);
	buf_free(&store);
	stage_end(&s);
}

static void frame_outside_the_table_ends_the_peer_and_never_the_server(void **state)
{
	(void)state;
	struct stage s;
	struct frame got;
	struct buf store = BUF_INIT(4096);
	stage_begin(&s);
	int front = stage_peer(&s, ROLE_FRONT), clerk = stage_peer(&s, ROLE_CLERK);
	assert_echo(front);
	assert_int_equal(call(clerk, OP_ECHO, "not for a clerk", &got, &store), ERR_CLOSED);
	assert_echo(front);
	assert_int_equal(call(front, OP_FORBIDDEN, "x", &got, &store), ERR_CLOSED);
	close(front);
	front = stage_peer(&s, ROLE_FRONT);
	assert_echo(front);
	assert_int_equal(s.answered, 3);
	close(front);
	close(clerk);
	buf_free(&store);
	stage_end(&s);
}

static void garbage_and_giant_requests_end_the_peer(void **state)
{
	(void)state;
	struct stage s;
	struct frame got;
	struct buf store = BUF_INIT(4096);
	char large[CAP + 2];
	memset(large, 'x', sizeof large);
	large[sizeof large - 1] = '\0';
	stage_begin(&s);
	int front = stage_peer(&s, ROLE_FRONT);
	assert_int_equal(call(front, OP_ECHO, large, &got, &store), ERR_CLOSED);
	close(front);
	front = stage_peer(&s, ROLE_FRONT);
	uint8_t garbage[FRAME_HEADER_SIZE];
	memset(garbage, 0xff, sizeof garbage);
	assert_int_equal(send(front, garbage, sizeof garbage, MSG_NOSIGNAL), sizeof garbage);
	assert_int_equal(frame_receive(front, &store, &got, soon()), ERR_CLOSED);
	close(front);
	front = stage_peer(&s, ROLE_FRONT);
	assert_echo(front);
	assert_int_equal(s.answered, 1);
	close(front);
	buf_free(&store);
	stage_end(&s);
}

static void fresh_end_takes_the_place_of_the_old_one(void **state)
{
	(void)state;
	struct stage s;
	struct frame got;
	struct buf store = BUF_INIT(4096);
	stage_begin(&s);
	int old = stage_peer(&s, ROLE_FRONT);
	assert_echo(old);
	int fresh = stage_peer(&s, ROLE_FRONT);
	assert_echo(fresh);
	assert_int_equal(frame_receive(old, &store, &got, soon()), ERR_CLOSED);
	close(old);
	close(fresh);
	buf_free(&store);
	stage_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(birth_reads_back_and_every_cut_of_it_is_refused),
		cmocka_unit_test(child_of_another_role_is_not_born),
		cmocka_unit_test(granted_descriptors_are_taken_once_by_name),
		cmocka_unit_test(granted_certificate_is_read_in_either_form_and_nothing_else_is),
		cmocka_unit_test(broken_control_frame_stops_the_birth),
		cmocka_unit_test(line_to_a_server_this_role_does_not_call_is_refused),
		cmocka_unit_test(refusals_and_large_answers_come_as_a_status_with_a_reason),
		cmocka_unit_test(frame_outside_the_table_ends_the_peer_and_never_the_server),
		cmocka_unit_test(garbage_and_giant_requests_end_the_peer),
		cmocka_unit_test(fresh_end_takes_the_place_of_the_old_one),
	};
	return cmocka_run_group_tests_name("process_child", tests, NULL, NULL);
}
