/* transport_feed: one run of bytes on its way out, from memory, an open file or the caller's source. */
#ifndef CLIENT_TRANSPORT_FEED_H
#define CLIENT_TRANSPORT_FEED_H

#include "client/outcome.h"

struct lane;

struct feed {
	struct lane *lane;
	const counterfoil_source *source; /* or NULL, then */
	int fd;                           /* unless -1, then */
	counterfoil_bytes data;
	int64_t length; /* below 0: unknown */
	int64_t done;   /* bytes that have been read */
};

/* For CURLOPT_READFUNCTION, CURLOPT_SEEKFUNCTION and their like of a form's part; data is the feed. */
size_t feed_read(char *into, size_t one, size_t most, void *data);
int feed_seek(void *data, int64_t offset, int origin);
/* To its first byte when an earlier try has read from it; READER_FAILED when its source cannot. */
counterfoil_code feed_start(struct feed *feed);

#endif
