/* soap_read: an envelope of SOAP 1.1 (W3C Note, 8 May 2000) or 1.2 (Part 1, second edition) into its parts. Pure. */
#ifndef CLIENT_SOAP_READ_H
#define CLIENT_SOAP_READ_H

#include "base/buf.h"
#include "client/soap_xml.h"

/* All that is not empty has a NUL behind it. */
struct soap_message {
	bool is_fault;
	struct buf header, body;		  /* what is inside Header and Body, as XML; body is empty for a fault */
	struct buf parts[COUNTERFOIL_SOAP_PARTS]; /* of a fault */
};

/* The namespace of an envelope. Static. */
const char *soap_namespace(counterfoil_soap_version version);

void soap_message_free(struct soap_message *message); /* wipes */

/* Read the bytes of an answer to a call of this version into an empty message. SOAP_SOUND, and it holds Body's content or a
 * fault; or what is wrong, and where (*line, 0 when unknown), and the message is empty. What is held is bounded by the
 * length of the answer. */
enum soap_flaw soap_read(counterfoil_bytes bytes, const char *charset, counterfoil_soap_version version,
			 struct soap_message *message, long *line);

#endif
