/* The front: the only process that the outside can reach. It opens everything, starts every thread, shuts itself in,
 * and then only waits for the end. */
#include "base/log.h"
#include "issuer/http/house.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>

static void wait_for_end(struct child *c)
{
	while (!child_stopping(c)) {
		struct pollfd p = {.fd = child_stop_fd(c), .events = POLLIN};
		if (poll(&p, 1, 1000) < 0 && errno != EINTR)
			break;
	}
}

int role_front(struct child *c)
{
	struct errbuf why = {""};
	struct house *h = house_new();
	enum err rc = ERR_MEMORY;
	if (!h)
		goto out;
	signal(SIGPIPE, SIG_IGN);
	rc = house_open(h, c, &why);
	if (rc == ERR_OK)
		rc = child_confine(c, &why);
	if (rc == ERR_OK) {
		log_event(LOG_LEVEL_INFO, "front.ready", {0});
		wait_for_end(c);
		log_event(LOG_LEVEL_INFO, "front.stopping", {0});
	}
	house_close(h);
out:
	if (rc != ERR_OK)
		log_event(LOG_LEVEL_ERROR, "front.failed", {"error", err_word(rc)}, {"why", err_why(rc, &why)});
	return err_exit_code(rc);
}
