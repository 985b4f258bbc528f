#include "client/command/table.h"

const struct field global_fields[] = {
	{.name = "server", .wants = "URL", .help = "the service, as https://HOST:PORT"},
	{.name = "identity", .wants = "FILE", .help = "your certificate and key: PKCS#12, or PEM"},
	{.name = "ca", .wants = "PEM", .help = "the CA that servers are verified with (default: the one in your file)"},
	{.name = "key-file", .wants = "FILE", .help = "the private key in PEM, when your certificate's file has none"},
	{.name = "password-file", .wants = "FILE", .help = "the password of your file is in FILE, which only you may read"},
	{.name = "password-fd", .wants = "N", .help = "the password is read from descriptor N", .kind = KIND_NUMBER,
	 .not_with = "password-file"},
	{.name = "json", .help = "print JSON, for programs, in place of text for people", .kind = KIND_SWITCH},
	{.name = "help", .help = "print this", .kind = KIND_SWITCH, .letter = 'h'},
	{.name = "version", .help = "print the version", .kind = KIND_SWITCH},
	{0},
};

const struct area areas[] = {
	{"Directory", verbs_directory},
	{"Orders", verbs_orders},
	{"Certificates", verbs_certificates},
	{"Staff", verbs_staff},
	{"The service", verbs_service},
	{"For holders, and for web services", verbs_holders},
	{"This command", verbs_tool},
	{0},
};

const struct verb *table_next(const struct verb *v)
{
	bool found = !v;
	for (const struct area *a = areas; a->title; a++)
		for (const struct verb *w = a->verbs; w->noun; w++) {
			if (found)
				return w;
			found = w == v;
		}
	return NULL;
}
