/* config: the settings in force, and where each is from. */
#include "client/command/output.h"
#include "client/command/settings.h"

#include <stdio.h>

enum { PRINT_MAX = 1 << 20, FROM_SIZE = 4200 };

static void write_origin(const struct settings *s, enum setting which, char out[FROM_SIZE])
{
	switch (s->of[which].origin) {
	case ORIGIN_FLAG:
		snprintf(out, FROM_SIZE, "--%s", settings_flag(which));
		break;
	case ORIGIN_ENVIRONMENT:
		snprintf(out, FROM_SIZE, "%s", settings_variable(which));
		break;
	case ORIGIN_CONFIG:
		snprintf(out, FROM_SIZE, "%s:%d", s->file, s->of[which].line);
		break;
	case ORIGIN_NONE:
		out[0] = '\0';
	}
}

static json_t *setting_json(const struct settings *s, enum setting which)
{
	static const char *const words[] = {
		[ORIGIN_NONE] = "none", [ORIGIN_CONFIG] = "file", [ORIGIN_ENVIRONMENT] = "environment", [ORIGIN_FLAG] = "flag"};
	char from[FROM_SIZE];
	write_origin(s, which, from);
	return json_pack("{s:s, s:s?, s:s, s:s?}", "setting", settings_flag(which), "value",
			 s->of[which].value[0] ? s->of[which].value : NULL, "origin", words[s->of[which].origin], "from",
			 from[0] ? from : NULL);
}

static enum err print(const struct settings *s, json_t *all, struct errbuf *why)
{
	static const struct column columns[] = {
		{.title = "SETTING", .member = "setting"}, {.title = "VALUE", .member = "value"}, {.title = "FROM", .member = "from"}, {0}};
	struct sheet_style style = output_style();
	struct buf text = BUF_INIT(PRINT_MAX);
	sheet_list(json_object_get(all, "items"), columns, &style, &text);
	enum err e = output_buf(&text, why);
	buf_free(&text);
	if (s->file[0] && !s->has_file)
		output_note("counterfoil: there is no %s", s->file);
	return e;
}

enum err run_config(const struct arguments *given, struct errbuf *why)
{
	struct settings s;
	enum err e = settings_load(given, &s, why);
	if (e)
		return e;
	json_t *items = json_array();
	for (int i = 0; !e && i < SETTING_COUNT; i++)
		if (json_array_append_new(items, setting_json(&s, (enum setting)i)) != 0)
			e = fail(why, ERR_USAGE, "%s is no UTF-8 and cannot be told", settings_flag((enum setting)i));
	json_t *all = json_pack("{s:s?, s:o}", "file", s.has_file ? s.file : NULL, "items", items);
	if (!e)
		e = all ? ERR_OK : fail(why, ERR_MEMORY, "out of memory");
	if (!e)
		e = arguments_switch(given, "json") ? output_json(all, why) : print(&s, all, why);
	json_decref(all);
	return e;
}
