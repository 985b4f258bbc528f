/* The reader of profile files: one table of keys, and what each may say. */
#include "ca/profile.h"

#include "base/ini_lines.h"
#include "ca/profile_check.h"

#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MOST = 32, WORD_SIZE = 32, ITEM_SIZE = PROFILE_HOST + 8, DAY = 86400, ITEMS_MOST = 16 };

struct row;
typedef enum err setter(struct profile *p, const struct row *row, const char *value, struct errbuf *why);

/* "a, b, c": each item trimmed, into `each`; none of them empty or twice. */
static enum err items(const char *value, enum err (*each)(void *ctx, const char *item, struct errbuf *why), void *ctx,
		      struct errbuf *why)
{
	char seen[ITEMS_MOST][ITEM_SIZE];
	size_t count = 0;
	for (const char *at = value;; at++) {
		at += strspn(at, " \t");
		size_t len = strcspn(at, ","), word = len;
		while (word > 0 && strchr(" \t", at[word - 1]))
			word--;
		if (word == 0 || word >= ITEM_SIZE || count == ITEMS_MOST)
			return fail(why, ERR_USAGE, "words with commas between them");
		snprintf(seen[count], ITEM_SIZE, "%.*s", (int)word, at);
		for (size_t i = 0; i < count; i++)
			if (strcmp(seen[i], seen[count]) == 0)
				return fail(why, ERR_USAGE, "%s only once", seen[i]);
		enum err rc = each(ctx, seen[count++], why);
		if (rc)
			return rc;
		at += len;
		if (!*at)
			return ERR_OK;
	}
}

static enum err set_text(struct profile *p, const struct row *row, const char *value, struct errbuf *why);
static enum err set_made(struct profile *p, const struct row *row, const char *value, struct errbuf *why);
static enum err set_brought(struct profile *p, const struct row *row, const char *value, struct errbuf *why);
static enum err set_duration(struct profile *p, const struct row *row, const char *value, struct errbuf *why);
static enum err set_part(struct profile *p, const struct row *row, const char *value, struct errbuf *why);
static enum err set_pattern(struct profile *p, const struct row *row, const char *value, struct errbuf *why);
static enum err set_yes(struct profile *p, const struct row *row, const char *value, struct errbuf *why);
static enum err set_key_usage(struct profile *p, const struct row *row, const char *value, struct errbuf *why);
static enum err set_extended(struct profile *p, const struct row *row, const char *value, struct errbuf *why);
static enum err set_path_length(struct profile *p, const struct row *row, const char *value, struct errbuf *why);
static enum err set_permitted(struct profile *p, const struct row *row, const char *value, struct errbuf *why);

/* Every key. A subject's attributes stand here in the order in which they stand in the certificate. */
static const struct row {
	const char *section, *key;
	setter *set;
	size_t offset;      /* of the member, where the setter needs it */
	int64_t least, most; /* seconds */
	int nid;
	bool may_lack;
} rows[] = {
	{"profile", "purpose", set_text, offsetof(struct profile, purpose), 0, 0, 0, false},
	{"key", "made", set_made, 0, 0, 0, 0, false},
	{"key", "brought", set_brought, 0, 0, 0, 0, false},
	{"life", "longest", set_duration, offsetof(struct profile, life), 3600, INT64_C(10958) * DAY, 0, false},
	{"life", "backdate", set_duration, offsetof(struct profile, backdate), 0, DAY, 0, false},
	{"subject", "ST", set_part, 0, 0, 0, NID_stateOrProvinceName, true},
	{"subject", "L", set_part, 0, 0, 0, NID_localityName, true},
	{"subject", "O", set_part, 0, 0, 0, NID_organizationName, true},
	{"subject", "OU", set_part, 0, 0, 0, NID_organizationalUnitName, true},
	{"subject", "CN", set_part, 0, 0, 0, NID_commonName, false},
	{"san", "uri", set_pattern, offsetof(struct profile, uri), 0, 0, 0, false},
	{"san", "hosts", set_yes, offsetof(struct profile, hosts), 0, 0, 0, false},
	{"usage", "key", set_key_usage, 0, 0, 0, 0, false},
	{"usage", "extended", set_extended, 0, 0, 0, 0, false},
	{"extensions", "path_length", set_path_length, 0, 0, 0, 0, false},
	{"extensions", "permitted", set_permitted, 0, 0, 0, 0, true},
	{"extensions", "ocsp_no_check", set_yes, offsetof(struct profile, ocsp_no_check), 0, 0, 0, false},
	{"addresses", "crl", set_pattern, offsetof(struct profile, crl), 0, 0, 0, false},
	{"addresses", "issuer", set_pattern, offsetof(struct profile, issuer), 0, 0, 0, false},
	{"addresses", "ocsp", set_pattern, offsetof(struct profile, ocsp), 0, 0, 0, false},
};
enum { ROWS = sizeof rows / sizeof *rows };
_Static_assert(sizeof rows / sizeof *rows <= (size_t)ROWS_MOST, "more rows than places to note their line");

