/* soap_flaw: what makes XML unacceptable as SOAP, each with its own sentence. Pure. */
#ifndef CLIENT_SOAP_FLAW_H
#define CLIENT_SOAP_FLAW_H

#include "client/outcome.h"

enum soap_flaw {
	SOAP_SOUND,
	SOAP_NO_MEMORY,
	SOAP_TOO_LARGE,
	SOAP_TOO_MANY,
	SOAP_TOO_DEEP,
	SOAP_ENCODING,
	SOAP_NOT_XML,
	SOAP_DTD,
	SOAP_INSTRUCTION,
	SOAP_STRAY_TEXT,
	SOAP_WHOLE_ENVELOPE,
	SOAP_NOT_ENVELOPE,
	SOAP_OTHER_NAMESPACE,
	SOAP_SPEAKS_1_1,
	SOAP_SPEAKS_1_2,
	SOAP_NO_BODY,
	SOAP_TWO_BODIES,
	SOAP_MISPLACED,
	SOAP_FLAWS
};

/* What is so, to be read behind "the answer" or "the body": "has no Body". Static. */
const char *soap_flaw_text(enum soap_flaw flaw);
/* What to do when it is so of a server's answer. Static. */
const char *soap_flaw_advice(enum soap_flaw flaw);
/* The code when it is so of a server's answer. */
counterfoil_code soap_flaw_code(enum soap_flaw flaw);

/* ERR_OK, ERR_TOO_LARGE or ERR_MEMORY of a buffer. */
enum soap_flaw soap_flaw_of(enum err e);

#endif
