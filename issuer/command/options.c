#include "issuer/command/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct option_row *find(const struct option_row *rows, const char *name, size_t len)
{
	for (; rows->name; rows++)
		if (strlen(rows->name) == len && strncmp(rows->name, name, len) == 0)
			return rows;
	return NULL;
}

static enum err take_value(const struct option_row *row, const char *value, struct errbuf *why)
{
	if (row->value) {
		*row->value = value;
		return ERR_OK;
	}
	for (size_t i = 0; i < row->most; i++)
		if (!row->list[i]) {
			row->list[i] = value;
			return ERR_OK;
		}
	return fail(why, ERR_USAGE, "--%s: at most %zu of them", row->name, row->most);
}

/* "--name VALUE", "--name=VALUE", "--flag". *i is moved over a value that stands alone. */
static enum err take_option(int argc, char **argv, int *i, const struct option_row *rows, struct errbuf *why)
{
	const char *name = argv[*i] + 2;
	const char *equals = strchr(name, '=');
	const struct option_row *row = find(rows, name, equals ? (size_t)(equals - name) : strlen(name));
	if (!row)
		return fail(why, ERR_USAGE, "%s has no option %.80s", argv[0], argv[*i]);
	if (row->flag && equals)
		return fail(why, ERR_USAGE, "--%s takes no value", row->name);
	if (row->flag) {
		*row->flag = true;
		return ERR_OK;
	}
	if (!equals && *i + 1 >= argc)
		return fail(why, ERR_USAGE, "--%s needs a value", row->name);
	return take_value(row, equals ? equals + 1 : argv[++*i], why);
}

enum err options_parse(int argc, char **argv, const struct option_row *rows, struct operands *operands,
		       struct errbuf *why)
{
	enum err e = ERR_OK;
	for (int i = 1; i < argc && !e; i++) {
		if (strncmp(argv[i], "--", 2) == 0)
			e = take_option(argc, argv, &i, rows, why);
		else if (operands->count < operands->most)
			operands->at[operands->count++] = argv[i];
		else
			e = fail(why, ERR_USAGE, "%s does not take \"%.80s\"", argv[0], argv[i]);
	}
	return e;
}

int command_failed(enum err e, const struct errbuf *why)
{
	fprintf(stderr, "counterfoild: %s\n", err_why(e, why));
	return err_exit_code(e);
}
