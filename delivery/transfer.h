/* transfer: one exchange with a mail server or an SMS gateway, by libcurl. Nothing else of the daemon has libcurl.
 *
 * Each exchange is a connection of its own, by TLS 1.2 or later, with a server whose certificate and name were verified;
 * or nothing is sent, no user and no password either. There is no way to ask for less. Nothing is taken from the
 * environment (proxies, .netrc), no redirect is followed, times and answers are bounded, and what libcurl had in memory
 * is wiped. Nothing of what goes either way is ever logged.
 *
 * How every exchange may end, but for what the server itself decides:
 *   ERR_NETWORK, ERR_TIMEOUT, ERR_MEMORY  try again later
 *   ERR_USAGE                             the server is not the one that is meant, or takes no TLS, or the configuration
 *                                         cannot be used: nothing will go until a person has changed something */
#ifndef DELIVERY_TRANSFER_H
#define DELIVERY_TRANSFER_H

#include "base/buf.h"
#include "base/secret.h"

#include <stdbool.h>

enum { TRANSFER_CONNECT_SECONDS = 10, TRANSFER_SECONDS_MOST = 40 };

/* Once in a process, before it has a second thread and before it is shut in; again is fine. ERR_MEMORY. */
enum err transfer_start(void) MUST_CHECK;

/* Exchanges end, as ERR_NETWORK or ERR_CLOSED, within a second of `stopping` saying so, however long the other end takes. Once,
 * before the first of them. */
void transfer_stop_when(bool (*stopping)(void *ctx), void *ctx);

/* With whom. All borrowed until the exchange has ended. */
struct transfer_peer {
	const char *url;              /* "https://...", "smtp://HOST:PORT" (STARTTLS) or "smtps://HOST:PORT" */
	const struct buf *trust;      /* certificates in PEM that it must lead to; NULL or empty: those that the system trusts */
	const char *user;             /* NULL or "": nobody logs in */
	const struct secret *password;
	int64_t seconds;              /* for all of it; 0, and more than TRANSFER_SECONDS_MOST, are TRANSFER_SECONDS_MOST */
};

/* A mail is taken over by the server: ERR_OK. ERR_UNAVAILABLE: it says "later". ERR_REFUSED: it does not take this mail, or
 * not for this recipient; ERR_USAGE also when it does not take our password or our sender, or us (5.7.x, also for the
 * recipient: Postfix and others keep those refusals until then). `why` has its words, as far as
 * remark.h lets them through. User and password go by AUTH PLAIN or LOGIN. */
struct transfer_mail {
	struct transfer_peer peer;
	const char *greeting;  /* the name in EHLO: a domain */
	const char *from, *to; /* mailboxes, as mailbox_check takes them */
	const void *bytes;     /* the whole mail; lines end in CR LF */
	size_t len;
};
enum err transfer_mail(const struct transfer_mail *m, struct errbuf *why) MUST_CHECK;

/* An HTTP/1.1 exchange: ERR_OK whatever the status is. The body of the answer is appended to `answer`, whose cap bounds it
 * (more is ERR_CLOSED). ERR_NETWORK: the server has nothing of the request. ERR_CLOSED: it may have it. */
struct transfer_request {
	struct transfer_peer peer;  /* user and password by Basic */
	const char *const *headers; /* "Name: value", a NULL behind the last; one with a line break is ERR_INVALID. May be NULL */
	const void *body;           /* posted; NULL: GET */
	size_t len;
};
enum err transfer_http(const struct transfer_request *r, int *status, struct buf *answer, struct errbuf *why) MUST_CHECK;

#endif
