/* check FILE: how long a certificate is good for, and whether it was revoked; for people, scripts and monitoring. */
#include "base/clock.h"
#include "client/command/check_trust.h"
#include "client/command/facts.h"
#include "client/command/holder.h"
#include "client/command/monitor.h"
#include "client/command/output.h"
#include "client/command/problem.h"

#include <stdio.h>
#include <string.h>

enum { TRUST_MAX = 1 << 20, LINE_CAP = 8192, DAYS_DEFAULT = 30, CRITICAL_DEFAULT = 7, FIGURES_SIZE = 96 };

struct check {
	const struct arguments *given;
	counterfoil_identity *identity;
	int64_t now, days;
	bool asked; /* about revocation */
	counterfoil_error revocation; /* the verdict; COUNTERFOIL_OK: not revoked */
};

static bool is_revoked(const struct check *c)
{
	return c->asked && (c->revocation.code == COUNTERFOIL_PEER_REVOKED || c->revocation.code == COUNTERFOIL_PEER_HELD);
}

/* Expired as well: then nothing more can be learnt, and nothing more needs to be. */
static bool is_unknown(const struct check *c)
{
	return c->asked && c->revocation.code && !is_revoked(c);
}

/* The verifier speaks to a service of its callers; here is the holder. The rest of what it says is true for both. */
static void say_to_holder(counterfoil_error *verdict)
{
	static const struct {
		counterfoil_code code;
		const char *text;
	} sentences[] = {
		{COUNTERFOIL_PEER_WRONG_KIND, "it names no client and no staff of Counterfoil's, so its revocation was not looked up"},
		{COUNTERFOIL_PEER_WRONG_PURPOSE, "it is no certificate of a TLS client or server, so its revocation was not looked up"},
		{COUNTERFOIL_PEER_UNKNOWN_CA, "it does not come from the CA that is set, or that is in the file, so its revocation "
					      "was not looked up: give its CA by --ca FILE"},
	};
	for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++)
		if (sentences[i].code == verdict->code)
			snprintf(verdict->text, sizeof verdict->text, "%s", sentences[i].text);
}

/* What was asked wrongly is the caller's error; all that the list and the CA say is the verdict. */
static enum err ask(struct check *c, const char *crl, const char *ocsp, const struct buf *pem, struct errbuf *why)
{
	const counterfoil_verifier_options options = {
		.size = sizeof options, .trust_pem = {pem->data, pem->len}, .crl = crl, .ocsp = ocsp,
		.kinds = COUNTERFOIL_KIND_CLIENT | COUNTERFOIL_KIND_STAFF | COUNTERFOIL_KIND_SERVER};
	counterfoil_verifier *verifier = NULL;
	counterfoil_peer *peer = NULL;
	counterfoil_error error;
	if (counterfoil_verifier_new(&options, &verifier, &error))
		return fail(why, problem_of_library(error.code), "%.300s", error.text);
	counterfoil_verifier_peer(verifier, counterfoil_identity_certificate(c->identity, 0), COUNTERFOIL_FORMAT_DER, c->now,
				  &peer, &c->revocation);
	say_to_holder(&c->revocation);
	counterfoil_peer_free(peer);
	counterfoil_verifier_free(verifier);
	return ERR_OK;
}

static enum err learn(struct check *c, struct errbuf *why)
{
	const char *crl = arguments_value(c->given, "crl"), *ocsp = arguments_value(c->given, "ocsp");
	const bool live = arguments_switch(c->given, "live");
	struct buf pem = BUF_INIT(TRUST_MAX);
	c->asked = crl || ocsp || live;
	if (!c->asked)
		return ERR_OK;
	if (!crl && live)
		crl = counterfoil_identity_fact(c->identity, COUNTERFOIL_FACT_CRL_URL);
	if (crl && !crl[0])
		return fail(why, ERR_USAGE, "the certificate does not say where its revocation list is: give --crl FILE|URL");
	enum err e = check_trust(c->given, c->identity, &pem, why);
	if (!e)
		e = ask(c, crl, ocsp, &pem, why);
	buf_free(&pem);
	return e;
}

static const char *revocation_word(const struct check *c)
{
	if (is_unknown(c))
		return "unknown";
	if (!is_revoked(c))
		return "good";
	return c->revocation.code == COUNTERFOIL_PEER_HELD ? "held" : "revoked";
}

