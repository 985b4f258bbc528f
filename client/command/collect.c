#include "client/command/collect_run.h"
#include "base/clock.h"
#include "base/file.h"
#include "client/command/ask.h"
#include "client/command/collect_code.h"
#include "client/command/facts.h"
#include "client/command/output.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PACKAGE_MAX = 1 << 20, WAITS = 60, URL_LINE_MAX = 4096, PASSWORD_TRIES = 3 };

bool collect_is_passing(enum err e)
{
	return e == ERR_TIMEOUT || e == ERR_NETWORK || e == ERR_CLOSED || e == ERR_UNAVAILABLE;
}

void collect_wait(int seconds)
{
	const struct timespec pause = {.tv_sec = seconds};
	nanosleep(&pause, NULL);
}

/* What was ordered, and by whom: a link may have been mixed up. */
static void say_what(const json_t *view)
{
	static const char *const rows[][2] = {{"organisation", "organisation"}, {"service", "service"}, {"client", "client"},
					      {"orderer", "ordered by"},	{"link_until", "link until"}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const json_t *value = json_object_get(view, rows[i][0]);
		struct buf text = BUF_INIT(2048);
		sheet_value(value, true, &text);
		if (value && buf_string(&text))
			output_note("  %-13s %s", rows[i][1], buf_string(&text));
		buf_free(&text);
	}
}

static enum err read_link(const struct arguments *given, struct link *link, struct errbuf *why)
{
	const char *url = arguments_value(given, "url");
	if (strcmp(url, "-") != 0)
		return link_parse(url, link, why);
	struct buf line = BUF_INIT(URL_LINE_MAX);
	enum err e = file_read_fd(STDIN_FILENO, "standard input", &line, why);
	const char *text = e ? NULL : buf_string(&line);
	if (!e)
		e = text ? link_parse(text, link, why) : fail(why, ERR_USAGE, "the link on standard input is too long");
	buf_free(&line);
	return e;
}

static enum err try_codes(struct session *s, const struct arguments *given, struct parcel *p, struct errbuf *why)
{
	long fd = arguments_number(given, "code-fd", -1);
	const char *file = arguments_value(given, "code-file");
	if (fd < 0 && !file)
		return code_by_person(s, p, why);
	struct secret *code = NULL;
	enum err e = file ? ask_file(file, &code, why) : ask_descriptor((int)fd, &code, why);
	if (!e)
		e = parcel_code(s, p, code, why);
	secret_free(code);
	return e;
}

/* The claim is half of what an interrupted run needs: there must be room for it before the code is used up. */
static enum err get_claim(struct session *s, const struct arguments *given, struct parcel *p, struct errbuf *why)
{
	if (p->claim.text[0])
		return ERR_OK;
	enum err e = claim_path(p->link, p->out, p->claim.path);
	if (!e)
		e = claim_room(&p->claim, why);
	if (!e)
		e = try_codes(s, given, p, why);
	return e ? e : claim_keep(p->link, &p->claim, why);
}

static enum err wait_until_ready(struct session *s, struct parcel *p, struct errbuf *why)
{
	for (int i = 0; !p->ready; i++) {
		enum err e = parcel_prepare(s, p, why);
		if (e && !collect_is_passing(e))
			return e;
		if (p->ready)
			break;
		if (i == WAITS)
			return fail(why, ERR_UNAVAILABLE, "the file is not made yet: run the same command again later, no code is needed");
		if (i == 0)
			output_note("The file is being made ...");
		collect_wait(2);
	}
	return ERR_OK;
}

enum err collect_insist(asking_fn *ask, const struct asking *a, const char *in_vain, struct errbuf *why)
{
	enum err e = ask(a, why);
	for (int i = 1; collect_is_passing(e) && i < COLLECT_TRIES; i++) {
		output_note("%s; trying again ...", err_why(e, why));
		collect_wait(i);
		e = ask(a, why);
	}
	return collect_is_passing(e) ? fail(why, e, "%s", in_vain) : e;
}

static enum err fetch(const struct asking *a, struct errbuf *why)
{
	return parcel_fetch(a->session, a->parcel, a->answer, why);
}

static enum err acknowledge(const struct asking *a, struct errbuf *why)
{
	return parcel_received(a->session, a->parcel, why);
}

