/* What a list of the root's ends: said before the root's key signs it, and when one comes in. It is permitted: a key in wrong
 * hands cannot wait. But not in silence. */
#include "base/clock.h"
#include "issuer/command/ca.h"
#include "issuer/issuers.h"

#include <stdio.h>

enum { CERTIFICATE_MOST = 16384 };

static const struct consequence {
	const char *word, *text;
} consequences[] = {
	[ISSUER_PRESENT] = {"ATTENTION: ", "the present issuing CA: every certificate that it has issued is refused then. Make another CA: "
			    "counterfoild ca new-issuing"},
	[ISSUER_NEXT] = {"", "the CA that stands ready to be the next: it can never issue. Remove its certificate and make another: "
			 "counterfoild ca new-issuing"},
	[ISSUER_RETIRED] = {"", "which has retired: those of its certificates that still live are refused then"},
};

static void say_consequence(const struct issuer *issuer)
{
	const struct consequence *c = &consequences[issuer->standing];
	fprintf(stderr, "counterfoild: %sit revokes %s, %s\n", c->word, issuer->label, c->text);
}

void ca_say_revoked(const struct settings *s, const struct crl_entries *fresh, const struct crl_entries *before)
{
	struct issuers all;
	uint8_t serial[SERIAL_BYTES];
	if (issuers_load(s, &all, NULL) != ERR_OK)
		return; /* nothing here is believed anyway */
	for (size_t i = 0; i < all.count; i++)
		if (certificate_serial(all.at[i].certificate, serial) == ERR_OK && crl_entries_find(fresh, serial) &&
		    !(before && crl_entries_find(before, serial)))
			say_consequence(&all.at[i]);
	issuers_clear(&all);
}

void ca_say_certificate(const char *what, X509 *certificate)
{
	struct certificate_facts facts;
	struct buf der = BUF_INIT(CERTIFICATE_MOST);
	char serial[SERIAL_TEXT_SIZE], until[CLOCK_TEXT_SIZE];
	if (certificate_encode(certificate, &der, NULL) == ERR_OK && certificate_read(der.data, der.len, &facts, NULL) == ERR_OK) {
		serial_text(facts.serial, serial);
		clock_text(facts.not_after, until);
		fprintf(stderr, "counterfoild: %s %s, serial number %s, until %.10s\n", what, facts.subject, serial, until);
	}
	buf_free(&der);
}
