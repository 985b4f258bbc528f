#include "client/command/session.h"
#include "base/file.h"
#include "client/command/ask.h"
#include "client/command/output.h"
#include "client/command/problem.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { TRUST_MAX = 1 << 20, FIELD_SIZE = 256, URL_SIZE = 8192, FAULTS_MAX = 65536, MORE_MAX = 4 };

static enum err library_error(const counterfoil_error *error, struct errbuf *why)
{
	return fail(why, problem_of_library(error->code), "%s", error->text);
}

enum err session_identity(const char *file, const struct secret *password, counterfoil_identity **out, struct errbuf *why)
{
	counterfoil_error error;
	counterfoil_bytes secret = {secret_peek(password), secret_len(password)};
	return counterfoil_identity_from_file(file, secret, out, &error)
		       ? fail(why, problem_of_file(error.code, file), "%s", error.text)
		       : ERR_OK;
}

/* A password kept for one file is not tried on another, nor a key put to it: what is said of the file must be said no later
 * than of it. */
enum err session_password(const struct settings *s, const char *file, bool own_file, struct secret **out, struct errbuf *why)
{
	enum origin file_origin = own_file ? s->of[SETTING_IDENTITY].origin : ORIGIN_FLAG;
	if (s->password_fd >= 0)
		return ask_descriptor(s->password_fd, out, why);
	if (s->of[SETTING_PASSWORD_FILE].origin != ORIGIN_NONE && s->of[SETTING_PASSWORD_FILE].origin >= file_origin)
		return ask_file(s->of[SETTING_PASSWORD_FILE].value, out, why);
	char prompt[512];
	snprintf(prompt, sizeof prompt, "Password of %.400s: ", file);
	enum err e = ask_secret(prompt, out, why);
	return e == ERR_USAGE ? fail(why, e, "no password: give --password-file FILE or --password-fd N") : e;
}

/* A file that is being opened, and what its password was, once it was needed. */
struct opening {
	const struct settings *settings;
	const char *file;
	bool own_file;
	struct secret *password;
	enum err failed;
	struct errbuf *why;
};

static int64_t give_password(void *context, void *into, size_t most)
{
	struct opening *o = context;
	o->failed = session_password(o->settings, o->file, o->own_file, &o->password, o->why);
	if (!o->failed && secret_len(o->password) > most)
		o->failed = fail(o->why, ERR_USAGE, "the password is longer than %zu bytes", most);
	if (o->failed)
		return -1;
	memcpy(into, secret_peek(o->password), secret_len(o->password));
	return (int64_t)secret_len(o->password);
}

enum err session_open(const struct settings *s, const char *file, bool own_file, struct opened *out, struct errbuf *why)
{
	enum origin file_origin = own_file ? s->of[SETTING_IDENTITY].origin : ORIGIN_FLAG;
	struct opening o = {.settings = s, .file = file, .own_file = own_file, .why = why};
	counterfoil_identity_options options = {.size = sizeof options, .file = {.path = file}, .ask = give_password, .context = &o};
	if (s->of[SETTING_KEY_FILE].origin != ORIGIN_NONE && s->of[SETTING_KEY_FILE].origin >= file_origin)
		options.key.path = s->of[SETTING_KEY_FILE].value;
	counterfoil_error error;
	*out = (struct opened){0};
	counterfoil_code code = counterfoil_identity_load(&options, &out->identity, &error);
	out->password = o.password;
	enum err e = problem_of_file(code, file);
	if (e == problem_of_library(code)) /* it may be the other file that is not there */
		e = problem_of_file(code, options.key.path);
	if (e)
		e = o.failed ? o.failed : fail(why, e, "%s", error.text);
	if (e)
		session_opened_close(out);
	return e;
}

void session_opened_close(struct opened *opened)
{
	secret_free(opened->password);
	counterfoil_identity_free(opened->identity);
	*opened = (struct opened){0};
}

