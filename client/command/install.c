/* install PLATFORM FILE: its parts where the platform wants them. */
#include "client/command/install.h"
#include "base/clock.h"
#include "client/command/holder.h"
#include "client/command/output.h"

#include <stdio.h>
#include <string.h>

enum { TELL_MAX = 1 << 16 };

static json_t *file_list(const struct install *i)
{
	json_t *list = json_array();
	for (const struct install_file *f = i->platform->files; list && f->name; f++)
		json_array_append_new(list, json_string(f->name));
	return list;
}

static enum err tell_json(const struct install *i, const char *settings, struct errbuf *why)
{
	char open_key[INSTALL_PATH + 32] = "";
	if (i->platform->open_key)
		snprintf(open_key, sizeof open_key, "%s/%s", i->set, i->platform->open_key);
	json_t *told = json_pack("{ss ss ss ss* so ss ss ss* sI}", "platform", i->platform->word, "link", i->link, "set", i->set,
				 "previous", i->previous[0] ? i->previous : NULL, "files", file_list(i), "settings", settings,
				 "reload", i->platform->reload, "key_in_the_clear", open_key[0] ? open_key : NULL, "not_after",
				 (json_int_t)counterfoil_identity_not_after(i->identity));
	enum err e = told ? output_json(told, why) : fail(why, ERR_MEMORY, "out of memory");
	json_decref(told);
	return e;
}

/* Who comes by the machine's backups has whatever stands in the clear: that is said, not left to be found out. */
static void tell_key(const struct install *i)
{
	if (i->platform->open_key)
		output_note("The private key stands in the clear in %s/%s: whoever can read that file, or a backup of it, can act as "
			    "this client. Only you (and root) may read it.", i->link, i->platform->open_key);
	else
		output_note("No key stands in the clear: keystore.p12 opens with the password of the file that it came from.");
}

static enum err tell_person(const struct install *i, struct buf *settings, struct errbuf *why)
{
	output_note("Installed for %s: %s, %lld days left.", i->platform->word,
		    counterfoil_identity_fact(i->identity, COUNTERFOIL_FACT_COMMON_NAME),
		    (long long)counterfoil_identity_days_left(i->identity, clock_now()));
	output_note("Put this into %s:", i->platform->where);
	enum err e = output_buf(settings, why);
	output_note("Then: %s", i->platform->reload);
	tell_key(i);
	if (i->previous[0])
		output_note("The set before is still there; when the new one is in use: rm -r %s", i->previous);
	return e;
}

enum err install_tell(const struct install *i, bool json, struct errbuf *why)
{
	struct buf settings = BUF_INIT(TELL_MAX);
	platform_text(i->platform->settings, i->link, &settings);
	const char *text = buf_string(&settings);
	enum err e = text ? ERR_OK : fail(why, ERR_MEMORY, "out of memory");
	if (!e)
		e = json ? tell_json(i, text, why) : tell_person(i, &settings, why);
	buf_free(&settings);
	return e;
}

/* All that can be wrong with what was typed, before anybody is asked for a password. */
static enum err take(const struct arguments *given, struct install *i, struct errbuf *why)
{
	const char *encoding = arguments_value(given, "encoding"), *to = arguments_value(given, "to");
	enum err e = platform_find(arguments_value(given, "platform"), &i->platform, why);
	i->replace = arguments_switch(given, "replace");
	if (!e && to)
		e = install_folder_fit(to, why);
	if (!e && to && strlen(to) >= sizeof i->folder)
		e = fail(why, ERR_USAGE, "--to: the path is too long");
	if (e || !encoding)
		return e;
	if (strcmp(i->platform->word, "java") != 0)
		return fail(why, ERR_USAGE, "--encoding goes with java only");
	i->compatible = strcmp(encoding, "compatible") == 0;
	return i->compatible || strcmp(encoding, "modern") == 0 ? ERR_OK
								: fail(why, ERR_USAGE, "--encoding is modern or compatible");
}

static enum err lay_and_tell(const struct arguments *given, struct install *i, struct errbuf *why)
{
	const char *to = arguments_value(given, "to");
	if (to)
		snprintf(i->folder, sizeof i->folder, "%s", to);
	else
		install_folder_usual(i->identity, i->folder);
	enum err e = install_lay(i, why);
	return e ? e : install_tell(i, arguments_switch(given, "json"), why);
}

enum err run_install(const struct arguments *given, struct errbuf *why)
{
	struct settings settings;
	struct secret *password = NULL;
	counterfoil_identity *identity = NULL;
	struct install i = {0};
	const char *file = arguments_value(given, "file");
	enum err e = take(given, &i, why);
	if (!e)
		e = settings_load(given, &settings, why);
	if (!e)
		e = session_password(&settings, file, false, &password, why);
	if (!e)
		e = session_identity(file, password, &identity, why);
	i.identity = identity;
	i.password = password;
	if (!e)
		e = lay_and_tell(given, &i, why);
	counterfoil_identity_free(identity);
	secret_free(password);
	return e;
}