static enum err set_text(struct profile *p, const struct row *row, const char *value, struct errbuf *why)
{
	size_t len = strlen(value);
	if (len == 0 || len >= PROFILE_TEXT)
		return fail(why, ERR_USAGE, "1 to %d bytes", PROFILE_TEXT - 1);
	memcpy((char *)p + row->offset, value, len + 1);
	return ERR_OK;
}

static enum err add_made(void *ctx, const char *item, struct errbuf *why)
{
	struct profile *p = ctx;
	enum key_type type;
	if (key_type_from_name(item, &type) != ERR_OK)
		return fail(why, ERR_USAGE, "some of p256, p384, rsa2048, rsa3072");
	if (!p->key_types)
		p->key_first = type;
	p->key_types |= 1u << type;
	return ERR_OK;
}

static enum err set_made(struct profile *p, const struct row *row, const char *value, struct errbuf *why)
{
	(void)row;
	return items(value, add_made, p, why);
}

/* "rsa2048-4096" or "rsa3072" */
static bool rsa_range(const char *item, struct own_keys *out)
{
	char *end = NULL, *last = NULL;
	if (strncmp(item, "rsa", 3) != 0 || !strchr("123456789", item[3]) || !item[3])
		return false;
	long least = strtol(item + 3, &end, 10), most = *end == '-' ? strtol(end + 1, &last, 10) : least;
	if ((last ? *last : *end) || out->rsa_most || least < key_own_any.rsa_least || most > key_own_any.rsa_most || least > most)
		return false;
	out->rsa_least = (int)least;
	out->rsa_most = (int)most;
	return true;
}

static enum err add_brought(void *ctx, const char *item, struct errbuf *why)
{
	struct profile *p = ctx;
	enum key_type type;
	if (rsa_range(item, &p->own))
		return ERR_OK;
	if (key_type_from_name(item, &type) != ERR_OK || !(key_own_any.curves & 1u << type))
		return fail(why, ERR_USAGE, "none, or some of p256, p384 and rsaLEAST-MOST with bits from %d to %d",
			    key_own_any.rsa_least, key_own_any.rsa_most);
	p->own.curves |= 1u << type;
	return ERR_OK;
}

static enum err set_brought(struct profile *p, const struct row *row, const char *value, struct errbuf *why)
{
	(void)row;
	return strcmp(value, "none") == 0 ? ERR_OK : items(value, add_brought, p, why);
}

