/* page_own: the pages of a delivery whose key the recipient makes. */
#ifndef ISSUER_HTTP_PAGE_OWN_H
#define ISSUER_HTTP_PAGE_OWN_H

#include "issuer/http/page.h"

/* What to run or to send. alert: key of words, or NULL; reason: why a request was refused. */
void page_request_write(struct visit *v, int status, const char *alert, const char *reason);
void page_certificate_write(struct visit *v, int status, const char *alert); /* it is made: fetch it, and say so */
void page_own_done_write(struct visit *v);

#endif
