/* TICKET: what was approved, tried out and put under a MAC, so that a later change of the database changes nothing. */
#include "base/clock.h"
#include "base/crash.h"
#include "issuer/signer/serve.h"

#include <openssl/hmac.h>
#include <string.h>

static const char ticket_label[] = "counterfoil ticket"; /* with its NUL */

enum err ticket_of(const struct signer *s, const void *facts, size_t len, uint8_t out[TICKET_BYTES])
{
	struct buf covered = BUF_INIT(FACTS_MAX_BYTES + sizeof ticket_label);
	const struct secret *key = s->has.ticket_key;
	unsigned size = 0;
	buf_add(&covered, ticket_label, sizeof ticket_label);
	buf_add(&covered, facts, len);
	enum err rc = buf_check(&covered);
	if (!rc && (!HMAC(EVP_sha256(), secret_peek(key), (int)secret_len(key), covered.data, covered.len, out, &size) ||
		    size != TICKET_BYTES))
		rc = ERR_CRYPTO;
	buf_free(&covered);
	return rc;
}

/* A member's certificate says who, and nothing of what they may do: the role is looked up at each request. */
static enum err profile_permitted(const struct signer *s, const struct order_facts *f, enum profile_id *id,
				  enum key_type *type, struct errbuf *why)
{
	bool own = strcmp(f->key_type, FACTS_OWN_KEY) == 0;
	enum err rc = profile_from_name(f->profile, id);
	if (!rc && !own)
		rc = key_type_from_name(f->key_type, type);
	if (rc)
		return fail(why, rc, "there is no profile %s or no key type %s", f->profile, f->key_type);
	const struct profile *p = &s->has.profiles[*id];
	if (own && !p->own.curves && !p->own.rsa_most)
		return fail(why, ERR_INVALID, "the profile %s takes no request", f->profile);
	if (!own && !(p->key_types & 1u << *type))
		return fail(why, ERR_INVALID, "the profile %s does not take the key type %s", f->profile, f->key_type);
	return ERR_OK;
}

enum err subject_read(const struct signer *s, const void *facts, size_t len, struct subject *out, struct errbuf *why)
{
	memset(out, 0, sizeof *out);
	const struct settings *settings = s->has.settings;
	struct order_facts *f = &out->facts;
	enum profile_id id = PROFILE_CLIENT;
	enum err rc = facts_read((const char *)facts, len, f, why); /* takes the canonical form only, and two profiles */
	if (!rc)
		rc = profile_permitted(s, f, &id, &out->key_type, why);
	if (rc)
		return rc;
	bool staff = id == PROFILE_STAFF;
	const struct profile *p = &s->has.profiles[id];
	const struct profile_name of_staff[] = {{"domain", settings->domain}, {"staff", f->staff}, {NULL, NULL}};
	const struct profile_name of_client[] = {{"domain", settings->domain}, {"organisation", f->organisation_slug},
						 {"service", f->service_slug}, {"client", f->client_slug}, {NULL, NULL}};
	rc = profile_uri(p, staff ? of_staff : of_client, out->uri, NULL);
	if (!rc)
		rc = addresses_make(settings, p, s->has.authority.certificate, &out->at);
	if (rc)
		return fail(why, rc, "the names do not fit into a certificate");
	out->fields = (struct certificate_fields){
		.profile = id,
		.rules = p,
		.organisation = staff ? settings->name : f->organisation_name,
		.service = staff ? NULL : f->service_name,
		.common_name = f->client_name,
		.san_uri = out->uri,
		.own_key = strcmp(f->key_type, FACTS_OWN_KEY) == 0,
	};
	addresses_name(&out->at, &out->fields);
	certificate_life(p, s->has.authority.certificate, clock_now(), &out->fields);
	return serial_new(out->fields.serial);
}

/* One of the pool, if it has one: others wait while a key is made here. */
static bool ready(struct signer *s, enum key_type type, EVP_PKEY **out)
{
	return s->keys && key_pool_look(s->keys, type).ready > 0 && key_pool_take(s->keys, type, out) == ERR_OK;
}

/* With a key as the order's will be, which nobody keeps: made once for each type. */
static enum err dry_run(struct signer *s, const struct subject *subject, struct errbuf *why)
{
	const struct own_keys *own = &subject->fields.rules->own;
	enum key_type type = subject->fields.own_key ? key_own_type(own) : subject->key_type;
	EVP_PKEY **key = &s->throwaway[type];
	if (!*key && type == KEY_TYPE_COUNT)
		*key = EVP_RSA_gen((unsigned)own->rsa_least);
	else if (!*key && !ready(s, type, key) && key_generate(type, key) != ERR_OK)
		*key = NULL;
	return *key ? authority_try(&s->has.authority, &subject->fields, *key, why) : ERR_CRYPTO;
}

enum err signer_on_ticket(struct signer *s, struct unpack *request, struct buf *answer, struct errbuf *why)
{
	struct subject subject;
	uint8_t ticket[TICKET_BYTES];
	size_t len;
	const uint8_t *facts = unpack_bytes(request, &len);
	enum err rc = unpack_end(request);
	if (!rc)
		rc = subject_read(s, facts, len, &subject, why);
	if (!rc)
		rc = dry_run(s, &subject, why);
	if (!rc)
		rc = ticket_of(s, facts, len, ticket);
	if (!rc)
		pack_bytes(answer, ticket, sizeof ticket);
	crash_point(CRASH_SIGNER_TICKET);
	return rc;
}
