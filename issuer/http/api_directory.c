#include "issuer/http/api.h"

void api_organisation_list(struct front *front, const struct request *q, struct reply *r)
{
	struct value values[1];
	api_list(front, q, r, STATEMENT_ORGANISATION_LIST, values, 1, NULL);
}

void api_service_list(struct front *front, const struct request *q, struct reply *r)
{
	struct value values[2] = {api_filter(q, "organisation")};
	api_list(front, q, r, STATEMENT_SERVICE_LIST, values, 2, NULL);
}

void api_client_list(struct front *front, const struct request *q, struct reply *r)
{
	struct value values[3] = {api_filter(q, "organisation"), api_filter(q, "service")};
	api_list(front, q, r, STATEMENT_CLIENT_LIST, values, 3, NULL);
}

void api_contact_list(struct front *front, const struct request *q, struct reply *r)
{
	struct value values[2] = {api_filter(q, "organisation")};
	api_list(front, q, r, STATEMENT_CONTACT_LIST, values, 2, NULL);
}

void api_staff_list(struct front *front, const struct request *q, struct reply *r)
{
	struct value values[1];
	api_list(front, q, r, STATEMENT_STAFF_LIST, values, 1, NULL);
}
