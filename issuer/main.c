/* counterfoild: one table of subcommands, which also prints the usage. */
#include "base/wipe.h"
#include "issuer/command/command.h"
#include "issuer/process/control.h"

#include <jansson.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int command_role(int argc, char **argv)
{
	return argc == 2 ? child_main(argv[1]) : err_exit_code(ERR_USAGE);
}

static int command_version(int argc, char **argv)
{
	(void)argv;
	printf("counterfoild %s\n", COUNTERFOIL_VERSION);
	return argc == 1 ? 0 : err_exit_code(ERR_USAGE);
}

static int command_help(int argc, char **argv);

const struct command command_table[] = {
	{"init", "DIR [--name N] [--domain D] [--public-url U] [--members-url U] [--status-url U]\n"
		 "            [--listen-public L] [--listen-members L] [--listen-status L] [--listen-ops L]\n"
		 "            [--host NAME]... [--admin NAME] [--admin-email ADDRESS] [--root-pass-fd N]\n"
		 "            [--issuing-key pkcs11:URI --token-module FILE [--token-pin-file FILE] [--token-folder DIR] |\n"
		 "             --issuing-pass-file FILE]",
	 "make a new installation in DIR", command_init},
	{"run", "--config FILE", "run the daemon", command_run},
	{"check", "--config FILE [--show | --send-test mail|sms TO] | --keys", "say what a configuration would do, and what is wrong with it", command_check},
	{"admin", "new --config FILE --name NAME --role administrator|support|auditor\n"
		  "            [--email ADDRESS] --out FILE.p12",
	 "make a member of the staff from this machine (audited)", command_admin},
	{"ca", "root-crl --config FILE [--revoke CERTIFICATE] [--reason WORD] [--days N] [--root-key FILE] [--root-pass-fd N]\n"
	       "            | root-crl --root FILE --crl OLD --out NEW ... | root-crl --config FILE --install NEW\n"
	       "            | new-issuing --config FILE [--root-key FILE] [--root-pass-fd N] [--key-in-file]\n"
	       "            | new-issuing --config FILE --request-out REQUEST [--key-in-file]\n"
	       "            | new-issuing --config FILE --certificate NEW\n"
	       "            | new-issuing --root FILE --request REQUEST --status-url URL --out NEW [--profile FILE] ...\n"
	       "            | activate --config FILE [--now]",
	 "the root's ceremonies; counterfoild(8) has them step by step", command_ca},
	{"recover", "--config FILE", "bring an old database that was put back up to what the journal knows", command_recover},
	{"clock-accept", "--config FILE", "believe the clock again after it has jumped", command_clock_accept},
	{"role", NULL, "what run starts", command_role},
	{"version", "", "print the version", command_version},
	{"help", "", "print this", command_help},
};
const size_t command_count = sizeof command_table / sizeof *command_table;

static void print_usage(FILE *to)
{
	fputs("usage: counterfoild COMMAND\n", to);
	for (size_t i = 0; i < command_count; i++)
		if (command_table[i].synopsis)
			fprintf(to, "  %s %s\n            %s\n", command_table[i].name, command_table[i].synopsis,
				command_table[i].what);
	fputs("See counterfoild(8) and counterfoil.conf(5).\n", to);
}

static int command_help(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	print_usage(stdout);
	return 0;
}

/* A password or a list that was lost on its way out is a failure, whatever the command thinks. */
static int run(const struct command *c, int argc, char **argv)
{
	int status = c->run(argc, argv);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fputs("counterfoild: standard output took not all that was written to it\n", stderr);
	return status ? status : err_exit_code(ERR_IO);
}

int main(int argc, char **argv)
{
	json_set_alloc_funcs(malloc, wiping_free);
	if (wipe_openssl_memory() != ERR_OK) {
		fputs("counterfoild: OpenSSL's memory cannot be wiped\n", stderr);
		return err_exit_code(ERR_CRYPTO);
	}
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL); /* another file has no say in what signs */
	for (size_t i = 0; argc > 1 && i < command_count; i++)
		if (strcmp(argv[1], command_table[i].name) == 0)
			return run(&command_table[i], argc - 1, argv + 1);
	if (argc > 1)
		fprintf(stderr, "counterfoild: there is no command \"%.40s\"\n", argv[1]);
	print_usage(stderr);
	return err_exit_code(ERR_USAGE);
}
