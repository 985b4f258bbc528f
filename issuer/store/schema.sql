-- Schema version 13. Times are seconds UTC. Ids are 16 characters of [a-z2-7] unless said. Written to be valid in SQLite
-- and PostgreSQL but for the types BLOB and INTEGER, which a macro replaces.
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE organisation (
  id TEXT PRIMARY KEY, slug TEXT NOT NULL UNIQUE, name TEXT NOT NULL, created_at INTEGER NOT NULL,
  version INTEGER NOT NULL DEFAULT 1) STRICT; -- version, here and below: one more with each change of the row
CREATE TABLE service (
  id TEXT PRIMARY KEY, organisation_id TEXT NOT NULL REFERENCES organisation(id), slug TEXT NOT NULL, name TEXT NOT NULL,
  created_at INTEGER NOT NULL, version INTEGER NOT NULL DEFAULT 1,
  approvals INTEGER CHECK (approvals BETWEEN 0 AND 2), -- NULL: as many as the installation wants
  UNIQUE (organisation_id, slug)) STRICT;
CREATE TABLE client (
  id TEXT PRIMARY KEY, service_id TEXT NOT NULL REFERENCES service(id), slug TEXT NOT NULL, name TEXT NOT NULL,
  created_at INTEGER NOT NULL, version INTEGER NOT NULL DEFAULT 1,
  several INTEGER NOT NULL DEFAULT 0, -- it may have more than one live certificate
  UNIQUE (service_id, slug)) STRICT;
CREATE TABLE contact (
  id TEXT PRIMARY KEY, organisation_id TEXT NOT NULL REFERENCES organisation(id), name TEXT NOT NULL,
  email TEXT NOT NULL, mobile TEXT NOT NULL, may_order INTEGER NOT NULL, may_receive INTEGER NOT NULL,
  created_at INTEGER NOT NULL, changed_at INTEGER NOT NULL, language TEXT NOT NULL DEFAULT '',
  moved_at INTEGER, -- when e-mail or mobile was last changed
  version INTEGER NOT NULL DEFAULT 1, UNIQUE (organisation_id, email)) STRICT;
CREATE INDEX contact_email ON contact (email); -- in whichever organisation
CREATE INDEX contact_mobile ON contact (mobile);
CREATE INDEX contact_listed ON contact (organisation_id, name, id);

-- What a contact's e-mail or mobile was before a change, each NULL when it stayed: for as long as a contact may rest.
CREATE TABLE moved (contact_id TEXT NOT NULL REFERENCES contact(id), email TEXT, mobile TEXT, at INTEGER NOT NULL) STRICT;
CREATE INDEX moved_contact ON moved (contact_id, at);
CREATE INDEX moved_email ON moved (email, at);
CREATE INDEX moved_mobile ON moved (mobile, at);

-- Staff are known by their certificate (issuer, serial, fingerprint), never by a name. email: where notices of their orders go,
-- and with mobile where their own certificates are delivered. organisation_id: all that the role reaches; NULL: everything.
CREATE TABLE staff (
  id TEXT PRIMARY KEY, name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('administrator', 'approver', 'support', 'auditor')),
  status TEXT NOT NULL CHECK (status IN ('active', 'suspended', 'removed')), created_at INTEGER NOT NULL, email TEXT,
  mobile TEXT, language TEXT NOT NULL DEFAULT '', organisation_id TEXT REFERENCES organisation(id), moved_at INTEGER,
  version INTEGER NOT NULL DEFAULT 1) STRICT;
CREATE INDEX staff_organisation ON staff (organisation_id);

-- For a client and its contact, or for a member of the staff. facts: canonical JSON of what is to be, or was, approved; digest:
-- their SHA-256 while approvals (of so many) are wanted; ticket: the signer's MAC over exactly what was approved, NULL before;
-- renews: the serial that it follows; digit_tries: of the mobile's last four, within a day; served: to the present claim, the bit
-- 1 << ENCODING for each.
CREATE TABLE orders (
  id TEXT PRIMARY KEY, client_id TEXT REFERENCES client(id), contact_id TEXT REFERENCES contact(id),
  staff_id TEXT REFERENCES staff(id), organisation_id TEXT REFERENCES organisation(id),
  kind TEXT NOT NULL DEFAULT 'new' CHECK (kind IN ('new', 'renewal', 'reissue')),
  state TEXT NOT NULL, state_at INTEGER NOT NULL, facts TEXT NOT NULL, ticket BLOB, digest BLOB,
  approvals INTEGER NOT NULL DEFAULT 0, profile TEXT NOT NULL, key_type TEXT NOT NULL, note TEXT NOT NULL,
  ordered_by TEXT NOT NULL, created_at INTEGER NOT NULL, due_at INTEGER, link_hash BLOB UNIQUE, link_until INTEGER,
  claim_hash BLOB, claimed_at INTEGER, served_at INTEGER, received_at INTEGER, closed_at INTEGER,
  digit_tries INTEGER NOT NULL DEFAULT 0, digit_tries_at INTEGER, served INTEGER NOT NULL DEFAULT 0,
  replaces TEXT REFERENCES orders(id), -- that order's certificate was revoked when this one was made
  renews TEXT,
  CHECK ((staff_id IS NULL) = (client_id IS NOT NULL)), CHECK ((client_id IS NULL) = (contact_id IS NULL))) STRICT;
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
CREATE UNIQUE INDEX orders_replaces ON orders (replaces) WHERE replaces IS NOT NULL; -- once, however often it is asked for
-- All that says whether a link opens: see ORDER_BY_LINK.
CREATE INDEX orders_link ON orders (link_hash, link_until, state, claimed_at, id)
  WHERE state IN ('offered', 'locked', 'collecting');
