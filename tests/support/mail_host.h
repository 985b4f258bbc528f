/* mail_host: a small mail server inside the test, on a port of the kernel's choice: one thread, one connection after the
 * other. It says what the test wants it to say; what real ones do is tried in tests/flow/mail.bats. */
#ifndef TESTS_MAIL_HOST_H
#define TESTS_MAIL_HOST_H

#include "tests/support/pkcs12_maker.h"

#include <stdatomic.h>

enum { MAIL_HOST_MOST = 65536 };

struct mail_host {
	const struct pair *certificate;
	bool implicit; /* TLS from the first byte */
	bool bare;     /* no STARTTLS is offered */
	/* What it says to one command ("CONNECT", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", ".") instead of yes; "" for
	 * a closed connection, "silence" for nothing. NULL: it says yes to all. */
	const char *command, *reply;
	void (*spare)(void); /* what its thread does first; NULL: nothing */

	int port; /* filled by start */
	atomic_int taken;    /* mails that it has said yes to */
	atomic_int in_clear; /* commands that came without TLS, but for greetings, STARTTLS and QUIT */
	char mail[MAIL_HOST_MOST], login[256]; /* the last of each; read when nothing is under way */
	struct mail_host_inside *inside;
};

void mail_host_start(struct mail_host *h);
void mail_host_stop(struct mail_host *h);

#endif
