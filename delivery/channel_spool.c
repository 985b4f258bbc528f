#include "delivery/channel_spool.h"
#include "base/clock.h"
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FILE_NAME_SIZE = 160, FILE_BYTES_MAX = 32768 };

/* "20261122T021338Z", which sorts as time does. */
static void compact_time(int64_t now, char out[CLOCK_TEXT_SIZE])
{
	char text[CLOCK_TEXT_SIZE], *at = out;
	clock_text(now, text);
	for (const char *p = text; *p; p++)
		if (*p != '-' && *p != ':')
			*at++ = *p;
	*at = '\0';
}

/* A message's name and file_publish's six characters more. */
static bool half_written(const char *name)
{
	static const char ending[] = ".txt.";
	size_t len = strlen(name), tail = strlen(ending) + 6;
	return len > strlen("20261122T021338Z-") + tail && name[8] == 'T' && name[15] == 'Z' && name[16] == '-' &&
	       strncmp(name + len - tail, ending, strlen(ending)) == 0;
}

/* What is in the way of it is said when a message cannot be left. */
void channel_spool_begin(const struct channel_settings *s)
{
	char path[4096];
	DIR *open = opendir(s->spool_folder);
	for (struct dirent *e; open && (e = readdir(open));)
		if (half_written(e->d_name) && file_join(path, s->spool_folder, e->d_name) == ERR_OK)
			unlink(path);
	if (open)
		closedir(open);
}

/* The name under which the same message was left before, if it was. */
static bool find_earlier(DIR *folder, const char *ending, char name[FILE_NAME_SIZE])
{
	size_t tail = strlen(ending);
	for (struct dirent *e; (e = readdir(folder));) {
		size_t len = strlen(e->d_name);
		if (len == strlen("20261122T021338Z") + tail && strcmp(e->d_name + len - tail, ending) == 0) {
			memcpy(name, e->d_name, len + 1);
			return true;
		}
	}
	return false;
}

static enum err file_name(const char *folder, const char *id, const struct message *m, int64_t now,
			  char name[FILE_NAME_SIZE], struct errbuf *why)
{
	char time[CLOCK_TEXT_SIZE], ending[FILE_NAME_SIZE];
	DIR *open = opendir(folder);
	if (!open)
		return fail(why, ERR_UNAVAILABLE, "spool folder %s: %s", folder, strerror(errno));
	snprintf(ending, sizeof ending, "-%s-%s-%s.txt", message_channel_name(m->channel), message_kind_name(m->kind),
		 id);
	if (!find_earlier(open, ending, name)) {
		compact_time(now, time);
		int n = snprintf(name, FILE_NAME_SIZE, "%s%s", time, ending);
		name[n > 0 && n < FILE_NAME_SIZE ? n : 0] = '\0';
	}
	closedir(open);
	return name[0] ? ERR_OK : fail(why, ERR_REFUSED, "spool: the name of the file is too long");
}

static void write_file(const char *id, const struct message *m, struct buf *file)
{
	buf_format(file, "To: %s\n", m->to);
	if (m->channel == CHANNEL_MAIL) {
		buf_text(file, "Subject: ");
		buf_add(file, m->subject.data, m->subject.len);
		buf_byte(file, '\n');
	}
	buf_format(file, "Message-Id: %s\n\n", id);
	buf_add(file, m->text.data, m->text.len);
	if (m->channel == CHANNEL_SMS)
		buf_byte(file, '\n');
}

enum err channel_spool_send(const struct channel_settings *s, const struct message *m, struct handover *h, struct errbuf *why)
{
	const char *id = h->key;
	char name[FILE_NAME_SIZE] = {0}, path[4096];
	struct buf file = BUF_INIT(FILE_BYTES_MAX);
	if (!channel_id_ok(id)) /* it becomes part of the file's name */
		return fail(why, ERR_REFUSED, "spool: that is not a message's id");
	enum err rc = file_name(s->spool_folder, id, m, h->now, name, why);
	if (rc)
		return rc;
	rc = file_join(path, s->spool_folder, name);
	if (rc)
		return fail(why, ERR_REFUSED, "spool: the path is too long");
	write_file(id, m, &file);
	rc = buf_check(&file);
	if (!rc && file_publish(path, file.data, file.len, 0600, why) != ERR_OK)
		rc = ERR_UNAVAILABLE; /* a full or missing disk comes back */
	buf_free(&file);
	return rc;
}
