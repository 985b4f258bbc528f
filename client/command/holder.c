/* holder: show FILE and check FILE: a PKCS#12 file and what is in it, without any server. */
#include "base/clock.h"
#include "client/command/facts.h"
#include "client/command/output.h"
#include "client/command/session.h"

#include <string.h>

enum { PRINT_MAX = 1 << 20, DAYS_DEFAULT = 30 };

static json_t *text_json(const char *text)
{
	json_t *json = json_string(text);
	return json ? json : json_null(); /* not UTF-8 */
}

json_t *facts_json(const counterfoil_identity *identity, int64_t now)
{
	static const struct {
		const char *name;
		counterfoil_fact fact;
	} rows[] = {
		{"common_name", COUNTERFOIL_FACT_COMMON_NAME}, {"organisation", COUNTERFOIL_FACT_ORGANISATION},
		{"unit", COUNTERFOIL_FACT_UNIT},	       {"uri", COUNTERFOIL_FACT_URI},
		{"serial", COUNTERFOIL_FACT_SERIAL},	       {"issuer", COUNTERFOIL_FACT_ISSUER},
		{"sha256", COUNTERFOIL_FACT_FINGERPRINT},
	};
	json_t *facts = json_object();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		json_object_set_new(facts, rows[i].name, text_json(counterfoil_identity_fact(identity, rows[i].fact)));
	json_object_set_new(facts, "not_before", json_integer(counterfoil_identity_not_before(identity)));
	json_object_set_new(facts, "not_after", json_integer(counterfoil_identity_not_after(identity)));
	json_object_set_new(facts, "days_left", json_integer(counterfoil_identity_days_left(identity, now)));
	json_int_t authorities = 0;
	while (counterfoil_identity_certificate(identity, (size_t)authorities + 1).data)
		authorities++;
	json_object_set_new(facts, "ca_certificates", json_integer(authorities));
	return facts;
}

static enum err open_file(const struct arguments *given, counterfoil_identity **identity, struct errbuf *why)
{
	struct settings settings;
	struct secret *password = NULL;
	const char *file = arguments_value(given, "file");
	enum err e = settings_load(given, &settings, why);
	if (!e)
		e = session_password(&settings, file, false, &password, why);
	if (!e)
		e = session_identity(file, password, identity, why);
	secret_free(password);
	return e;
}

/* Over, or not begun: the exit code says so too. */
static enum err validity(const counterfoil_identity *identity, struct errbuf *why)
{
	counterfoil_error error;
	return counterfoil_identity_check(identity, clock_now(), &error) ? fail(why, ERR_EXPIRED, "%s", error.text) : ERR_OK;
}

static enum err print_facts(const struct arguments *given, const json_t *facts, struct errbuf *why)
{
	if (arguments_switch(given, "json"))
		return output_json(facts, why);
	struct sheet_style style = output_style();
	struct buf text = BUF_INIT(PRINT_MAX);
	sheet_record(facts, &style, &text);
	enum err e = output_buf(&text, why);
	buf_free(&text);
	return e;
}

enum err run_show(const struct arguments *given, struct errbuf *why)
{
	counterfoil_identity *identity = NULL;
	enum err e = open_file(given, &identity, why);
	if (e)
		return e;
	json_t *facts = facts_json(identity, clock_now());
	e = facts ? print_facts(given, facts, why) : ERR_MEMORY;
	if (!e)
		e = validity(identity, why);
	json_decref(facts);
	counterfoil_identity_free(identity);
	return e;
}

static enum err print_days(const struct arguments *given, const json_t *facts, struct errbuf *why)
{
	if (arguments_switch(given, "json"))
		return output_json(facts, why);
	struct buf line = BUF_INIT(8192);
	char until[CLOCK_TEXT_SIZE];
	clock_text(json_integer_value(json_object_get(facts, "not_after")), until);
	sheet_value(json_object_get(facts, "common_name"), false, &line);
	buf_format(&line, ": %lld days left, until %s\n", (long long)json_integer_value(json_object_get(facts, "days_left")), until);
	enum err e = output_buf(&line, why);
	buf_free(&line);
	return e;
}

enum err run_check(const struct arguments *given, struct errbuf *why)
{
	counterfoil_identity *identity = NULL;
	enum err e = open_file(given, &identity, why);
	if (e)
		return e;
	int64_t now = clock_now();
	long want = arguments_number(given, "days", DAYS_DEFAULT);
	json_t *facts = facts_json(identity, now);
	e = facts ? print_days(given, facts, why) : ERR_MEMORY;
	if (!e)
		e = validity(identity, why);
	if (!e && counterfoil_identity_days_left(identity, now) < want)
		e = fail(why, ERR_INVALID, "fewer than %ld days are left: order a new certificate", want);
	json_decref(facts);
	counterfoil_identity_free(identity);
	return e;
}
