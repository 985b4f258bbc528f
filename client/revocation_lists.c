#include "base/clock.h"
#include "client/revocation.h"
#include "client/signature.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CLOCK_SKEW = 300, PEM_MARK = 11 };

struct list {
	X509_CRL *crl; /* held */
	X509 *issuer;  /* held */
	int64_t this_update, next_update;
	bool has_deltas; /* later changes stand elsewhere, and are not read (RFC 5280 section 5.2.6) */
};

struct revocation_lists {
	atomic_int holders;
	size_t count;
	struct list of[REVOCATION_LISTS_MAX];
};

static bool seconds(const ASN1_TIME *time, int64_t *out)
{
	struct tm parts;
	if (!time || !ASN1_TIME_to_tm(time, &parts))
		return false;
	*out = (int64_t)timegm(&parts);
	return true;
}

/* Nothing that we make is critical; what is would change what the list means (delta, indirect, part of the reasons). */
static bool says_only_what_we_know(X509_CRL *crl)
{
	for (int i = 0; i < X509_CRL_get_ext_count(crl); i++)
		if (X509_EXTENSION_get_critical(X509_CRL_get_ext(crl, i)))
			return false;
	STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(crl);
	for (int i = 0; i < sk_X509_REVOKED_num(entries); i++) {
		const X509_REVOKED *entry = sk_X509_REVOKED_value(entries, i);
		for (int n = 0; n < X509_REVOKED_get_ext_count(entry); n++)
			if (X509_EXTENSION_get_critical(X509_REVOKED_get_ext(entry, n)))
				return false;
	}
	return true;
}

static bool is_strong(const X509_CRL *crl)
{
	const X509_ALGOR *algorithm = NULL;
	X509_CRL_get0_signature(crl, NULL, &algorithm);
	return signature_is_strong(algorithm);
}

static X509 *issuer_of(X509_CRL *crl, const STACK_OF(X509) *issuers)
{
	for (int i = 0; i < sk_X509_num(issuers); i++) {
		X509 *one = sk_X509_value(issuers, i);
		if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(one)) == 0 &&
		    X509_get_key_usage(one) & KU_CRL_SIGN && X509_CRL_verify(crl, X509_get0_pubkey(one)) == 1)
			return one;
	}
	return NULL;
}

/* Takes its own hold of the list when it counts. */
static void add(struct revocation_lists *lists, X509_CRL *crl, const STACK_OF(X509) *issuers)
{
	struct list found = {.crl = crl};
	if (lists->count == REVOCATION_LISTS_MAX || X509_CRL_get_version(crl) != X509_CRL_VERSION_2 ||
	    !seconds(X509_CRL_get0_lastUpdate(crl), &found.this_update) ||
	    !seconds(X509_CRL_get0_nextUpdate(crl), &found.next_update) || !is_strong(crl) ||
	    !says_only_what_we_know(crl) || !(found.issuer = issuer_of(crl, issuers)))
		return;
	found.has_deltas = X509_CRL_get_ext_by_NID(crl, NID_freshest_crl, -1) >= 0;
	X509_CRL_up_ref(crl);
	X509_up_ref(found.issuer);
	lists->of[lists->count++] = found;
}

static const char no_memory[] = "out of memory";
static const char damaged[] = "it is not a revocation list, or a damaged one";

/* NULL, or what is wrong; static. */
static const char *read_pem(struct revocation_lists *lists, counterfoil_bytes bytes, const STACK_OF(X509) *issuers)
{
	BIO *memory = BIO_new_mem_buf(bytes.data, (int)bytes.len);
	X509_CRL *crl;
	int n = 0;
	if (!memory)
		return no_memory;
	while ((crl = PEM_read_bio_X509_CRL(memory, NULL, NULL, NULL)) && ++n <= REVOCATION_LISTS_MAX) {
		add(lists, crl, issuers);
		X509_CRL_free(crl);
	}
	bool whole = crl || ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
	X509_CRL_free(crl);
	BIO_free(memory);
	return !whole ? damaged : n > REVOCATION_LISTS_MAX ? "it holds more than 8 lists" : NULL;
}

static const char *read_der(struct revocation_lists *lists, counterfoil_bytes bytes, const STACK_OF(X509) *issuers)
{
	const unsigned char *at = bytes.data;
	X509_CRL *crl = bytes.len ? d2i_X509_CRL(NULL, &at, (long)bytes.len) : NULL;
	bool whole = crl && at == (const unsigned char *)bytes.data + bytes.len;
	if (whole)
		add(lists, crl, issuers);
	X509_CRL_free(crl);
	return whole ? NULL : damaged;
}

_Static_assert(REVOCATION_LISTS_MAX == 8, "the sentence of read_pem says 8");

struct revocation_lists *revocation_lists_read(counterfoil_bytes bytes, const STACK_OF(X509) *issuers,
					       char why[REVOCATION_WHY_SIZE])
{
	struct revocation_lists *lists = calloc(1, sizeof *lists);
	const char *reason = no_memory;
	if (lists) {
		atomic_init(&lists->holders, 1);
		ERR_set_mark();
		bool pem = bytes.len > PEM_MARK && memcmp(bytes.data, "-----BEGIN ", PEM_MARK) == 0;
		reason = bytes.len > REVOCATION_MAX ? damaged : (pem ? read_pem : read_der)(lists, bytes, issuers);
		ERR_pop_to_mark();
		if (!reason && !lists->count)
			reason = "no CA among those given has signed the list";
	}
	if (!reason)
		return lists;
	snprintf(why, REVOCATION_WHY_SIZE, "%s", reason);
	revocation_lists_free(lists);
	return NULL;
}

