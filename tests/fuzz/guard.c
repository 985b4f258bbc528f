/* The input is the head of a request as on the wire; a small reader splits it the way the HTTP library would. */
#include "issuer/http/guard.h"
#include "tests/fuzz/target.h"

#include <string.h>

static char *next_line(char **at)
{
	char *line = *at, *end = line ? strchr(line, '\n') : NULL;
	if (!line || !*line)
		return NULL;
	*at = end ? end + 1 : NULL;
	if (end)
		*end = '\0';
	if (end && end > line && end[-1] == '\r')
		end[-1] = '\0';
	return *line ? line : NULL;
}

static void read_fields(struct head *h, char **at)
{
	char *line;
	while ((line = next_line(at)) != NULL) {
		char *colon = strchr(line, ':');
		if (!colon)
			continue;
		*colon = '\0';
		const char *value = colon + 1 + strspn(colon + 1, " \t");
		head_add(h, &(struct head_field){line, value, strlen(line), strlen(value)});
	}
}

static void check(char *text)
{
	struct head h = {0};
	struct errbuf why = {0};
	char *at = text, *line = next_line(&at);
	if (!line)
		return;
	h.method = line;
	char *target = strchr(line, ' '), *version = target ? strchr(target + 1, ' ') : NULL;
	if (!version)
		return;
	*target = *version = '\0';
	h.target = target + 1;
	h.version = version + 1;
	read_fields(&h, &at);
	h.base64_below = "/ocsp/";
	if (guard_check(&h, &why) != ERR_OK) {
		HOLDS(why.text[0]);
		return;
	}
	HOLDS(h.path[0] == '/' && strlen(h.path) <= HEAD_PATH_MAX);
	HOLDS(!strstr(h.path, "/../"));
	HOLDS(strncmp(h.path, "/ocsp/", 6) == 0 || (!strchr(h.path, '%') && !strstr(h.path, "//")));
	HOLDS(head_count(&h, "Host") == 1 && head_count(&h, "Content-Length") <= 1);
	HOLDS(!(head_count(&h, "Content-Length") && head_count(&h, "Transfer-Encoding")));
	for (const char *p = h.path; *p; p++)
		HOLDS((unsigned char)*p > 0x20 && (unsigned char)*p < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	HOLDS(text);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	check(text);
	free(text);
	return 0;
}
