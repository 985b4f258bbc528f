#include "tests/campaign/interrupted.h"

#include "base/encode.h"

#include <openssl/rand.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* The first kills, two of each role, come while everybody waits; the others at any moment. */
enum { SURE_KILLS = 8, MOMENT_MS = 300, PATIENCE_MS = 50, RESTART_SECONDS = 60 };

/* Of one round. */
struct told {
	struct interrupted *sum;
	struct package file; /* of the first who had it whole */
	char fault[FAULT_SIZE];
};

/* Not answered, in part or at all, or not able to now: again. */
static bool unanswered(const struct answer *a)
{
	return a->status == 0 || a->status >= 500;
}

static bool broken(struct told *t, const struct answer *a, const char *what)
{
	snprintf(t->fault, sizeof t->fault, "%s: %ld %.200s", what, a->status, a->json ? a->body : "");
	return true;
}

static bool take_file(struct crowd *c, struct asker *asker)
{
	struct told *t = c->told;
	const struct answer *a = &asker->answer;
	uint8_t sha256[SHA256_DIGEST_LENGTH];
	t->sum->cut += unanswered(a);
	if (unanswered(a))
		return false;
	if (a->status != 200)
		return broken(t, a, "the claim is lost: package");
	SHA256((const uint8_t *)a->body, a->len, sha256);
	if (t->file.had && memcmp(t->file.sha256, sha256, sizeof sha256) != 0)
		return broken(t, a, "two files for one claim");
	memcpy(t->file.sha256, sha256, sizeof sha256);
	t->file.had = true;
	t->sum->whole++;
	return true;
}

static bool take_receipt(struct crowd *c, struct asker *asker)
{
	struct told *t = c->told;
	const struct answer *a = &asker->answer;
	t->sum->lost += unanswered(a);
	if (unanswered(a))
		return false;
	t->sum->received += a->status == 200;
	return a->status == 200 || broken(t, a, "the claim is lost: received");
}

static int less_than(int n)
{
	unsigned number = 0;
	RAND_bytes((unsigned char *)&number, sizeof number);
	return (int)(number % (unsigned)n);
}

static void wake_signer(struct crowd *c)
{
	pid_t signer = installation_child(&c->at, "signer");
	if (signer > 0)
		kill(signer, SIGCONT);
}

static void let_write(struct crowd *c)
{
	ledger_let_go(c->walk.ledger);
}

/* It may have been killed just now. */
static bool is_there(const struct crowd *c, const char *role)
{
	struct told *t = c->told;
	for (int64_t until = mono_ms() + RESTART_SECONDS * 1000; mono_ms() < until; pause_ms(10))
		if (installation_child(&c->at, role) > 0)
			return true;
	snprintf(t->fault, sizeof t->fault, "%s does not come back", role);
	return false;
}

static bool ask_and_kill(struct crowd *c, const char *role, const char *rest, const char *form, crowd_verdict *verdict)
{
	struct told *t = c->told;
	c->victim = role;
	bool early = t->sum->kills < SURE_KILLS;
	c->moment_ms = early ? MOMENT_MS : less_than(MOMENT_MS);
	c->kill_at = early || less_than(2) ? 0 : less_than(c->n);
	c->patience_ms = PATIENCE_MS;
	bool all = crowd_ask(c, rest, form, verdict);
	if (c->release)
		c->release(c);
	c->release = NULL;
	t->sum->kills += c->killed;
	if (t->fault[0])
		return false;
	if (!all || !c->killed)
		snprintf(t->fault, sizeof t->fault, "%s: %s", rest, all ? "nobody was killed" : "not all were answered");
	c->victim = NULL;
	c->patience_ms = 0;
	return all && !t->fault[0] && installation_ready(&c->at, RESTART_SECONDS);
}

static bool download(struct crowd *c, const char *role)
{
	if (!is_there(c, role) || !is_there(c, "signer"))
		return false;
	pid_t signer = installation_child(&c->at, "signer");
	if (signer > 0)
		kill(signer, SIGSTOP);
	c->release = wake_signer;
	return ask_and_kill(c, role, "/package/modern", NULL, take_file);
}

static long long passwords(const struct walk *w)
{
	return ledger_number(w->ledger, "SELECT count(*) FROM d.message WHERE order_id = ?1 AND kind = 'password'", w->order);
}

static bool acknowledge(struct crowd *c, const char *role)
{
	struct told *t = c->told;
	char form[80], hash[2 * SHA256_DIGEST_LENGTH + 1];
	hex_encode(t->file.sha256, SHA256_DIGEST_LENGTH, hash);
	snprintf(form, sizeof form, "sha256=%s", hash);
	if (passwords(&c->walk) != 0) {
		snprintf(t->fault, sizeof t->fault, "a password is on its way before the acknowledgement");
		return false;
	}
	if (!is_there(c, role))
		return false;
	if (!ledger_hold(c->walk.ledger)) {
		snprintf(t->fault, sizeof t->fault, "the database's lock is not to be had");
		return false;
	}
	c->release = let_write;
	if (!ask_and_kill(c, role, "/received", form, take_receipt))
		return false;
	ledger_promise(c->walk.ledger, "received", c->walk.order);
	return true;
}

bool interrupted_round(struct crowd *c, const char *role, struct interrupted *sum, char fault[FAULT_SIZE])
{
	struct told t = {.sum = sum};
	struct walk *w = &c->walk;
	c->told = &t;
	bool fine = walk_fetch(w) && download(c, role);
	if (fine && memcmp(t.file.sha256, w->packages[0].sha256, SHA256_DIGEST_LENGTH) != 0)
		fine = !broken(&t, &w->answer, "the file is another one behind the kill");
	fine = fine && walk_fetch(w) && acknowledge(c, role) && walk_password(w) && walk_settle(w);
	if (fine && passwords(w) != 1)
		fine = !broken(&t, &w->answer, "not one password");
	if (!fine)
		snprintf(fault, FAULT_SIZE, "%.200s killed: %.280s", role, t.fault[0] ? t.fault : w->fault);
	c->victim = NULL;
	c->patience_ms = 0;
	c->told = NULL;
	return fine;
}