static void add_sentence(const struct check *c, struct buf *line)
{
	char until[CLOCK_TEXT_SIZE];
	json_t *name = json_string(counterfoil_identity_fact(c->identity, COUNTERFOIL_FACT_COMMON_NAME));
	clock_text(counterfoil_identity_not_after(c->identity), until);
	sheet_value(name, false, line);
	buf_format(line, ": %lld days left, until %s", (long long)c->days, until);
	if (c->asked && !c->revocation.code)
		buf_text(line, ", not revoked");
	else if (is_revoked(c))
		buf_format(line, ", %s", c->revocation.code == COUNTERFOIL_PEER_HELD ? "on hold" : "revoked");
	else if (c->asked)
		buf_text(line, ", revocation unknown");
	json_decref(name);
}

static enum err print(const struct check *c, struct errbuf *why)
{
	struct buf line = BUF_INIT(LINE_CAP);
	enum err e;
	if (arguments_switch(c->given, "json")) {
		json_t *facts = facts_json(c->identity, c->now);
		json_object_set_new(facts, "revocation", c->asked ? json_string(revocation_word(c)) : json_null());
		e = facts ? output_json(facts, why) : ERR_MEMORY;
		json_decref(facts);
		return e;
	}
	add_sentence(c, &line);
	buf_byte(&line, '\n');
	e = output_buf(&line, why);
	buf_free(&line);
	return e;
}

static enum err verdict(const struct check *c, struct errbuf *why)
{
	long want = arguments_number(c->given, "days", DAYS_DEFAULT);
	enum err e = holder_validity(c->identity, c->now, why);
	if (is_revoked(c))
		return fail(why, ERR_REVOKED, "%s", c->revocation.text);
	if (e)
		return e;
	if (is_unknown(c))
		return fail(why, ERR_UNAVAILABLE, "%.300s", c->revocation.text);
	if (c->days < want)
		return fail(why, ERR_INVALID, "fewer than %ld days are left: order a new certificate", want);
	return ERR_OK;
}

static enum level level_of(const struct check *c, long warning, long critical)
{
	if (is_revoked(c) || counterfoil_identity_check(c->identity, c->now, NULL) || c->days < critical)
		return LEVEL_CRITICAL;
	if (is_unknown(c))
		return LEVEL_UNKNOWN;
	return c->days < warning ? LEVEL_WARNING : LEVEL_OK;
}

/* Its line: what it is for people, then the figure with its ranges ("30:" is 30 or more). */
static enum err monitor(const struct check *c, enum err e, struct errbuf *why)
{
	const long warning = arguments_number(c->given, "warning", DAYS_DEFAULT);
	const long critical = arguments_number(c->given, "critical", CRITICAL_DEFAULT);
	char figures[FIGURES_SIZE];
	if (e && !c->identity)
		return monitor_tell(LEVEL_UNKNOWN, err_why(e, why), NULL, why);
	snprintf(figures, sizeof figures, "days=%lld;%ld:;%ld:", (long long)c->days, warning, critical);
	if (e)
		return monitor_tell(LEVEL_UNKNOWN, err_why(e, why), figures, why);
	struct buf text = BUF_INIT(LINE_CAP);
	add_sentence(c, &text);
	if (is_unknown(c))
		buf_format(&text, ": %s", c->revocation.text);
	const char *sentence = buf_string(&text);
	e = sentence ? monitor_tell(level_of(c, warning, critical), sentence, figures, why)
		     : monitor_tell(LEVEL_UNKNOWN, err_text(ERR_MEMORY), figures, why);
	buf_free(&text);
	return e;
}

enum err run_check(const struct arguments *given, struct errbuf *why)
{
	struct check c = {.given = given, .now = clock_now()};
	enum err e = holder_open(given, &c.identity, why);
	if (!e) {
		c.days = counterfoil_identity_days_left(c.identity, c.now);
		e = learn(&c, why);
	}
	if (arguments_switch(given, "nagios"))
		e = monitor(&c, e, why);
	else if (!e && !(e = print(&c, why)))
		e = verdict(&c, why);
	counterfoil_identity_free(c.identity);
	return e;
}
