#include "ca/openssl_narrow.h"

#include "ca/crypto_why.h"

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/provider.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { MOST = 8 };

static const char *const kinds[] = {"RSA", "EC"};
static const char *const forms[] = {"SubjectPublicKeyInfo", "PrivateKeyInfo"};
enum { KINDS = sizeof kinds / sizeof *kinds, FORMS = sizeof forms / sizeof *forms, CODECS = KINDS * FORMS };

/* The operations of which a part is handed through. */
static struct part {
	int operation;
	const char *medium; /* among its properties; NULL: it has no form */
	size_t wanted;
	OSSL_ALGORITHM kept[MOST + 1]; /* the last is all zeros */
} parts[] = {
	{.operation = OSSL_OP_KEYMGMT, .wanted = KINDS},
	{.operation = OSSL_OP_ENCODER, .medium = "output=der", .wanted = CODECS},
	{.operation = OSSL_OP_DECODER, .medium = "input=der", .wanted = CODECS},
};
enum { PARTS = sizeof parts / sizeof *parts };

/* Whoever asks the default context for an algorithm has it from the one behind. They live as long as the process. */
static OSSL_LIB_CTX *behind;
static OSSL_PROVIDER *all, *narrow, *whole;

/* Is the word one of the list's? */
static bool has(const char *list, char between, const char *word)
{
	size_t len = strlen(word);
	for (const char *at = list;;) {
		if (strncmp(at, word, len) == 0 && (at[len] == between || !at[len]))
			return true;
		at = strchr(at, between);
		if (!at)
			return false;
		at++;
	}
}

static bool is_of_kind(const OSSL_ALGORITHM *a)
{
	for (size_t i = 0; i < KINDS; i++)
		if (has(a->algorithm_names, ':', kinds[i]))
			return true;
	return false;
}

static bool has_form(const OSSL_ALGORITHM *a, const char *medium)
{
	static const char structure[] = "structure=";
	const char *at = strstr(a->property_definition, structure);
	for (size_t i = 0; at && i < FORMS; i++)
		if (strcmp(at + sizeof structure - 1, forms[i]) == 0)
			return has(a->property_definition, ',', medium);
	return false;
}

static bool keep(struct part *p)
{
	int no_cache = 0;
	size_t n = 0;
	const OSSL_ALGORITHM *a = OSSL_PROVIDER_query_operation(all, p->operation, &no_cache);
	for (; a && a->algorithm_names; a++) {
		if (!is_of_kind(a) || (p->medium && !has_form(a, p->medium)))
			continue;
		if (n == MOST)
			return false;
		p->kept[n++] = *a;
	}
	return n == p->wanted; /* another version may call them otherwise */
}

static const OSSL_ALGORITHM *query(void *context, int operation, int *no_cache)
{
	(void)context;
	for (size_t i = 0; i < PARTS; i++)
		if (parts[i].operation == operation) {
			*no_cache = 0;
			return parts[i].kept;
		}
	return OSSL_PROVIDER_query_operation(all, operation, no_cache);
}

static void unquery(void *context, int operation, const OSSL_ALGORITHM *algorithms)
{
	(void)context;
	for (size_t i = 0; i < PARTS; i++)
		if (parts[i].operation == operation)
			return;
	OSSL_PROVIDER_unquery_operation(all, operation, algorithms);
}

/* The algorithms are the default provider's, and so is the context that they are called with. */
static int begin(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out, void **context)
{
	static const OSSL_DISPATCH ours[] = {
		{OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query},
		{OSSL_FUNC_PROVIDER_UNQUERY_OPERATION, (void (*)(void))unquery},
		{0, NULL},
	};
	(void)handle;
	(void)in;
	behind = OSSL_LIB_CTX_new();
	all = behind ? OSSL_PROVIDER_load(behind, "default") : NULL;
	bool able = all != NULL;
	for (size_t i = 0; able && i < PARTS; i++)
		able = keep(&parts[i]);
	if (able) {
		*out = ours;
		*context = OSSL_PROVIDER_get0_provider_ctx(all);
		return 1;
	}
	if (all)
		OSSL_PROVIDER_unload(all);
	OSSL_LIB_CTX_free(behind);
	all = NULL;
	behind = NULL;
	return 0;
}

/* One that is named before anything was asked for keeps the default one from being loaded. */
enum err openssl_narrow(void)
{
	if (!narrow && OSSL_PROVIDER_add_builtin(NULL, "narrow", begin) == 1)
		narrow = OSSL_PROVIDER_load(NULL, "narrow");
	if (narrow && OSSL_PROVIDER_available(NULL, "default") == 0)
		return ERR_OK;
	if (!narrow && !whole) /* having been asked for another, it does not come by itself any more */
		whole = OSSL_PROVIDER_load(NULL, "default");
	return crypto_why(NULL, ERR_CRYPTO, "provider");
}
