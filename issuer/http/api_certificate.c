#include "base/clock.h"
#include "base/encode.h"
#include "ca/crl.h"
#include "issuer/http/api.h"
#include "issuer/issuers.h"
#include "issuer/process/child.h"

#include <string.h>

void api_name_reason(json_t *certificate)
{
	json_t *number = json_object_get(certificate, "reason");
	const char *name = json_is_integer(number) ? crl_reason_name((enum crl_reason)json_integer_value(number)) : NULL;
	if (name)
		json_object_set_new(certificate, "reason", json_string(name));
}

bool api_serial(const struct request *q, struct reply *r, char out[SERIAL_TEXT_SIZE])
{
	uint8_t serial[SERIAL_BYTES];
	struct errbuf why = {0};
	if (serial_from_text(q->parameter[0], serial) == ERR_OK) {
		serial_text(serial, out);
		return true;
	}
	(void)fail(&why, ERR_NOT_FOUND, "\"%s\" is not a serial number: up to 40 hexadecimal digits", q->parameter[0]);
	reply_problem(r, q, ERR_NOT_FOUND, &why, NULL);
	return false;
}

static void add_pem(json_t *row)
{
	const char *hex = json_string_value(json_object_get(row, "der"));
	size_t len = hex ? strlen(hex) / 2 : 0;
	struct buf der = BUF_INIT(16384), pem = BUF_INIT(32768);
	uint8_t *room = len ? buf_room(&der, len) : NULL;
	if (room && hex_decode(hex, room, len) == ERR_OK && certificate_der_to_pem(der.data, der.len, &pem) == ERR_OK &&
	    buf_string(&pem))
		json_object_set_new(row, "pem", json_string(buf_string(&pem)));
	json_object_del(row, "der");
	buf_free(&der);
	buf_free(&pem);
}

static const char *unheard(const struct front *front, const char *name)
{
	const struct issuer *issuer = issuers_named(front->issuers, name);
	if (!issuer)
		return "its issuing CA is not in this installation: no revocation list and no OCSP answer says whether it is revoked";
	return front->shared->issuer_silent[issuer - front->issuers->at]
		       ? "its issuing CA can sign nothing: no revocation list says whether it is revoked"
		       : NULL;
}

/* Whoever revokes shall know that nobody hears of it. */
static void add_warning(const struct front *front, json_t *row)
{
	const char *issuer = json_string_value(json_object_get(row, "issuer"));
	const char *warning = issuer && issuer[0] ? unheard(front, issuer) : NULL;
	if (warning)
		json_object_set_new(row, "warning", json_string(warning));
}

static void show(struct front *front, const struct request *q, struct reply *r, const char *serial)
{
	json_t *row = NULL;
	if (!api_one_in(front, q, r, "organisation", STATEMENT_CERTIFICATE_SHOW,
			STORE_VALUES(value_integer(clock_now()), value_text(serial)), &row))
		return;
	api_name_reason(row);
	add_pem(row);
	add_warning(front, row);
	enum err e = api_attach(front, row, "history", STATEMENT_AUDIT_OF_OBJECT,
				STORE_VALUES(value_text(serial), value_integer(API_LIMIT_MOST)));
	if (e) {
		json_decref(row);
		reply_problem(r, q, e, NULL, NULL);
		return;
	}
	reply_json(r, 200, row);
}

void api_certificate_show(struct front *front, const struct request *q, struct reply *r)
{
	char serial[SERIAL_TEXT_SIZE];
	if (api_serial(q, r, serial))
		show(front, q, r, serial);
}

typedef enum err standing_change(struct desk *d, const struct actor *who, const char *serial, const char *note,
				 struct errbuf *why);

static void change_standing(struct front *front, const struct request *q, struct reply *r, standing_change *change)
{
	static const char *const members[] = {"note", NULL};
	struct errbuf why = {0};
	struct actor who = request_actor(q);
	char serial[SERIAL_TEXT_SIZE];
	json_t *body = NULL;
	if (!api_serial(q, r, serial) || !api_body(q, r, members, &body))
		return;
	enum err e = change(&front->desk, &who, serial, json_string_value(json_object_get(body, "note")), &why);
	if (e)
		reply_problem(r, q, e, &why, NULL);
	else
		show(front, q, r, serial);
	json_decref(body);
}

void api_certificate_hold(struct front *front, const struct request *q, struct reply *r)
{
	change_standing(front, q, r, certificate_hold);
}

void api_certificate_release(struct front *front, const struct request *q, struct reply *r)
{
	change_standing(front, q, r, certificate_release);
}

void api_certificate_revoke(struct front *front, const struct request *q, struct reply *r)
{
	static const char *const members[] = {"reason", "note", "compromised_at", NULL};
	struct errbuf why = {0};
	struct actor who = request_actor(q);
	char serial[SERIAL_TEXT_SIZE];
	json_t *body = NULL;
	if (!api_serial(q, r, serial) || !api_body(q, r, members, &body))
		return;
	const char *reason = json_string_value(json_object_get(body, "reason"));
	const struct revocation_wish wish = {serial, reason ? reason : "unspecified",
					     json_string_value(json_object_get(body, "note")),
					     json_string_value(json_object_get(body, "compromised_at"))};
	enum err e = certificate_revoke(&front->desk, &who, &wish, &why);
	if (e)
		reply_problem(r, q, e, &why, NULL);
	else
		show(front, q, r, serial);
	json_decref(body);
}
