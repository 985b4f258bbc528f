#include "issuer/token/pin_trial.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define UNTIL "it is not tried again before token.pin has another one, or the daemon is started anew"

enum err pin_trial_make(int *out, struct errbuf *why)
{
	struct pin_trial first = {.tries = 0};
	enum err rc = random_bytes(first.salt, sizeof first.salt);
	if (rc)
		return rc;
	int fd = memfd_create("counterfoil-pin", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd >= 0 && write(fd, &first, sizeof first) == (ssize_t)sizeof first &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0) {
		*out = fd;
		return ERR_OK;
	}
	fail(why, ERR_MEMORY, "the page of the PIN's trials: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return ERR_MEMORY;
}

enum err pin_trial_map(int fd, struct pin_trial **out, struct errbuf *why)
{
	void *page = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof **out, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);
	if (page == MAP_FAILED)
		return fail(why, ERR_MEMORY, "the page of the PIN's trials cannot be mapped");
	*out = page;
	return ERR_OK;
}

static bool digest(const struct pin_trial *t, const struct secret *pin, uint8_t out[PIN_TRIAL_DIGEST])
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool done = c && EVP_DigestInit_ex(c, EVP_sha256(), NULL) == 1 &&
		    EVP_DigestUpdate(c, t->salt, sizeof t->salt) == 1 &&
		    EVP_DigestUpdate(c, secret_peek(pin), secret_len(pin)) == 1 && EVP_DigestFinal_ex(c, out, NULL) == 1;
	EVP_MD_CTX_free(c);
	return done;
}

/* In this order: whoever is ended in between leaves a PIN that is neither the old one nor the new. */
static void forget(struct pin_trial *t, const uint8_t pin[PIN_TRIAL_DIGEST])
{
	t->accepted = false;
	memset(t->pin, 0, sizeof t->pin);
	t->tries = 0;
	memcpy(t->pin, pin, sizeof t->pin);
}

enum err pin_trial_begin(struct pin_trial *t, const struct secret *pin, struct errbuf *why)
{
	uint8_t now[PIN_TRIAL_DIGEST];
	if (!t || !pin)
		return ERR_OK;
	if (!digest(t, pin, now))
		return fail(why, ERR_MEMORY, "no digest of the PIN");
	if (CRYPTO_memcmp(now, t->pin, sizeof now) != 0)
		forget(t, now);
	if (t->tries >= (t->accepted ? PIN_TRIES_ACCEPTED : PIN_TRIES_FIRST))
		return fail(why, ERR_REFUSED,
			    "the token refused the PIN, or the process ended while it was tried; " UNTIL);
	t->tries++;
	return ERR_OK;
}

/* Of a name that is wrong, or a key that is not there, no PIN is guilty. */
static bool without_login(enum err rc)
{
	return rc == ERR_NOT_FOUND || rc == ERR_USAGE || rc == ERR_LIMIT;
}

enum err pin_trial_end(struct pin_trial *t, const struct secret *pin, enum err rc, struct errbuf *why)
{
	if (!t || !pin)
		return rc;
	if (!rc) {
		t->accepted = true;
		t->tries = 0;
	} else if (without_login(rc)) {
		t->tries--;
	} else if (rc == ERR_REFUSED) {
		t->tries = PIN_TRIES_ACCEPTED;
	} else if (!t->accepted) {
		struct errbuf because = why ? *why : (struct errbuf){""};
		return fail(why, ERR_REFUSED, "the first login did not succeed (%s); " UNTIL, err_why(rc, &because));
	}
	return rc;
}
