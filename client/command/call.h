/* call: what goes out with a call, and where its answer goes, each in pieces; and by SOAP, as a whole. */
#ifndef CLIENT_COMMAND_CALL_H
#define CLIENT_COMMAND_CALL_H

#include "base/file_stream.h"
#include "client/command/arguments.h"
#include "client/include/counterfoil.h"

/* What a plain call and one by SOAP have in common: where to, headers (GIVEN_MAX + 1 of them at most), time, tries. */
counterfoil_request call_request(const struct arguments *given, const char **headers);

struct call_body {
	const char *method; /* when none was said */
	counterfoil_bytes memory;
	counterfoil_source source; /* when read is set */
	int fd;                    /* of the source, -1 for none */
	counterfoil_part parts[GIVEN_MAX];
	char *names[GIVEN_MAX]; /* owned */
	size_t part_count;
};

/* From --data, --upload or --form, of which one may be given. ERR_USAGE, or what a file that cannot be read says. */
enum err call_body_open(const struct arguments *given, struct call_body *body, struct errbuf *why) MUST_CHECK;
void call_body_close(struct call_body *body);

struct call_output {
	counterfoil_sink sink; /* when write is set: else the answer is kept, and shown by call_output_end */
	bool head;             /* status and headers come first */
	bool json;             /* everything as one object, the body too unless it went to a file */
	bool begun;            /* standard output had it, and something of the body */
	struct file_stream file; /* of --out */
	const char *path;        /* of --out, or NULL */
	enum err failed;         /* how, and why, when the sink failed */
	struct errbuf why;
};

enum err call_output_open(const struct arguments *given, struct call_output *output, struct errbuf *why) MUST_CHECK;
/* The answer is whole: what the sink had not is written, and a file gets its name. */
enum err call_output_end(struct call_output *output, const counterfoil_response *response, struct errbuf *why) MUST_CHECK;
void call_output_close(struct call_output *output);
/* Status and headers. */
enum err call_output_head(const counterfoil_response *response, struct errbuf *why) MUST_CHECK;

/* All of it as one JSON object. */
enum err call_output_json(const counterfoil_response *response, bool with_body, struct errbuf *why) MUST_CHECK;

/* The call with --soap. */
enum err call_soap(const struct arguments *given, struct errbuf *why) MUST_CHECK;

#endif
