#include "issuer/http/listen.h"

#include "base/encode.h"
#include "base/log.h"
#include "base/secret.h"
#include "issuer/http/exchange.h"
#include "issuer/http/loop.h"
#include "issuer/http/metrics.h"
#include "issuer/http/wire.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTION_MEMORY = 32768, OPTIONS_MAX = 16, LEAVING_MOST = 64 };

static bool has_loop(const struct listening *l)
{
	return l->listener == LISTENER_STATUS && l->front->ocsp;
}

static bool is_tls(enum listener l)
{
	return l == LISTENER_PUBLIC || l == LISTENER_MEMBERS;
}

static void begin_connection(struct listening *l, struct MHD_Connection *mhd, void **context)
{
	int fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	struct credentials *credentials = l->credentials ? credentials_current(l->credentials) : NULL;
	if (credentials) {
		gnutls_session_t session =
		    MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session;
		if (credentials_use(credentials, session) != ERR_OK)
			shutdown(fd, SHUT_RDWR);
	}
	struct connection *c = connection_open(l->connections, fd, credentials, l->listener == LISTENER_MEMBERS);
	const struct settings *s = l->front->desk.settings;
	if (c)
		connection_deadline(c, s->request_time);
	else
		shutdown(fd, SHUT_RDWR);
	if (c && l->listener == LISTENER_STATUS)
		connections_make_room(l->connections, c, (size_t)s->connections_per_address, (size_t)s->connections);
	*context = c;
}

static void on_connection(void *ctx, struct MHD_Connection *mhd, void **context,
			  enum MHD_ConnectionNotificationCode what)
{
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		begin_connection(ctx, mhd, context);
	} else if (*context) {
		connection_close(*context);
		*context = NULL;
	}
}

/* Paths are matched, and queries decoded, by our own strict readers. */
static size_t leave_escapes(void *ctx, struct MHD_Connection *mhd, char *text)
{
	(void)ctx, (void)mhd;
	return strlen(text);
}

