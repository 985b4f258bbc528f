#include "issuer/clerk/clerk.h"

#include "base/log.h"
#include "delivery/address.h"
#include "issuer/clerk/clerk_calendar.h"
#include "issuer/clerk/clerk_due.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* The order is that of a start: first journal and database are compared, so that issuing may begin. */
static const struct task office[] = {
	{"reconcile", 2000, false, false, clerk_reconcile},
	{"crl", 1000, true, false, clerk_crl},
	{"sweep", 10000, false, false, clerk_sweep},
	{"remind", 10000, false, false, clerk_remind},
	{"issuers", 10000, false, false, clerk_issuers},
	{"ends", 60000, false, false, clerk_ends},
	{"truncate", 60000, false, true, clerk_truncate},
	{"keys", 1000, false, false, clerk_keys},
};

/* On a thread of its own: a gateway that takes its time over a message delays no revocation list. */
static const struct task post[] = {
	{"outbox", 1000, true, false, clerk_outbox},
	{"truncate", 60000, false, true, clerk_truncate},
};

/* To whom mails of our own are sealed, and whether the mailbox for them is one. */
static enum err read_mailer(struct child *child, struct clerk *c, struct errbuf *why)
{
	struct errbuf reason = {""};
	const char *staff = c->settings->staff_mail;
	enum err rc = child_take_certificate(child, "file.courier", &c->mailer, why);
	if (!rc && staff[0] && mailbox_check(staff, strlen(staff), &reason) != ERR_OK)
		rc = fail(why, ERR_USAGE, "delivery.staff_mail = %s: %s", staff, reason.text);
	return rc;
}

static enum err set_up(struct child *child, struct clerk *c, struct errbuf *why)
{
	c->settings = child_settings(child);
	c->shared = child_shared(child);
	c->signer = child_line(child, ROLE_SIGNER);
	c->courier = child_line(child, ROLE_COURIER);
	tzset(); /* the quiet hours are local; later no file can be opened */
	enum err rc = quiet_hours_read(c->settings->quiet_hours, &c->quiet, why);
	if (!rc)
		rc = issuers_take(child, &c->issuers, why);
	if (!rc)
		rc = read_mailer(child, c, why);
	if (!rc)
		rc = store_open(c->settings->database, STORE_OPEN, &c->store, why);
	if (!rc) /* for all who use it: a start waits least for this process */
		rc = store_fits(c->store, why);
	if (!rc) /* a predecessor may have died between a commit and its word to the front */
		clerk_revoked(c);
	return rc;
}

/* The sender's thread: its own books, and the word of the other calendar on whether the database may be believed. */
struct sender {
	struct clerk clerk;
	struct rota rota;
	pthread_t thread;
	bool runs;
	int kick, end; /* eventfds */
};

static void *send_mail(void *sender)
{
	struct sender *s = sender;
	calendar_follow(&s->clerk, &s->rota);
	return NULL;
}

static enum err start_sender(struct sender *s, const struct clerk *c, struct errbuf *why)
{
	s->clerk = (struct clerk){.courier = c->courier, .settings = c->settings, .shared = c->shared, .quiet = c->quiet,
				  .mailer = c->mailer, .compared = &c->trusted};
	s->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->end = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->kick < 0 || s->end < 0)
		return fail(why, ERR_IO, "eventfd: %s", strerror(errno));
	s->rota = (struct rota){post, sizeof post / sizeof post[0], &c->shared->sender_fault, NULL, s->kick, -1, s->end};
	enum err rc = store_open(c->settings->database, STORE_OPEN, &s->clerk.store, why);
	if (!rc && pthread_create(&s->thread, NULL, send_mail, s) != 0)
		rc = ERR_MEMORY;
	s->runs = !rc;
	return rc;
}

static void stop_sender(struct sender *s)
{
	uint64_t one = 1;
	if (s->runs && write(s->end, &one, sizeof one) == sizeof one) {
		line_stop(s->clerk.courier); /* a gateway that takes its time over a message delays no end */
		pthread_join(s->thread, NULL);
	}
	store_close(s->clerk.store);
	if (s->kick >= 0)
		close(s->kick);
	if (s->end >= 0)
		close(s->end);
}

int role_clerk(struct child *child)
{
	struct clerk c = {0};
	struct sender sender = {.kick = -1, .end = -1};
	struct errbuf why = {0};
	enum err rc = set_up(child, &c, &why);
	int kick = child_take(child, "kick");
	if (!rc)
		rc = start_sender(&sender, &c, &why);
	if (!rc)
		rc = child_confine(child, &why);
	const struct rota rota = {office, sizeof office / sizeof office[0], c.shared ? &c.shared->clerk_fault : NULL,
				  c.shared ? &c.shared->clerk_alive_at : NULL, kick, sender.kick, child_stop_fd(child)};
	if (rc)
		log_event(LOG_LEVEL_ERROR, "clerk.start_failed", {"error", err_word(rc)}, {"why", err_why(rc, &why)});
	else
		calendar_follow(&c, &rota);
	stop_sender(&sender);
	store_close(c.store);
	issuers_clear(&c.issuers);
	X509_free(c.mailer);
	if (kick >= 0)
		close(kick);
	return err_exit_code(rc);
}
