/* password: what opens a key, had from where the caller says, and not before something is found to need it. */
#ifndef CLIENT_PASSWORD_H
#define CLIENT_PASSWORD_H

#include "client/pkcs12.h"
#include "client/place.h"

struct password {
	const counterfoil_identity_options *from;
	struct buf bytes;
	bool had;
};

/* Lent until password_clear; asked for once. What no way was given for is empty. */
counterfoil_code password_have(struct password *password, counterfoil_bytes *out, counterfoil_error *error);
bool password_is_given(const struct password *password);
void password_clear(struct password *password); /* wipes */

/* The first line of a file, without its end, appended to out. */
counterfoil_code password_of_place(const counterfoil_place *place, struct buf *out, counterfoil_error *error);

/* Room for a password and its line's end. */
#define PASSWORD_BUF BUF_INIT(PKCS12_PASSWORD_MAX + 2)

#endif
