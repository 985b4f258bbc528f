#include "base/file.h"
#include "client/command/call.h"
#include "client/command/output.h"

#include <unistd.h>

enum { HEAD_MAX = 1 << 20 };

enum err call_output_head(const counterfoil_response *response, struct errbuf *why)
{
	struct buf head = BUF_INIT(HEAD_MAX);
	const char *name, *value;
	buf_format(&head, "HTTP %d\n", counterfoil_response_status(response));
	for (size_t i = 0; (name = counterfoil_response_header_at(response, i, &value)); i++)
		buf_format(&head, "%s: %s\n", name, value);
	buf_byte(&head, '\n');
	enum err e = buf_check(&head);
	if (!e)
		e = output_body(head.data, head.len, why);
	buf_free(&head);
	return e;
}

static int begin(void *context, const counterfoil_response *head)
{
	struct call_output *output = context;
	output->begun = true;
	if (output->head)
		output->failed = call_output_head(head, &output->why);
	return output->failed != ERR_OK;
}

static int write_file(void *context, const void *bytes, size_t len)
{
	struct call_output *output = context;
	output->failed = file_stream_write(&output->file, bytes, len, &output->why);
	return output->failed != ERR_OK;
}

static int restart_file(void *context)
{
	struct call_output *output = context;
	output->failed = file_stream_restart(&output->file, &output->why);
	return output->failed != ERR_OK;
}

static int write_standard(void *context, const void *bytes, size_t len)
{
	struct call_output *output = context;
	output->failed = output_bytes(bytes, len, &output->why);
	return output->failed != ERR_OK;
}

/* A terminal's text is made safe as a whole, so it is kept; what was piped on cannot be taken back. A file's head waits
 * for the end: only then is it known which try's answer stands. */
enum err call_output_open(const struct arguments *given, struct call_output *output, struct errbuf *why)
{
	*output = (struct call_output){.head = arguments_switch(given, "include"),
				       .json = arguments_switch(given, "json"), .path = arguments_value(given, "out")};
	output->file.fd = -1;
	if (output->path) {
		output->sink = (counterfoil_sink){write_file, NULL, restart_file, output};
		return file_stream_begin(&output->file, output->path, 0600, why);
	}
	if (!output->json && !isatty(STDOUT_FILENO))
		output->sink = (counterfoil_sink){write_standard, begin, NULL, output};
	return ERR_OK;
}

static enum err publish(struct call_output *output, counterfoil_bytes rest, struct errbuf *why)
{
	enum err e = file_stream_write(&output->file, rest.data, rest.len, why);
	return e ? e : file_stream_publish(&output->file, why);
}

/* The body is data whatever the status: a refusal's reasons are in it. What the sink took is not in the response. */
enum err call_output_end(struct call_output *output, const counterfoil_response *response, struct errbuf *why)
{
	counterfoil_bytes body = counterfoil_response_body(response);
	enum err e = ERR_OK;
	if (output->json)
		e = call_output_json(response, !output->path, why);
	else if (output->head && !output->begun)
		e = call_output_head(response, why);
	if (e)
		return e;
	if (output->path)
		return publish(output, body, why);
	return output->json ? ERR_OK : output_body(body.data, body.len, why);
}

void call_output_close(struct call_output *output)
{
	file_stream_drop(&output->file);
}
