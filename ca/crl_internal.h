/* crl_internal: what the writers of lists share. Private to ca/. */
#ifndef CA_CRL_INTERNAL_H
#define CA_CRL_INTERNAL_H

#include "ca/crl.h"

#include <stdbool.h>

bool crl_time_right(int64_t t);

#endif
