-- Schema version 12. Times are seconds UTC. Ids are 16 characters of [a-z2-7] unless said. Written to be valid in SQLite
-- and PostgreSQL but for the types BLOB and INTEGER, which a macro replaces.
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
  created_at INTEGER NOT NULL, changed_at INTEGER NOT NULL, language TEXT NOT NULL DEFAULT '',
  moved_at INTEGER, UNIQUE (organisation_id, email)) STRICT; -- moved_at: when e-mail or mobile was last changed
CREATE INDEX contact_email ON contact (email); -- in whichever organisation

-- What a contact's e-mail or mobile was before a change, each NULL when it stayed: for as long as a contact may rest.
CREATE TABLE moved (contact_id TEXT NOT NULL REFERENCES contact(id), email TEXT, mobile TEXT, at INTEGER NOT NULL) STRICT;
CREATE INDEX moved_contact ON moved (contact_id, at);
CREATE INDEX moved_email ON moved (email, at);
CREATE INDEX moved_mobile ON moved (mobile, at);

-- Staff are known by their certificate (issuer, serial, fingerprint), never by a name. email: where notices of their orders go.
CREATE TABLE staff (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL CHECK (role IN ('administrator', 'support', 'auditor')),
  status TEXT NOT NULL CHECK (status IN ('active', 'suspended', 'removed')), created_at INTEGER NOT NULL, email TEXT) STRICT;

-- facts: canonical JSON of what was approved; ticket: the signer's MAC over exactly those bytes; digit_tries: of the mobile's
-- last four, within a day; served: to the present claim, the bit 1 << ENCODING for each package,
-- SERVED_CERTIFICATE (row.h) for a certificate alone.
CREATE TABLE orders (
  id TEXT PRIMARY KEY, client_id TEXT NOT NULL REFERENCES client(id), contact_id TEXT NOT NULL REFERENCES contact(id),
  state TEXT NOT NULL, state_at INTEGER NOT NULL, facts TEXT NOT NULL, ticket BLOB NOT NULL,
  profile TEXT NOT NULL, key_type TEXT NOT NULL, note TEXT NOT NULL, ordered_by TEXT NOT NULL,
  created_at INTEGER NOT NULL, link_hash BLOB UNIQUE, link_until INTEGER, claim_hash BLOB, claimed_at INTEGER,
  served_at INTEGER, received_at INTEGER, closed_at INTEGER,
  digit_tries INTEGER NOT NULL DEFAULT 0, digit_tries_at INTEGER, served INTEGER NOT NULL DEFAULT 0,
  replaces TEXT REFERENCES orders(id)) STRICT; -- that order's certificate was revoked when this one was made
CREATE INDEX orders_client ON orders (client_id);
CREATE INDEX orders_state ON orders (state, state_at);
CREATE INDEX orders_created ON orders (created_at, id);
CREATE UNIQUE INDEX orders_replaces ON orders (replaces) WHERE replaces IS NOT NULL; -- once, however often it is asked for
-- All that says whether a link opens: see ORDER_BY_LINK.
CREATE INDEX orders_link ON orders (link_hash, link_until, state, claimed_at, id)
  WHERE state IN ('offered', 'locked', 'collecting');
CREATE INDEX orders_claim ON orders (claim_hash) WHERE claim_hash IS NOT NULL;

-- The newest row of an order is its code; older ones are dead. tries is counted and committed before any comparison.
CREATE TABLE code (
  id TEXT PRIMARY KEY, order_id TEXT NOT NULL REFERENCES orders(id), generation INTEGER NOT NULL,
  hmac BLOB NOT NULL, tries INTEGER NOT NULL, last_try_at INTEGER, created_at INTEGER NOT NULL,
  handed_over_at INTEGER, used_at INTEGER, dead_at INTEGER, asked_by TEXT NOT NULL, UNIQUE (order_id, generation)) STRICT;

-- kind: client, staff, server, orphan (signed but never delivered; always revoked). key_hash: SHA-256 of the public key, NULL
-- for what is known from the journal alone; request_hash: of the request by which the key came, NULL when we made it.
CREATE TABLE certificate (
  serial TEXT NOT NULL, issuer TEXT NOT NULL, kind TEXT NOT NULL, order_id TEXT REFERENCES orders(id),
  staff_id TEXT REFERENCES staff(id), client_id TEXT REFERENCES client(id), fingerprint BLOB NOT NULL, subject TEXT NOT NULL,
  not_before INTEGER NOT NULL, not_after INTEGER NOT NULL, der BLOB NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('valid', 'held', 'revoked')), revoked_at INTEGER, reason INTEGER,
  compromised_at INTEGER, created_at INTEGER NOT NULL, first_used_at INTEGER, key_hash BLOB, request_hash BLOB, PRIMARY KEY (issuer, serial)) STRICT;
