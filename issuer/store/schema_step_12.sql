-- From version 12 to 13. What a column must be cannot be changed: staff and orders are made anew.
ALTER TABLE organisation ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE service ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE service ADD COLUMN approvals INTEGER CHECK (approvals BETWEEN 0 AND 2);
ALTER TABLE client ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE client ADD COLUMN several INTEGER NOT NULL DEFAULT 0;
UPDATE client SET several = 1 WHERE 1 < (SELECT COUNT(*) FROM certificate k WHERE k.client_id = client.id
  AND k.status <> 'revoked' AND k.not_after > unixepoch());
ALTER TABLE contact ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
CREATE INDEX contact_mobile ON contact (mobile);
CREATE INDEX contact_listed ON contact (organisation_id, name, id);
ALTER TABLE staff RENAME TO staff_before;
CREATE TABLE staff ( id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL CHECK (role IN
  ('administrator', 'approver', 'support', 'auditor')), status TEXT NOT NULL CHECK (status IN ('active',
  'suspended', 'removed')), created_at INTEGER NOT NULL, email TEXT, mobile TEXT, language TEXT NOT NULL
  DEFAULT '', organisation_id TEXT REFERENCES organisation(id), moved_at INTEGER, version INTEGER NOT NULL
  DEFAULT 1) STRICT;
INSERT INTO staff (id, name, role, status, created_at, email) SELECT id, name, role, status, created_at, email
  FROM staff_before;
DROP TABLE staff_before;
CREATE INDEX staff_organisation ON staff (organisation_id);
ALTER TABLE orders RENAME TO orders_before;
CREATE TABLE orders ( id TEXT PRIMARY KEY, client_id TEXT REFERENCES client(id), contact_id TEXT REFERENCES
  contact(id), staff_id TEXT REFERENCES staff(id), organisation_id TEXT REFERENCES organisation(id), kind TEXT
  NOT NULL DEFAULT 'new' CHECK (kind IN ('new', 'renewal', 'reissue')), state TEXT NOT NULL, state_at INTEGER
  NOT NULL, facts TEXT NOT NULL, ticket BLOB, digest BLOB, approvals INTEGER NOT NULL DEFAULT 0, profile TEXT
  NOT NULL, key_type TEXT NOT NULL, note TEXT NOT NULL, ordered_by TEXT NOT NULL, created_at INTEGER NOT NULL,
  due_at INTEGER, link_hash BLOB UNIQUE, link_until INTEGER, claim_hash BLOB, claimed_at INTEGER, served_at
  INTEGER, received_at INTEGER, closed_at INTEGER, digit_tries INTEGER NOT NULL DEFAULT 0, digit_tries_at
  INTEGER, served INTEGER NOT NULL DEFAULT 0, replaces TEXT REFERENCES orders(id), renews TEXT, CHECK
  ((staff_id IS NULL) = (client_id IS NOT NULL)), CHECK ((client_id IS NULL) = (contact_id IS NULL))) STRICT;
INSERT INTO orders (id, client_id, contact_id, organisation_id, kind, state, state_at, facts, ticket, profile,
  key_type, note, ordered_by, created_at, link_hash, link_until, claim_hash, claimed_at, served_at,
  received_at, closed_at, digit_tries, digit_tries_at, served, replaces) SELECT o.id, o.client_id,
  o.contact_id, s.organisation_id, CASE WHEN o.replaces IS NULL THEN 'new' ELSE 'reissue' END, o.state,
  o.state_at, o.facts, o.ticket, o.profile, o.key_type, o.note, o.ordered_by, o.created_at, o.link_hash,
  o.link_until, o.claim_hash, o.claimed_at, o.served_at, o.received_at, o.closed_at, o.digit_tries,
  o.digit_tries_at, o.served, o.replaces FROM orders_before o LEFT JOIN client c ON c.id = o.client_id LEFT
  JOIN service s ON s.id = c.service_id;