static void on_library_message(void *ctx, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
static void on_library_message(void *ctx, const char *format, va_list args)
{
	const struct listening *l = ctx;
	char text[256];
	vsnprintf(text, sizeof text, format, args);
	log_event(LOG_LEVEL_DEBUG, "http.library", {"listener", listener_name(l->listener)}, {"text", text});
}

static enum err start_daemon(struct listening *l, const struct listening_source *from, struct errbuf *why)
{
	const struct settings *s = l->front->desk.settings;
	unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
	if (!has_loop(l))
		flags |= MHD_USE_INTERNAL_POLLING_THREAD;
	/* Who asks for a status is never kept out by who holds idle connections: those leave (connections_make_room), a
	 * moment after they were counted here. */
	int64_t leaving = l->listener == LISTENER_STATUS ? LEAVING_MOST : 0;
	/* Not MHD_OPTION_STRICT_FOR_CLIENT: it answers a missing Host by itself and keeps the connection, so that the
	 * body of such a request would be read as the next one. */
	struct MHD_OptionItem options[OPTIONS_MAX] = {
		{MHD_OPTION_LISTEN_SOCKET, from->socket, NULL},
		{MHD_OPTION_CONNECTION_LIMIT, (intptr_t)(s->connections + leaving), NULL},
		{MHD_OPTION_PER_IP_CONNECTION_LIMIT, (intptr_t)(s->connections_per_address + leaving), NULL},
		{MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)(s->idle_time + s->request_time), NULL},
		{MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL},
		{MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, NULL},
	};
	size_t n = 6;
	if (from->tls) {
		const char *chain = buf_string(from->tls->chain);
		if (!chain)
			return ERR_MEMORY;
		flags |= MHD_USE_TLS;
		/* The library wants a pair to begin with; every connection gets its own in begin_connection. */
		options[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)chain};
		options[n++] =
		    (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)secret_string(from->tls->key)};
		options[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)CREDENTIALS_PRIORITY};
	}
	options[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
	l->daemon =
	    MHD_start_daemon(flags, 0, NULL, NULL, exchange_continue, l, MHD_OPTION_EXTERNAL_LOGGER, on_library_message,
			     l, MHD_OPTION_URI_LOG_CALLBACK, exchange_begin, l, MHD_OPTION_NOTIFY_COMPLETED,
			     exchange_end, l, MHD_OPTION_NOTIFY_CONNECTION, on_connection, l,
			     MHD_OPTION_UNESCAPE_CALLBACK, leave_escapes, l, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
	return l->daemon ? ERR_OK : fail(why, ERR_IO, "the %s listener does not start", listener_name(l->listener));
}

static enum err start_credentials(struct listening *l, const struct listening_source *from, struct errbuf *why)
{
	struct credentials *first = NULL;
	if (!from->tls)
		return ERR_OK;
	enum err rc = credentials_new(from->tls, &first, why);
	return rc == ERR_OK ? credentials_slot_new(first, &l->credentials) : rc;
}

static enum err start_loop(struct listening *l, struct errbuf *why)
{
	if (loop_start(l->daemon, l->front->ocsp, &l->loop) == ERR_OK)
		return ERR_OK;
	(void)MHD_quiesce_daemon(l->daemon); /* the socket is the caller's to close */
	MHD_stop_daemon(l->daemon);
	return fail(why, ERR_MEMORY, "the %s listener has no thread", listener_name(l->listener));
}

enum err listening_start(struct front *front, const struct listening_source *from, struct listening **out,
			 struct errbuf *why)
{
	struct listening *l = calloc(1, sizeof *l);
	enum err rc = ERR_MEMORY;
	if (!l)
		goto out;
	*l = (struct listening){.listener = from->listener, .front = front, .quiet = -1};
	rc = ERR_USAGE;
	if (from->socket < 0 || is_tls(from->listener) != (from->tls != NULL)) {
		fail(why, rc, "the %s listener has no socket, or no certificate", listener_name(from->listener));
		goto out;
	}
	rc = connections_new(&l->connections);
	if (rc == ERR_OK)
		rc = start_credentials(l, from, why);
	if (rc == ERR_OK)
		rc = start_daemon(l, from, why);
	if (rc == ERR_OK && has_loop(l))
		rc = start_loop(l, why);
	if (rc != ERR_OK)
		goto out;
	atomic_store(&front->metrics->connections[l->listener], l->connections);
	if (!wire_known(MHD_get_version()))
		log_event(LOG_LEVEL_WARNING, "http.library_unknown", {"version", MHD_get_version()},
			  {"why", "heads are not compared with their bytes: see wire.h"});
	*out = l;
	l = NULL;
out:
	if (l) {
		if (from->socket >= 0)
			close(from->socket);
		credentials_slot_free(l->credentials);
		connections_free(l->connections);
		free(l);
	}
	return rc;
}

void listening_quiet(struct listening *l)
{
	if (l && l->quiet < 0)
		l->quiet = l->loop ? loop_quiet(l->loop) : MHD_quiesce_daemon(l->daemon);
}

void listening_stop(struct listening *l)
{
	if (!l)
		return;
	loop_stop(l->loop);
	MHD_stop_daemon(l->daemon);
	if (l->quiet >= 0)
		close(l->quiet);
	atomic_store(&l->front->metrics->connections[l->listener], NULL);
	credentials_slot_free(l->credentials);
	connections_free(l->connections);
	free(l->spare);
	free(l);
}

/* Drawn in bulk: one at a time costs more than all else that a request's beginning does. */
enum err listening_request_id(struct listening *l, char out[17])
{
	if (!l->ids_left) {
		enum err rc = random_bytes(l->ids, sizeof l->ids);
		if (rc != ERR_OK)
			return rc;
		l->ids_left = REQUEST_IDS_AT_ONCE;
	}
	hex_encode(l->ids[--l->ids_left], REQUEST_ID_BYTES, out);
	return ERR_OK;
}