/* True when the file of an interrupted run lies there whole. */
static bool is_saved(const char *path, const struct claim *claim)
{
	struct buf bytes = BUF_INIT(PACKAGE_MAX);
	char hash[SHA256_TEXT];
	bool same = claim->sha256[0] && file_read(path, &bytes, NULL) == ERR_OK &&
		    sha256_text(bytes.data, bytes.len, hash) == ERR_OK && strcmp(hash, claim->sha256) == 0;
	buf_free(&bytes);
	return same;
}

static enum err save(struct session *s, struct parcel *p, char path[PATH_SIZE], struct errbuf *why)
{
	struct buf bytes = BUF_INIT(PACKAGE_MAX);
	if (p->out && is_saved(p->out, &p->claim)) {
		snprintf(path, PATH_SIZE, "%s", p->out);
		return ERR_OK;
	}
	enum err e = wait_until_ready(s, p, why);
	snprintf(path, PATH_SIZE, "%s", p->out ? p->out : p->file_name[0] ? p->file_name : "certificate.p12");
	if (e || is_saved(path, &p->claim))
		return e;
	if (access(path, F_OK) == 0)
		return fail(why, ERR_EXISTS, "%.200s exists already: move it, or give --out with another name; no code is needed",
			    path);
	e = collect_insist(fetch, &(struct asking){s, p, NULL, &bytes},
			   "the download did not succeed: run the same command again, no code is needed", why);
	if (!e)
		e = claim_keep(p->link, &p->claim, why);
	if (!e)
		e = file_publish_new(path, bytes.data, bytes.len, 0600, why);
	buf_free(&bytes);
	return e;
}

static enum err open_saved(const struct session *s, struct collected *c, struct errbuf *why)
{
	enum err e = ERR_INVALID;
	bool by_person = s->settings.password_fd < 0 && s->settings.of[SETTING_PASSWORD_FILE].origin != ORIGIN_FLAG;
	for (int i = 0; e == ERR_INVALID && i < (by_person ? PASSWORD_TRIES : 1); i++) {
		secret_free(c->password);
		c->password = NULL;
		if (i)
			output_note("%s", err_why(e, why));
		e = session_password(&s->settings, c->path, false, &c->password, why);
		if (e == ERR_USAGE && by_person && !c->install.platform)
			return ERR_OK; /* nobody to ask: the file is safe all the same */
		if (!e)
			e = session_identity(c->path, c->password, &c->identity, why);
	}
	return e;
}

static enum err open_and_install(const struct session *s, struct collected *c, struct errbuf *why)
{
	enum err e = c->own ? own_open(s, c->own, c, why) : open_saved(s, c, why);
	c->install.identity = c->identity;
	c->install.password = c->password;
	if (!e && c->install.platform)
		e = install_lay(&c->install, why);
	c->installed = !e && c->install.platform;
	if (e && c->install.platform)
		output_note("Not installed. When that is mended: counterfoil install %s %s%s%s", c->install.platform->word, c->path,
			    c->own ? " --key-file " : "", c->own ? c->own->path : "");
	return e;
}

static enum err tell_json(const struct collected *c, struct errbuf *why)
{
	json_t *facts = c->identity ? facts_json(c->identity, clock_now()) : json_object();
	json_object_set_new(facts, "file", json_string(c->path));
	json_object_set_new(facts, c->own ? "sha256" : "file_sha256", json_string(c->sha256));
	if (c->own)
		json_object_set_new(facts, "key", json_string(c->own->path));
	if (c->installed)
		json_object_set_new(facts, "installed", install_json(&c->install));
	enum err e = output_json(facts, why);
	json_decref(facts);
	return e;
}

static enum err tell_path(const struct collected *c, struct errbuf *why)
{
	struct buf line = BUF_INIT(PATH_SIZE + 1);
	buf_format(&line, "%s\n", c->path);
	enum err e = output_buf(&line, why);
	buf_free(&line);
	return e;
}

static void tell_next(const struct collected *c)
{
	if (!c->identity) {
		output_note("Next: when the password has come by SMS, see what is inside: counterfoil show %s", c->path);
		return;
	}
	output_note("It opens: certificate of %s, %lld days left.",
		    counterfoil_identity_fact(c->identity, COUNTERFOIL_FACT_COMMON_NAME),
		    (long long)counterfoil_identity_days_left(c->identity, clock_now()));
	if (!c->installed)
		output_note(c->own ? "Next: install it where the application runs; to try it:"
				   : "Next: install the file where the application runs, keep the password apart from it; to try it:");
	output_note("  counterfoil call URL --identity %s%s%s", c->path, c->own ? " --key-file " : "", c->own ? c->own->path : "");
}

