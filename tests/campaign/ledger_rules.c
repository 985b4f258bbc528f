/* What must hold, each as a query that finds what breaks it. */
#include "tests/campaign/ledger.h"

#include <stdio.h>

enum { AGE_REVOKED = 90, AGE_OPEN = 240 };

/* Each finds what must not be. ORDER: ?1 is the order. ALWAYS: holds at any moment. LATER: holds once it is ?1 seconds
 * old, or at once when all is quiet. PROMISED: what somebody was told. */
enum scope { ORDER, ALWAYS, LATER, PROMISED };
static const struct invariant {
	enum scope scope;
	int age;
	const char *name, *sql;
} invariants[] = {
	{ORDER, 0, "two live certificates",
	 "SELECT max(serial) FROM d.certificate WHERE order_id = ?1 AND status <> 'revoked' HAVING count(*) > 1"},
	{ORDER, 0, "a certificate that the journal does not know",
	 "SELECT c.serial FROM d.certificate c WHERE c.order_id = ?1 AND NOT EXISTS (SELECT 1 FROM j WHERE j.serial = c.serial"
	 " AND j.op = 'intent' AND j.ord = ?1)"},
	{ORDER, 0, "done in the journal, not in the database",
	 "SELECT serial FROM j WHERE ord = ?1 AND op = 'done' AND NOT EXISTS (SELECT 1 FROM d.certificate c"
	 " WHERE c.serial = j.serial AND c.order_id = ?1 AND c.kind = 'client')"},
	{ORDER, 0, "received, and its certificate is lost",
	 "SELECT id FROM d.orders o WHERE id = ?1 AND received_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM d.certificate c"
	 " WHERE c.order_id = o.id AND c.kind = 'client')"},
	{ORDER, 0, "an ended order with a live certificate",
	 "SELECT c.serial FROM d.orders o JOIN d.certificate c ON c.order_id = o.id WHERE o.id = ?1 AND c.status <> 'revoked'"
	 " AND o.state IN ('cancelled', 'lapsed', 'rejected')"},
	{ORDER, 0, "a password before the receipt",
	 "SELECT m.id FROM d.message m JOIN d.orders o ON o.id = m.order_id WHERE o.id = ?1 AND m.kind = 'password'"
	 " AND (o.received_at IS NULL OR m.created_at < o.received_at)"},
	{ORDER, 0, "a password twice",
	 "SELECT max(id) FROM d.message WHERE order_id = ?1 AND kind = 'password' HAVING count(*) > 1"},
	{ORDER, 0, "received, and no password",
	 "SELECT id FROM d.orders o WHERE id = ?1 AND received_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM d.message m"
	 " WHERE m.order_id = o.id AND m.kind = 'password')"},
	{ORDER, 0, "a parcel that is not erased",
	 "SELECT o.state FROM d.parcel q JOIN d.orders o ON o.id = q.order_id WHERE o.id = ?1 AND (o.received_at IS NOT NULL"
	 " OR o.closed_at IS NOT NULL) AND (q.sealed_key IS NOT NULL OR q.sealed_modern IS NOT NULL)"},
	{ORDER, 0, "a message without an end",
	 "SELECT kind || ' ' || state FROM d.message WHERE order_id = ?1 AND state NOT IN ('sent', 'dropped')"},
	{ORDER, 0, "a claim without a code, or a code without a claim",
	 "SELECT u || ' codes, ' || a || ' claims' FROM (SELECT (SELECT count(*) FROM d.code WHERE order_id = ?1 AND used_at"
	 " IS NOT NULL) AS u, (SELECT count(*) FROM d.audit WHERE object = ?1 AND record LIKE '%\"what\":\"order.claimed\"%') AS a)"
	 " WHERE u <> a"},

	{ALWAYS, 0, "two live certificates of one order",
	 "SELECT order_id FROM d.certificate WHERE status <> 'revoked' AND order_id IS NOT NULL GROUP BY order_id"
	 " HAVING count(*) > 1"},
	{ALWAYS, 0, "a certificate that the journal does not know",
	 "SELECT serial FROM d.certificate c WHERE kind IN ('client', 'orphan') AND NOT EXISTS (SELECT 1 FROM j"
	 " WHERE j.serial = c.serial AND j.op = 'intent')"},
	{ALWAYS, 0, "done in the journal, not in the database",
	 "SELECT serial FROM j WHERE op = 'done' AND NOT EXISTS (SELECT 1 FROM d.certificate c WHERE c.serial = j.serial"
	 " AND c.kind <> 'orphan')"},
	{ALWAYS, 0, "a serial number twice",
	 "SELECT serial FROM j WHERE op = 'intent' GROUP BY serial HAVING count(*) > 1"},
	{ALWAYS, 0, "an audit head of the journal that the chain does not have",
	 "SELECT head FROM j WHERE head <> '' AND NOT EXISTS (SELECT 1 FROM d.audit a WHERE a.hash = unhex(j.head))"},
	{ALWAYS, 0, "a revocation list whose number the journal does not know",
	 /* the root's, which issues none of these certificates, is signed by a ceremony and in no journal */
	 "SELECT number FROM d.crl c WHERE issuer IN (SELECT k.issuer FROM d.certificate k)"
	 " AND NOT EXISTS (SELECT 1 FROM j WHERE j.op = 'crl' AND j.number = c.number)"},
	{ALWAYS, 0, "a list's number twice", "SELECT number FROM j WHERE op = 'crl' GROUP BY number HAVING count(*) > 1"},

	{LATER, AGE_REVOKED, "revoked in the journal, not in the database",
	 "SELECT serial FROM j WHERE op = 'revoke' AND reason <> 6 AND at < unixepoch() - ?1 AND NOT EXISTS (SELECT 1 FROM d.certificate c"
	 " WHERE c.serial = j.serial AND c.status = 'revoked')"},
	{LATER, AGE_REVOKED, "revoked in the database, not in the journal",
	 "SELECT serial FROM d.certificate c WHERE status = 'revoked' AND revoked_at < unixepoch() - ?1 AND NOT EXISTS"
	 " (SELECT 1 FROM j WHERE j.serial = c.serial AND j.op = 'revoke')"},
	{LATER, AGE_REVOKED, "held in the journal, and the database has it neither held nor revoked",
	 "SELECT serial FROM j WHERE op = 'revoke' AND reason = 6 AND at < unixepoch() - ?1 AND NOT EXISTS (SELECT 1 FROM j e"
	 " WHERE e.serial = j.serial AND e.op = 'release' AND e.sequence > j.sequence) AND NOT EXISTS (SELECT 1 FROM"
	 " d.certificate c WHERE c.serial = j.serial AND c.status <> 'valid')"},
	{LATER, AGE_REVOKED, "released in the journal, and not held since, and the database has it not valid",
	 "SELECT serial FROM j WHERE op = 'release' AND at < unixepoch() - ?1 AND NOT EXISTS (SELECT 1 FROM j e"
	 " WHERE e.serial = j.serial AND e.op = 'revoke' AND e.sequence > j.sequence) AND NOT EXISTS (SELECT 1 FROM"
	 " d.certificate c WHERE c.serial = j.serial AND c.status = 'valid')"},
	{LATER, AGE_OPEN, "an intent without an end",
	 "SELECT serial FROM j WHERE op = 'intent' AND at < unixepoch() - ?1 AND NOT EXISTS (SELECT 1 FROM j e"
	 " WHERE e.serial = j.serial AND e.op IN ('done', 'revoke'))"},
	{LATER, AGE_OPEN, "a certificate made, and in the database neither live nor revoked",
	 "SELECT serial FROM j WHERE op = 'intent' AND at < unixepoch() - ?1 AND NOT EXISTS (SELECT 1 FROM d.certificate c"
	 " WHERE c.serial = j.serial)"},

	{PROMISED, 0, "an order was answered, and is lost",
	 "SELECT about FROM p WHERE what = 'ordered' AND NOT EXISTS (SELECT 1 FROM d.orders WHERE id = p.about)"},
	{PROMISED, 0, "a package was served, and its certificate is lost",
	 "SELECT about FROM p WHERE what = 'fetched' AND NOT EXISTS (SELECT 1 FROM d.certificate WHERE order_id = p.about)"},
	{PROMISED, 0, "a package was served, and the journal does not know its certificate",
	 "SELECT about FROM p WHERE what = 'fetched' AND NOT EXISTS (SELECT 1 FROM j WHERE ord = p.about AND op = 'intent')"},
	{PROMISED, 0, "a receipt was answered, and is lost",
	 "SELECT about FROM p WHERE what = 'received' AND NOT EXISTS (SELECT 1 FROM d.orders WHERE id = p.about"
	 " AND received_at IS NOT NULL)"},
	{PROMISED, 0, "a cancellation was answered, and is lost",
	 "SELECT about FROM p WHERE what = 'cancelled' AND NOT EXISTS (SELECT 1 FROM d.orders WHERE id = p.about"
	 " AND state = 'cancelled')"},
	{PROMISED, 0, "a revocation was answered, and the database does not have it",
	 "SELECT about FROM p WHERE what = 'revoked' AND NOT EXISTS (SELECT 1 FROM d.certificate WHERE serial = p.about"
	 " AND status = 'revoked')"},
	{PROMISED, 0, "a revocation was answered, and the journal does not have it",
	 "SELECT about FROM p WHERE what = 'revoked' AND NOT EXISTS (SELECT 1 FROM j WHERE serial = p.about AND op = 'revoke')"},
	{PROMISED, 0, "a release was answered, and its certificate is not valid",
	 "SELECT about FROM p WHERE what = 'released' AND NOT EXISTS (SELECT 1 FROM d.certificate WHERE serial = p.about"
	 " AND status = 'valid')"},
	{PROMISED, 0, "an audit record was there to be read, and is lost",
	 "SELECT about FROM p WHERE what = 'audit' AND NOT EXISTS (SELECT 1 FROM d.audit WHERE hash = unhex(p.about))"},
};

