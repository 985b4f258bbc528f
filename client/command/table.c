#include "client/command/table.h"

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
#define LIMIT                                                                                                          \
	{                                                                                                              \
		.name = "limit", .wants = "N", .help = "at most so many (100; 500 is the most)", .place = IN_QUERY,    \
		.kind = KIND_NUMBER                                                                                    \
	}
#define BEFORE                                                                                                         \
	{                                                                                                              \
		.name = "before", .wants = "CURSOR", .help = "the next page: what the last one ended with",            \
		.place = IN_QUERY                                                                                      \
	}
#define POSITIONAL(field_name, placeholder, says)                                                                      \
	{                                                                                                              \
		.name = (field_name), .wants = (placeholder), .help = (says), .place = IN_PATH, .required = true,      \
		.positional = true                                                                                     \
	}
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
#define CRL                                                                                                            \
	{                                                                                                              \
		.name = "crl", .wants = "FILE|URL", .help = "the CA's revocation list: a file, or http://..."          \
	}

#define OCSP                                                                                                           \
	{                                                                                                              \
		.name = "ocsp", .wants = "URL|certificate",                                                            \
		.help = "ask its CA: the responder at http://..., or the one that the certificate names"               \
	}

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

const struct verb verbs[] = {
	{.noun = "organisation", .verb = "add", .method = "POST", .path = "/v1/organisations",
	 .what = "Add an organisation",
	 .fields = {SLUG, NAME},
	 .examples = {"organisation add nordbank --name 'Nordbank'"}},
	{.noun = "organisation", .verb = "list", .method = "GET", .path = "/v1/organisations",
	 .what = "List organisations",
	 .fields = {LIMIT},
	 .columns = {{"SLUG", "slug"}, {"NAME", "name"}, {"SERVICES", "services"}, {"CONTACTS", "contacts"},
		     {"CREATED", "created_at"}},
	 .examples = {"organisation list"}},
	{.noun = "organisation", .verb = "show", .method = "GET", .path = "/v1/organisations/{organisation}",
	 .what = "Show an organisation with its services and contacts",
	 .fields = {POSITIONAL("organisation", "SLUG", "the organisation's short name")},
	 .examples = {"organisation show nordbank"}},

	{.noun = "service", .verb = "add", .method = "POST", .path = "/v1/services", .what = "Add a service",
	 .fields = {SLUG, ORGANISATION(IN_BODY, true), NAME},
	 .examples = {"service add document-archive --organisation nordbank --name 'Document archive'"}},
	{.noun = "service", .verb = "list", .method = "GET", .path = "/v1/services", .what = "List services",
	 .fields = {ORGANISATION(IN_QUERY, false), LIMIT},
	 .columns = {{"ORGANISATION", "organisation"}, {"SLUG", "slug"}, {"NAME", "name"}, {"CLIENTS", "clients"},
		     {"CREATED", "created_at"}},
	 .examples = {"service list --organisation nordbank"}},
	{.noun = "service", .verb = "show", .method = "GET", .path = "/v1/services/{organisation}/{service}",
	 .what = "Show a service",
	 .fields = {POSITIONAL("organisation", "ORGANISATION", "the organisation's short name"),
		    POSITIONAL("service", "SERVICE", "the service's short name")},
	 .examples = {"service show nordbank document-archive"}},

	{.noun = "client", .verb = "add", .method = "POST", .path = "/v1/clients", .what = "Add a client of a service",
	 .fields = {SLUG, ORGANISATION(IN_BODY, true), SERVICE(IN_BODY, true), NAME},
	 .examples = {"client add e-banking --organisation nordbank --service document-archive --name e-banking"}},
	{.noun = "client", .verb = "list", .method = "GET", .path = "/v1/clients", .what = "List clients",
	 .fields = {ORGANISATION(IN_QUERY, false), SERVICE(IN_QUERY, false), LIMIT},
	 .columns = {{"ORGANISATION", "organisation"}, {"SERVICE", "service"}, {"SLUG", "slug"}, {"NAME", "name"},
		     {"CREATED", "created_at"}},
	 .examples = {"client list --organisation nordbank --service document-archive"}},
	{.noun = "client", .verb = "show", .method = "GET", .path = "/v1/clients/{organisation}/{service}/{client}",
	 .what = "Show a client and its certificates",
	 .fields = {POSITIONAL("organisation", "ORGANISATION", "the organisation's short name"),
		    POSITIONAL("service", "SERVICE", "the service's short name"),
		    POSITIONAL("client", "CLIENT", "the client's short name")},
	 .examples = {"client show nordbank document-archive e-banking"}},

	{.noun = "contact", .verb = "add", .method = "POST", .path = "/v1/contacts",
	 .what = "Add a person who may order and receive",
	 .fields = {ORGANISATION(IN_BODY, true), NAME,
		    {.name = "email", .wants = "ADDRESS", .help = "where links go", .place = IN_BODY, .required = true},
		    {.name = "mobile", .wants = "NUMBER", .help = "where codes and passwords go, as +4791234567", .place = IN_BODY,
		     .required = true},
		    {.name = "may-order", .wants = "yes|no", .help = "may order certificates (yes)", .place = IN_BODY,
		     .kind = KIND_YES_NO},
		    {.name = "may-receive", .wants = "yes|no", .help = "may receive them (yes)", .place = IN_BODY,
		     .kind = KIND_YES_NO},
		    {.name = "language", .wants = "TAG", .help = "of messages and pages: en, nb, ... (the installation's)",
		     .place = IN_BODY}},
	 .examples = {"contact add --organisation nordbank --name 'Kari Nordmann' --email kari@nordbank.example "
		      "--mobile +4791234567"}},
	{.noun = "contact", .verb = "list", .method = "GET", .path = "/v1/contacts", .what = "List contacts",
	 .fields = {ORGANISATION(IN_QUERY, false), LIMIT},
	 .columns = {{"ID", "id"}, {"ORGANISATION", "organisation"}, {"NAME", "name"}, {"E-MAIL", "email"},
		     {"MOBILE", "mobile"}, {"ORDERS", "may_order"}, {"RECEIVES", "may_receive"}, {"LANGUAGE", "language"}},
	 .examples = {"contact list --organisation nordbank"}},
	{.noun = "contact", .verb = "show", .method = "GET", .path = "/v1/contacts/{contact}", .what = "Show a contact",
	 .fields = {POSITIONAL("contact", "CONTACT", "the contact's id or e-mail address")},
	 .examples = {"contact show kari@nordbank.example"}},
	{.noun = "contact", .verb = "change", .method = "POST", .path = "/v1/contacts/{contact}",
	 .what = "Change where and in which language a contact is written to",
	 .fields = {POSITIONAL("contact", "CONTACT", "the contact's id or e-mail address"),
		    {.name = "email", .wants = "ADDRESS", .help = "where links go from now on", .place = IN_BODY},
		    {.name = "mobile", .wants = "NUMBER", .help = "where codes and passwords go from now on, as +4791234567",
		     .place = IN_BODY},
		    {.name = "language", .wants = "TAG", .help = "of messages and pages: en, nb, ...", .place = IN_BODY}},
	 .examples = {"contact change kari@nordbank.example --mobile +4791234568", "contact change kari@nordbank.example --language nb"}},

	{.noun = "order", .verb = "new", .method = "POST", .path = "/v1/orders",
	 .what = "Order a certificate: the contact gets a link by e-mail and a code by SMS",
	 .fields = {ORGANISATION(IN_BODY, true), SERVICE(IN_BODY, true), CLIENT(IN_BODY, true),
		    {.name = "contact", .wants = "CONTACT", .help = "who receives it: id or e-mail address", .place = IN_BODY,
		     .required = true},
		    {.name = "key-type", .wants = "TYPE", .help = "p256 (default), p384, rsa2048 or rsa3072; request: the recipient makes it", .place = IN_BODY},
		    {.name = "own-key", .wants = "yes|no", .help = "the recipient may make the key instead (no)", .place = IN_BODY,
		     .kind = KIND_YES_NO},
		    {.name = "note", .wants = "TEXT", .help = "kept with the order", .place = IN_BODY}},
	 .examples = {"order new --organisation nordbank --service document-archive --client e-banking "
		      "--contact kari@nordbank.example"}},
	{.noun = "order", .verb = "list", .method = "GET", .path = "/v1/orders", .what = "List orders, newest first",
	 .fields = {{.name = "state", .wants = "STATE", .help = "only those: offered, locked, collecting, in_use, ...",
		     .place = IN_QUERY},
		    BEFORE, LIMIT},
	 .columns = {{"ID", "id"}, {"STATE", "state"}, {"ORGANISATION", "organisation"}, {"SERVICE", "service"},
		     {"CLIENT", "client"}, {"CONTACT", "contact_name"}, {"CREATED", "created_at"}},
	 .examples = {"order list", "order list --state locked"}},
	{.noun = "order", .verb = "show", .method = "GET", .path = "/v1/orders/{order}",
	 .what = "Show an order with its messages and its history",
	 .fields = {ORDER},
	 .examples = {"order show 7k3mq2x5a4bcd6ef"}},
	{.noun = "order", .verb = "cancel", .method = "POST", .path = "/v1/orders/{order}/cancel",
	 .what = "Cancel an order; what was issued for it is revoked",
	 .fields = {ORDER, {.name = "reason", .wants = "TEXT", .help = "why, for the audit", .place = IN_BODY}},
	 .examples = {"order cancel 7k3mq2x5a4bcd6ef --reason 'ordered twice'"}},
	{.noun = "order", .verb = "resend", .method = "POST", .path = "/v1/orders/{order}/resend",
	 .what = "Send a new link and a new code; the old ones no longer work",
	 .fields = {ORDER},
	 .examples = {"order resend 7k3mq2x5a4bcd6ef"}},
	{.noun = "order", .verb = "unlock", .method = "POST", .path = "/v1/orders/{order}/unlock",
	 .what = "Unlock after too many wrong codes, and send a new code",
	 .fields = {ORDER},
	 .examples = {"order unlock 7k3mq2x5a4bcd6ef"}},

	{.noun = "order", .verb = "reissue", .method = "POST", .path = "/v1/orders/{order}/reissue",
	 .what = "For a lost file or password: revoke what was delivered, and order it again",
	 .fields = {{.name = "order", .wants = "ORDER|SERIAL", .help = "the order's id, or the serial number of its certificate",
		     .place = IN_PATH, .kind = KIND_ORDER, .required = true, .positional = true},
		    {.name = "note", .wants = "TEXT", .help = "why, for the audit", .place = IN_BODY}},
	 .examples = {"order reissue 7k3mq2x5a4bcd6ef --note 'the password was lost'"}},

	{.noun = "cert", .verb = "list", .method = "GET", .path = "/v1/certificates",
	 .what = "List certificates, newest first",
	 .fields = {{.name = "status", .wants = "STATUS", .help = "valid, held, revoked or expired", .place = IN_QUERY},
		    ORGANISATION(IN_QUERY, false), SERVICE(IN_QUERY, false), CLIENT(IN_QUERY, false), BEFORE, LIMIT},
	 .columns = {{"SERIAL", "serial"}, {"STATUS", "status"}, {"KIND", "kind"}, {"SUBJECT", "subject"},
		     {"UNTIL", "not_after"}},
	 .examples = {"cert list --status valid --organisation nordbank"}},
	{.noun = "cert", .verb = "show", .method = "GET", .path = "/v1/certificates/{serial}",
	 .what = "Show a certificate and its history",
	 .fields = {SERIAL},
	 .examples = {"cert show 3f:9a:00:c1"}},
	{.noun = "cert", .verb = "revoke", .method = "POST", .path = "/v1/certificates/{serial}/revoke",
	 .what = "Revoke a certificate, at once and for good", .confirm = true,
	 .fields = {SERIAL,
		    {.name = "reason", .wants = "REASON",
		     .help = "keyCompromise, superseded, affiliationChanged, cessationOfOperation or unspecified", .place = IN_BODY,
		     .required = true},
		    {.name = "compromised-at", .wants = "TIME", .help = "since when the key is in wrong hands (UTC, 2026-11-22 or 2026-11-22T02:13:38Z)",
		     .place = IN_BODY},
		    {.name = "note", .wants = "TEXT", .help = "why, for the audit", .place = IN_BODY},
		    {.name = "yes", .help = "do not ask", .kind = KIND_SWITCH}},
	 .examples = {"cert revoke 3f9a00c1 --reason keyCompromise --note 'told by telephone'"}},

	{.noun = "cert", .verb = "hold", .method = "POST", .path = "/v1/certificates/{serial}/hold",
	 .what = "Put a certificate on hold, at once, until it is released",
	 .fields = {SERIAL, {.name = "note", .wants = "TEXT", .help = "why, for the audit", .place = IN_BODY}},
	 .examples = {"cert hold 3f9a00c1 --note 'laptop missing'"}},
	{.noun = "cert", .verb = "release", .method = "POST", .path = "/v1/certificates/{serial}/release",
	 .what = "Release a certificate from its hold",
	 .fields = {SERIAL, {.name = "note", .wants = "TEXT", .help = "why, for the audit", .place = IN_BODY}},
	 .examples = {"cert release 3f9a00c1 --note 'laptop found'"}},

	{.noun = "outbox", .verb = "show", .method = "GET", .path = "/v1/outbox",
	 .what = "Show what waits to be sent, what nobody will get, and whether it is paused",
	 .examples = {"outbox show"}},
	{.noun = "outbox", .verb = "pause", .method = "POST", .path = "/v1/outbox/pause", .what = "Send nothing until it is resumed",
	 .fields = {{.name = "reason", .wants = "TEXT", .help = "why, for the audit", .place = IN_BODY}},
	 .examples = {"outbox pause --reason 'the gateway is being replaced'"}},
	{.noun = "outbox", .verb = "resume", .method = "POST", .path = "/v1/outbox/resume", .what = "Send again",
	 .examples = {"outbox resume"}},

	{.noun = "staff", .verb = "list", .method = "GET", .path = "/v1/staff", .what = "List staff",
	 .fields = {LIMIT},
	 .columns = {{"ID", "id"}, {"NAME", "name"}, {"ROLE", "role"}, {"STATUS", "status"}, {"E-MAIL", "email"},
		     {"CERTIFICATE UNTIL", "certificate_not_after"}},
	 .examples = {"staff list"}},

	{.noun = "audit", .verb = "list", .method = "GET", .path = "/v1/audit", .what = "List audit records",
	 .fields = {{.name = "after", .wants = "SEQUENCE", .help = "only those behind this one", .place = IN_QUERY,
		     .kind = KIND_NUMBER},
		    {.name = "object", .wants = "ID", .help = "only those of an order, a certificate, a contact, ...",
		     .place = IN_QUERY},
		    LIMIT},
	 .columns = {{"SEQUENCE", "sequence"}, {"AT", "at"}, {"WHO", "who"}, {"ROLE", "role"}, {"WHAT", "what"},
		     {"OBJECT", "object"}, {"WHY", "why"}},
	 .examples = {"audit list --after 1200", "audit list --object 7k3mq2x5a4bcd6ef"}},
	{.noun = "audit", .verb = "verify", .run = run_audit_verify,
	 .what = "Check the chain of all audit records, and its head against the signer's journal",
	 .examples = {"audit verify"}},

	{.noun = "status", .method = "GET", .path = "/v1/status", .what = "Show what needs attention",
	 .examples = {"status"}},
	{.noun = "me", .method = "GET", .path = "/v1/me", .what = "Show who you are to the service", .examples = {"me"}},

	{.noun = "collect", .run = run_collect, .what = "Fetch the file behind a link, with the code from the SMS",
	 .fields = {{.name = "url", .wants = "URL", .help = "the link from the e-mail; - reads it from standard input",
		     .required = true, .positional = true},
		    {.name = "out", .wants = "FILE", .help = "where to save it (default: the name the server gives)", .letter = 'o'},
		    {.name = "encoding", .wants = "modern|compatible",
		     .help = "modern (default): AES-256; compatible: 3DES, for old Windows, macOS and Java", .not_with = "key"},
		    {.name = "key", .wants = "FILE", .help = "make the key here, in FILE, and send a request: it never leaves this machine",
		     .not_with = "no-password"},
		    {.name = "key-type", .wants = "TYPE", .help = "with --key: p256 (default), p384, rsa2048, rsa3072 or rsa4096",
		     .with = "key"},
		    {.name = "code-fd", .wants = "N", .help = "the code is read from descriptor N", .kind = KIND_NUMBER,
		     .not_with = "code-file"},
		    {.name = "code-file", .wants = "FILE", .help = "the code is in FILE, which others may not read"},
		    {.name = "no-password", .help = "do not open the file afterwards", .kind = KIND_SWITCH, .not_with = "install"},
		    {.name = "install", .wants = "PLATFORM", .help = "lay its parts where nginx, apache, haproxy, java or pem wants them"},
		    {.name = "to", .wants = "DIR", .help = "with --install: the folder (default: the client's short name)",
		     .with = "install"},
		    {.name = "replace", .help = "with --install: also when one is installed there", .kind = KIND_SWITCH,
		     .with = "install"}},
	 .examples = {"collect https://localhost:8443/d/Zm9vYmFyYmF6cXV4cXV1eA",
		      "collect https://localhost:8443/d/Zm9vYmFyYmF6cXV4cXV1eA --key e-banking.key",
		      "collect https://localhost:8443/d/Zm9vYmFyYmF6cXV4cXV1eA --install nginx --to /etc/counterfoil/e-banking",
		      "collect https://localhost:8443/d/Zm9vYmFyYmF6cXV4cXV1eA --ca root.pem --out e-banking.p12"}},
	{.noun = "show", .run = run_show, .what = "Show what is in a PKCS#12 file, or in PEM", .fields = {FILE_P12},
	 .examples = {"show e-banking.p12"}},
	{.noun = "check", .run = run_check, .what = "Say how many days a certificate has left, and whether it was revoked",
	 .fields = {FILE_P12,
		    {.name = "days", .wants = "N", .help = "exit 1 when fewer are left (30)", .kind = KIND_NUMBER,
		     .not_with = "nagios"},
		    {.name = "live", .help = "ask the revocation list that the certificate names", .kind = KIND_SWITCH,
		     .not_with = "crl"},
		    CRL, OCSP,
		    {.name = "nagios", .help = "one line and the exit codes that monitoring knows: 0 to 3", .kind = KIND_SWITCH,
		     .not_with = "json"},
		    {.name = "warning", .wants = "DAYS", .help = "with --nagios: 1 when fewer are left (30)", .kind = KIND_NUMBER,
		     .with = "nagios"},
		    {.name = "critical", .wants = "DAYS", .help = "with --nagios: 2 when fewer are left (7)", .kind = KIND_NUMBER,
		     .with = "nagios"}},
	 .examples = {"check e-banking.p12 --password-file e-banking.password", "check e-banking.p12 --days 60 --live",
		      "check e-banking.p12 --nagios --warning 60 --critical 14"}},
	{.noun = "convert", .run = run_convert, .what = "Write certificate and key anew, in another encoding",
	 .fields = {FILE_P12,
		    {.name = "to", .wants = "ENCODING", .required = true,
		     .help = "modern: AES-256; compatible: 3DES, for old Windows, macOS and Java; pem"},
		    {.name = "out", .wants = "FILE", .help = "the new file", .required = true, .letter = 'o'},
		    {.name = "new-password-file", .wants = "FILE", .help = "its password (default: the old one) is in FILE",
		     .not_with = "new-password-fd"},
		    {.name = "new-password-fd", .wants = "N", .help = "its password is read from descriptor N", .kind = KIND_NUMBER,
		     .not_with = "plain-key"},
		    {.name = "plain-key", .help = "with pem: do not encrypt the key; guard the file", .kind = KIND_SWITCH,
		     .not_with = "new-password-file"},
		    {.name = "force", .help = "also when the new file exists", .kind = KIND_SWITCH}},
	 .examples = {"convert e-banking.p12 --to compatible --out e-banking-windows.p12",
		      "convert e-banking.p12 --to pem --plain-key --out /etc/nginx/e-banking.pem"}},
	{.noun = "install", .run = run_install, .what = "Lay a certificate, its key and its CA where a platform wants them",
	 .fields = {{.name = "platform", .wants = "PLATFORM", .help = "what is going to use them: nginx, apache, haproxy, java or pem",
		     .required = true, .positional = true},
		    FILE_P12,
		    {.name = "to", .wants = "DIR", .help = "the folder (default: the client's short name), made when it is not there"},
		    {.name = "replace", .help = "also when one is installed there; it stays beside the new one", .kind = KIND_SWITCH},
		    {.name = "encoding", .wants = "modern|compatible",
		     .help = "of java's key store; compatible: for Java 8 before 8u301, 11 before 11.0.12"}},
	 .examples = {"install nginx e-banking.p12 --to /etc/counterfoil/e-banking",
		      "install java e-banking.p12 --to /srv/app/tls --replace"}},
	{.noun = "peer", .run = run_peer, .what = "Say whose certificate a caller presented, and whether to accept it",
	 .fields = {{.name = "file", .wants = "FILE", .help = "the certificate, or the header; - (default) is standard input",
		     .positional = true},
		    {.name = "format", .wants = "FORMAT",
		     .help = "auto (default), pem, der, nginx, apache, haproxy or rfc9440"},
		    CRL,
		    OCSP,
		    {.name = "kind", .wants = "KIND", .help = "who is accepted: client (default), staff, server or any"},
		    {.name = "unknown-ok", .help = "accept also when it cannot be learnt whether it was revoked", .kind = KIND_SWITCH}},
	 .examples = {"peer --ca ca.pem --crl http://localhost:8080/crl/issuing.crl caller.pem",
		      "peer --ca ca.pem --ocsp certificate caller.pem",
		      "peer --ca ca.pem --crl issuing.crl --format nginx - --json"}},
	{.noun = "call", .run = run_call, .what = "Call a web service with your certificate",
	 .fields = {{.name = "url", .wants = "URL", .help = "what to call, https only", .required = true, .positional = true},
		    {.name = "method", .wants = "METHOD", .help = "GET; POST with --data or --form; PUT with --upload", .letter = 'X'},
		    {.name = "header", .wants = "'NAME: VALUE'", .help = "a header more; may be given again", .kind = KIND_MANY,
		     .letter = 'H'},
		    {.name = "data", .wants = "DATA", .help = "the body; @FILE reads it from a file, @- from standard input",
		     .letter = 'd'},
		    {.name = "upload", .wants = "FILE", .help = "the body is FILE, - is standard input", .letter = 'T'},
		    {.name = "form", .wants = "NAME=VALUE", .help = "a field of a form, NAME=@FILE a file; may be given again",
		     .kind = KIND_MANY, .letter = 'F'},
		    {.name = "out", .wants = "FILE", .help = "write the answer's body to FILE", .letter = 'o'},
		    {.name = "include", .help = "print status and headers too", .kind = KIND_SWITCH, .letter = 'i'},
		    {.name = "connect-timeout", .wants = "SECONDS", .help = "to be connected in (10)", .kind = KIND_SECONDS},
		    {.name = "max-time", .wants = "SECONDS", .help = "for all of it, tries again included (60)", .kind = KIND_SECONDS,
		     .letter = 'm'},
		    {.name = "stall-time", .wants = "SECONDS", .help = "without a byte a second, and it is given up (20)",
		     .kind = KIND_SECONDS},
		    {.name = "retry", .wants = "N", .help = "so many tries more, where that does no harm (0)", .kind = KIND_NUMBER},
		    {.name = "proxy", .wants = "http://HOST:PORT", .help = "an HTTP proxy; environment: what https_proxy names",
		     .letter = 'x'},
		    {.name = "http1", .help = "HTTP/1.1, even where the server has HTTP/2", .kind = KIND_SWITCH},
		    {.name = "staple", .wants = "soft|hard", .help = "hard: only a server that shows that it was not revoked (soft)"},
		    {.name = "soap", .wants = "1.1|1.2", .help = "data goes inside a SOAP envelope (1.1), and the answer out of one",
		     .kind = KIND_OPTIONAL},
		    {.name = "action", .wants = "URI", .help = "what the SOAP service is asked to do", .with = "soap"},
		    {.name = "soap-header", .wants = "DATA", .help = "what goes inside the envelope's Header; as data",
		     .with = "soap"}},
	 .examples = {"call https://localhost:9443/v1/me --identity e-banking.p12",
		      "call https://localhost:9443/upload -H 'Content-Type: text/xml' -d @letter.xml",
		      "call https://localhost:9443/upload -F title=Annual -F letter=@letter.xml --retry 3",
		      "call https://localhost:9443/letters --soap --action urn:letters:get -d @letter.xml"}},
	{0},
};
