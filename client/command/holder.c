/* holder: show FILE: an identity and what is in it, without any server. */
#include "client/command/holder.h"
#include "base/clock.h"
#include "client/command/facts.h"
#include "client/command/output.h"

enum { PRINT_MAX = 1 << 20 };

enum err holder_open(const struct arguments *given, counterfoil_identity **identity, struct errbuf *why)
{
	struct settings settings;
	struct opened opened;
	enum err e = settings_load(given, &settings, why);
	if (!e)
		e = session_open(&settings, arguments_value(given, "file"), false, &opened, why);
	if (e)
		return e;
	*identity = opened.identity;
	secret_free(opened.password);
	return ERR_OK;
}

enum err holder_validity(const counterfoil_identity *identity, int64_t now, struct errbuf *why)
{
	counterfoil_error error;
	return counterfoil_identity_check(identity, now, &error) ? fail(why, ERR_EXPIRED, "%s", error.text) : ERR_OK;
}

enum err holder_print(const struct arguments *given, const json_t *facts, struct errbuf *why)
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
	enum err e = holder_open(given, &identity, why);
	if (e)
		return e;
	int64_t now = clock_now();
	json_t *facts = facts_json(identity, now);
	e = facts ? holder_print(given, facts, why) : ERR_MEMORY;
	if (!e)
		e = holder_validity(identity, now, why);
	json_decref(facts);
	counterfoil_identity_free(identity);
	return e;
}
