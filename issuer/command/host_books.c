#include "issuer/command/host_books.h"
#include "base/encode.h"
#include "ca/asn1_time.h"
#include "issuer/clerk/clerk_reconcile.h"
#include "issuer/command/host_issue.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

const struct actor host_actor = {.id = "host", .role = "host", .request = ""};

static enum err read_issuer(struct host_books *b, struct errbuf *why)
{
	X509 *certificate = NULL;
	enum err e = host_read_certificate(b->settings->ca_issuing, &certificate, why);
	if (!e)
		e = issuer_name_of(certificate, b->issuer);
	if (!e && asn1_time_read(X509_get0_notAfter(certificate), &b->issuing_until) != ERR_OK)
		e = fail(why, ERR_MALFORMED, "%s: its end cannot be read", b->settings->ca_issuing);
	X509_free(certificate);
	return e;
}

static enum err open_journal(struct host_books *b, struct errbuf *why)
{
	int fd = open(b->settings->journal, O_RDWR | O_APPEND | O_CLOEXEC);
	if (fd < 0)
		return fail(why, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s: %s", b->settings->journal, strerror(errno));
	return journal_open(fd, b->settings->node, &b->journal, why);
}

enum err host_books_open(struct host_books *b, const struct settings *s, struct errbuf *why)
{
	*b = (struct host_books){.settings = s};
	enum err e = read_issuer(b, why);
	if (!e)
		e = open_journal(b, why);
	return e ? e : store_open(s->database, STORE_OPEN, &b->store, why);
}

void host_books_close(struct host_books *b)
{
	journal_close(b->journal);
	store_close(b->store);
	*b = (struct host_books){0};
}

enum err host_books_agree(struct store *s, const struct journal *j, struct errbuf *why)
{
	struct journal_last last;
	struct errbuf lacking = {""};
	journal_last_known(j, &last);
	enum err e = reconcile_newest(s, &last, &lacking);
	if (e == ERR_NOT_FOUND)
		return fail(why, ERR_REFUSED, "an old database was put back (%s): run counterfoild recover", lacking.text);
	return e;
}
