/* forms: one certificate as each of the forms that a peer's comes in. */
#ifndef TESTS_FORMS_H
#define TESTS_FORMS_H

#include "tests/support/pkcs12_maker.h"

#include "client/include/counterfoil.h"

enum { FORM_FIRST = COUNTERFOIL_FORMAT_PEM, FORM_LAST = COUNTERFOIL_FORMAT_RFC9440 };

/* Append to out. */
void form_write(const X509 *certificate, counterfoil_format format, struct buf *out);

#endif
