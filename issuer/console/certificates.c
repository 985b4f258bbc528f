/* The list of certificates. */
#include "base/embed.h"
#include "issuer/console/listing.h"

EMBED_TEXT(console_text_certificates, "issuer/console/pages/certificates.html");

static const struct console_choice statuses[] = {
	{"", "Any"}, {"valid", "Valid"}, {"held", "On hold"}, {"revoked", "Revoked"}, {"expired", "Expired"}, {0},
};
static const struct listing_filter filters[] = {
	{"status", statuses}, {"organisation", NULL}, {"service", NULL}, {"client", NULL}, {"expires_before", NULL}, {0},
};
static const struct listing listing = {
	.api = api_certificate_list, .path = "/console/certificates", .api_path = "/v1/certificates", .cursor = "before", .filters = filters,
};

void console_certificate_list(struct front *front, const struct request *q, struct reply *r)
{
	json_t *page = NULL;
	if (!listing_ask(front, q, r, &listing, &page))
		return;
	console_page(front, q, r, &(struct console_page){.status = listing_status(page), .title = "Certificates", .text = console_text_certificates, .data = page});
	json_decref(page);
}
