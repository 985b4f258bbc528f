/* The staff, the directory that they change, and at the end what is there. */
#include "tests/campaign/edits.h"

#include <stdio.h>
#include <string.h>

void edits_violated(_Atomic long *count, const char *what, const struct answer *a)
{
	(*count)++;
	printf("VIOLATION: %s: %ld %.300s\n", what, a ? a->status : 0, a && a->body ? a->body : "");
}

static bool read_line(const char *path, char *out, size_t size)
{
	FILE *f = fopen(path, "r");
	bool read = f && fgets(out, (int)size, f);
	out[read ? strcspn(out, "\r\n") : 0] = '\0';
	if (f)
		fclose(f);
	return read;
}

/* By the break-glass way: as the daemon's operator. */
static bool add_member(struct edits *e, struct member *m, size_t number)
{
	static const char add[] = "exec \"$1/test/counterfoild\" admin new --config \"$2/counterfoil.conf\" --name \"${3##*/}\" --role"
				  " \"${3%%/*}\" --out \"$2.${3##*/}.p12\" >\"$2.${3##*/}.password\" 2>\"$2.${3##*/}.log\"";
	char what[64], path[PATH_MAX];
	snprintf(what, sizeof what, "%s/member-%zu", number < ADMINISTRATORS ? "administrator" : "approver", number);
	if (!shell(add, e->at.build, e->at.dir, what))
		return false;
	snprintf(m->identity, sizeof m->identity, "%s.member-%zu.p12", e->at.dir, number);
	snprintf(path, sizeof path, "%s.member-%zu.password", e->at.dir, number);
	return read_line(path, m->password, sizeof m->password);
}

static bool add_object(struct edits *e, struct caller *c, const char *table, const char *path, const char *body)
{
	struct answer a = {0};
	struct object *o = &e->objects[e->object_count++];
	char list[32];
	snprintf(list, sizeof list, "/v1/%ss", table);
	bool made = call_staff(c, "POST", list, body, &a) == 201;
	if (!made)
		fprintf(stderr, "%s: %ld %s\n", path, a.status, a.body ? a.body : "");
	snprintf(o->id, sizeof o->id, "%s", answer_text(&a, "id"));
	snprintf(o->path, sizeof o->path, "%s%s", path, path[strlen(path) - 1] == '/' ? o->id : "");
	snprintf(o->table, sizeof o->table, "%s", table);
	answer_clear(&a);
	return made;
}

/* Of each kind some, and behind them what nobody changes. */
static bool add_directory(struct edits *e, struct caller *c)
{
	static const char *const rows[][3] = {
		{"organisation", "/v1/organisations/nordbank", "{\"slug\":\"nordbank\",\"name\":\"Nordbank\"}"},
		{"organisation", "/v1/organisations/sorbank", "{\"slug\":\"sorbank\",\"name\":\"Sorbank\"}"},
		{"service", "/v1/services/nordbank/archive", "{\"organisation\":\"nordbank\",\"slug\":\"archive\",\"name\":\"Archive\"}"},
		{"client", "/v1/clients/nordbank/archive/app",
		 "{\"organisation\":\"nordbank\",\"service\":\"archive\",\"slug\":\"app\",\"name\":\"App\",\"several\":true}"},
		{"client", "/v1/clients/nordbank/archive/web",
		 "{\"organisation\":\"nordbank\",\"service\":\"archive\",\"slug\":\"web\",\"name\":\"Web\",\"several\":true}"},
		{"contact", "/v1/contacts/", "{\"organisation\":\"nordbank\",\"name\":\"Kari Nordmann\",\"email\":\"kari@nordbank.example\","
					     "\"mobile\":\"+4791234567\"}"},
		{"contact", "/v1/contacts/", "{\"organisation\":\"nordbank\",\"name\":\"Ola Nordmann\",\"email\":\"ola@nordbank.example\","
					     "\"mobile\":\"+4791234568\"}"},
		{NULL, NULL, NULL},
		/* whose orders want an approval, which holds only as long as nobody changes any of it */
		{"organisation", "/v1/organisations/vestbank", "{\"slug\":\"vestbank\",\"name\":\"Vestbank\"}"},
		{"service", "/v1/services/vestbank/guarded",
		 "{\"organisation\":\"vestbank\",\"slug\":\"guarded\",\"name\":\"Guarded\",\"approvals\":1}"},
		{"client", "/v1/clients/vestbank/guarded/app",
		 "{\"organisation\":\"vestbank\",\"service\":\"guarded\",\"slug\":\"app\",\"name\":\"App\",\"several\":true}"},
		{"contact", "/v1/contacts/", "{\"organisation\":\"vestbank\",\"name\":\"Ada Nordmann\",\"email\":\"ada@vestbank.example\","
					     "\"mobile\":\"+4791234569\"}"},
	};
	size_t changed = 0;
	bool made = true;
	for (size_t i = 0; made && i < sizeof rows / sizeof *rows; i++)
		if (rows[i][0])
			made = add_object(e, c, rows[i][0], rows[i][1], rows[i][2]);
		else
			changed = e->object_count;
	e->object_count = changed;
	return made;
}

