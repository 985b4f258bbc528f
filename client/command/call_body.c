#include "base/file.h"
#include "client/command/call.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int64_t read_descriptor(void *context, void *into, size_t most)
{
	const struct call_body *body = context;
	return file_read_some(body->fd, into, most);
}

static int rewind_descriptor(void *context)
{
	const struct call_body *body = context;
	return lseek(body->fd, 0, SEEK_SET) == 0 ? 0 : -1;
}

/* What is not a regular file is sent as it comes, once. */
static enum err stream(struct call_body *body, const char *path, struct errbuf *why)
{
	struct stat status;
	body->fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (body->fd < 0 || fstat(body->fd, &status) != 0)
		return fail(why, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "open %.200s: %s", path, strerror(errno));
	if (S_ISDIR(status.st_mode))
		return fail(why, ERR_USAGE, "%.200s is a folder", path);
	body->source = (counterfoil_source){.read = read_descriptor, .context = body, .length = -1};
	if (S_ISREG(status.st_mode) && lseek(body->fd, 0, SEEK_CUR) == 0) {
		body->source.rewind = rewind_descriptor;
		body->source.length = status.st_size;
	}
	return ERR_OK;
}

static enum err from_data(struct call_body *body, const char *data, struct errbuf *why)
{
	if (data[0] == '@')
		return stream(body, data + 1, why);
	body->memory = (counterfoil_bytes){data, strlen(data)};
	return ERR_OK;
}

static enum err from_upload(struct call_body *body, const char *path, struct errbuf *why)
{
	body->method = "PUT";
	return stream(body, path, why);
}

/* "name=value" or "name=@file" */
static enum err add_part(struct call_body *body, const char *text, struct errbuf *why)
{
	const char *equals = strchr(text, '=');
	if (!equals || equals == text)
		return fail(why, ERR_USAGE, "--form: want NAME=VALUE or NAME=@FILE, had \"%.60s\"", text);
	char *name = strndup(text, (size_t)(equals - text));
	if (!name)
		return ERR_MEMORY;
	body->names[body->part_count] = name;
	counterfoil_part *part = &body->parts[body->part_count++];
	*part = (counterfoil_part){.name = name};
	if (equals[1] == '@')
		part->path = equals + 2;
	else
		part->data = (counterfoil_bytes){equals + 1, strlen(equals + 1)};
	return ERR_OK;
}

enum err call_body_open(const struct arguments *given, struct call_body *body, struct errbuf *why)
{
	const char *data = arguments_value(given, "data"), *upload = arguments_value(given, "upload");
	*body = (struct call_body){.method = data || arguments_value(given, "form") ? "POST" : "GET", .fd = -1};
	if ((data != NULL) + (upload != NULL) + (arguments_value(given, "form") != NULL) > 1)
		return fail(why, ERR_USAGE, "--data, --upload and --form: give one of them");
	enum err e = data ? from_data(body, data, why) : upload ? from_upload(body, upload, why) : ERR_OK;
	for (size_t i = 0; !e && i < given->count; i++)
		if (strcmp(given->given[i].field->name, "form") == 0)
			e = add_part(body, given->given[i].value, why);
	if (e)
		call_body_close(body);
	return e;
}

void call_body_close(struct call_body *body)
{
	if (body->fd >= 0)
		close(body->fd);
	body->fd = -1;
	for (size_t i = 0; i < body->part_count; i++)
		free(body->names[i]);
	body->part_count = 0;
}
