#include "issuer/command/command.h"
#include "issuer/process/supervisor.h"

int command_run(int argc, char **argv)
{
	const char *config = NULL;
	const struct option_row rows[] = {{.name = "config", .value = &config}, {0}};
	struct operands none = {.most = 0};
	struct errbuf why = {""};
	enum err e = options_parse(argc, argv, rows, &none, &why);
	if (!e && !config)
		e = fail(&why, ERR_USAGE, "run needs --config FILE");
	return e ? command_failed(e, &why) : supervisor_run(config);
}
