/* words: what the codes of the API are called on the console's pages, one table of (kind, code, words). */
#ifndef ISSUER_CONSOLE_WORDS_H
#define ISSUER_CONSOLE_WORDS_H

enum words {
	WORDS_STATE,       /* of an order: what has happened */
	WORDS_NEXT,        /* of an order: what happens next, and who has to do it */
	WORDS_TONE,        /* of a state or a status, for the style sheet: "wait", "good", "bad", "over" */
	WORDS_ORDER,       /* kinds of orders */
	WORDS_KEY,         /* key types */
	WORDS_MESSAGE,     /* kinds of messages */
	WORDS_CHANNEL,
	WORDS_FATE,        /* states of messages */
	WORDS_STATUS,      /* of a certificate */
	WORDS_MEANS,       /* of a certificate: what its status means for who presents it */
	WORDS_CERTIFICATE, /* kinds of certificates */
	WORDS_REASON,      /* of a revocation */
	WORDS_ROLE,
	WORDS_MAY,         /* what a role may do */
	WORDS_STANDING,    /* of a member of the staff */
	WORDS_WHAT,        /* of an audit record */
	WORDS_ACTOR,       /* parts of the daemon, and roles that are no staff, as the audit names them */
};

/* Static; NULL when there are none: what is shown then is the code itself. code may be NULL. */
const char *words_find(enum words kind, const char *code);

#endif