static bool holds(struct ledger *l, const struct invariant *v, const char *arg, char fault[FAULT_SIZE])
{
	char found[128];
	if (!ledger_text(l, v->sql, arg, found, sizeof found))
		return true;
	snprintf(fault, FAULT_SIZE, "%s: %s", v->name, found);
	return false;
}

static bool all_of(struct ledger *l, enum scope scope, const char *arg, char fault[FAULT_SIZE])
{
	bool fine = true;
	for (size_t i = 0; fine && i < sizeof invariants / sizeof *invariants; i++)
		if (invariants[i].scope == scope)
			fine = holds(l, &invariants[i], arg, fault);
	return fine;
}

bool ledger_order(struct ledger *l, const char *order, char fault[FAULT_SIZE])
{
	return all_of(l, ORDER, order, fault);
}

bool ledger_promises(struct ledger *l, char fault[FAULT_SIZE])
{
	return all_of(l, PROMISED, NULL, fault);
}

static bool later_hold(struct ledger *l, bool quiet, char fault[FAULT_SIZE])
{
	bool fine = true;
	for (size_t i = 0; fine && i < sizeof invariants / sizeof *invariants; i++) {
		char age[16];
		snprintf(age, sizeof age, "%d", quiet ? -1 : invariants[i].age);
		if (invariants[i].scope == LATER)
			fine = holds(l, &invariants[i], age, fault);
	}
	return fine;
}

static bool all_hold(struct ledger *l, bool quiet, char fault[FAULT_SIZE])
{
	return all_of(l, ALWAYS, NULL, fault) && later_hold(l, quiet, fault) && ledger_promises(l, fault);
}

/* The journal may have grown since it was read, and the database with it. */
bool ledger_all(struct ledger *l, bool quiet, char fault[FAULT_SIZE])
{
	return all_hold(l, quiet, fault) || (ledger_read(l, fault) && all_hold(l, quiet, fault));
}
