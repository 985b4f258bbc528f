#include "client/soap_flaw.h"

static const struct {
	counterfoil_code code;
	const char *text;
	const char *advice; /* NULL: the operator's to mend */
} flaws[SOAP_FLAWS] = {
	[SOAP_SOUND] = {COUNTERFOIL_OK, "is sound", NULL},
	[SOAP_NO_MEMORY] = {COUNTERFOIL_OUT_OF_MEMORY, "cannot be read: out of memory", NULL},
	[SOAP_TOO_LARGE] = {COUNTERFOIL_TOO_LARGE, "grows beyond its bound when it is read", NULL},
	[SOAP_TOO_MANY] = {COUNTERFOIL_BAD_SOAP, "has more attributes in an element, more namespaces, or more different names than SOAP needs", NULL},
	[SOAP_TOO_DEEP] = {COUNTERFOIL_BAD_SOAP, "has elements nested deeper than 200", NULL},
	[SOAP_ENCODING] = {COUNTERFOIL_BAD_SOAP, "is not text in UTF-8, UTF-16, US-ASCII or ISO-8859-1", NULL},
	[SOAP_NOT_XML] = {COUNTERFOIL_BAD_SOAP, "is not well-formed XML with declared namespaces", NULL},
	[SOAP_DTD] = {COUNTERFOIL_BAD_SOAP, "has a document type declaration (DTD), which SOAP forbids", NULL},
	[SOAP_INSTRUCTION] = {COUNTERFOIL_BAD_SOAP, "has a processing instruction, which SOAP forbids", NULL},
	[SOAP_STRAY_TEXT] = {COUNTERFOIL_BAD_SOAP, "has text where only elements may be", NULL},
	[SOAP_WHOLE_ENVELOPE] = {COUNTERFOIL_BAD_SOAP, "is an envelope itself: give only what goes inside it", NULL},
	[SOAP_NOT_ENVELOPE] = {COUNTERFOIL_NOT_SOAP, "is XML, but no SOAP envelope", "check the URL"},
	[SOAP_OTHER_NAMESPACE] = {COUNTERFOIL_BAD_SOAP, "is an envelope in a namespace that is neither SOAP 1.1's nor 1.2's", NULL},
	[SOAP_SPEAKS_1_1] = {COUNTERFOIL_BAD_SOAP, "is SOAP 1.1, and the call was SOAP 1.2", "call with version 1.1"},
	[SOAP_SPEAKS_1_2] = {COUNTERFOIL_BAD_SOAP, "is SOAP 1.2, and the call was SOAP 1.1", "call with version 1.2"},
	[SOAP_NO_BODY] = {COUNTERFOIL_BAD_SOAP, "has no Body in its envelope", NULL},
	[SOAP_TWO_BODIES] = {COUNTERFOIL_BAD_SOAP, "has more than one Body in its envelope", NULL},
	[SOAP_MISPLACED] = {COUNTERFOIL_BAD_SOAP, "has an element of the envelope in a place where SOAP has none", NULL},
};

const char *soap_flaw_text(enum soap_flaw flaw)
{
	return flaws[flaw].text;
}

const char *soap_flaw_advice(enum soap_flaw flaw)
{
	return flaws[flaw].advice ? flaws[flaw].advice : "tell the service's operator";
}

counterfoil_code soap_flaw_code(enum soap_flaw flaw)
{
	return flaws[flaw].code;
}

enum soap_flaw soap_flaw_of(enum err e)
{
	if (e == ERR_OK)
		return SOAP_SOUND;
	return e == ERR_TOO_LARGE ? SOAP_TOO_LARGE : SOAP_NO_MEMORY;
}