static enum err finish(const struct arguments *given, const struct collected *c, struct errbuf *why)
{
	enum err e = arguments_switch(given, "json") ? tell_json(c, why) : tell_path(c, why);
	tell_next(c);
	if (!e && c->installed && !arguments_switch(given, "json"))
		e = install_tell(&c->install, why);
	return e;
}

static enum err receive(struct session *s, const struct arguments *given, struct parcel *p, struct collected *c,
			struct errbuf *why)
{
	enum err e = get_claim(s, given, p, why);
	if (!e)
		e = c->own ? own_save(s, p, c->own, c->path, why) : save(s, p, c->path, why);
	if (!e)
		e = collect_insist(acknowledge, &(struct asking){s, p, NULL, NULL},
				   "what came is saved, but the receipt did not get through: run the same command again", why);
	if (e)
		return e;
	memcpy(c->sha256, p->claim.sha256, sizeof c->sha256);
	claim_forget(&p->claim);
	if (c->own)
		own_key_settled(c->own);
	output_note(c->own ? "Saved and acknowledged. The key never left this machine; no password is needed."
			   : "Saved and acknowledged. The password follows by SMS.");
	enum err opened = arguments_switch(given, "no-password") ? ERR_OK : open_and_install(s, c, why);
	struct errbuf unsaid;
	e = finish(given, c, opened ? &unsaid : why); /* a wrong password does not unmake the file */
	return opened ? opened : e;
}

/* Before a code is used up, whatever could fail here is looked at. */
static enum err begin(const struct arguments *given, struct link *link, struct parcel *p, struct errbuf *why)
{
	const char *encoding = arguments_value(given, "encoding");
	*p = (struct parcel){.link = link, .encoding = encoding ? encoding : "modern", .out = arguments_value(given, "out"),
			     .own_key = arguments_value(given, "key") != NULL};
	if (strcmp(p->encoding, "modern") != 0 && strcmp(p->encoding, "compatible") != 0)
		return fail(why, ERR_USAGE, "--encoding is modern or compatible");
	enum err e = own_key_type(arguments_value(given, "key-type"), why);
	if (!e)
		e = read_link(given, link, why);
	if (!e && p->own_key)
		e = own_key_apart(arguments_value(given, "key"), link, p->out, why);
	if (e)
		return e;
	e = claim_find(link, p->out, &p->claim, why);
	if (e != ERR_NOT_FOUND)
		return e;
	if (p->out && access(p->out, F_OK) == 0)
		return fail(why, ERR_EXISTS, "%.200s exists already: it is never overwritten", p->out);
	return ERR_OK;
}

static enum err take_install(const struct arguments *given, struct install *install, struct errbuf *why)
{
	const char *platform = arguments_value(given, "install");
	return platform ? install_take(given, platform, install, why) : ERR_OK;
}

static enum err look_and_receive(const struct arguments *given, struct parcel *p, struct collected *c, struct errbuf *why)
{
	struct session s;
	json_t *view = NULL;
	enum err e = session_public(given, p->link->server, &s, why);
	if (e)
		return e;
	e = parcel_look(&s, p, &view, why);
	if (!e)
		e = own_permitted(view, c->own, why);
	if (!e) {
		say_what(view);
		e = receive(&s, given, p, c, why);
	}
	json_decref(view);
	session_close(&s);
	return e;
}

/* The key is on the disk before anything is sent, and gone again when nothing of it was. */
static enum err take_key(const struct arguments *given, struct own_key *k, struct collected *c, struct errbuf *why)
{
	const char *path = arguments_value(given, "key");
	if (!path)
		return ERR_OK;
	c->own = k;
	return own_key_take(path, arguments_value(given, "key-type"), k, why);
}

enum err run_collect(const struct arguments *given, struct errbuf *why)
{
	struct link link;
	struct parcel p = {0};
	struct collected c = {.install = {0}};
	struct own_key own = {.lock = -1};
	enum err e = take_install(given, &c.install, why);
	if (!e)
		e = begin(given, &link, &p, why);
	if (!e)
		e = take_key(given, &own, &c, why);
	if (!e)
		e = look_and_receive(given, &p, &c, why);
	if (e && c.own && !p.claim.text[0] && !c.path[0])
		own_key_withdraw(&own);
	own_key_clear(&own);
	counterfoil_identity_free(c.identity);
	secret_free(c.password);
	explicit_bzero(&p.claim, sizeof p.claim);
	return e;
}
