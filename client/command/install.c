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

json_t *install_json(const struct install *i)
{
	char open_key[INSTALL_PATH + 32] = "";
	struct buf settings = BUF_INIT(TELL_MAX);
	json_t *told = NULL;
	platform_text(i->platform->settings, i->link, &settings);
	if (i->platform->open_key)
		snprintf(open_key, sizeof open_key, "%s/%s", i->set, i->platform->open_key);
	if (buf_string(&settings))
		told = json_pack("{ss ss ss ss* so ss ss ss* sI}", "platform", i->platform->word, "link", i->link, "set", i->set,
				 "previous", i->previous[0] ? i->previous : NULL, "files", file_list(i), "settings",
				 buf_string(&settings), "reload", i->platform->reload, "key_in_the_clear",
				 open_key[0] ? open_key : NULL, "not_after", (json_int_t)counterfoil_identity_not_after(i->identity));
	buf_free(&settings);
	return told;
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

enum err install_tell(const struct install *i, struct errbuf *why)
{
	struct buf settings = BUF_INIT(TELL_MAX);
	platform_text(i->platform->settings, i->link, &settings);
	output_note("Installed for %s: %s, %lld days left.", i->platform->word,
		    counterfoil_identity_fact(i->identity, COUNTERFOIL_FACT_COMMON_NAME),
		    (long long)counterfoil_identity_days_left(i->identity, clock_now()));
	output_note("Put this into %s:", i->platform->where);
	enum err e = output_buf(&settings, why);
	output_note("Then: %s", i->platform->reload);
	tell_key(i);
	if (i->previous[0])
		output_note("The set before is still there; when the new one is in use: rm -r %s", i->previous);
	buf_free(&settings);
	return e;
}

static enum err take_encoding(struct install *i, const char *encoding, struct errbuf *why)
{
	if (!encoding)
		return ERR_OK;
	i->compatible = strcmp(encoding, "compatible") == 0;
	return i->compatible || strcmp(encoding, "modern") == 0 ? ERR_OK
								: fail(why, ERR_USAGE, "--encoding is modern or compatible");
}

enum err install_take(const struct arguments *given, const char *word, struct install *i, struct errbuf *why)
{
	const char *to = arguments_value(given, "to");
	enum err e = platform_find(word, &i->platform, why);
	i->replace = arguments_switch(given, "replace");
	if (!e)
		e = take_encoding(i, arguments_value(given, "encoding"), why);
	if (e || !to)
		return e;
	if (strlen(to) >= sizeof i->folder)
		return fail(why, ERR_USAGE, "--to: the path is too long");
	snprintf(i->folder, sizeof i->folder, "%s", to);
	return install_folder_fit(to, why);
}

static enum err print(const struct arguments *given, const struct install *i, struct errbuf *why)
{
	if (!arguments_switch(given, "json"))
		return install_tell(i, why);
	json_t *told = install_json(i);
	enum err e = told ? output_json(told, why) : fail(why, ERR_MEMORY, "out of memory");
	json_decref(told);
	return e;
}

enum err run_install(const struct arguments *given, struct errbuf *why)
{
	struct settings settings;
	struct opened opened = {0};
	struct install i = {0};
	enum err e = install_take(given, arguments_value(given, "platform"), &i, why);
	if (!e && arguments_value(given, "encoding") && strcmp(i.platform->word, "java") != 0)
		e = fail(why, ERR_USAGE, "--encoding goes with java only");
	if (!e)
		e = settings_load(given, &settings, why);
	if (!e)
		e = session_open(&settings, arguments_value(given, "file"), false, &opened, why);
	i.identity = opened.identity;
	i.password = opened.password;
	if (!e)
		e = install_lay(&i, why);
	if (!e)
		e = print(given, &i, why);
	session_opened_close(&opened);
	return e;
}
