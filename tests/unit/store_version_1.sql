-- What version 1 created, but for its comments. Never changed: see store_history.c.
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE organisation (
  id TEXT PRIMARY KEY, slug TEXT NOT NULL UNIQUE, name TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;
CREATE TABLE service (
  id TEXT PRIMARY KEY, organisation_id TEXT NOT NULL REFERENCES organisation(id), slug TEXT NOT NULL, name TEXT NOT NULL,
  created_at INTEGER NOT NULL, UNIQUE (organisation_id, slug)) STRICT;
CREATE TABLE client (
  id TEXT PRIMARY KEY, service_id TEXT NOT NULL REFERENCES service(id), slug TEXT NOT NULL, name TEXT NOT NULL,
  created_at INTEGER NOT NULL, UNIQUE (service_id, slug)) STRICT;
CREATE TABLE contact (
  id TEXT PRIMARY KEY, organisation_id TEXT NOT NULL REFERENCES organisation(id), name TEXT NOT NULL,
  email TEXT NOT NULL, mobile TEXT NOT NULL, may_order INTEGER NOT NULL, may_receive INTEGER NOT NULL,
  created_at INTEGER NOT NULL, changed_at INTEGER NOT NULL, UNIQUE (organisation_id, email)) STRICT;
CREATE TABLE staff (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL CHECK (role IN ('administrator', 'support', 'auditor')),
  status TEXT NOT NULL CHECK (status IN ('active', 'suspended', 'removed')), created_at INTEGER NOT NULL) STRICT;
CREATE TABLE orders (
  id TEXT PRIMARY KEY, client_id TEXT NOT NULL REFERENCES client(id), contact_id TEXT NOT NULL REFERENCES contact(id),
  state TEXT NOT NULL, state_at INTEGER NOT NULL, facts TEXT NOT NULL, ticket BLOB NOT NULL,
  profile TEXT NOT NULL, key_type TEXT NOT NULL, note TEXT NOT NULL, ordered_by TEXT NOT NULL,
  created_at INTEGER NOT NULL, link_hash BLOB UNIQUE, link_until INTEGER, claim_hash BLOB, claimed_at INTEGER,
  served_at INTEGER, received_at INTEGER, closed_at INTEGER,
  digit_tries INTEGER NOT NULL DEFAULT 0, digit_tries_at INTEGER) STRICT;
CREATE INDEX orders_client ON orders (client_id);
CREATE INDEX orders_state ON orders (state, state_at);
CREATE INDEX orders_created ON orders (created_at, id);
CREATE TABLE code (
  id TEXT PRIMARY KEY, order_id TEXT NOT NULL REFERENCES orders(id), generation INTEGER NOT NULL,
  hmac BLOB NOT NULL, tries INTEGER NOT NULL, last_try_at INTEGER, created_at INTEGER NOT NULL,
  handed_over_at INTEGER, used_at INTEGER, dead_at INTEGER, asked_by TEXT NOT NULL, UNIQUE (order_id, generation)) STRICT;
CREATE TABLE certificate (
  serial TEXT NOT NULL, issuer TEXT NOT NULL, kind TEXT NOT NULL, order_id TEXT REFERENCES orders(id),
  staff_id TEXT REFERENCES staff(id), client_id TEXT REFERENCES client(id), fingerprint BLOB NOT NULL, subject TEXT NOT NULL,
  not_before INTEGER NOT NULL, not_after INTEGER NOT NULL, der BLOB NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('valid', 'held', 'revoked')), revoked_at INTEGER, reason INTEGER,
  compromised_at INTEGER, created_at INTEGER NOT NULL, first_used_at INTEGER, PRIMARY KEY (issuer, serial)) STRICT;
CREATE UNIQUE INDEX certificate_one_live_an_order ON certificate (order_id) WHERE status <> 'revoked';
CREATE INDEX certificate_serial ON certificate (serial);
CREATE INDEX certificate_created ON certificate (created_at, serial);
CREATE UNIQUE INDEX certificate_fingerprint ON certificate (fingerprint);
CREATE INDEX certificate_revoked ON certificate (issuer, serial) WHERE status <> 'valid';
CREATE INDEX certificate_client ON certificate (client_id);
CREATE INDEX certificate_expiry ON certificate (not_after);
CREATE TABLE parcel (
  order_id TEXT PRIMARY KEY REFERENCES orders(id), serial TEXT NOT NULL, sealed_key BLOB,
  sealed_modern BLOB, sha256_modern BLOB, sealed_compatible BLOB, sha256_compatible BLOB,
  sealed_password BLOB, created_at INTEGER NOT NULL, erased_at INTEGER, password_erased_at INTEGER) STRICT;
CREATE INDEX parcel_password ON parcel (order_id) WHERE sealed_password IS NOT NULL;
CREATE TABLE message (
  id TEXT PRIMARY KEY, order_id TEXT REFERENCES orders(id), code_id TEXT REFERENCES code(id),
  kind TEXT NOT NULL, channel TEXT NOT NULL, sealed BLOB,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'leased', 'sent', 'dropped', 'dead')),
  created_at INTEGER NOT NULL, due_at INTEGER NOT NULL, drop_after INTEGER NOT NULL, lease_until INTEGER,
  attempts INTEGER NOT NULL, sent_at INTEGER, fault TEXT) STRICT;
CREATE INDEX message_due ON message (due_at) WHERE state IN ('waiting', 'leased');
CREATE INDEX message_order ON message (order_id);
CREATE TABLE audit (
  sequence INTEGER PRIMARY KEY, record TEXT NOT NULL, hash BLOB NOT NULL, object TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE INDEX audit_object ON audit (object, sequence);
CREATE INDEX audit_hash ON audit (hash);
CREATE TABLE crl (
  issuer TEXT NOT NULL, number INTEGER NOT NULL, this_update INTEGER NOT NULL, next_update INTEGER NOT NULL,
  der BLOB NOT NULL, PRIMARY KEY (issuer, number)) STRICT;