bool edits_prepare(struct edits *e)
{
	struct caller *c = caller_new(&e->at);
	bool made = add_directory(e, c);
	for (size_t i = 0; made && i < STAFF_MOST; i++)
		made = add_member(e, &e->staff[i], i);
	caller_free(c);
	return made;
}

/* As many steps as were accepted, each audited, and the audit of each begins where the one before it ended. */
static void check_object(struct edits *e, const struct object *o)
{
	static const char audited[] = "SELECT count(*) FROM d.audit WHERE object = ?1 AND json_extract(record, '$.what') LIKE"
				      " 'directory.%_changed'",
			  broken[] = "WITH step AS (SELECT sequence, json_extract(record, '$.detail') AS t FROM d.audit WHERE object = ?1"
				     " AND json_extract(record, '$.what') LIKE 'directory.%_changed'), half AS (SELECT sequence,"
				     " substr(t, 6, instr(t, ' to ') - 6) AS was, substr(t, instr(t, ' to ') + 4) AS is_now FROM step)"
				     " SELECT count(*) FROM (SELECT was, lag(is_now) OVER (ORDER BY sequence) AS left FROM half)"
				     " WHERE left IS NOT NULL AND was <> left";
	char sql[96], text[160];
	snprintf(sql, sizeof sql, "SELECT version FROM d.%s WHERE id = ?1", o->table);
	long long version = ledger_number(e->ledger, sql, o->id), steps = ledger_number(e->ledger, audited, o->id);
	/* what is changed of people the audit does not say */
	long long gaps = strcmp(o->table, "contact") == 0 ? 0 : ledger_number(e->ledger, broken, o->id);
	if (version == o->accepted + 1 && steps == o->accepted && gaps == 0)
		return;
	snprintf(text, sizeof text, "%s: version %lld, %ld changes accepted, %lld audited, %lld from another value", o->path, version,
		 (long)o->accepted, steps, gaps);
	edits_violated(&e->lost, text, NULL);
}

bool edits_check(struct edits *e, char fault[FAULT_SIZE])
{
	static const char orders[] = "SELECT count(*) FROM d.orders",
			  twice[] = "SELECT count(*) FROM (SELECT note FROM d.orders GROUP BY note HAVING count(*) > 1)",
			  mails[] = "SELECT count(*) FROM (SELECT order_id FROM d.message WHERE kind = 'link' GROUP BY order_id"
				    " HAVING count(*) > 1)",
			  keys[] = "SELECT count(*) FROM d.idempotency i LEFT JOIN d.orders o ON o.id = i.object WHERE o.id IS NULL";
	for (size_t i = 0; i < e->object_count; i++)
		check_object(e, &e->objects[i]);
	long long had = ledger_number(e->ledger, orders, NULL), same = ledger_number(e->ledger, twice, NULL),
		  sent = ledger_number(e->ledger, mails, NULL), empty = ledger_number(e->ledger, keys, NULL);
	if (had != e->made || same || sent || empty) {
		e->doubled++;
		snprintf(fault, FAULT_SIZE, "%lld orders, %ld made; %lld more than once, %lld written to twice, %lld keys of nothing", had,
			 (long)e->made, same, sent, empty);
		return false;
	}
	return true;
}
