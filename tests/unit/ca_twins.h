/* ca_twins: for groups of tests that have two authorities of the same names with other keys. */
#ifndef TESTS_CA_TWINS_H
#define TESTS_CA_TWINS_H

#include "tests/unit/ca_fixture.h"

static struct pki pki, twin;

static int twins_new(void **state)
{
	(void)state;
	pki_new(&pki, NOW);
	pki_new(&twin, NOW);
	return 0;
}

static int twins_clear(void **state)
{
	(void)state;
	pki_clear(&pki);
	pki_clear(&twin);
	return 0;
}

#endif
