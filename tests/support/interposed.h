/* interposed: functions of an executable that stand before those of the same name in the libraries, and call them. */
#ifndef TESTS_INTERPOSED_H
#define TESTS_INTERPOSED_H

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/* Some run before a sanitizer's run-time does. What the libraries are to call too must be SEEN. */
#define UNSEEN __attribute__((no_sanitize_thread, no_sanitize_address, no_sanitize_undefined))
#define SEEN UNSEEN __attribute__((visibility("default")))

/* The system's function of that name, or the sanitizer's; every thread finds the same. */
static inline UNSEEN void find_next(const char *name, void *next)
{
	void *found = dlsym(RTLD_NEXT, name);
	if (!found)
		abort();
	memcpy(next, &found, sizeof found);
}

/* The function of that name: `failure` when `fails`, an expression of its parameters, says so; else what the next one does. */
#define INTERPOSE(type, failure, name, parameters, names, fails)                                                       \
	UNSEEN type name parameters                                                                                    \
	{                                                                                                              \
		static type(*next) parameters;                                                                         \
		if (!next)                                                                                             \
			find_next(#name, &next);                                                                       \
		return (fails) ? (failure) : next names;                                                               \
	}

#endif
