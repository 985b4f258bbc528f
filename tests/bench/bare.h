/* bare: what the bare servers of the bench share. They do the product's work with the same libraries and nothing around it:
 * no walls, no roles, no guard, no order life. Every fault ends the program. */
#ifndef TESTS_BENCH_BARE_H
#define TESTS_BENCH_BARE_H

#include <microhttpd.h>
#include <stdbool.h>

struct bare_service {
	const char *chain, *key; /* PEM files of the server; NULL: plain HTTP */
	const char *trust;       /* PEM file of the CAs whose clients are asked for; NULL: nobody is asked */
	MHD_AccessHandlerCallback handle;
	MHD_NotifyConnectionCallback connection; /* may be NULL */
	MHD_RequestCompletedCallback completed;  /* may be NULL */
};

/* Listen on a free port of 127.0.0.1, print its number, and serve on one thread until a signal ends the program. */
_Noreturn void bare_serve(const struct bare_service *s);

char *bare_file(const char *path); /* a file's text; lives as long as the program */
enum MHD_Result bare_answer(struct MHD_Connection *c, unsigned status, const char *type, const void *body, size_t len);

_Noreturn void bare_die(const char *what);

#endif
