#include "base/log.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/encode.h"

#include <string.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 2048 };

static const char *const level_names[] = {
	[LOG_LEVEL_DEBUG] = "debug", [LOG_LEVEL_INFO] = "info",   [LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_ERROR] = "error", [LOG_LEVEL_ALARM] = "alarm",
};

static const char *process_name = "counterfoil";
static enum log_level least_level = LOG_LEVEL_INFO;

void log_process(const char *name)
{
	process_name = name;
}

void log_threshold(enum log_level least)
{
	least_level = least;
}

bool log_wanted(enum log_level level)
{
	return level >= least_level;
}

static void add_field(struct buf *line, const char *key, const char *value)
{
	size_t before = line->len;
	buf_byte(line, ',');
	json_quote(key, line);
	buf_byte(line, ':');
	if (value)
		json_quote(value, line);
	else
		buf_text(line, "null");
	if (line->err) { /* a field that does not fit is left out whole, so the line stays JSON */
		line->err = ERR_OK;
		line->len = before;
	}
}

void log_fields(enum log_level level, const char *event, const struct log_field *fields)
{
	if (!log_wanted(level))
		return;
	char now[CLOCK_TEXT_SIZE];
	clock_text(clock_now(), now);
	struct buf line = BUF_INIT(LINE_MAX_BYTES);
	buf_format(&line, "{\"time\":\"%s\",\"level\":\"%s\"", now, level_names[level]);
	add_field(&line, "process", process_name);
	add_field(&line, "event", event);
	line.cap -= 2;
	for (; fields->key; fields++)
		add_field(&line, fields->key, fields->value);
	line.cap += 2;
	buf_text(&line, "}\n");
	if (!line.err) {
		ssize_t written = write(STDERR_FILENO, line.data, line.len);
		(void)written; /* there is nowhere left to complain */
	}
	buf_free(&line);
}
