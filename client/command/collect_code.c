#include "client/command/collect_code.h"
#include "client/command/ask.h"
#include "client/command/output.h"

/* Nothing typed: the code is waited for still. */
static enum err ask_new_code(struct session *s, struct parcel *p, struct errbuf *why)
{
	struct secret *digits = NULL;
	enum err e = ask_line("Last four digits of the mobile number, for a new code (Enter: none): ", &digits, why);
	if (e || !secret_string(digits)[0]) {
		secret_free(digits);
		return e;
	}
	e = parcel_new_code(s, p, digits, why);
	secret_free(digits);
	if (e == ERR_OK)
		output_note("A new code is on its way. The old one no longer works.");
	else if (e == ERR_WRONG_CODE)
		output_note("%s", err_why(e, why));
	return e == ERR_WRONG_CODE ? ERR_OK : e;
}

static enum err ask_code(struct session *s, struct parcel *p, struct errbuf *why)
{
	struct secret *code = NULL;
	enum err e = ask_line("Code from the SMS (Enter alone: it did not come): ", &code, why);
	if (!e)
		e = secret_string(code)[0] ? parcel_code(s, p, code, why) : ERR_EXPIRED;
	if (e == ERR_EXPIRED && secret_string(code)[0])
		output_note("%s", err_why(e, why));
	secret_free(code);
	return e;
}

enum err code_by_person(struct session *s, struct parcel *p, struct errbuf *why)
{
	for (;;) {
		enum err e = ask_code(s, p, why);
		if (e == ERR_WRONG_CODE)
			output_note("%s", err_why(e, why));
		else if (e == ERR_EXPIRED)
			e = ask_new_code(s, p, why);
		else if (e == ERR_USAGE)
			return fail(why, e, "no code: give --code-fd N or --code-file FILE");
		else
			return e;
		if (e && e != ERR_WRONG_CODE)
			return e;
	}
}