CREATE UNIQUE INDEX certificate_one_live_an_order ON certificate (order_id) WHERE status <> 'revoked';
CREATE INDEX certificate_key ON certificate (key_hash);
-- Whoever issued it: serials are random, and none comes twice.
CREATE UNIQUE INDEX certificate_serial ON certificate (serial);
CREATE INDEX certificate_created ON certificate (created_at, serial);
CREATE UNIQUE INDEX certificate_fingerprint ON certificate (fingerprint);
-- All that a revocation list is made from: a million rows are not looked up one by one.
CREATE INDEX certificate_revoked ON certificate (issuer, serial, status, revoked_at, created_at, reason, compromised_at,
  not_after) WHERE status <> 'valid';
CREATE INDEX certificate_client ON certificate (client_id);
CREATE INDEX certificate_expiry ON certificate (issuer, not_after); -- when the last of a CA's ends

-- What waits to be taken: sealed by the signer under the parcel key; gone after the acknowledgement.
CREATE TABLE parcel (
  order_id TEXT PRIMARY KEY REFERENCES orders(id), serial TEXT NOT NULL, sealed_key BLOB,
  sealed_modern BLOB, sha256_modern BLOB, sealed_compatible BLOB, sha256_compatible BLOB,
  sealed_password BLOB, created_at INTEGER NOT NULL, erased_at INTEGER, password_erased_at INTEGER) STRICT;
CREATE INDEX parcel_password ON parcel (order_id) WHERE sealed_password IS NOT NULL;

-- The outbox. sealed: CMS to the courier; erased (NULL) after it was sent or died. delivered_at, failed_at: what the gateway's
-- receipt said of it; receipt: the gateway's code for it.
CREATE TABLE message (
  id TEXT PRIMARY KEY, order_id TEXT REFERENCES orders(id), code_id TEXT REFERENCES code(id),
  kind TEXT NOT NULL, channel TEXT NOT NULL, sealed BLOB,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'leased', 'sent', 'dropped', 'dead')),
  created_at INTEGER NOT NULL, due_at INTEGER NOT NULL, drop_after INTEGER NOT NULL, lease_until INTEGER,
  attempts INTEGER NOT NULL, sent_at INTEGER, fault TEXT, delivered_at INTEGER, failed_at INTEGER, receipt TEXT) STRICT;
CREATE INDEX message_due ON message (due_at) WHERE state IN ('waiting', 'leased');
CREATE INDEX message_kind_due ON message (kind, due_at) WHERE state IN ('waiting', 'leased');
CREATE INDEX message_order ON message (order_id);
CREATE INDEX message_dead ON message (created_at) WHERE kind = 'dead';
CREATE INDEX message_lost ON message (created_at, id) WHERE state = 'dead' OR failed_at IS NOT NULL;

-- Every hand-over to a gateway, from before it begins. outcome: NULL while it goes, and for ever when the clerk died then;
-- else the word of the error, "ok" among them. reference: the gateway's own id of the message.
CREATE TABLE attempt (
  message_id TEXT NOT NULL REFERENCES message(id), number INTEGER NOT NULL, channel TEXT NOT NULL, contact_id TEXT,
  at INTEGER NOT NULL, outcome TEXT, fault TEXT, reference TEXT, PRIMARY KEY (message_id, number)) STRICT;
-- All that the limits of a day are counted from.
CREATE INDEX attempt_day ON attempt (channel, at, contact_id, outcome);

CREATE TABLE audit (
  sequence INTEGER PRIMARY KEY, record TEXT NOT NULL, hash BLOB NOT NULL, object TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE INDEX audit_object ON audit (object, sequence);
CREATE INDEX audit_hash ON audit (hash);

CREATE TABLE crl (
  issuer TEXT NOT NULL, number INTEGER NOT NULL, this_update INTEGER NOT NULL, next_update INTEGER NOT NULL,
  der BLOB NOT NULL, PRIMARY KEY (issuer, number)) STRICT;
