#include "client/transport_drive.h"
#include "client/transport_lane.h"

#include <openssl/err.h>

static unsigned events_of(int what)
{
	switch (what) {
	case CURL_POLL_IN:
		return COUNTERFOIL_WANT_READ;
	case CURL_POLL_OUT:
		return COUNTERFOIL_WANT_WRITE;
	case CURL_POLL_INOUT:
		return COUNTERFOIL_WANT_READ | COUNTERFOIL_WANT_WRITE;
	default:
		return COUNTERFOIL_WANT_NOTHING;
	}
}

/* A failure told to libcurl would spoil the multi handle; told to the lane, it ends the try. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *unused)
{
	const struct lane *lane = data;
	struct drive *drive = lane->drive;
	(void)easy;
	(void)unused;
	counterfoil_code code = drive ? drive->loop->want_fd(drive->context, fd, events_of(what)) : COUNTERFOIL_OK;
	if (code)
		drive_stop(drive, code);
	return 0;
}

static int on_timer(CURLM *multi, long milliseconds, void *data)
{
	const struct lane *lane = data;
	(void)multi;
	if (lane->drive)
		lane->drive->loop->want_timer(lane->drive->context, milliseconds);
	return 0;
}

/* Once for each multi handle. Calls of lane_run and idle connections have no loop, and the lane no drive then. */
static bool listen_to(struct lane *lane)
{
	CURLM *multi = lane_multi(lane);
	lane->listens = lane->listens || (multi && !curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, lane) &&
					  !curl_multi_setopt(multi, CURLMOPT_TIMERDATA, lane) &&
					  !curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket) &&
					  !curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer));
	return lane->listens;
}

counterfoil_code drive_begin(struct drive *drive, struct transport *transport, struct attempt *attempt,
			     counterfoil_error *error)
{
	counterfoil_code code = transport_begin(transport, attempt, &drive->lane, error);
	if (code)
		return code;
	struct lane *lane = drive->lane;
	drive->transport = transport;
	drive->result = CURLE_ABORTED_BY_CALLBACK;
	lane->drive = drive;
	if (listen_to(lane) && !curl_multi_add_handle(lane->multi, lane->easy))
		return COUNTERFOIL_OK;
	counterfoil_response *none = NULL;
	drive_stop(drive, COUNTERFOIL_OUT_OF_MEMORY);
	return drive_end(drive, &none, error);
}

bool drive_go(struct drive *drive, int fd, unsigned events)
{
	static const int bits[] = {0, CURL_CSELECT_IN, CURL_CSELECT_OUT, CURL_CSELECT_IN | CURL_CSELECT_OUT};
	struct lane *lane = drive->lane;
	int running = 0;
	ERR_set_mark();
	CURLMcode ran = curl_multi_socket_action(lane->multi, fd < 0 ? CURL_SOCKET_TIMEOUT : fd, bits[events & 3], &running);
	ERR_pop_to_mark();
	if (ran)
		drive_stop(drive, ran == CURLM_OUT_OF_MEMORY ? COUNTERFOIL_OUT_OF_MEMORY : COUNTERFOIL_FAILED);
	else if (!running)
		drive->result = (int)lane_result(lane->multi);
	return ran || !running || lane->own_fault;
}

void drive_stop(struct drive *drive, counterfoil_code why)
{
	if (drive->lane && !drive->lane->own_fault)
		drive->lane->own_fault = why;
}

counterfoil_code drive_end(struct drive *drive, counterfoil_response **response, counterfoil_error *error)
{
	struct lane *lane = drive->lane;
	ERR_set_mark();
	drive->loop->forget_fds(drive->context); /* those that are about to be closed */
	if (lane->multi)
		lane->spoilt = curl_multi_remove_handle(lane->multi, lane->easy) != CURLM_OK;
	lane->drive = NULL;
	counterfoil_code code = transport_end(drive->transport, lane, (CURLcode)drive->result, response, error);
	ERR_pop_to_mark();
	drive->lane = NULL;
	return code;
}
