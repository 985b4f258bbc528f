/* collect_run: what the two ways of collecting share: a file with its password, and a key of one's own. Internal to
 * client/command/collect*.c. */
#ifndef CLIENT_COMMAND_COLLECT_RUN_H
#define CLIENT_COMMAND_COLLECT_RUN_H

#include "client/command/collect_key.h"
#include "client/command/install.h"

enum { COLLECT_TRIES = 6 };

/* What came of it. */
struct collected {
	char path[PATH_SIZE], sha256[SHA256_TEXT];
	struct own_key *own; /* NULL: the key was made by the service */
	counterfoil_identity *identity; /* NULL: not opened */
	struct secret *password;
	struct install install; /* without platform: nothing is to be installed */
	bool installed;
};

bool collect_is_passing(enum err e); /* worth another try */
/* One question to the service and what it needs; the last two as the question has it. */
struct asking {
	struct session *session;
	struct parcel *parcel;
	const struct own_key *key;
	struct buf *answer;
};
typedef enum err asking_fn(const struct asking *a, struct errbuf *why);
/* COLLECT_TRIES times at the most while the reason may pass, with longer and longer waits; in_vain: what to say and to do then. */
enum err collect_insist(asking_fn *ask, const struct asking *a, const char *in_vain, struct errbuf *why) MUST_CHECK;
void collect_wait(int seconds);

/* Does what the service says of the order fit to what is wanted? ERR_CONFLICT says what to do. */
enum err own_permitted(const json_t *view, bool wanted, struct errbuf *why) MUST_CHECK;
/* Send the request; what comes is for this key, and saved at `path`. */
enum err own_save(struct session *s, struct parcel *p, const struct own_key *k, char path[PATH_SIZE], struct errbuf *why) MUST_CHECK;
/* Certificate and key together, and the password of a key store if one is to be laid. */
enum err own_open(const struct session *s, const struct own_key *k, struct collected *c, struct errbuf *why) MUST_CHECK;

#endif