static enum err open_identity(struct session *s, struct errbuf *why)
{
	const char *file = s->settings.of[SETTING_IDENTITY].value;
	struct opened opened;
	if (!file[0])
		return ERR_OK;
	enum err e = session_open(&s->settings, file, true, &opened, why);
	if (e)
		return e;
	s->identity = opened.identity;
	secret_free(opened.password);
	return ERR_OK;
}

static enum err take_staple(const struct arguments *given, counterfoil_staple *out, struct errbuf *why)
{
	const char *typed = arguments_value(given, "staple");
	*out = typed && strcmp(typed, "hard") == 0 ? COUNTERFOIL_STAPLE_HARD : COUNTERFOIL_STAPLE_SOFT;
	return !typed || *out == COUNTERFOIL_STAPLE_HARD || strcmp(typed, "soft") == 0
		       ? ERR_OK
		       : fail(why, ERR_USAGE, "--staple: want soft or hard, had \"%.40s\"", typed);
}

static enum err open_client(struct session *s, const struct arguments *given, struct errbuf *why)
{
	counterfoil_client_options options = {.size = sizeof options, .identity = s->identity};
	options.connect_timeout_ms = arguments_milliseconds(given, "connect-timeout");
	options.stall_timeout_seconds = (uint32_t)arguments_number(given, "stall-time", 0);
	options.proxy = arguments_value(given, "proxy");
	options.http = arguments_switch(given, "http1") ? COUNTERFOIL_HTTP_1_1 : COUNTERFOIL_HTTP_AUTO;
	options.trust = s->identity ? COUNTERFOIL_TRUST_IDENTITY : COUNTERFOIL_TRUST_SYSTEM;
	struct buf pem = BUF_INIT(TRUST_MAX);
	enum err e = take_staple(given, &options.staple, why);
	const char *ca = s->settings.of[SETTING_CA].value;
	if (!e && ca[0]) {
		e = file_read(ca, &pem, why);
		options.trust = COUNTERFOIL_TRUST_PEM;
		options.trust_pem = (counterfoil_bytes){pem.data, pem.len};
	}
	counterfoil_error error;
	if (!e && counterfoil_client_new(&options, &s->client, &error))
		e = library_error(&error, why);
	buf_free(&pem);
	return e;
}

static enum err keep_server(struct session *s, const char *url, struct errbuf *why)
{
	size_t len = strlen(url);
	while (len && url[len - 1] == '/')
		len--;
	if (len >= sizeof s->server || strncasecmp(url, "https://", 8) != 0)
		return fail(why, ERR_USAGE, "the server is to be given as https://HOST:PORT");
	memcpy(s->server, url, len);
	s->server[len] = '\0';
	return ERR_OK;
}

static enum err finish(struct session *s, enum err e)
{
	if (e)
		session_close(s);
	return e;
}

enum err session_staff(const struct arguments *given, struct session *s, struct errbuf *why)
{
	*s = (struct session){0};
	enum err e = settings_load(given, &s->settings, why);
	if (!e && !s->settings.of[SETTING_SERVER].value[0])
		e = fail(why, ERR_USAGE, "no server: give --server URL, set COUNTERFOIL_SERVER, or write \"server = URL\" into "
					 "~/.config/counterfoil/config");
	if (!e && !s->settings.of[SETTING_IDENTITY].value[0])
		e = fail(why, ERR_USAGE, "no certificate: give --identity FILE.p12, set COUNTERFOIL_IDENTITY, or write "
					 "\"identity = FILE\" into ~/.config/counterfoil/config");
	if (!e)
		e = keep_server(s, s->settings.of[SETTING_SERVER].value, why);
	if (!e)
		e = open_identity(s, why);
	return finish(s, e ? e : open_client(s, given, why));
}

