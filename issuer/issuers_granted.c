/* The issuing CAs as a process of the daemon gets them: the present one, and "issuer.next" and "issuer.0" and on. */
#include "issuer/issuers.h"

#include "base/file.h"
#include "issuer/process/child.h"

#include <stdio.h>
#include <unistd.h>

static enum err take(struct child *c, struct issuers *set, enum issuer_standing standing, const char *name, struct errbuf *why)
{
	struct buf pem = BUF_INIT(ISSUER_PEM_MOST);
	struct errbuf reason = {""};
	int fd = child_take(c, name);
	if (fd < 0)
		return ERR_NOT_FOUND;
	enum err rc = file_read_fd(fd, name, &pem, why);
	close(fd);
	if (!rc && (rc = issuers_add(set, standing, pem.data, pem.len, &reason)))
		fail(why, rc, "%s: %s", name, err_why(rc, &reason));
	buf_free(&pem);
	return rc == ERR_NOT_FOUND ? ERR_MALFORMED : rc;
}

enum err issuers_take(struct child *c, struct issuers *out, struct errbuf *why)
{
	char name[32];
	*out = (struct issuers){.count = 0};
	enum err rc = take(c, out, ISSUER_PRESENT, "file.issuing", why);
	if (rc)
		return rc == ERR_NOT_FOUND ? fail(why, ERR_INTERNAL, "the issuing CA's certificate was not granted") : rc;
	rc = take(c, out, ISSUER_NEXT, "issuer.next", why);
	rc = rc == ERR_NOT_FOUND ? ERR_OK : rc;
	for (int i = 0; !rc; i++) {
		snprintf(name, sizeof name, "issuer.%d", i);
		rc = take(c, out, ISSUER_RETIRED, name, why);
	}
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}