struct revocation_lists *revocation_lists_hold(struct revocation_lists *lists)
{
	if (lists)
		atomic_fetch_add(&lists->holders, 1);
	return lists;
}

void revocation_lists_free(struct revocation_lists *lists)
{
	if (!lists || atomic_fetch_sub(&lists->holders, 1) > 1)
		return;
	for (size_t i = 0; i < lists->count; i++) {
		X509_CRL_free(lists->of[i].crl);
		X509_free(lists->of[i].issuer);
	}
	free(lists);
}

static const struct list *list_by(const struct revocation_lists *lists, const X509 *issuer)
{
	const struct list *latest = NULL;
	for (size_t i = 0; i < lists->count; i++)
		if (X509_cmp(lists->of[i].issuer, issuer) == 0 &&
		    (!latest || lists->of[i].this_update > latest->this_update))
			latest = &lists->of[i];
	return latest;
}

void revocation_lists_keep_later(struct revocation_lists *lists, const struct revocation_lists *older)
{
	for (size_t i = 0; i < older->count; i++) {
		const struct list *had = &older->of[i];
		struct list *have = (struct list *)list_by(lists, had->issuer);
		if (!have || have->this_update >= had->this_update)
			continue;
		X509_CRL_up_ref(had->crl);
		X509_CRL_free(have->crl);
		have->crl = had->crl;
		have->this_update = had->this_update;
		have->next_update = had->next_update;
		have->has_deltas = had->has_deltas;
	}
}

static counterfoil_revocation entry_of(const struct list *list, X509 *certificate)
{
	X509_REVOKED *entry = NULL;
	if (X509_CRL_get0_by_cert(list->crl, &entry, certificate) != 1)
		return COUNTERFOIL_REVOCATION_GOOD;
	ASN1_ENUMERATED *reason = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
	bool held = reason && ASN1_ENUMERATED_get(reason) == CRL_REASON_CERTIFICATE_HOLD;
	ASN1_ENUMERATED_free(reason);
	return held ? COUNTERFOIL_REVOCATION_HELD : COUNTERFOIL_REVOCATION_REVOKED;
}

static counterfoil_revocation say_unknown(char why[REVOCATION_WHY_SIZE], const char *text, int64_t when)
{
	char date[CLOCK_TEXT_SIZE] = "";
	if (when)
		clock_text(when, date);
	snprintf(why, REVOCATION_WHY_SIZE, "%s%s", text, date);
	return COUNTERFOIL_REVOCATION_UNKNOWN;
}

/* One certificate of the chain. An entry counts for good, however old the list. */
static counterfoil_revocation status_of(const struct list *list, X509 *certificate, int64_t now,
					char why[REVOCATION_WHY_SIZE])
{
	counterfoil_revocation found = entry_of(list, certificate);
	if (found != COUNTERFOIL_REVOCATION_GOOD)
		return found;
	if (now > list->next_update)
		return say_unknown(why, "the list was to be replaced at ", list->next_update);
	if (now < list->this_update - CLOCK_SKEW)
		return say_unknown(why, "the list is of a time to come, ", list->this_update);
	if (list->has_deltas || X509_get_ext_by_NID(certificate, NID_freshest_crl, -1) >= 0)
		return say_unknown(why, "what changed since the list was made is in delta lists, which are not read", 0);
	return COUNTERFOIL_REVOCATION_GOOD;
}

/* The worst of those from the first on. */
static counterfoil_revocation from(const struct revocation_lists *lists, const STACK_OF(X509) *chain, int first, int64_t now,
				   char why[REVOCATION_WHY_SIZE])
{
	counterfoil_revocation all = COUNTERFOIL_REVOCATION_GOOD;
	for (int i = first; i < sk_X509_num(chain) - 1; i++) {
		const struct list *list = list_by(lists, sk_X509_value(chain, i + 1));
		counterfoil_revocation one = COUNTERFOIL_REVOCATION_GOOD;
		if (list)
			one = status_of(list, sk_X509_value(chain, i), now, why);
		else if (i == 0)
			one = say_unknown(why, "there is no list of the CA that made the certificate", 0);
		if (one == COUNTERFOIL_REVOCATION_REVOKED || one == COUNTERFOIL_REVOCATION_HELD)
			return one;
		all = one == COUNTERFOIL_REVOCATION_GOOD ? all : one;
	}
	return all;
}

counterfoil_revocation revocation_lists_of(const struct revocation_lists *lists, const STACK_OF(X509) *chain,
					   int64_t now, char why[REVOCATION_WHY_SIZE])
{
	if (sk_X509_num(chain) < 2)
		return say_unknown(why, "the certificate's own issuer is not among the CAs given", 0);
	return from(lists, chain, 0, now, why);
}

counterfoil_revocation revocation_lists_of_cas(const struct revocation_lists *lists, const STACK_OF(X509) *chain,
					       int64_t now, char why[REVOCATION_WHY_SIZE])
{
	return from(lists, chain, 1, now, why);
}
