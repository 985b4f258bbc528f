/* identity_stage: identities by name, and a server that answers with the name in the certificate that the request's
 * connection was made with. For tests of how a client's identity changes. */
#ifndef TESTS_IDENTITY_STAGE_H
#define TESTS_IDENTITY_STAGE_H

#include "client/include/counterfoil.h"
#include "tests/support/tls_server.h"

extern struct pair stage_ca, stage_twin_ca; /* the twin has the same name and another key */
extern struct tls_server stage_server;
extern const char stage_password[];
enum { SEEN_SIZE = 64 };

int identity_stage_setup(void **state); /* of the whole group */
int identity_stage_teardown(void **state);

/* Paths: /last is answered before the server closes, /hold when stage_let_go was called, /revoked with a problem that says
 * so; all others at once. */
void stage_start(int newest_protocol); /* 0: any. stage_server.spare and .alone may be set before */
void stage_stop(void);
void stage_await_held(void); /* until a request to /hold has come */
void stage_let_go(void);

/* Append a PKCS#12. chain_of: whose certificate stands in it as the CA's, NULL for none. */
void stage_file(const struct wanted *wanted, const struct pair *chain_of, struct buf *der);
counterfoil_identity *stage_identity(const struct wanted *wanted, const struct pair *chain_of);
/* From the stage's CA, for clients; one that lasts so many seconds when it is not 0. */
counterfoil_identity *stage_named(const char *name, int64_t lasts);
counterfoil_client *stage_client_named(const char *name);
/* Make an identity of that name and use it. */
void stage_use(counterfoil_client *client, const char *name);

/* The name that the server saw; "" when the call failed. */
void stage_seen(counterfoil_client *client, const char *path, char out[SEEN_SIZE]);
void expect_seen(counterfoil_client *client, const char *path, const char *name);
void expect_code(const char *what, counterfoil_code had, counterfoil_code want);

int descriptors(void);
/* The server's end of a closed connection goes a moment later: wait until there are no more than wanted, for 2 s. */
int descriptors_at_rest(int wanted);

#endif
