/* collect_code: the code as a person at the terminal gives it. Internal to client/command/collect*.c. */
#ifndef CLIENT_COMMAND_COLLECT_CODE_H
#define CLIENT_COMMAND_COLLECT_CODE_H

#include "client/command/collect.h"

/* Ask until the code is right, the order is locked, or the person stops. A slip may be corrected; for a code that did not
 * come or is too old, a new one is sent against the last four digits of the mobile number. ERR_USAGE: no terminal. */
enum err code_by_person(struct session *s, struct parcel *p, struct errbuf *why) MUST_CHECK;

#endif
