#include "client/identity.h"
#include "base/clock.h"
#include "client/place.h"

#include <openssl/err.h>
#include <stdlib.h>

counterfoil_code identity_make(struct pkcs12_parts *parts, counterfoil_identity **identity, counterfoil_error *error)
{
	counterfoil_identity *made = calloc(1, sizeof *made);
	if (!made) {
		pkcs12_parts_clear(parts);
		return outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	}
	atomic_init(&made->holders, 1);
	made->parts = *parts;
	ERR_set_mark();
	counterfoil_code code = identity_read_facts(made);
	ERR_pop_to_mark();
	if (code)
		counterfoil_identity_free(made);
	else
		*identity = made;
	return outcome(error, code, NULL);
}

counterfoil_code counterfoil_identity_from_memory(counterfoil_bytes pkcs12, counterfoil_bytes password,
						  counterfoil_identity **identity, counterfoil_error *error)
{
	struct pkcs12_parts parts;
	if (!identity)
		return outcome(error, COUNTERFOIL_BAD_INPUT, "there is nowhere to put the identity");
	*identity = NULL;
	counterfoil_code code = pkcs12_open(pkcs12, password, &parts, error);
	return code ? code : identity_make(&parts, identity, error);
}

counterfoil_code counterfoil_identity_from_file(const char *path, counterfoil_bytes password,
						counterfoil_identity **identity, counterfoil_error *error)
{
	if (!identity || !path)
		return outcome(error, COUNTERFOIL_BAD_INPUT, "no path was given, or nowhere to put the identity");
	*identity = NULL;
	struct buf bytes = BUF_INIT(PKCS12_FILE_MAX);
	counterfoil_code code = place_read(&(counterfoil_place){.path = path}, "PKCS#12 file for one key", &bytes, error);
	if (!code && bytes.len == 0)
		code = outcome(error, COUNTERFOIL_NOT_PKCS12, "%.300s is empty", path);
	if (!code)
		code = counterfoil_identity_from_memory((counterfoil_bytes){bytes.data, bytes.len}, password, identity, error);
	buf_free(&bytes);
	return code;
}

counterfoil_identity *identity_hold(const counterfoil_identity *identity)
{
	counterfoil_identity *held = (counterfoil_identity *)identity;
	if (held)
		atomic_fetch_add(&held->holders, 1);
	return held;
}

void counterfoil_identity_free(counterfoil_identity *identity)
{
	if (!identity || atomic_fetch_sub(&identity->holders, 1) > 1)
		return;
	pkcs12_parts_clear(&identity->parts);
	for (size_t i = 0; i < IDENTITY_FACTS; i++)
		free(identity->facts[i]);
	for (size_t i = 0; identity->der && identity->der[i].data; i++)
		OPENSSL_free((void *)identity->der[i].data);
	free(identity->der);
	free(identity);
}

counterfoil_code counterfoil_identity_check(const counterfoil_identity *identity, int64_t now, counterfoil_error *error)
{
	if (!identity)
		return outcome(error, COUNTERFOIL_BAD_INPUT, "no identity was given");
	char when[CLOCK_TEXT_SIZE];
	if (now > identity->not_after) {
		clock_text(identity->not_after, when);
		return outcome(error, COUNTERFOIL_EXPIRED, "the certificate's time was over at %s: order a new one", when);
	}
	if (now < identity->not_before) {
		clock_text(identity->not_before, when);
		return outcome(error, COUNTERFOIL_NOT_YET_VALID,
			       "the certificate's time begins at %s: check this machine's clock", when);
	}
	return outcome_ok(error);
}

const char *counterfoil_identity_fact(const counterfoil_identity *identity, counterfoil_fact fact)
{
	return identity && (unsigned)fact < IDENTITY_FACTS ? identity->facts[fact] : "";
}

int64_t counterfoil_identity_not_before(const counterfoil_identity *identity)
{
	return identity ? identity->not_before : 0;
}

int64_t counterfoil_identity_not_after(const counterfoil_identity *identity)
{
	return identity ? identity->not_after : 0;
}

int64_t counterfoil_identity_days_left(const counterfoil_identity *identity, int64_t now)
{
	return clock_days_left(counterfoil_identity_not_after(identity), now);
}

counterfoil_bytes counterfoil_identity_certificate(const counterfoil_identity *identity, size_t index)
{
	for (size_t i = 0; identity && identity->der[i].data; i++)
		if (i == index)
			return identity->der[i];
	return (counterfoil_bytes){NULL, 0};
}