CREATE INDEX orders_claim ON orders (claim_hash) WHERE claim_hash IS NOT NULL;

-- Who approved an order, and exactly what.
CREATE TABLE approval (
  order_id TEXT NOT NULL REFERENCES orders(id), staff_id TEXT NOT NULL REFERENCES staff(id), digest BLOB NOT NULL,
  at INTEGER NOT NULL, PRIMARY KEY (order_id, staff_id)) STRICT;

-- What a member of the staff has made under a key of its choice; request: SHA-256 of what was asked. Forgotten after a day.
CREATE TABLE idempotency (
  staff_id TEXT NOT NULL, key TEXT NOT NULL, request BLOB NOT NULL, object TEXT NOT NULL, created_at INTEGER NOT NULL,
  PRIMARY KEY (staff_id, key)) STRICT;
CREATE INDEX idempotency_age ON idempotency (created_at);

-- The folded words of the directory's names, slugs and addresses, for whoever searches: see order/words.h.
CREATE TABLE word (
  token TEXT NOT NULL, kind TEXT NOT NULL, object_id TEXT NOT NULL, organisation_id TEXT NOT NULL,
  PRIMARY KEY (token, kind, object_id)) STRICT, WITHOUT ROWID;
CREATE INDEX word_organisation ON word (organisation_id, token, kind, object_id);
CREATE INDEX word_object ON word (object_id);

-- The newest row of an order is its code; older ones are dead. tries is counted and committed before any comparison.
CREATE TABLE code (
  id TEXT PRIMARY KEY, order_id TEXT NOT NULL REFERENCES orders(id), generation INTEGER NOT NULL,
  hmac BLOB NOT NULL, tries INTEGER NOT NULL, last_try_at INTEGER, created_at INTEGER NOT NULL,
  handed_over_at INTEGER, used_at INTEGER, dead_at INTEGER, asked_by TEXT NOT NULL, UNIQUE (order_id, generation)) STRICT;

-- kind: client, staff, server, orphan (signed but never delivered; always revoked). key_hash: SHA-256 of the public key, NULL
-- for what is known from the journal alone; request_hash: of the request by which the key came, NULL when we made it. last_used:
-- here, to the hour.
CREATE TABLE certificate (
  serial TEXT NOT NULL, issuer TEXT NOT NULL, kind TEXT NOT NULL, order_id TEXT REFERENCES orders(id),
  staff_id TEXT REFERENCES staff(id), client_id TEXT REFERENCES client(id), fingerprint BLOB NOT NULL, subject TEXT NOT NULL,
  not_before INTEGER NOT NULL, not_after INTEGER NOT NULL, der BLOB NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('valid', 'held', 'revoked')), revoked_at INTEGER, reason INTEGER,
  compromised_at INTEGER, created_at INTEGER NOT NULL, first_used_at INTEGER, key_hash BLOB, request_hash BLOB,
  organisation_id TEXT, last_used_at INTEGER, last_used_from TEXT, PRIMARY KEY (issuer, serial)) STRICT;
CREATE UNIQUE INDEX certificate_one_live_an_order ON certificate (order_id) WHERE status <> 'revoked';
CREATE INDEX certificate_key ON certificate (key_hash);
-- Whoever issued it: serials are random, and none comes twice.
CREATE UNIQUE INDEX certificate_serial ON certificate (serial);
CREATE INDEX certificate_created ON certificate (created_at, serial);
CREATE UNIQUE INDEX certificate_fingerprint ON certificate (fingerprint);
-- All that a revocation list is made from: a million rows are not looked up one by one.
CREATE INDEX certificate_revoked ON certificate (issuer, serial, status, revoked_at, created_at, reason, compromised_at,
  not_after) WHERE status <> 'valid';
CREATE INDEX certificate_client ON certificate (client_id, created_at, serial);
CREATE INDEX certificate_organisation ON certificate (organisation_id, created_at, serial);
CREATE INDEX certificate_ends ON certificate (status, not_after, serial);
CREATE INDEX certificate_staff ON certificate (staff_id) WHERE staff_id IS NOT NULL;
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

-- Beside the record, for who looks for it: what it says of who and what; and whose the object is, NULL: nobody's.
CREATE TABLE audit (
  sequence INTEGER PRIMARY KEY, record TEXT NOT NULL, hash BLOB NOT NULL, object TEXT NOT NULL, at INTEGER NOT NULL,
  who TEXT NOT NULL DEFAULT '', what TEXT NOT NULL DEFAULT '', organisation_id TEXT) STRICT;
CREATE INDEX audit_object ON audit (object, sequence);
CREATE INDEX audit_hash ON audit (hash);
CREATE INDEX audit_at ON audit (at, sequence);
CREATE INDEX audit_who ON audit (who, at, sequence);
CREATE INDEX audit_what ON audit (what, at, sequence);
CREATE INDEX audit_organisation ON audit (organisation_id, at, sequence);

CREATE TABLE crl (
  issuer TEXT NOT NULL, number INTEGER NOT NULL, this_update INTEGER NOT NULL, next_update INTEGER NOT NULL,
  der BLOB NOT NULL, PRIMARY KEY (issuer, number)) STRICT;
