/* The steps up to the file in the recipient's hands. */
#include "tests/campaign/spool.h"
#include "tests/campaign/walk.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { RACE_PAUSE_MS = 60, RACE_SECONDS = 30 };

static void url_of(const struct walk *w, const char *rest, char out[192])
{
	snprintf(out, 192, "%s/d/%s%s", w->at->public_url, w->token, rest);
}

static long ask(struct walk *w, const char *rest, const char *form)
{
	char url[192];
	url_of(w, rest, url);
	return call_recipient(w->caller, url, w->claim, form, &w->answer);
}

static long tell(struct walk *w, const char *verb)
{
	char path[96];
	snprintf(path, sizeof path, "/v1/orders/%s/%s", w->order, verb);
	return call_staff(w->caller, "POST", path, NULL, &w->answer);
}

static enum outcome try_order(struct walk *w)
{
	char body[256];
	if (w->unsure && ledger_text(w->ledger, "SELECT id FROM d.orders WHERE note = ?1", w->note, w->order, sizeof w->order))
		return DONE;
	snprintf(body, sizeof body, "{\"organisation\":\"nordbank\",\"service\":\"archive\",\"client\":\"e-banking\","
		 "\"contact\":\"kari@nordbank.example\",\"note\":\"%s\"}", w->note);
	if (call_staff(w->caller, "POST", "/v1/orders", body, &w->answer) != 201)
		return walk_otherwise(w, "order");
	snprintf(w->order, sizeof w->order, "%s", answer_text(&w->answer, "id"));
	ledger_promise(w->ledger, "ordered", w->order);
	return walk_state(w, "offered") ? DONE : walk_broken(w, "an order that was answered is not in the database");
}

/* The newest message of a kind, once it is in the spool. What the database says was sent must be there. */
static enum outcome read_message(struct walk *w, const char *newest, char text[MESSAGE_SIZE])
{
	char found[64], *state;
	if (!ledger_text(w->ledger, newest, w->order, found, sizeof found))
		return walk_broken(w, "the order has no such message");
	state = strchr(found, ' ');
	if (!state)
		return AGAIN;
	*state++ = '\0';
	if (spool_read(w->at, found, text))
		return DONE;
	return strcmp(state, "sent") == 0 ? walk_broken(w, "message %s was sent, and is lost", found) : AGAIN;
}

static enum outcome try_link(struct walk *w)
{
	char text[MESSAGE_SIZE];
	enum outcome o = read_message(w, "SELECT id || ' ' || state FROM d.message WHERE order_id = ?1 AND kind = 'link'"
					 " ORDER BY rowid DESC LIMIT 1", text);
	if (o != DONE || spool_link(text, w->at->public_url, w->token))
		return o;
	return walk_broken(w, "a mail without a link");
}

static enum outcome try_code_message(struct walk *w)
{
	char text[MESSAGE_SIZE];
	enum outcome o = read_message(w, "SELECT m.id || ' ' || m.state FROM d.message m JOIN d.code c ON c.id = m.code_id"
					 " WHERE c.order_id = ?1 ORDER BY c.generation DESC LIMIT 1", text);
	if (o != DONE || spool_code(text, w->code))
		return o;
	return walk_broken(w, "an SMS without a code");
}

static bool read_code(struct walk *w)
{
	w->spoiled = false;
	return walk_until(w, "the code's message", try_code_message);
}

bool walk_order(struct walk *w)
{
	return walk_until(w, "the order", try_order) && walk_until(w, "the link's message", try_link) && read_code(w);
}

static enum outcome try_wrong(struct walk *w)
{
	ask(w, "/code", "code=AAAAAAAA");
	if (answer_is(&w->answer, 403, "wrong_code") || w->answer.status == 423)
		return DONE;
	w->spoiled = true;
	return answer_is(&w->answer, 403, "expired") ? DONE : walk_otherwise(w, "a wrong code");
}

bool walk_wrong_code(struct walk *w)
{
	return walk_until(w, "a wrong code", try_wrong);
}

static enum outcome try_unlock(struct walk *w)
{
	if (tell(w, "unlock") == 200)
		return DONE;
	if (w->answer.status == 409 && walk_state(w, "offered"))
		return DONE; /* the one before was done, or nothing was locked */
	return walk_otherwise(w, "unlock");
}

static bool unlock(struct walk *w)
{
	return walk_until(w, "unlock", try_unlock) && read_code(w);
}

static enum outcome try_lock(struct walk *w)
{
	ask(w, "/code", "code=AAAAAAAA");
	if (w->answer.status == 423)
		return DONE;
	if (answer_is(&w->answer, 403, "wrong_code"))
		return AGAIN;
	w->spoiled = true; /* the last try was counted, and who counted it died: a code without a lock */
	return answer_is(&w->answer, 403, "expired") ? DONE : walk_otherwise(w, "a wrong code");
}

bool walk_lock(struct walk *w)
{
	if (!walk_until(w, "the lock", try_lock))
		return false;
	return w->answer.status == 423 ? unlock(w) : walk_new_code(w);
}

