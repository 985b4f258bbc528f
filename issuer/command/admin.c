/* `counterfoild admin new`: break-glass. Whoever may read the keys of this host may make a member of the staff; the audit
 * record says that the host did. */
#include "base/file.h"
#include "ca/name.h"
#include "delivery/address.h"
#include "issuer/command/command.h"
#include "issuer/command/host_issue.h"
#include "issuer/order/role.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct wishes {
	const char *config, *name, *role, *email, *out;
};

static enum err check_role(const char *role, struct errbuf *why)
{
	return role_known(role) ? ERR_OK : fail(why, ERR_USAGE, "--role %.40s: wanted " ROLE_WORDS, role);
}

static enum err parse(int argc, char **argv, struct wishes *w, struct errbuf *why)
{
	const struct option_row rows[] = {
		{.name = "config", .value = &w->config}, {.name = "name", .value = &w->name},
		{.name = "role", .value = &w->role},     {.name = "email", .value = &w->email},
		{.name = "out", .value = &w->out},
		{0},
	};
	struct operands verb = {.most = 1};
	enum err e = options_parse(argc, argv, rows, &verb, why);
	if (!e && (verb.count != 1 || strcmp(verb.at[0], "new") != 0))
		e = fail(why, ERR_USAGE, "admin knows one thing to do: admin new");
	if (!e && (!w->config || !w->name || !w->role || !w->out))
		e = fail(why, ERR_USAGE, "admin new needs --config, --name, --role and --out");
	if (!e)
		e = check_role(w->role, why);
	if (!e && name_check(w->name, strlen(w->name), why) != ERR_OK)
		e = ERR_USAGE;
	if (!e && w->email && mailbox_check(w->email, strlen(w->email), why) != ERR_OK)
		e = ERR_USAGE;
	if (!e && access(w->out, F_OK) == 0)
		e = fail(why, ERR_EXISTS, "%s exists already", w->out);
	return e;
}

static enum err make(const struct wishes *w, char id[ID_SIZE], struct secret **password, struct errbuf *why)
{
	struct settings *s = NULL;
	struct host_office o = {.settings = NULL};
	enum err e = settings_load(w->config, &s, why);
	if (e)
		return ERR_USAGE;
	e = host_office_open(&o, s, STORE_OPEN, why);
	if (!e)
		e = host_staff_new(&o, &(struct host_staff){w->name, w->role, w->email, w->out}, id, password, why);
	host_office_close(&o);
	settings_free(s);
	return e;
}

int command_admin(int argc, char **argv)
{
	struct wishes w = {NULL, NULL, NULL, NULL, NULL};
	struct secret *password = NULL;
	struct errbuf why = {""};
	char id[ID_SIZE] = "";
	umask(077);
	enum err e = parse(argc, argv, &w, &why);
	if (!e)
		e = make(&w, id, &password, &why);
	if (!e) {
		fprintf(stderr, "counterfoild: %s has the certificate and key of %s (%s, staff id %s).\n"
			"Its password stands alone on standard output and is shown only now.\n", w.out, w.name, w.role, id);
		fprintf(stdout, "%s\n", secret_string(password));
	}
	secret_free(password);
	return e ? command_failed(e, &why) : 0;
}
