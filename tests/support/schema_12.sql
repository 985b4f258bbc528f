-- A database of version 13 put back to version 12, with its rows, for tests that bring one up again.
PRAGMA foreign_keys = OFF;
PRAGMA legacy_alter_table = ON;
DROP TABLE approval;
DROP TABLE idempotency;
DROP TABLE word;
ALTER TABLE organisation DROP COLUMN version;
ALTER TABLE service DROP COLUMN version;
ALTER TABLE service DROP COLUMN approvals;
ALTER TABLE client DROP COLUMN version;
ALTER TABLE client DROP COLUMN several;
ALTER TABLE contact DROP COLUMN version;
DROP INDEX contact_mobile;
DROP INDEX contact_listed;
ALTER TABLE staff RENAME TO staff_after;
CREATE TABLE staff (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL CHECK (role IN ('administrator', 'support', 'auditor')),
  status TEXT NOT NULL CHECK (status IN ('active', 'suspended', 'removed')), created_at INTEGER NOT NULL, email TEXT) STRICT;
INSERT INTO staff SELECT id, name, role, status, created_at, email FROM staff_after;
DROP TABLE staff_after;
ALTER TABLE orders RENAME TO orders_after;
CREATE TABLE orders (
  id TEXT PRIMARY KEY, client_id TEXT NOT NULL REFERENCES client(id), contact_id TEXT NOT NULL REFERENCES contact(id),
  state TEXT NOT NULL, state_at INTEGER NOT NULL, facts TEXT NOT NULL, ticket BLOB NOT NULL,
  profile TEXT NOT NULL, key_type TEXT NOT NULL, note TEXT NOT NULL, ordered_by TEXT NOT NULL,
  created_at INTEGER NOT NULL, link_hash BLOB UNIQUE, link_until INTEGER, claim_hash BLOB, claimed_at INTEGER,
  served_at INTEGER, received_at INTEGER, closed_at INTEGER,
  digit_tries INTEGER NOT NULL DEFAULT 0, digit_tries_at INTEGER, served INTEGER NOT NULL DEFAULT 0,
  replaces TEXT REFERENCES orders(id)) STRICT;
INSERT INTO orders SELECT id, client_id, contact_id, state, state_at, facts, ticket, profile, key_type, note, ordered_by,
  created_at, link_hash, link_until, claim_hash, claimed_at, served_at, received_at, closed_at, digit_tries, digit_tries_at,
  served, replaces FROM orders_after;
DROP TABLE orders_after;
CREATE INDEX orders_client ON orders (client_id);
CREATE INDEX orders_state ON orders (state, state_at);
CREATE INDEX orders_created ON orders (created_at, id);
CREATE UNIQUE INDEX orders_replaces ON orders (replaces) WHERE replaces IS NOT NULL;
CREATE INDEX orders_link ON orders (link_hash, link_until, state, claimed_at, id)
  WHERE state IN ('offered', 'locked', 'collecting');
CREATE INDEX orders_claim ON orders (claim_hash) WHERE claim_hash IS NOT NULL;
DROP INDEX certificate_organisation;
DROP INDEX certificate_ends;
DROP INDEX certificate_staff;
DROP INDEX certificate_client;
CREATE INDEX certificate_client ON certificate (client_id);
DROP INDEX audit_at;
DROP INDEX audit_who;
DROP INDEX audit_what;
DROP INDEX audit_organisation;
ALTER TABLE audit DROP COLUMN organisation_id;
ALTER TABLE audit DROP COLUMN who;
ALTER TABLE audit DROP COLUMN what;
ALTER TABLE certificate DROP COLUMN organisation_id;
ALTER TABLE certificate DROP COLUMN last_used_at;
ALTER TABLE certificate DROP COLUMN last_used_from;
UPDATE meta SET value = '12' WHERE name = 'schema_version';
PRAGMA legacy_alter_table = OFF;
