/* What is made on the host: members of the staff, and our own servers. */
#include "base/file.h"
#include "delivery/code.h"
#include "delivery/package.h"
#include "issuer/command/host_issue.h"

#include <unistd.h>

static enum err publish_package(struct host_office *o, const struct host_staff *staff, EVP_PKEY *key, X509 *certificate,
				const struct secret *password, struct errbuf *why)
{
	X509 *const chain[] = {o->issuing.certificate, o->root};
	const struct package_parts parts = {key, certificate, chain, 2, staff->name};
	struct buf package = BUF_INIT(PACKAGE_MAX_BYTES);
	enum err e = package_make(&parts, PACKAGE_MODERN, password, &package, why);
	if (!e)
		e = file_publish_new(staff->path, package.data, package.len, 0600, why);
	buf_free(&package);
	return e;
}

enum err host_staff_new(struct host_office *o, const struct host_staff *staff, char id[ID_SIZE], struct secret **password,
			struct errbuf *why)
{
	struct host_certificate made = {.certificate = NULL};
	struct host_subject subject = {.profile = PROFILE_STAFF, .common_name = staff->name, .staff_id = id,
				       .staff_role = staff->role, .staff_email = staff->email};
	EVP_PKEY *key = NULL;
	bool published = false;
	enum err e = id_new(id);
	if (!e)
		e = key_generate(o->staff.key_first, &key);
	if (!e)
		e = password_new(password);
	if (!e)
		e = host_sign(o, &subject, key, &made, why);
	if (!e) {
		e = publish_package(o, staff, key, made.certificate, *password, why);
		published = e == ERR_OK;
	}
	if (!e)
		e = host_commit(o, &subject, &made, why);
	if (e && published)
		unlink(staff->path); /* nobody shall hold a certificate that the database does not know */
	host_certificate_clear(&made);
	EVP_PKEY_free(key);
	return e;
}

enum err host_server_new(struct host_office *o, const struct host_server *server, struct errbuf *why)
{
	struct host_certificate made = {.certificate = NULL};
	const struct host_subject subject = {.profile = PROFILE_SERVER, .common_name = server->hosts[0],
					     .hosts = server->hosts};
	EVP_PKEY *key = NULL;
	enum err e = key_generate(o->server.key_first, &key);
	if (!e)
		e = host_sign(o, &subject, key, &made, why);
	if (!e)
		e = host_publish_key(server->key_path, key, NULL, why);
	if (!e)
		e = host_publish_chain(server->chain_path, (X509 *const[]){made.certificate, o->issuing.certificate, NULL},
				       why);
	if (!e)
		e = host_commit(o, &subject, &made, why);
	host_certificate_clear(&made);
	EVP_PKEY_free(key);
	return e;
}
