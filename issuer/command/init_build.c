/* Everything of a new installation, in the order in which each part needs the ones before it. */
#include "base/file.h"
#include "delivery/seal.h"
#include "issuer/command/host_issue.h"
#include "issuer/command/init.h"
#include "issuer/profiles.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { VALUES_MOST = 48, RANDOM_KEY_BYTES = 32, CONFIGURATION_MOST = 65536 };

static enum err make_folders(const char *at, struct errbuf *why)
{
	static const struct {
		const char *name;
		mode_t mode;
	} folders[] = {{"ca", 0755}, {"keys", 0700}, {"tls", 0755}, {"spool", 0700}, {"profiles", 0755}};
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		char path[4096];
		enum err e = file_join(path, at, folders[i].name);
		if (!e && (mkdir(path, folders[i].mode) != 0 || chmod(path, folders[i].mode) != 0))
			e = fail(why, ERR_IO, "%s: %s", path, strerror(errno));
		if (e)
			return e;
	}
	return ERR_OK;
}

static enum err write_configuration(const char *at, const struct init_wishes *w, struct settings **out,
				    struct errbuf *why)
{
	const char *const wishes[][2] = {
		{"installation.name", w->name},       {"installation.domain", w->domain},
		{"public.url", w->public_url},        {"members.url", w->members_url},
		{"status.url", w->status_url},        {"public.listen", w->public_listen},
		{"members.listen", w->members_listen}, {"status.listen", w->status_listen},
		{"ops.listen", w->ops_listen},
		{"keys.issuing", w->issuing_key},     {"keys.pass_phrase", w->issuing_pass},
		{"token.module", w->token_module},    {"token.pin", w->token_pin},
		{"token.folder", w->token_folder},
		{"profiles.client", "profiles/client.profile"}, {"profiles.staff", "profiles/staff.profile"},
		{"profiles.server", "profiles/server.profile"}, {"profiles.ocsp", "profiles/ocsp.profile"},
		{"profiles.issuing", "profiles/issuing.profile"}, {"profiles.root", "profiles/root.profile"},
	};
	const char *values[VALUES_MOST] = {NULL};
	size_t n = 0;
	for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++)
		if (wishes[i][1]) {
			values[n++] = wishes[i][0];
			values[n++] = wishes[i][1];
		}
	char path[4096];
	struct buf text = BUF_INIT(CONFIGURATION_MOST);
	enum err e = settings_write(values, &text);
	if (!e)
		e = settings_parse((const char *)text.data, text.len, "counterfoil.conf", at, out, why);
	if (!e)
		e = file_join(path, at, "counterfoil.conf");
	if (!e)
		e = file_publish(path, text.data, text.len, 0644, why);
	buf_free(&text);
	return e;
}

static enum err make_random_keys(const struct settings *s, struct errbuf *why)
{
	const char *const paths[] = {s->key_parcel, s->key_ticket, s->key_code};
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		uint8_t key[RANDOM_KEY_BYTES];
		enum err e = random_bytes(key, sizeof key);
		if (!e)
			e = file_publish(paths[i], key, sizeof key, 0600, why);
		explicit_bzero(key, sizeof key);
		if (e)
			return e;
	}
	return ERR_OK;
}

static enum err make_courier(const struct settings *s, struct errbuf *why)
{
	EVP_PKEY *key = NULL;
	X509 *certificate = NULL;
	enum err e = seal_recipient_new("courier", &key, &certificate);
	if (!e)
		e = host_publish_key(s->key_courier, key, NULL, why);
	if (!e)
		e = host_publish_chain(s->courier_certificate, (X509 *const[]){certificate, NULL}, why);
	EVP_PKEY_free(key);
	X509_free(certificate);
	return e;
}

/* The host of a URL that the settings have checked: "https://HOST[:PORT]", without the brackets of an IPv6 address. */
static void host_of(const char *url, char out[256])
{
	const char *host = strstr(url, "://") + 3;
	size_t len = host[0] == '[' ? strcspn(++host, "]") : strcspn(host, ":");
	snprintf(out, 256, "%.*s", (int)len, host);
}

static enum err make_server(struct host_office *o, const struct init_wishes *w, const char *url,
			    struct host_server server, struct errbuf *why)
{
	char host[256];
	const char *hosts[HOSTS_MOST + 2] = {host};
	size_t n = 1;
	host_of(url, host);
	for (size_t i = 0; w->hosts[i]; i++)
		if (strcmp(w->hosts[i], host) != 0)
			hosts[n++] = w->hosts[i];
	server.hosts = hosts;
	return host_server_new(o, &server, why);
}

static enum err make_certificates(const struct settings *s, const char *at, const struct init_wishes *w,
				  struct init_result *out, struct errbuf *why)
{
	struct host_office o;
	char package[4096];
	enum err e = host_office_open(&o, s, STORE_CREATE, why);
	if (!e)
		e = make_server(&o, w, s->public_url, (struct host_server){NULL, s->public_certificate, s->public_key}, why);
	if (!e)
		e = make_server(&o, w, s->members_url, (struct host_server){NULL, s->members_certificate, s->members_key}, why);
	if (!e)
		e = file_join(package, at, "admin.p12");
	if (!e)
		e = host_staff_new(&o, &(struct host_staff){w->admin, "administrator", w->admin_email, package},
				   out->admin_id, &out->admin_password, why);
	host_office_close(&o);
	return e;
}

enum err init_build(const char *at, const struct init_wishes *w, const struct secret *root_pass, struct init_result *out,
		    struct errbuf *why)
{
	struct settings *s = NULL;
	enum err e = make_folders(at, why);
	if (!e)
		e = write_configuration(at, w, &s, why);
	if (!e)
		e = profiles_write(s, why);
	if (!e)
		e = init_authorities(s, at, root_pass, out, why);
	if (!e)
		e = make_random_keys(s, why);
	if (!e)
		e = make_courier(s, why);
	if (!e)
		e = make_certificates(s, at, w, out, why);
	settings_free(s);
	return e;
}
