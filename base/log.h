/* log: one JSON line an event to stderr, safe for several threads and processes on one pipe (a line is one write).
 *
 * {"time":"2026-11-22T02:13:38Z","level":"info","process":"front","event":"order.offered","order":"7k3m..."}
 * Field values are escaped; control characters cannot break a line; a line is cut at 2,048 bytes. Secrets cannot be
 * passed: a field takes a `const char *` and struct secret is opaque. People are named by id only. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR, LOG_LEVEL_ALARM };

struct log_field {
	const char *key;   /* NULL ends the list */
	const char *value; /* NULL is written as null */
};

void log_process(const char *name);            /* "front"; the string is borrowed for ever */
void log_threshold(enum log_level least);      /* default LOG_LEVEL_INFO */
bool log_wanted(enum log_level level); /* would a line of it be written? For fields that cost something to make */
void log_fields(enum log_level level, const char *event, const struct log_field *fields);

/* log_event(LOG_LEVEL_INFO, "order.offered", {"order", id}, {"client", slug}) */
#define log_event(level, event, ...) log_fields(level, event, (const struct log_field[]){__VA_ARGS__, {0}})

#endif
