/* `counterfoild check`: what a configuration would do, and what is wrong with it, in plain words. Each look is a row of
 * one table; faults are counted, so that all are seen at once. */
#include "issuer/command/check.h"
#include "issuer/command/command.h"

#include <stdarg.h>
#include <stdio.h>

void check_say(struct check *c, enum verdict v, const char *format, ...)
{
	static const char *const words[] = {[CHECK_OK] = "ok      ", [CHECK_NOTE] = "note    ", [CHECK_WARNING] = "warning ",
					    [CHECK_FAULT] = "FAULT   "};
	va_list args;
	fputs(words[v], stdout);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	c->faults += v == CHECK_FAULT;
	c->warnings += v == CHECK_WARNING;
}

static void (*const looks[])(struct check *c) = {
	check_listeners, check_addresses, check_files, check_profiles, check_keys, check_pairs, check_issuers, check_ends, check_store,
	check_languages, check_channels, check_walls,
};

static enum err print_keys(void)
{
	struct buf keys = BUF_INIT(65536);
	settings_keys(&keys);
	enum err e = buf_check(&keys);
	if (!e)
		fwrite(keys.data, 1, keys.len, stdout);
	buf_free(&keys);
	return e;
}

static enum err print_settings(const struct settings *s)
{
	struct buf text = BUF_INIT(262144);
	enum err e = settings_explain(s, &text);
	if (!e)
		fwrite(text.data, 1, text.len, stdout);
	buf_free(&text);
	return e;
}

static enum err send_test(const char *config, const char *kind, const char *to, struct errbuf *why)
{
	struct settings *s = NULL;
	enum err e = settings_load(config, &s, why);
	if (e)
		return ERR_USAGE;
	e = check_send(s, kind, to, why);
	settings_free(s);
	return e;
}

static enum err check(const char *config, bool show, struct errbuf *why)
{
	struct settings *s = NULL;
	enum err e = settings_load(config, &s, why);
	if (e)
		return ERR_USAGE;
	struct check c = {.settings = s};
	if (show)
		e = print_settings(s);
	for (size_t i = 0; i < sizeof looks / sizeof *looks && !show; i++)
		looks[i](&c);
	settings_free(s);
	(void)fflush(stdout); /* the verdict comes last, also where both go to one place */
	if (!show)
		fprintf(stderr, "counterfoild: %s: %u faults, %u warnings\n", config, c.faults, c.warnings);
	return e ? e : c.faults ? fail(why, ERR_USAGE, "the daemon would not start, or not work, like this") : ERR_OK;
}

int command_check(int argc, char **argv)
{
	const char *config = NULL, *send = NULL;
	bool keys = false, show = false;
	const struct option_row rows[] = {
		{.name = "config", .value = &config}, {.name = "keys", .flag = &keys}, {.name = "show", .flag = &show},
		{.name = "send-test", .value = &send}, {0}};
	struct operands to = {.most = 1};
	struct errbuf why = {""};
	enum err e = options_parse(argc, argv, rows, &to, &why);
	if (!e && !send && to.count > 0)
		e = fail(&why, ERR_USAGE, "check does not take \"%.80s\"", to.at[0]);
	if (!e && keys)
		e = print_keys();
	else if (!e && !config)
		e = fail(&why, ERR_USAGE, "check needs --config FILE");
	else if (!e && send)
		e = send_test(config, send, to.at[0], &why);
	else if (!e)
		e = check(config, show, &why);
	return e ? command_failed(e, &why) : 0;
}
