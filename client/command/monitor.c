#include "client/command/monitor.h"
#include "client/command/output.h"
#include "client/command/text.h"

#include <string.h>

enum { LINE_CAP = 8192 };

/* What monitoring calls them, and the kind of error that exits with its number: 0, 1, 2, 3. */
static const struct {
	const char *word;
	enum err exits;
} levels[] = {
	[LEVEL_OK] = {"OK", ERR_OK},
	[LEVEL_WARNING] = {"WARNING", ERR_INVALID},
	[LEVEL_CRITICAL] = {"CRITICAL", ERR_USAGE},
	[LEVEL_UNKNOWN] = {"UNKNOWN", ERR_NOT_FOUND},
};

bool monitor_is_asked(int count, const char *const *words)
{
	bool check = false, nagios = false;
	for (int i = 0; i < count && strcmp(words[i], "--") != 0; i++) {
		check = check || strcmp(words[i], "check") == 0;
		nagios = nagios || strcmp(words[i], "--nagios") == 0 || strncmp(words[i], "--nagios=", 9) == 0;
	}
	return check && nagios;
}

static void add_text(const char *text, struct buf *line)
{
	size_t from = line->len;
	text_safe(line, text, strlen(text));
	for (size_t i = from; i < line->len; i++)
		if (line->data[i] == '|')
			line->data[i] = '/'; /* it would begin the figures */
}

enum err monitor_tell(enum level level, const char *text, const char *figures, struct errbuf *why)
{
	struct buf line = BUF_INIT(LINE_CAP);
	buf_format(&line, "COUNTERFOIL %s - ", levels[level].word);
	add_text(text, &line);
	if (figures)
		buf_format(&line, " | %s", figures);
	buf_byte(&line, '\n');
	enum err e = output_buf(&line, why);
	buf_free(&line);
	if (e)
		output_note("counterfoil: %s", err_why(e, why));
	level = e ? LEVEL_UNKNOWN : level;
	return level == LEVEL_OK ? ERR_OK : fail(why, levels[level].exits, "%s", levels[level].word);
}
