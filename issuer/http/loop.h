/* loop: a listener whose thread is ours and not the HTTP library's: between two rounds of connections it does the OCSP
 * desk's work, so that an answer goes from the signer to its connection without another thread in between. */
#ifndef ISSUER_HTTP_LOOP_H
#define ISSUER_HTTP_LOOP_H

#include "issuer/http/ocsp.h"

#include <microhttpd.h>

struct loop;
/* The daemon was started without a thread of its own; it and the desk are borrowed. */
enum err loop_start(struct MHD_Daemon *daemon, struct ocsp_desk *desk, struct loop **out) MUST_CHECK;
/* No new connections: the listening socket, which is the caller's from now on, or -1. */
int loop_quiet(struct loop *l);
/* Tell everybody who waits that there is no answer, let that leave, and join the thread. NULL is fine. The daemon may then
 * be stopped. */
void loop_stop(struct loop *l);

#endif
