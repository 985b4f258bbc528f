/* verbs: staff members. */
#include "client/command/fields.h"

#define MEMBER POSITIONAL("staff", "MEMBER", "the member's id")
#define ROLE(must, text)                                                                                               \
	{                                                                                                              \
		.name = "role", .wants = "ROLE", .values = "administrator|approver|support|auditor", .help = (text),   \
		.place = IN_BODY, .required = (must)                                                                   \
	}
#define LIMITED(text) {.name = "organisation", .wants = "SLUG", .help = (text), .place = IN_BODY}
#define REASON {.name = "reason", .wants = "TEXT", .help = "why, for the audit", .place = IN_BODY}
#define MEMBER_SHOWN {{"member", "id"}, {"name", "name"}, {"role", "role"}, {"organisation", "organisation_name"}, {"status", "status"}}

const struct verb verbs_staff[] = {
	{.noun = "staff", .verb = "add", .method = "POST", .path = "/v1/staff",
	 .what = "Add a member, and order its certificate: link and code go to it",
	 .fields = {NAME, ROLE(true, "what it may do: administrator, approver, support or auditor"),
		    {.name = "email", .wants = "ADDRESS", .help = "where links and notices go", .place = IN_BODY, .required = true},
		    {.name = "mobile", .wants = "NUMBER", .help = "where codes and passwords go, as +4791234567", .place = IN_BODY,
		     .required = true},
		    {.name = "language", .wants = "TAG", .help = "of messages and pages: en, nb, ... (the installation's)",
		     .place = IN_BODY},
		    LIMITED("all that the role reaches (everything)"), IDEMPOTENCY_KEY},
	 .examples = {"staff add --name 'Kari Nordmann' --role support --email kari@example.org --mobile +4791234567"}},
	{.noun = "staff", .verb = "list", .method = "GET", .path = "/v1/staff", .what = "List staff",
	 .fields = {AFTER, LIMIT},
	 .columns = {{"ID", "id"}, {"NAME", "name"}, {"ROLE", "role"}, {"STATUS", "status"}, {"E-MAIL", "email"},
		     {"ORGANISATION", "organisation"}, {"CERTIFICATE UNTIL", "certificate_not_after"}},
	 .examples = {"staff list"}},
	{.noun = "staff", .verb = "show", .method = "GET", .path = "/v1/staff/{staff}",
	 .what = "Show a member with its certificates, its orders and its history",
	 .fields = {MEMBER},
	 .examples = {"staff show 7k3mq2x5a4bcd6ef"}},
	{.noun = "staff", .verb = "change", .method = "POST", .path = "/v1/staff/{staff}",
	 .what = "Change a member: what is given, and nothing else",
	 .fields = {MEMBER, NEW_NAME, ROLE(false, "what it may do from now on"),
		    {.name = "email", .wants = "ADDRESS", .help = "where links and notices go from now on", .place = IN_BODY},
		    {.name = "mobile", .wants = "NUMBER", .help = "where codes and passwords go from now on, as +4791234567",
		     .place = IN_BODY},
		    {.name = "language", .wants = "TAG", .help = "of messages and pages: en, nb, ...", .place = IN_BODY},
		    LIMITED("all that the role reaches from now on; '' for everything"), IF_MATCH},
	 .examples = {"staff change 7k3mq2x5a4bcd6ef --role approver", "staff change 7k3mq2x5a4bcd6ef --organisation nordbank"}},
	{.noun = "staff", .verb = "suspend", .method = "POST", .path = "/v1/staff/{staff}/suspend",
	 .what = "Let a member in no more for now; its certificates stay", .fields = {MEMBER, REASON},
	 .examples = {"staff suspend 7k3mq2x5a4bcd6ef --reason 'on leave'"}},
	{.noun = "staff", .verb = "restore", .method = "POST", .path = "/v1/staff/{staff}/restore",
	 .what = "Let a suspended member in again", .fields = {MEMBER},
	 .examples = {"staff restore 7k3mq2x5a4bcd6ef"}},
	{.noun = "staff", .verb = "remove", .method = "POST", .path = "/v1/staff/{staff}/remove",
	 .what = "Remove a member for good: its certificates are revoked, its orders cancelled",
	 .confirm = "Remove this member?", .shown = MEMBER_SHOWN, .fields = {MEMBER, REASON, YES},
	 .examples = {"staff remove 7k3mq2x5a4bcd6ef --reason 'left the company'"}},
	{.noun = "staff", .verb = "renew", .method = "POST", .path = "/v1/staff/{staff}/renew",
	 .what = "Order a member's next certificate: your own, or as an administrator anybody's; the older one lives on to its end",
	 .fields = {MEMBER},
	 .examples = {"staff renew 7k3mq2x5a4bcd6ef"}},
	{0},
};
