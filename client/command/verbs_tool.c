/* verbs: the command itself. */
#include "client/command/fields.h"

const struct verb verbs_tool[] = {
	{.noun = "config", .run = run_config, .what = "Print the settings in force, and where each is from",
	 .examples = {"config", "config --json"}},
	{.noun = "completion", .run = run_completion, .what = "Print what completes commands, flags and values in a shell",
	 .fields = {{.name = "shell", .wants = "SHELL", .help = "bash, zsh or fish", .required = true, .positional = true,
		     .values = "bash|zsh|fish"}},
	 .examples = {"completion bash", "completion fish"}},
	{0},
};
