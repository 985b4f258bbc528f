/* The steps from the acknowledgement to the end. */
#include "tests/campaign/spool.h"
#include "tests/campaign/walk.h"
#include "base/encode.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum outcome try_received(struct walk *w)
{
	char url[192], form[80], hash[2 * SHA256_DIGEST_LENGTH + 1];
	snprintf(url, sizeof url, "%s/d/%s/received", w->at->public_url, w->token);
	hex_encode(w->packages[w->plan->compatible].sha256, SHA256_DIGEST_LENGTH, hash);
	snprintf(form, sizeof form, "sha256=%s", hash);
	if (call_recipient(w->caller, url, w->claim, form, &w->answer) != 200)
		return walk_otherwise(w, "the claim is lost: received");
	ledger_promise(w->ledger, "received", w->order);
	return DONE;
}

/* One and only one message, and only now. */
static enum outcome try_password(struct walk *w)
{
	static const char newest[] = "SELECT id || ' ' || state FROM d.message WHERE order_id = ?1 AND kind = 'password'";
	char found[64], text[MESSAGE_SIZE];
	if (!ledger_text(w->ledger, newest, w->order, found, sizeof found))
		return walk_broken(w, "received, and no password is on its way");
	char *state = strchr(found, ' ');
	if (!state)
		return AGAIN;
	*state++ = '\0';
	if (!spool_read(w->at, found, text))
		return strcmp(state, "sent") == 0 ? walk_broken(w, "the password was sent, and is lost") : AGAIN;
	if (!strstr(text, "To: +4791234567\n") || !spool_password(text, w->password))
		return walk_broken(w, "a password message without a password");
	return DONE;
}

static bool write_identity(const struct walk *w, EVP_PKEY *key, X509 *certificate)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s.holder.pem", w->at->dir);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
	bool fine = f && PEM_write_X509(f, certificate) == 1 && PEM_write_PKCS8PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1;
	if (f)
		fclose(f);
	return fine;
}

/* What was downloaded is the certificate that the database has for the order, live. */
static bool compare(struct walk *w, X509 *certificate)
{
	static const char live[] = "SELECT lower(hex(der)) FROM d.certificate WHERE order_id = ?1 AND kind = 'client' AND status ="
				   " 'valid'";
	char stored[16384], had[16384];
	uint8_t der[8192], *at = der;
	BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
	uint8_t serial[20];
	int len = i2d_X509(certificate, NULL) <= (int)sizeof der ? i2d_X509(certificate, &at) : 0;
	hex_encode(der, (size_t)len, had);
	BN_bn2binpad(number, serial, sizeof serial);
	hex_encode(serial, sizeof serial, w->serial);
	BN_free(number);
	return ledger_text(w->ledger, live, w->order, stored, sizeof stored) && strcmp(stored, had) == 0;
}

static bool open_package(struct walk *w)
{
	const uint8_t *der = (const uint8_t *)w->file.body;
	EVP_PKEY *key = NULL;
	X509 *certificate = NULL;
	PKCS12 *p12 = d2i_PKCS12(NULL, &der, (long)w->file.len);
	bool opens = p12 && PKCS12_parse(p12, w->password, &key, &certificate, NULL) == 1 && key && certificate;
	bool fine = false;
	if (!opens)
		walk_broken(w, "the password does not open the package");
	else if (X509_check_private_key(certificate, key) != 1)
		walk_broken(w, "the package's key is not its certificate's");
	else if (!compare(w, certificate))
		walk_broken(w, "the certificate that was received is not the order's live one");
	else
		fine = write_identity(w, key, certificate);
	PKCS12_free(p12);
	EVP_PKEY_free(key);
	X509_free(certificate);
	return fine;
}

static enum outcome try_password_sent(struct walk *w)
{
	return walk_state(w, "password_sent") ? DONE : AGAIN;
}

bool walk_password(struct walk *w)
{
	return walk_until(w, "the password", try_password) && open_package(w) &&
	       walk_until(w, "the state after the password", try_password_sent);
}

bool walk_receive(struct walk *w)
{
	static const char passwords[] = "SELECT count(*) FROM d.message WHERE order_id = ?1 AND kind = 'password'";
	if (ledger_number(w->ledger, passwords, w->order) != 0) {
		walk_broken(w, "a password is on its way before the acknowledgement");
		return false;
	}
	if (!walk_until(w, "the acknowledgement", try_received))
		return false;
	return w->plan->ending == END_CANCELLED || walk_password(w); /* cancelled in the middle of it */
}

static enum outcome try_use(struct walk *w)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s.holder.pem", w->at->dir);
	if (walk_state(w, "in_use"))
		return DONE;
	return call_holder(w->caller, "/v1/me", path, &w->answer) == 200 ? AGAIN : walk_otherwise(w, "a call with the certificate");
}

bool walk_use(struct walk *w)
{
	return walk_until(w, "the first use", try_use);
}

static bool is_revoked(struct walk *w)
{
	return ledger_number(w->ledger, "SELECT count(*) FROM d.certificate WHERE serial = ?1 AND status = 'revoked'", w->serial) == 1;
}

static enum outcome try_revoke(struct walk *w)
{
	char path[128];
	if (w->unsure && (w->plan->unsettled || is_revoked(w)))
		return is_revoked(w) ? DONE : AGAIN;
	snprintf(path, sizeof path, "/v1/certificates/%s/revoke", w->serial);
	call_staff(w->caller, "POST", path, "{\"reason\":\"keyCompromise\"}", &w->answer);
	if (w->unsure && w->answer.status == 409 && is_revoked(w))
		return DONE; /* the clerk has found it in the journal, at this moment */
	if (w->answer.status != 200)
		return walk_otherwise(w, "revoke");
	ledger_promise(w->ledger, "revoked", w->serial);
	return is_revoked(w) ? DONE : walk_broken(w, "a revocation that was answered is not in the database");
}

/* Before anybody is told it is in the journal. */
static bool journalled(struct walk *w)
{
	if (!ledger_read(w->ledger, w->fault))
		return false;
	if (ledger_number(w->ledger, "SELECT count(*) FROM j WHERE serial = ?1 AND op = 'revoke'", w->serial) > 0)
		return true;
	walk_broken(w, "a revocation is in the database and not in the journal");
	return false;
}

static enum outcome try_listed(struct walk *w)
{
	char fault[FAULT_SIZE];
	return ledger_crl(w->ledger, fault) ? DONE : AGAIN;
}

static enum outcome try_refused(struct walk *w)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s.holder.pem", w->at->dir);
	call_holder(w->caller, "/v1/me", path, &w->answer);
	return answer_is(&w->answer, 403, "revoked") ? DONE : walk_otherwise(w, "a call with a revoked certificate");
}

bool walk_revoke(struct walk *w)
{
	return walk_until(w, "the revocation", try_revoke) && journalled(w) && walk_until(w, "the refusal", try_refused) &&
	       walk_until(w, "the revocation list", try_listed);
}

static enum outcome try_lapsed(struct walk *w)
{
	return walk_state(w, "lapsed") ? DONE : AGAIN;
}

static enum outcome try_age(struct walk *w)
{
	static const char age[] = "UPDATE orders SET claimed_at = claimed_at - 864000 WHERE id = ?1";
	return ledger_change(w->ledger, age, w->order) ? DONE : AGAIN;
}

bool walk_lapse(struct walk *w)
{
	return walk_until(w, "ten days", try_age) && walk_until(w, "the lapse", try_lapsed);
}
