/* counterfoil: the command for staff and holders. See docs/man/counterfoil.1. */
#include "client/command/help.h"
#include "client/command/monitor.h"
#include "client/command/output.h"
#include "client/command/text.h"

#include <jansson.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { HELP_MAX = 1 << 20 };

/* Answers carry claims: what jansson gives back is wiped first. */
static void wiping_free(void *memory)
{
	if (memory)
		explicit_bzero(memory, malloc_usable_size(memory));
	free(memory);
}

static enum err print_help(const struct arguments *given, struct errbuf *why)
{
	struct buf text = BUF_INIT(HELP_MAX);
	const struct sheet_style style = output_style();
	help_write(given, &style, &text);
	enum err e = output_buf(&text, why);
	buf_free(&text);
	return e;
}

static enum err run(int count, const char *const *words, struct errbuf *why)
{
	static const char version[] = "counterfoil " COUNTERFOIL_VERSION "\n";
	struct arguments given;
	enum err e = arguments_parse(count, words, &given, why);
	if (e)
		return monitor_is_asked(count, words) ? monitor_tell(LEVEL_UNKNOWN, err_why(e, why), NULL, why) : e;
	if (given.version)
		return output_bytes(version, sizeof version - 1, why);
	if (given.help)
		return print_help(&given, why);
	return given.verb->run ? given.verb->run(&given, why) : run_staff(&given, why);
}

int main(int argc, char **argv)
{
	struct errbuf why = {0};
	const struct rlimit none = {0, 0};
	setrlimit(RLIMIT_CORE, &none);
	signal(SIGPIPE, SIG_IGN);
	json_set_alloc_funcs(malloc, wiping_free);
	text_begin();
	const int count = argc > 1 ? argc - 1 : 0;
	const char *const *words = (const char *const *)argv + (argc > 0);
	enum err e = run(count, words, &why);
	if (e && !monitor_is_asked(count, words)) /* that has been told */
		output_note("counterfoil: %s", err_why(e, &why));
	return err_exit_code(e);
}
