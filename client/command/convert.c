/* convert FILE: the same identity in the encoding that another program wants. */
#include "client/command/ask.h"
#include "client/command/holder.h"
#include "client/command/output.h"
#include "client/command/problem.h"

#include <string.h>

static const struct {
	const char *word;
	counterfoil_encoding encoding, plain; /* plain: with --plain-key; 0: there is no such thing */
} encodings[] = {
	{"modern", COUNTERFOIL_ENCODING_MODERN, 0},
	{"compatible", COUNTERFOIL_ENCODING_COMPATIBLE, 0},
	{"pem", COUNTERFOIL_ENCODING_PEM, COUNTERFOIL_ENCODING_PEM_OPEN},
};

static enum err take_encoding(const struct arguments *given, counterfoil_encoding *out, struct errbuf *why)
{
	const char *typed = arguments_value(given, "to");
	bool plain = arguments_switch(given, "plain-key");
	for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++) {
		if (strcmp(encodings[i].word, typed) != 0)
			continue;
		*out = plain ? encodings[i].plain : encodings[i].encoding;
		return *out ? ERR_OK : fail(why, ERR_USAGE, "--plain-key goes with --to pem only");
	}
	return fail(why, ERR_USAGE, "--to: want modern, compatible or pem, had \"%.40s\"", typed);
}

/* Of the new file: *fresh stays NULL when it is to be the old one's. */
static enum err new_password(const struct arguments *given, struct secret **fresh, struct errbuf *why)
{
	const char *file = arguments_value(given, "new-password-file");
	if (file)
		return ask_file(file, fresh, why);
	if (arguments_value(given, "new-password-fd"))
		return ask_descriptor((int)arguments_number(given, "new-password-fd", -1), fresh, why);
	return ERR_OK;
}

static enum err save(const struct arguments *given, counterfoil_encoding encoding, const counterfoil_identity *identity,
		     const struct secret *password, struct errbuf *why)
{
	counterfoil_save_options options = {.size = sizeof options, .replace = arguments_switch(given, "force"),
					    .encoding = encoding};
	if (password) /* NULL: none is wanted */
		options.password = (counterfoil_bytes){secret_peek(password), secret_len(password)};
	counterfoil_error error;
	if (counterfoil_identity_save(identity, arguments_value(given, "out"), &options, &error))
		return fail(why, problem_of_file(error.code, arguments_value(given, "out")), "%.300s", error.text);
	output_note("counterfoil: written to %.300s", arguments_value(given, "out"));
	return ERR_OK;
}

enum err run_convert(const struct arguments *given, struct errbuf *why)
{
	struct settings settings;
	struct secret *fresh = NULL;
	struct opened opened = {0};
	counterfoil_encoding encoding = COUNTERFOIL_ENCODING_MODERN;
	enum err e = take_encoding(given, &encoding, why); /* before anybody is asked for a password */
	if (!e)
		e = settings_load(given, &settings, why);
	if (!e)
		e = session_open(&settings, arguments_value(given, "file"), false, &opened, why);
	if (!e)
		e = new_password(given, &fresh, why);
	if (!e && !fresh && !opened.password && encoding != COUNTERFOIL_ENCODING_PEM_OPEN)
		e = fail(why, ERR_USAGE, "the file had no password: give the new one by --new-password-file or --new-password-fd");
	if (!e)
		e = save(given, encoding, opened.identity, fresh ? fresh : opened.password, why);
	session_opened_close(&opened);
	secret_free(fresh);
	return e;
}
