#include "base/file.h"
#include "client/transport_lane.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int64_t read_some(struct feed *feed, void *into, size_t most)
{
	if (feed->source) {
		feed->lane->attempt->reading = true;
		return feed->source->read(feed->source->context, into, most);
	}
	if (feed->fd >= 0)
		return file_read_some(feed->fd, into, most);
	if (most)
		memcpy(into, (const char *)feed->data.data + feed->done, most);
	return (int64_t)most;
}

/* No more than was told is asked for, and no less is taken: a body cut short would leave the server waiting. Once the server
 * has cut us off, and what it said has been read, there is nobody to send the rest to. */
size_t feed_read(char *into, size_t one, size_t most, void *data)
{
	struct feed *feed = data;
	if (feed->lane->cut && !feed->lane->own_fault)
		lane_fail(feed->lane, COUNTERFOIL_BROKEN, lane_cut_text);
	if (feed->lane->own_fault) /* it was stopped from a callback */
		return CURL_READFUNC_ABORT;
	int64_t left = feed->length < 0 ? INT64_MAX : feed->length - feed->done;
	most *= one;
	if ((uint64_t)left < most)
		most = (size_t)left;
	int64_t n = most ? read_some(feed, into, most) : 0;
	if (n < 0 || (uint64_t)n > most || (n == 0 && most && feed->length >= 0)) {
		feed->lane->own_fault = COUNTERFOIL_READER_FAILED;
		return CURL_READFUNC_ABORT;
	}
	feed->done += n;
	return (size_t)n;
}

static bool rewind_feed(struct feed *feed)
{
	if (feed->source)
		return feed->source->rewind && feed->source->rewind(feed->source->context) == 0;
	return feed->fd < 0 || lseek(feed->fd, 0, SEEK_SET) == 0;
}

/* libcurl seeks to send again from the beginning, nowhere else. */
int feed_seek(void *data, int64_t offset, int origin)
{
	struct feed *feed = data;
	if (origin != SEEK_SET || offset != 0)
		return CURL_SEEKFUNC_FAIL;
	if (feed->done > 0 && feed->source && !feed->source->rewind)
		return CURL_SEEKFUNC_CANTSEEK; /* ends as broken, which it is */
	if (feed->done > 0 && !rewind_feed(feed)) {
		feed->lane->own_fault = COUNTERFOIL_READER_FAILED;
		return CURL_SEEKFUNC_FAIL;
	}
	feed->done = 0;
	return CURL_SEEKFUNC_OK;
}

counterfoil_code feed_start(struct feed *feed)
{
	feed->done = 0;
	bool ready = !feed->source || !feed->lane->attempt->reading || rewind_feed(feed);
	return ready ? COUNTERFOIL_OK : COUNTERFOIL_READER_FAILED;
}
