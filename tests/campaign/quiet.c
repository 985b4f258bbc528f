#include "tests/campaign/quiet.h"
#include "issuer/signer/journal.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { QUIET_SECONDS = 60 };

static bool journal_is_whole(const struct installation *i, char fault[FAULT_SIZE])
{
	char path[PATH_MAX];
	struct errbuf why = {""};
	snprintf(path, sizeof path, "%s/journal", i->dir);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum err e = journal_walk(fd, NULL, NULL, &why);
	snprintf(fault, FAULT_SIZE, "journal: %s", err_why(e, &why));
	if (fd >= 0)
		close(fd);
	return e == ERR_OK;
}

/* As an operator would ask, over the API. */
static bool audit_verifies(const struct installation *i, char fault[FAULT_SIZE])
{
	static const char verify[] = "exec \"$1/counterfoil\" --server \"$2\" --ca \"$3/ca/root.pem\" --identity \"$3/admin.p12\""
				     " --password-file \"$3.admin-password\" audit verify >\"$3.verify\" 2>&1";
	snprintf(fault, FAULT_SIZE, "audit verify: see the file .verify beside it");
	return shell(verify, i->build, i->members_url, i->dir);
}

bool becomes_quiet(struct installation *i, struct ledger *l, char fault[FAULT_SIZE])
{
	bool fine = false;
	if (!installation_again(i)) {
		snprintf(fault, FAULT_SIZE, "it does not start again");
		return false;
	}
	for (int64_t until = mono_ms() + QUIET_SECONDS * 1000; !fine && mono_ms() < until; pause_ms(200))
		fine = ledger_read(l, fault) && ledger_open_intents(l) == 0 &&
		       ledger_all(l, true, fault) && ledger_crl(l, fault);
	return fine && journal_is_whole(i, fault) && audit_verifies(i, fault);
}