DROP TABLE orders_before;
CREATE INDEX orders_organisation ON orders (organisation_id, created_at, id);
CREATE INDEX orders_contact ON orders (contact_id, created_at, id);
CREATE INDEX orders_staff ON orders (staff_id) WHERE staff_id IS NOT NULL;
CREATE INDEX orders_listed ON orders (state, created_at, id);
CREATE INDEX orders_due ON orders (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX orders_kind ON orders (kind, created_at, id);
CREATE INDEX orders_renews ON orders (renews) WHERE renews IS NOT NULL;
CREATE INDEX orders_client ON orders (client_id, created_at, id);
CREATE INDEX orders_state ON orders (state, state_at);
CREATE INDEX orders_created ON orders (created_at, id);
CREATE UNIQUE INDEX orders_replaces ON orders (replaces) WHERE replaces IS NOT NULL;
CREATE INDEX orders_link ON orders (link_hash, link_until, state, claimed_at, id) WHERE state IN ('offered',
  'locked', 'collecting');
CREATE INDEX orders_claim ON orders (claim_hash) WHERE claim_hash IS NOT NULL;
CREATE TABLE approval ( order_id TEXT NOT NULL REFERENCES orders(id), staff_id TEXT NOT NULL REFERENCES
  staff(id), digest BLOB NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (order_id, staff_id)) STRICT;
CREATE TABLE idempotency ( staff_id TEXT NOT NULL, key TEXT NOT NULL, request BLOB NOT NULL, object TEXT NOT
  NULL, created_at INTEGER NOT NULL, PRIMARY KEY (staff_id, key)) STRICT;
CREATE INDEX idempotency_age ON idempotency (created_at);
CREATE TABLE word ( token TEXT NOT NULL, kind TEXT NOT NULL, object_id TEXT NOT NULL, organisation_id TEXT NOT
  NULL, PRIMARY KEY (token, kind, object_id)) STRICT, WITHOUT ROWID;
CREATE INDEX word_organisation ON word (organisation_id, token, kind, object_id);
CREATE INDEX word_object ON word (object_id);
ALTER TABLE certificate ADD COLUMN organisation_id TEXT;
ALTER TABLE certificate ADD COLUMN last_used_at INTEGER;
ALTER TABLE certificate ADD COLUMN last_used_from TEXT;
UPDATE certificate SET organisation_id = (SELECT s.organisation_id FROM client c JOIN service s ON s.id =
  c.service_id WHERE c.id = certificate.client_id) WHERE client_id IS NOT NULL;
CREATE INDEX certificate_organisation ON certificate (organisation_id, created_at, serial);
CREATE INDEX certificate_ends ON certificate (status, not_after, serial);
CREATE INDEX certificate_staff ON certificate (staff_id) WHERE staff_id IS NOT NULL;
DROP INDEX certificate_client;
CREATE INDEX certificate_client ON certificate (client_id, created_at, serial);
ALTER TABLE audit ADD COLUMN who TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN what TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN organisation_id TEXT;
UPDATE audit SET who = COALESCE(json_extract(record, '$.who'), ''), what = COALESCE(json_extract(record,
  '$.what'), '') WHERE json_valid(record);
UPDATE audit SET organisation_id = COALESCE((SELECT o.organisation_id FROM orders o WHERE o.id = audit.object),
  (SELECT t.organisation_id FROM certificate t WHERE t.serial = audit.object), (SELECT k.organisation_id FROM
  contact k WHERE k.id = audit.object), (SELECT s.organisation_id FROM client c JOIN service s ON s.id =
  c.service_id WHERE c.id = audit.object), (SELECT s.organisation_id FROM service s WHERE s.id = audit.object),
  (SELECT g.id FROM organisation g WHERE g.id = audit.object));
INSERT OR IGNORE INTO word SELECT j.value, 'organisation', g.id, g.id FROM organisation g, json_each(folded_words(
  g.name, g.slug)) j;
INSERT OR IGNORE INTO word SELECT j.value, 'service', s.id, s.organisation_id FROM service s,
  json_each(folded_words(s.name, s.slug)) j;
INSERT OR IGNORE INTO word SELECT j.value, 'client', c.id, s.organisation_id FROM client c JOIN service s ON s.id
  = c.service_id, json_each(folded_words(c.name, c.slug)) j;
INSERT OR IGNORE INTO word SELECT j.value, 'contact', k.id, k.organisation_id FROM contact k,
  json_each(folded_words(k.name, k.email, k.mobile)) j;
CREATE INDEX audit_at ON audit (at, sequence);
CREATE INDEX audit_who ON audit (who, at, sequence);
CREATE INDEX audit_what ON audit (what, at, sequence);
CREATE INDEX audit_organisation ON audit (organisation_id, at, sequence)
