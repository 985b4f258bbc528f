/* verbs: staff members. */
#include "client/command/fields.h"

const struct verb verbs_staff[] = {
	{.noun = "staff", .verb = "list", .method = "GET", .path = "/v1/staff", .what = "List staff",
	 .fields = {LIMIT},
	 .columns = {{"ID", "id"}, {"NAME", "name"}, {"ROLE", "role"}, {"STATUS", "status"}, {"E-MAIL", "email"},
		     {"CERTIFICATE UNTIL", "certificate_not_after"}},
	 .examples = {"staff list"}},
	{0},
};
