/* fields: those that several subcommands have, for the tables of verbs (verbs_*.c). */
#ifndef CLIENT_COMMAND_FIELDS_H
#define CLIENT_COMMAND_FIELDS_H

#include "client/command/table.h"

/* What is known of the values that are words. */
#define VALUES_STATE "requested|approved|rejected|offered|locked|lapsed|collecting|received|password_sent|in_use|cancelled"
#define VALUES_STATUS "valid|held|revoked|expired"
#define VALUES_REASON "keyCompromise|superseded|affiliationChanged|cessationOfOperation|unspecified"
#define VALUES_KEY_TYPE "p256|p384|rsa2048|rsa3072"
#define VALUES_ROLE "administrator|approver|support|auditor"
#define VALUES_ENCODING "modern|compatible"
#define VALUES_PLATFORM "nginx|apache|haproxy|java|pem"

#define ORGANISATION(where, must)                                                                                      \
	{                                                                                                              \
		.name = "organisation", .wants = "SLUG", .help = "the organisation's short name", .place = (where),    \
		.required = (must)                                                                                     \
	}
#define SERVICE(where, must)                                                                                           \
	{                                                                                                              \
		.name = "service", .wants = "SLUG", .help = "the service's short name", .place = (where), .required = (must) \
	}
#define CLIENT(where, must)                                                                                            \
	{                                                                                                              \
		.name = "client", .wants = "SLUG", .help = "the client's short name", .place = (where), .required = (must) \
	}
#define SLUG                                                                                                           \
	{                                                                                                              \
		.name = "slug", .wants = "SLUG", .help = "its short name: a-z, 0-9 and hyphens, 63 at most",           \
		.place = IN_BODY, .required = true, .positional = true                                                 \
	}
#define NAME                                                                                                           \
	{                                                                                                              \
		.name = "name", .wants = "NAME", .help = "its name for people, 64 characters at most", .place = IN_BODY, \
		.required = true                                                                                       \
	}
#define NEW_NAME                                                                                                       \
	{                                                                                                              \
		.name = "name", .wants = "NAME", .help = "its name for people from now on", .place = IN_BODY           \
	}
#define APPROVALS                                                                                                      \
	{                                                                                                              \
		.name = "approvals", .wants = "N", .help = "so many approve an order: 0, 1, 2; none: as many as elsewhere", \
		.place = IN_BODY, .kind = KIND_NUMBER_OR_NONE, .values = "0|1|2|none"                                  \
	}
#define SEVERAL(says)                                                                                                  \
	{                                                                                                              \
		.name = "several", .wants = "yes|no", .help = (says), .place = IN_BODY, .kind = KIND_YES_NO            \
	}
#define LIMIT                                                                                                          \
	{                                                                                                              \
		.name = "limit", .wants = "N", .help = "at most so many (100; 500 is the most)", .place = IN_QUERY,    \
		.kind = KIND_NUMBER                                                                                    \
	}
#define ALL {.name = "all", .help = "every page, one after the other", .kind = KIND_SWITCH}
#define BEFORE                                                                                                         \
	{                                                                                                              \
		.name = "before", .wants = "CURSOR", .help = "the next page: what the last one ended with",            \
		.place = IN_QUERY                                                                                      \
	},                                                                                                             \
	ALL
#define AFTER                                                                                                          \
	{                                                                                                              \
		.name = "after", .wants = "CURSOR", .help = "the next page: what the last one ended with",             \
		.place = IN_QUERY                                                                                      \
	},                                                                                                             \
	ALL
#define POSITIONAL(field_name, placeholder, says)                                                                      \
	{                                                                                                              \
		.name = (field_name), .wants = (placeholder), .help = (says), .place = IN_PATH, .required = true,      \
		.positional = true                                                                                     \
	}
/* What is told of an order, or of the certificate whose serial number stands for it, before it is confirmed. */
#define ORDER_SHOWN                                                                                                    \
	{                                                                                                              \
		{"order", "id"}, {"serial", "serial"}, {"client", "client_name"}, {"service", "service_name"},          \
		{"organisation", "organisation_name"}, {"contact", "contact_name"}, {"state", "state"},                \
		{"status", "status"}                                                                                   \
	}
#define DUE {.name = "due", .wants = "DATE", .help = "by which day it is to be there, as 2026-12-01", .place = IN_BODY}
#define ORDER POSITIONAL("order", "ORDER", "the order's id")
#define SERIAL                                                                                                         \
	{                                                                                                              \
		.name = "serial", .wants = "SERIAL", .help = "the serial number, in hexadecimal, with colons or without", \
		.place = IN_PATH, .kind = KIND_SERIAL, .required = true, .positional = true                            \
	}
#define FILE_P12                                                                                                       \
	{                                                                                                              \
		.name = "file", .wants = "FILE", .help = "PKCS#12, or PEM", .required = true, .positional = true        \
	}
#define YES {.name = "yes", .help = "do not ask", .kind = KIND_SWITCH}
#define DRY_RUN {.name = "dry-run", .help = "show what would stop working, and change nothing", .kind = KIND_SWITCH}
#define IF_MATCH                                                                                                       \
	{                                                                                                              \
		.name = "if-match", .wants = "VERSION", .help = "only if it is still that version: see its \"version\"", \
		.place = IN_HEADER, .kind = KIND_TAG                                                                   \
	}
#define IDEMPOTENCY_KEY                                                                                                \
	{                                                                                                              \
		.name = "idempotency-key", .wants = "KEY", .help = "repeated within a day, the same key makes nothing new", \
		.place = IN_HEADER                                                                                     \
	}
#define CRL                                                                                                            \
	{                                                                                                              \
		.name = "crl", .wants = "FILE|URL", .help = "the CA's revocation list: a file, or http://..."          \
	}

#define OCSP                                                                                                           \
	{                                                                                                              \
		.name = "ocsp", .wants = "URL|certificate",                                                            \
		.help = "ask its CA: the responder at http://..., or the one that the certificate names", .values = "certificate"               \
	}

#endif