static enum outcome try_new_code(struct walk *w)
{
	ask(w, "/new-code", "digits=4567");
	if (w->answer.status == 423)
		return tell(w, "unlock") == 200 ? DONE : AGAIN;
	if (w->answer.status == 429) /* kills have used up the day's codes */
		return tell(w, "resend") == 200 ? DONE : AGAIN;
	return w->answer.status == 200 ? DONE : walk_otherwise(w, "a new code");
}

bool walk_new_code(struct walk *w)
{
	return walk_until(w, "a new code", try_new_code) && walk_until(w, "the link's message", try_link) && read_code(w);
}

static enum outcome try_claim(struct walk *w)
{
	char form[32];
	snprintf(form, sizeof form, "code=%s", w->code);
	if (ask(w, "/code", form) == 200) {
		snprintf(w->claim, sizeof w->claim, "%s", answer_text(&w->answer, "claim"));
		return w->claim[0] ? DONE : walk_broken(w, "a claim that says nothing");
	}
	if (answer_is(&w->answer, 403, "expired") && w->spoiled)
		return walk_new_code(w) ? AGAIN : BROKEN;
	if (w->answer.status == 423 && w->spoiled)
		return unlock(w) ? AGAIN : BROKEN;
	w->spoiled = true;
	return walk_otherwise(w, "the right code");
}

bool walk_claim(struct walk *w)
{
	w->claim[0] = '\0';
	return walk_until(w, "the claim", try_claim);
}

static enum outcome try_resend(struct walk *w)
{
	return tell(w, "resend") == 200 ? DONE : walk_otherwise(w, "resend");
}

bool walk_resend(struct walk *w)
{
	return walk_until(w, "resend", try_resend) && walk_until(w, "the link's message", try_link) && read_code(w);
}

static enum outcome try_prepare(struct walk *w)
{
	if (ask(w, "/prepare", "") != 200)
		return walk_otherwise(w, "the claim is lost: prepare");
	return json_is_true(json_object_get(w->answer.json, "ready")) ? DONE : AGAIN;
}

static enum outcome try_package(struct walk *w, int encoding, const char *rest)
{
	uint8_t sha256[SHA256_DIGEST_LENGTH];
	struct package *p = &w->packages[encoding];
	if (ask(w, rest, NULL) != 200)
		return walk_otherwise(w, "the claim is lost: package");
	SHA256((const uint8_t *)w->answer.body, w->answer.len, sha256);
	if (p->had && memcmp(p->sha256, sha256, sizeof sha256) != 0)
		return walk_broken(w, "the package is not the one of the first download");
	memcpy(p->sha256, sha256, sizeof sha256);
	p->had = true;
	ledger_promise(w->ledger, "fetched", w->order);
	answer_clear(&w->file);
	w->file = w->answer;
	w->answer = (struct answer){0};
	return DONE;
}

static enum outcome try_modern(struct walk *w)
{
	return try_package(w, 0, "/package/modern");
}

static enum outcome try_compatible(struct walk *w)
{
	return try_package(w, 1, "/package/compatible");
}

static bool fetch_once(struct walk *w)
{
	if (!walk_until(w, "the file's making", try_prepare) || !walk_until(w, "the download", try_modern))
		return false;
	return !w->plan->compatible || walk_until(w, "the download", try_compatible);
}

bool walk_fetch(struct walk *w)
{
	return fetch_once(w) && (!w->plan->twice || fetch_once(w));
}

static enum outcome try_cancel(struct walk *w)
{
	if (tell(w, "cancel") == 200) {
		ledger_promise(w->ledger, "cancelled", w->order);
		return walk_state(w, "cancelled") ? DONE : walk_broken(w, "a cancellation that was answered is not in the database");
	}
	if (w->unsure && walk_state(w, "cancelled"))
		return DONE;
	return walk_otherwise(w, "cancel");
}

bool walk_cancel(struct walk *w)
{
	return walk_until(w, "the cancellation", try_cancel);
}

struct racer {
	struct caller *caller;
	char url[192], form[32];
};

static void *race_code(void *ctx)
{
	struct racer *r = ctx;
	struct answer a = {0};
	call_recipient(r->caller, r->url, NULL, r->form, &a);
	answer_clear(&a);
	return NULL;
}

static enum outcome try_claimed(struct walk *w)
{
	return walk_state(w, "collecting") || w->killed > 0 ? DONE : AGAIN;
}

/* The signer is stopped while it is asked for the certificate; meanwhile the order is cancelled. */
bool walk_race(struct walk *w)
{
	struct racer r = {.caller = caller_new(w->at)};
	pthread_t thread;
	pid_t signer = installation_child(w->at, "signer");
	url_of(w, "/code", r.url);
	snprintf(r.form, sizeof r.form, "code=%s", w->code);
	if (signer > 0)
		kill(signer, SIGSTOP);
	pthread_create(&thread, NULL, race_code, &r);
	bool fine = walk_until(w, "the claim of the race", try_claimed);
	pause_ms(RACE_PAUSE_MS);
	fine = fine && walk_cancel(w);
	if (signer > 0)
		kill(signer, SIGCONT);
	pthread_join(thread, NULL);
	caller_free(r.caller);
	return fine;
}
