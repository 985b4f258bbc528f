/* transport_multipart: a form (RFC 7578) as the body, its parts read while they are sent. */
#include "client/transport_lane.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Its length is told in the head of the request, so it is a regular file's at the time. */
static counterfoil_code open_file(struct feed *feed, const char *path, counterfoil_error *error)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
		if (fd >= 0)
			close(fd);
		return outcome(error, COUNTERFOIL_FILE_UNREADABLE, "%.200s cannot be read: no such file, or not permitted", path);
	}
	feed->fd = fd;
	feed->length = status.st_size;
	return COUNTERFOIL_OK;
}

static counterfoil_code fill(struct feed *feed, const counterfoil_part *part, counterfoil_error *error)
{
	feed->source = part->source;
	if (!part->source && part->path)
		return open_file(feed, part->path, error);
	feed->data = part->data;
	feed->length = part->source ? part->source->length : (int64_t)part->data.len;
	if (feed->length < 0)
		feed->length = -1;
	counterfoil_code code = feed_start(feed);
	return code ? outcome(error, code, NULL) : COUNTERFOIL_OK;
}

static const char *filename_of(const counterfoil_part *part)
{
	if (part->filename || part->source || !part->path)
		return part->filename;
	const char *slash = strrchr(part->path, '/');
	return slash ? slash + 1 : part->path;
}

/* Not left to libcurl, which guesses by the name's end. */
static const char *type_of(const counterfoil_part *part, const char *filename)
{
	return part->type || !filename ? part->type : "application/octet-stream";
}

static bool describe(curl_mime *form, const counterfoil_part *part, struct feed *feed)
{
	curl_mimepart *made = curl_mime_addpart(form);
	const char *filename = filename_of(part);
	const char *type = type_of(part, filename);
	return made && !curl_mime_name(made, part->name) && (!filename || !curl_mime_filename(made, filename)) &&
	       (!type || !curl_mime_type(made, type)) &&
	       !curl_mime_data_cb(made, feed->length, feed_read, feed_seek, NULL, feed);
}

counterfoil_code lane_form(struct lane *lane, const counterfoil_request *request, counterfoil_error *error)
{
	lane->parts = calloc(request->part_count, sizeof *lane->parts);
	for (size_t i = 0; lane->parts && i < request->part_count; i++)
		lane->parts[i] = (struct feed){.lane = lane, .fd = -1};
	lane->form = curl_mime_init(lane->easy);
	if (!lane->form || !lane->parts)
		return outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	for (size_t i = 0; i < request->part_count; i++) {
		counterfoil_code code = fill(&lane->parts[i], &request->parts[i], error);
		if (code)
			return code;
		if (!describe(lane->form, &request->parts[i], &lane->parts[i]))
			return outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	}
	return curl_easy_setopt(lane->easy, CURLOPT_MIMEPOST, lane->form) ? outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL)
									   : COUNTERFOIL_OK;
}

void lane_form_clear(struct lane *lane)
{
	if (!lane->form && !lane->parts)
		return;
	curl_easy_setopt(lane->easy, CURLOPT_MIMEPOST, NULL);
	curl_mime_free(lane->form);
	lane->form = NULL;
	for (size_t i = 0; lane->parts && i < lane->attempt->request.part_count; i++)
		if (lane->parts[i].fd >= 0)
			close(lane->parts[i].fd);
	free(lane->parts);
	lane->parts = NULL;
}
