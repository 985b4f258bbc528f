/* asn1_time: the times of certificates and CRLs as seconds UTC. */
#ifndef CA_ASN1_TIME_H
#define CA_ASN1_TIME_H

#include "base/err.h"

#include <openssl/asn1.h>
#include <stdbool.h>
#include <stdint.h>

enum { ASN1_TIME_TEXT_SIZE = 16 };
#define ASN1_TIME_LAST INT64_C(253402300799) /* the end of 9999 */
#define ASN1_TIME_2050 INT64_C(2524608000)

/* In the form that RFC 5280 4.1.2.5 asks for: UTCTime to the end of 2049, GeneralizedTime after; in UTC, with seconds. */
bool asn1_time_form_right(const ASN1_TIME *t);

/* Can it stand there? From 1970, of which 0 is not one, to 9999. */
bool asn1_time_right(int64_t seconds);

/* ERR_MALFORMED. */
enum err asn1_time_read(const ASN1_TIME *t, int64_t *out) MUST_CHECK;

/* The characters of a GeneralizedTime ("YYYYMMDDHHMMSSZ") into out, for 1970 to 9999; the answer points at them, or two
 * further on, where a UTCTime begins. */
const char *asn1_time_text(int64_t seconds, bool generalized, char out[ASN1_TIME_TEXT_SIZE]);

#endif
