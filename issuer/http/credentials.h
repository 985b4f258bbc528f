/* credentials: a listener's TLS certificate and key, counted, so that a reload can swap them under living connections:
 * each connection holds those that it began with until it closes. */
#ifndef ISSUER_HTTP_CREDENTIALS_H
#define ISSUER_HTTP_CREDENTIALS_H

#include "base/buf.h"
#include "base/secret.h"

#include <gnutls/gnutls.h>
#include <stdbool.h>

/* TLS 1.2 and 1.3, forward secrecy and AEAD only. Never %SERVER_PRECEDENCE: it makes a client that offers X25519 first
 * pay for another round. No tickets: the library issues none unless told to. */
#define CREDENTIALS_PRIORITY                                                                                           \
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-CIPHER-ALL:+AES-128-GCM:"         \
	"+AES-256-GCM:+CHACHA20-POLY1305:-MAC-ALL:+AEAD:%NO_TICKETS"

struct credentials;

struct credentials_source {
	struct buf *chain;          /* PEM, leaf first */
	const struct secret *key;   /* PEM */
	struct buf *acceptable; /* PEM of the CAs named to clients that are asked for a certificate; NULL: nobody is */
};
enum err credentials_new(const struct credentials_source *from, struct credentials **out,
			 struct errbuf *why) MUST_CHECK;
struct credentials *credentials_hold(struct credentials *c);
void credentials_drop(struct credentials *c); /* NULL is fine */

/* Let a session that has not begun its handshake use them. The caller's hold must last as long as the session. */
enum err credentials_use(struct credentials *c, gnutls_session_t session) MUST_CHECK;

/* The current ones of a listener. */
struct credentials_slot;
enum err credentials_slot_new(struct credentials *first, struct credentials_slot **out) MUST_CHECK; /* takes first */
struct credentials *credentials_current(struct credentials_slot *s); /* a new hold */
void credentials_swap(struct credentials_slot *s, struct credentials *next); /* takes next */
void credentials_slot_free(struct credentials_slot *s);

#endif
