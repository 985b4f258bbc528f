#include "base/file.h"
#include "ca/authority.h"
#include "issuer/process/child_internal.h"
#include "issuer/process/line_end.h"

#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

enum { CERTIFICATE_FILE_MOST = 65536 };

enum err child_init(struct child *c, enum role role, int control)
{
	*c = (struct child){.role = role, .control = control, .wake = -1, .stop = -1};
	for (int r = 0; r < ROLE_COUNT; r++)
		c->incoming[r] = -1;
	if (pthread_mutex_init(&c->lock, NULL) != 0 || pthread_mutex_init(&c->sending, NULL) != 0)
		return ERR_MEMORY;
	c->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	c->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return c->wake < 0 || c->stop < 0 ? ERR_IO : ERR_OK;
}

static void close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

void child_clear(struct child *c)
{
	for (int r = 0; r < ROLE_COUNT; r++) {
		line_free(c->lines[r]);
		close_if_open(c->incoming[r]);
	}
	for (size_t i = 0; i < c->grant_count; i++)
		close_if_open(c->grants[i].fd);
	close_if_open(c->wake);
	close_if_open(c->stop);
	if (c->shared)
		munmap(c->shared, sizeof *c->shared);
	settings_free(c->settings);
}

const struct settings *child_settings(const struct child *c)
{
	return c->settings;
}

int child_take(struct child *c, const char *name)
{
	for (size_t i = 0; i < c->grant_count; i++)
		if (strcmp(c->grants[i].name, name) == 0) {
			int fd = c->grants[i].fd;
			c->grants[i].fd = -1;
			return fd;
		}
	return -1;
}

bool child_has(const struct child *c, const char *name)
{
	for (size_t i = 0; i < c->grant_count; i++)
		if (strcmp(c->grants[i].name, name) == 0)
			return c->grants[i].fd >= 0;
	return false;
}

enum err child_take_secret(struct child *c, const char *name, size_t max, struct secret **out, struct errbuf *why)
{
	int fd = child_take(c, name);
	if (fd < 0)
		return fail(why, ERR_INTERNAL, "%s was not granted to the %s", name, role_name(c->role));
	enum err e = file_read_secret_fd(fd, name, max, out, why);
	close(fd);
	return e;
}

enum err child_take_file(struct child *c, const char *name, struct buf *out, struct errbuf *why)
{
	int fd = child_take(c, name);
	if (fd < 0)
		return fail(why, ERR_INTERNAL, "%s was not granted to the %s", name, role_name(c->role));
	enum err e = file_read_fd(fd, name, out, why);
	close(fd);
	return e;
}

enum err child_take_certificate(struct child *c, const char *name, X509 **out, struct errbuf *why)
{
	struct buf bytes = BUF_INIT(CERTIFICATE_FILE_MOST);
	enum err e = child_take_file(c, name, &bytes, why);
	*out = NULL;
	if (!e && authority_certificate(&bytes, out, NULL) != ERR_OK)
		e = fail(why, ERR_MALFORMED, "%s holds no certificate", name);
	buf_free(&bytes);
	return e;
}

struct shared_page *child_shared(struct child *c)
{
	return c->shared;
}

const char *issuing_paused_because(const struct shared_page *p)
{
	switch (atomic_load(&p->issuing_paused)) {
	case ISSUING_OPEN:
		return NULL;
	case ISSUING_NOT_COMPARED:
		return "journal and database have not been compared yet";
	default:
		return "an old database was put back: run counterfoild recover";
	}
}

const char *issuer_fault_because(const struct shared_page *p)
{
	static const char *const because[] = {
		[ISSUER_SOUND] = NULL,
		[ISSUER_REVOKED] = "the root has revoked the issuing CA: change over to another (counterfoild ca new-issuing)",
		[ISSUER_FORMER] = "another issuing CA has issued since this one did: older files of the CAs were put back",
	};
	bool revoked = atomic_load(&p->issuers_revoked) & 1; /* at once, though the clerk has not looked yet */
	return because[revoked ? ISSUER_REVOKED : atomic_load(&p->issuer_fault)];
}

struct line *child_line(struct child *c, enum role server)
{
	return (unsigned)server < ROLE_COUNT ? c->lines[server] : NULL;
}

bool child_stopping(const struct child *c)
{
	return c->stopping;
}

void child_leave(struct child *c)
{
	c->stopping = true;
}

int child_stop_fd(const struct child *c)
{
	return c->stop;
}
