/* verbs: the service itself: its messages, its audit, what needs attention. */
#include "client/command/fields.h"

const struct verb verbs_service[] = {
	{.noun = "outbox", .verb = "show", .method = "GET", .path = "/v1/outbox",
	 .what = "Show what waits to be sent, what nobody will get, and whether it is paused",
	 .examples = {"outbox show"}},
	{.noun = "outbox", .verb = "pause", .method = "POST", .path = "/v1/outbox/pause", .what = "Send nothing until it is resumed",
	 .fields = {{.name = "reason", .wants = "TEXT", .help = "why, for the audit", .place = IN_BODY}},
	 .examples = {"outbox pause --reason 'the gateway is being replaced'"}},
	{.noun = "outbox", .verb = "resume", .method = "POST", .path = "/v1/outbox/resume", .what = "Send again",
	 .examples = {"outbox resume"}},

	{.noun = "audit", .verb = "list", .method = "GET", .path = "/v1/audit", .what = "List audit records",
	 .fields = {{.name = "after", .wants = "SEQUENCE", .help = "only those behind this one", .place = IN_QUERY,
		     .kind = KIND_NUMBER},
		    {.name = "object", .wants = "ID", .help = "only those of an order, a certificate, a contact, ...",
		     .place = IN_QUERY},
		    ALL, LIMIT},
	 .columns = {{"SEQUENCE", "sequence"}, {"AT", "at"}, {"WHO", "who"}, {"ROLE", "role"}, {"WHAT", "what"},
		     {"OBJECT", "object"}, {"WHY", "why"}},
	 .examples = {"audit list --after 1200", "audit list --object 7k3mq2x5a4bcd6ef"}},
	{.noun = "audit", .verb = "verify", .run = run_audit_verify,
	 .what = "Check the chain of all audit records, and its head against the signer's journal",
	 .examples = {"audit verify"}},

	{.noun = "status", .method = "GET", .path = "/v1/status", .what = "Show what needs attention",
	 .examples = {"status"}},
	{.noun = "me", .method = "GET", .path = "/v1/me", .what = "Show who you are to the service", .examples = {"me"}},
	{0},
};
