/* peer FILE: whose certificate is this, and is it to be accepted? What a web service asks of each caller, by hand. */
#include "base/clock.h"
#include "base/file.h"
#include "client/command/facts.h"
#include "client/command/holder.h"
#include "client/command/problem.h"

#include <string.h>
#include <unistd.h>

enum { PRESENTED_MAX = 16384, TRUST_MAX = 1 << 20 };

struct word {
	const char *word;
	unsigned value;
};

static const struct word formats[] = {
	{"auto", COUNTERFOIL_FORMAT_AUTO},     {"pem", COUNTERFOIL_FORMAT_PEM},	  {"der", COUNTERFOIL_FORMAT_DER},
	{"nginx", COUNTERFOIL_FORMAT_NGINX},   {"apache", COUNTERFOIL_FORMAT_APACHE}, {"haproxy", COUNTERFOIL_FORMAT_HAPROXY},
	{"rfc9440", COUNTERFOIL_FORMAT_RFC9440}, {NULL, 0},
};

static const struct word kinds[] = {
	{"client", COUNTERFOIL_KIND_CLIENT},
	{"staff", COUNTERFOIL_KIND_STAFF},
	{"server", COUNTERFOIL_KIND_SERVER},
	{"any", COUNTERFOIL_KIND_CLIENT | COUNTERFOIL_KIND_STAFF | COUNTERFOIL_KIND_SERVER},
	{NULL, 0},
};

static const struct word revocations[] = {
	{"unknown", COUNTERFOIL_REVOCATION_UNKNOWN}, {"good", COUNTERFOIL_REVOCATION_GOOD},
	{"revoked", COUNTERFOIL_REVOCATION_REVOKED}, {"held", COUNTERFOIL_REVOCATION_HELD}, {NULL, 0},
};

static const char *word_of(const struct word *words, unsigned value)
{
	for (; words->word; words++)
		if (words->value == value)
			return words->word;
	return "none";
}

static enum err take_word(const struct arguments *given, const char *flag, const struct word *words, unsigned *out,
			  struct errbuf *why)
{
	const char *typed = arguments_value(given, flag);
	*out = words->value; /* the first is what is meant when nothing is said */
	if (!typed)
		return ERR_OK;
	for (; words->word; words++) {
		*out = words->value;
		if (strcmp(words->word, typed) == 0)
			return ERR_OK;
	}
	return fail(why, ERR_USAGE, "--%s: there is no \"%.40s\": see counterfoil peer --help", flag, typed);
}

static enum err read_presented(const struct arguments *given, struct buf *out, struct errbuf *why)
{
	const char *file = arguments_value(given, "file");
	enum err e = !file || strcmp(file, "-") == 0 ? file_read_fd(STDIN_FILENO, "standard input", out, why)
						     : file_read(file, out, why);
	if (e == ERR_TOO_LARGE)
		return fail(why, e, "it is larger than %d bytes: no certificate", PRESENTED_MAX);
	/* A header kept in a file ends with a line end that the header does not have; DER begins as no text does. */
	if (!e && out->len && out->data[out->len - 1] == '\n' && out->data[0] != 0x30)
		out->len--;
	return e;
}

static enum err open_verifier(const struct arguments *given, counterfoil_verifier **verifier, struct errbuf *why)
{
	counterfoil_verifier_options options = {.size = sizeof options, .crl = arguments_value(given, "crl"),
						.ocsp = arguments_value(given, "ocsp"),
						.accept_unknown = arguments_switch(given, "unknown-ok")};
	struct settings settings;
	struct buf pem = BUF_INIT(TRUST_MAX);
	counterfoil_error error;
	enum err e = settings_load(given, &settings, why);
	if (!e && !settings.of[SETTING_CA].value[0])
		e = fail(why, ERR_USAGE, "no CA: give --ca FILE with the certificates of the CA, in PEM");
	if (!e)
		e = file_read(settings.of[SETTING_CA].value, &pem, why);
	if (!e)
		e = take_word(given, "kind", kinds, &options.kinds, why);
	options.trust_pem = (counterfoil_bytes){pem.data, pem.len};
	if (!e && counterfoil_verifier_new(&options, verifier, &error))
		e = fail(why, problem_of_library(error.code), "%s", error.text);
	buf_free(&pem);
	return e;
}

static json_t *verdict_json(const counterfoil_peer *peer, const counterfoil_error *error, int64_t now)
{
	json_t *all = peer ? facts_of_peer(peer, now) : json_object();
	if (peer) {
		json_object_set_new(all, "kind", json_string(word_of(kinds, counterfoil_peer_kind(peer))));
		json_object_set_new(all, "revocation", json_string(word_of(revocations, counterfoil_peer_revocation(peer))));
	}
	json_object_set_new(all, "accepted", json_boolean(!error->code));
	json_object_set_new(all, "verdict", json_string(counterfoil_code_word(error->code)));
	if (error->code)
		json_object_set_new(all, "why", json_string(error->text));
	return all;
}

static enum err judge(const struct arguments *given, counterfoil_verifier *verifier, const struct buf *presented,
		      unsigned format, struct errbuf *why)
{
	counterfoil_peer *peer = NULL;
	counterfoil_error error;
	int64_t now = clock_now();
	counterfoil_verifier_peer(verifier, (counterfoil_bytes){presented->data, presented->len}, (counterfoil_format)format, now,
				  &peer, &error);
	json_t *all = verdict_json(peer, &error, now);
	enum err e = all ? holder_print(given, all, why) : ERR_MEMORY;
	if (!e && error.code)
		e = fail(why, problem_of_library(error.code), "refused: %.300s", error.text);
	json_decref(all);
	counterfoil_peer_free(peer);
	return e;
}

enum err run_peer(const struct arguments *given, struct errbuf *why)
{
	counterfoil_verifier *verifier = NULL;
	struct buf presented = BUF_INIT(PRESENTED_MAX);
	unsigned format;
	enum err e = take_word(given, "format", formats, &format, why);
	if (!e)
		e = open_verifier(given, &verifier, why);
	if (!e)
		e = read_presented(given, &presented, why);
	if (!e)
		e = judge(given, verifier, &presented, format, why);
	buf_free(&presented);
	counterfoil_verifier_free(verifier);
	return e;
}