static enum err set_duration(struct profile *p, const struct row *row, const char *value, struct errbuf *why)
{
	static const struct {
		char suffix;
		int64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', DAY}};
	char *end = NULL;
	long n = strchr("0123456789", value[0]) && value[0] && strlen(value) < 9 ? strtol(value, &end, 10) : -1;
	for (size_t i = 0; end && i < sizeof units / sizeof *units; i++) {
		int64_t seconds = n * units[i].seconds;
		if (end[0] == units[i].suffix && !end[1] && seconds >= row->least && seconds <= row->most) {
			*(int64_t *)(void *)((char *)p + row->offset) = seconds;
			return ERR_OK;
		}
	}
	return fail(why, ERR_USAGE, "a number with s, m, h or d, from %llds to %lldd", (long long)row->least,
		    (long long)(row->most / DAY));
}

static enum err set_part(struct profile *p, const struct row *row, const char *value, struct errbuf *why)
{
	if (!value[0] || strlen(value) >= PROFILE_TEXT)
		return fail(why, ERR_USAGE, "1 to %d bytes", PROFILE_TEXT - 1);
	enum err rc = profile_check_pattern(p->id, row->section, value, why);
	if (rc)
		return rc;
	/* in the certificate's order, whatever the file's */
	size_t at = p->subject_count++;
	for (; at > 0 && profile_part_rank(p->subject[at - 1].nid) > profile_part_rank(row->nid); at--)
		p->subject[at] = p->subject[at - 1];
	p->subject[at].nid = row->nid;
	snprintf(p->subject[at].pattern, PROFILE_TEXT, "%s", value);
	return ERR_OK;
}

int profile_part_rank(int nid)
{
	for (int i = 0; i < (int)ROWS; i++)
		if (rows[i].nid == nid)
			return i;
	return ROWS;
}

static enum err set_pattern(struct profile *p, const struct row *row, const char *value, struct errbuf *why)
{
	char *member = (char *)p + row->offset;
	member[0] = '\0';
	if (strcmp(value, "none") == 0)
		return ERR_OK;
	enum err rc = strlen(value) < PROFILE_TEXT ? profile_check_pattern(p->id, row->section, value, why)
						   : fail(why, ERR_USAGE, "at most %d bytes", PROFILE_TEXT - 1);
	if (!rc)
		memcpy(member, value, strlen(value) + 1);
	return rc;
}

static enum err set_yes(struct profile *p, const struct row *row, const char *value, struct errbuf *why)
{
	bool yes = strcmp(value, "yes") == 0;
	if (!yes && strcmp(value, "no") != 0)
		return fail(why, ERR_USAGE, "yes or no");
	*(bool *)((char *)p + row->offset) = yes;
	return ERR_OK;
}

static enum err add_key_usage(void *ctx, const char *item, struct errbuf *why)
{
	struct profile *p = ctx;
	unsigned bit = profile_key_usage(item);
	if (!bit)
		return fail(why, ERR_USAGE, "some of digitalSignature, nonRepudiation, keyEncipherment, dataEncipherment, "
			    "keyAgreement, keyCertSign, cRLSign");
	p->key_usage |= bit;
	return ERR_OK;
}

static enum err set_key_usage(struct profile *p, const struct row *row, const char *value, struct errbuf *why)
{
	(void)row;
	return items(value, add_key_usage, p, why);
}

static enum err add_use(void *ctx, const char *item, struct errbuf *why)
{
	struct profile *p = ctx;
	int nid = profile_use(item);
	if (!nid || p->use_count == PROFILE_USES)
		return fail(why, ERR_USAGE, "none, or some of clientAuth, serverAuth, OCSPSigning, emailProtection");
	p->uses[p->use_count++] = nid;
	return ERR_OK;
}

static enum err set_extended(struct profile *p, const struct row *row, const char *value, struct errbuf *why)
{
	(void)row;
	return strcmp(value, "none") == 0 ? ERR_OK : items(value, add_use, p, why);
}

static enum err set_path_length(struct profile *p, const struct row *row, const char *value, struct errbuf *why)
{
	(void)row;
	bool digit = value[0] >= '0' && value[0] <= '4' && !value[1];
	if (!digit && strcmp(value, "none") != 0)
		return fail(why, ERR_USAGE, "none, or how many CAs may stand below, 0 to 4");
	p->path_length = digit ? value[0] - '0' : -1;
	return ERR_OK;
}

static enum err add_permitted(void *ctx, const char *item, struct errbuf *why)
{
	struct profile *p = ctx;
	struct profile_permitted *one = &p->permitted[p->permitted_count];
	if (p->permitted_count == PROFILE_PERMITTED)
		return fail(why, ERR_USAGE, "at most %d names", PROFILE_PERMITTED);
	one->uri = strncmp(item, "uri:", 4) == 0;
	if ((!one->uri && strncmp(item, "dns:", 4) != 0) || profile_check_permitted(one->uri, item + 4, why) != ERR_OK)
		return fail(why, ERR_USAGE, "none, or some of uri:HOST, uri:.HOST (the hosts below it) and dns:HOST (and those below "
			    "it), lower-case");
	snprintf(one->host, sizeof one->host, "%s", item + 4);
	p->permitted_count++;
	return ERR_OK;
}

static enum err set_permitted(struct profile *p, const struct row *row, const char *value, struct errbuf *why)
{
	(void)row;
	return strcmp(value, "none") == 0 ? ERR_OK : items(value, add_permitted, p, why);
}

struct reading {
	struct profile p;
	int seen[ROWS_MOST]; /* line of each row; 0: not yet */
};

/* What is allowed in its place: the keys of its section, or the sections. */
static enum err unknown(const struct ini_pair *pair, struct errbuf *why)
{
	char list[160] = "", section[WORD_SIZE], key[WORD_SIZE];
	bool known = false;
	for (size_t i = 0; i < ROWS; i++)
		known |= strcmp(rows[i].section, pair->section) == 0;
	for (size_t i = 0; i < ROWS; i++) {
		const char *name = known ? rows[i].key : rows[i].section;
		bool listed = known ? strcmp(rows[i].section, pair->section) == 0
				    : i == 0 || strcmp(rows[i].section, rows[i - 1].section) != 0;
		size_t len = strlen(list);
		if (listed)
			snprintf(list + len, sizeof list - len, "%s%s", len ? ", " : "", name);
	}
	snprintf(section, sizeof section, "%s", pair->section);
	snprintf(key, sizeof key, "%s", pair->key);
	return known ? fail(why, ERR_USAGE, "unknown key %s; [%s] has %s", key, section, list)
		     : fail(why, ERR_USAGE, "unknown section [%s]; there are %s", section, list);
}

static enum err take_pair(void *ctx, const struct ini_pair *pair, struct errbuf *why)
{
	struct reading *r = ctx;
	size_t i = 0;
	while (i < ROWS && (strcmp(rows[i].section, pair->section) != 0 || strcmp(rows[i].key, pair->key) != 0))
		i++;
	if (i == ROWS)
		return unknown(pair, why);
	if (r->seen[i])
		return fail(why, ERR_USAGE, "%s.%s is given twice, first on line %d", rows[i].section, rows[i].key, r->seen[i]);
	r->seen[i] = pair->line;
	struct errbuf wanted = {""};
	enum err rc = rows[i].set(&r->p, &rows[i], pair->value, &wanted);
	char shown[61];
	ini_show(pair->value, shown);
	return rc ? fail(why, ERR_USAGE, "%s.%s = %s: wanted %s", rows[i].section, rows[i].key, shown, wanted.text) : ERR_OK;
}

static enum err complete(const struct reading *r, const char *file, struct errbuf *why)
{
	for (size_t i = 0; i < ROWS; i++)
		if (!r->seen[i] && !rows[i].may_lack)
			return fail(why, ERR_USAGE, "%s: %s.%s is missing", file, rows[i].section, rows[i].key);
	return ERR_OK;
}

/* The line at which a fault of the whole is to be mended. */
static int line_of(const struct reading *r, const char *section, const char *key)
{
	for (size_t i = 0; i < ROWS; i++)
		if (strcmp(rows[i].section, section) == 0 && strcmp(rows[i].key, key) == 0)
			return r->seen[i];
	return 0;
}

enum err profile_read(enum profile_id id, const char *text, size_t len, const char *file, struct profile *out,
		      struct errbuf *why)
{
	struct reading r = {.p = profile_begin(id)};
	struct profile_fault fault = {NULL, NULL, {""}};
	if (!r.p.name)
		return fail(why, ERR_INVALID, "there is no profile %d", (int)id);
	if (len > PROFILE_MAX_BYTES)
		return fail(why, ERR_USAGE, "%s: a profile has at most %d bytes", file, PROFILE_MAX_BYTES);
	enum err rc = ini_read(text, len, file, take_pair, &r, why);
	if (!rc)
		rc = complete(&r, file, why);
	if (!rc && profile_check(&r.p, &fault) != ERR_OK)
		rc = fail(why, ERR_USAGE, "%s:%d: %s.%s: %s", file, line_of(&r, fault.section, fault.key), fault.section,
			  fault.key, fault.why.text);
	if (!rc)
		*out = r.p;
	return rc;
}