enum err session_call(const struct arguments *given, struct session *s, struct errbuf *why)
{
	*s = (struct session){0};
	enum err e = settings_load(given, &s->settings, why);
	if (!e)
		e = open_identity(s, why);
	return finish(s, e ? e : open_client(s, given, why));
}

enum err session_public(const struct arguments *given, const char *server, struct session *s, struct errbuf *why)
{
	*s = (struct session){0};
	enum err e = settings_load(given, &s->settings, why);
	if (s->settings.of[SETTING_CA].origin != ORIGIN_FLAG)
		s->settings.of[SETTING_CA].value[0] = '\0';
	if (!e)
		e = keep_server(s, server, why);
	return finish(s, e ? e : open_client(s, given, why));
}

void session_close(struct session *s)
{
	counterfoil_client_free(s->client);
	counterfoil_identity_free(s->identity);
	s->client = NULL;
	s->identity = NULL;
}

static enum err status_error(const counterfoil_response *response, struct errbuf *why)
{
	int status = counterfoil_response_status(response);
	if (status < 400)
		return ERR_OK;
	struct buf faults = BUF_INIT(FAULTS_MAX);
	enum err e = problem_read(status, counterfoil_response_body(response), &faults, why);
	const char *text = buf_string(&faults);
	for (const char *line = text; line && *line; line += strcspn(line, "\n") + 1)
		output_note("counterfoil: %.*s", (int)strcspn(line, "\n"), line);
	buf_free(&faults);
	return e;
}

static bool has_key(const struct exchange *x)
{
	static const char name[] = "idempotency-key:";
	for (size_t i = 0; x->headers && x->headers[i]; i++)
		if (strncasecmp(x->headers[i], name, sizeof name - 1) == 0)
			return true;
	return false;
}

enum err session_exchange(struct session *s, const struct exchange *x, counterfoil_response **response, struct errbuf *why)
{
	char url[URL_SIZE], type[FIELD_SIZE], bearer[FIELD_SIZE];
	const char *headers[4 + MORE_MAX] = {"Accept: application/json"};
	size_t count = 1;
	if (x->type)
		headers[count++] = type;
	if (x->bearer)
		headers[count++] = bearer;
	for (size_t i = 0; x->headers && x->headers[i] && i < MORE_MAX; i++)
		headers[count++] = x->headers[i];
	int n = snprintf(url, sizeof url, "%s%s", s->server, x->target);
	if (n < 0 || (size_t)n >= sizeof url)
		return fail(why, ERR_USAGE, "the URL is too long");
	snprintf(type, sizeof type, "Content-Type: %s", x->type ? x->type : "");
	snprintf(bearer, sizeof bearer, "Authorization: Bearer %s", x->bearer ? x->bearer : "");
	/* Once more when the answer was lost, or the server is busy for a moment: what has a key does no harm twice. */
	const counterfoil_request request = {.size = sizeof request, .method = x->method, .url = url, .headers = headers,
					     .body = {x->body, x->len}, .retries = has_key(x) ? 1 : 0, .retry_wait_ms = 200,
					     .retry_wait_most_ms = 2000};
	counterfoil_error error;
	counterfoil_call(s->client, &request, response, &error);
	explicit_bzero(bearer, sizeof bearer);
	return *response ? status_error(*response, why) : library_error(&error, why);
}

enum err session_json(struct session *s, const struct exchange *x, json_t **out, struct errbuf *why)
{
	counterfoil_response *response = NULL;
	*out = NULL;
	enum err e = session_exchange(s, x, &response, why);
	if (!e) {
		counterfoil_bytes body = counterfoil_response_body(response);
		*out = json_loadb(body.data, body.len, JSON_REJECT_DUPLICATES, NULL);
		if (!json_is_object(*out)) {
			json_decref(*out);
			*out = NULL;
			e = fail(why, ERR_MALFORMED, "the server did not answer with JSON: is %s the service's members address?",
				 s->server);
		}
	}
	counterfoil_response_free(response);
	return e;
}
