/* libcounterfoil: call web services that ask for a client certificate (2-way TLS), and know one's own certificate.
 *
 * Five objects, all opaque:
 *   counterfoil_identity   a private key, its certificate and the CA's certificates, read from PKCS#12 or PEM
 *   counterfoil_client     an identity, what servers it trusts, limits, and connections that are kept for the next call
 *   counterfoil_response   what a server answered
 *   counterfoil_cancel     ends calls that are under way, from another thread
 *   counterfoil_async      calls that an event loop of the program's drives, any number of them in one thread
 * and counterfoil_soap_answer and counterfoil_json, a response read as SOAP or JSON.
 *
 * A server is always verified: its chain up to the trusted CA, its dates, its purpose, its host name, and what it shows of
 * its revocation, over TLS 1.2 or 1.3. There is no switch that turns any of this off.
 *
 * Strings are UTF-8 and NUL-terminated. Times are seconds since 1970, UTC. A byte string is a pointer and a length.
 * Whatever a function lends (const pointers) lives as long as the object it came from. Every _free takes NULL.
 *
 * Threads: an identity never changes and may be used by any number of threads; so may a client, whose calls run side by
 * side, each on a connection of its own. A response belongs to one thread at a time. After fork() only the parent may go
 * on using a client. The library installs no signal handler and prints nothing.
 *
 * Growth: structs that a caller fills begin with `size`, so that members can be added at their end: set it to
 * sizeof(the struct) and every member that you do not use to zero. A struct without `size` never grows. Codes may be
 * added within a category.
 *
 * Callbacks run in the thread that makes the call, and only while it is being made. One that fails ends its own call
 * alone, with a code of the category CALLER. */
#ifndef COUNTERFOIL_H
#define COUNTERFOIL_H

#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif
#if defined(__GNUC__)
#define COUNTERFOIL_API __attribute__((visibility("default")))
#else
#define COUNTERFOIL_API
#endif

typedef struct counterfoil_identity counterfoil_identity;
typedef struct counterfoil_client counterfoil_client;
typedef struct counterfoil_response counterfoil_response;
typedef struct counterfoil_cancel counterfoil_cancel;
typedef struct counterfoil_async counterfoil_async;

/* What to do about an error: switch on this. */
typedef enum counterfoil_category {
	COUNTERFOIL_CATEGORY_NONE = 0,
	COUNTERFOIL_CATEGORY_INPUT = 1,    /* what you gave cannot be used: correct it */
	COUNTERFOIL_CATEGORY_IDENTITY = 2, /* the certificate's time is over, has not come, or it was revoked: get another */
	COUNTERFOIL_CATEGORY_SERVER = 3,   /* the server did not prove to be the one you meant: do not go on */
	COUNTERFOIL_CATEGORY_REFUSED = 4,  /* the server answered no */
	COUNTERFOIL_CATEGORY_NETWORK = 5,  /* no answer: try again later */
	COUNTERFOIL_CATEGORY_LIMIT = 6,    /* larger than the cap you set */
	COUNTERFOIL_CATEGORY_SYSTEM = 7,   /* out of memory, or an unforeseen failure of a library below */
	COUNTERFOIL_CATEGORY_CALLER = 8,   /* you ended it: cancelled, or a callback of yours failed */
	COUNTERFOIL_CATEGORY_PEER = 9      /* who called you did not prove to be one you serve: refuse the call */
} counterfoil_category;

typedef enum counterfoil_code {
	COUNTERFOIL_OK = 0,
	/* INPUT */
	COUNTERFOIL_BAD_INPUT = 10,       /* an argument is out of its bounds */
	COUNTERFOIL_FILE_UNREADABLE = 11, /* no such file, not a regular file, or not permitted */
	COUNTERFOIL_NOT_PKCS12 = 12,      /* not a PKCS#12 file, or a damaged one */
	COUNTERFOIL_WRONG_PASSWORD = 13,  /* the password does not open it */
	COUNTERFOIL_OLD_ENCRYPTION = 14,  /* RC2, RC4, DES or MD5 */
	COUNTERFOIL_UNSUPPORTED = 15,     /* an encryption, or a kind of key, that is not known here; a key of more than 8,192 bits */
	COUNTERFOIL_TOO_COSTLY = 16,      /* more key derivation rounds than a file that means well has */
	COUNTERFOIL_UNPROTECTED = 17,     /* the file carries no integrity check */
	COUNTERFOIL_NO_KEY = 18,          /* no private key with its certificate inside */
	COUNTERFOIL_SEVERAL_KEYS = 19,    /* more than one private key inside */
	COUNTERFOIL_NO_TRUST = 20,        /* no CA certificate to verify servers with */
	COUNTERFOIL_BAD_CHAIN = 21,       /* not from the CA in its own file, or not for TLS clients */
	COUNTERFOIL_NOT_PEM = 22,         /* not certificates and a private key in PEM, or damaged ones */
	COUNTERFOIL_FILE_EXISTS = 28,     /* it is there already, and was not to be replaced */
	COUNTERFOIL_FILE_UNWRITABLE = 29, /* no such folder, not permitted, or the disk is full */
	/* IDENTITY */
	COUNTERFOIL_EXPIRED = 30, COUNTERFOIL_NOT_YET_VALID = 31, COUNTERFOIL_REVOKED = 32,
	/* SERVER */
	COUNTERFOIL_WRONG_HOST = 40,     /* its certificate is for another host name */
	COUNTERFOIL_UNKNOWN_CA = 41,     /* its certificate comes from a CA that is not trusted */
	COUNTERFOIL_SERVER_EXPIRED = 42, /* its certificate's time is over, or has not come */
	COUNTERFOIL_BAD_SERVER = 43,     /* its certificate or its TLS is unacceptable otherwise */
	COUNTERFOIL_SERVER_REVOKED = 44, /* its certificate was revoked, or put on hold: its CA says so */
	COUNTERFOIL_NO_STAPLE = 45,      /* it does not show that its certificate was not revoked, and must */
	COUNTERFOIL_BAD_STAPLE = 46,     /* what it shows of that is damaged, over, about another, or not its CA's */
	/* REFUSED */
	COUNTERFOIL_CERTIFICATE_REFUSED = 50, /* the client certificate was refused, or none was there: TLS, or nginx by 400, 495 or 496 */
	COUNTERFOIL_REFUSED = 51,             /* status 401 or 403 */
	COUNTERFOIL_SOAP_FAULT = 52,          /* the service answered with a SOAP fault */
	COUNTERFOIL_PROXY_REFUSED = 53,       /* the proxy does not let us through: see its rules, or its password */
	COUNTERFOIL_PROBLEM = 54,             /* a JSON call was answered by a status from 400 on */
	/* NETWORK */
	COUNTERFOIL_UNREACHABLE = 60, /* no such host, no connection */
	COUNTERFOIL_TIMEOUT = 61,     /* no connection or no whole answer in time, or nothing came or went for too long */
	COUNTERFOIL_BROKEN = 62, /* the connection ended in the middle of an answer, or the answer is not HTTP */
	COUNTERFOIL_NOT_SOAP = 63, /* a SOAP call was answered by something else: a page of HTML, a redirect, nothing */
	COUNTERFOIL_BAD_SOAP = 64, /* it was answered by SOAP that is not acceptable: broken, another version, with a DTD */
	COUNTERFOIL_NOT_JSON = 65, /* a JSON call was answered by something else, or by JSON that cannot be read */
	/* LIMIT */
	COUNTERFOIL_TOO_LARGE = 70,
	/* SYSTEM */
	COUNTERFOIL_OUT_OF_MEMORY = 80, COUNTERFOIL_FAILED = 81,
	/* CALLER */
	COUNTERFOIL_CANCELLED = 90,     /* counterfoil_cancel_now was called */
	COUNTERFOIL_READER_FAILED = 91, /* a source failed, or ended before the length that it had told */
	COUNTERFOIL_WRITER_FAILED = 92, /* a sink failed */
	COUNTERFOIL_STOPPED = 93,       /* the progress callback said so, or the one for the password gave none */
	COUNTERFOIL_LOOP_FAILED = 94,   /* want_fd or want_timer failed */
	/* PEER: of a certificate that was presented to you */
	COUNTERFOIL_PEER_ABSENT = 120,        /* none was presented */
	COUNTERFOIL_PEER_MALFORMED = 121,     /* not one certificate in the form that was said, to the last byte */
	COUNTERFOIL_PEER_UNKNOWN_CA = 122,    /* not from the CA given */
	COUNTERFOIL_PEER_WEAK = 123,          /* its key or a signature is too weak to prove anything */
	COUNTERFOIL_PEER_WRONG_PURPOSE = 124, /* not for TLS clients: a server's or a CA's */
	COUNTERFOIL_PEER_WRONG_KIND = 125,    /* from the CA, but of none of the kinds that are served */
	COUNTERFOIL_PEER_EXPIRED = 126, COUNTERFOIL_PEER_NOT_YET_VALID = 127, COUNTERFOIL_PEER_REVOKED = 128,
	COUNTERFOIL_PEER_HELD = 129,          /* put on hold: not for good, but not now */
	COUNTERFOIL_PEER_UNKNOWN_STATUS = 130 /* it cannot be learnt whether it was revoked */
} counterfoil_code;

/* How a call ended. Filled when it is given (it may be NULL), on success too. `text` is one sentence that says what is
 * wrong and what to do; it never holds a password, a key, a header's value or a query. */
typedef struct counterfoil_error {
	counterfoil_category category;
	counterfoil_code code;
	char text[496];
} counterfoil_error;

COUNTERFOIL_API counterfoil_category counterfoil_category_of(counterfoil_code code);
/* A stable lower-case word for logs: "wrong_password", "expired". Static. */
COUNTERFOIL_API const char *counterfoil_code_word(counterfoil_code code);
COUNTERFOIL_API const char *counterfoil_version(void); /* "0.1.0" */

/* Bytes that are borrowed for the time of the call. */
typedef struct counterfoil_bytes {
	const void *data; /* may be NULL when len is 0 */
	size_t len;
} counterfoil_bytes;

/* Read a PKCS#12 (RFC 7292) of at most 1 MiB from a file or from memory. The password is taken byte for byte as it was
 * shown, hyphens included, without a newline (0 to 1,024 bytes); it is not kept. The encryptions accepted are PBES2 with
 * PBKDF2 and AES or 3DES, and PBE-SHA1-3DES; derivation rounds are read and bounded (1,300,000 each, 4,000,000
 * together) before any is run. Exactly one private key with its certificate must be inside, and a MAC. Time that is over,
 * or has not come, is no error here, so that facts can be shown; see counterfoil_identity_check.
 * COUNTERFOIL_OK and *identity (counterfoil_identity_free ends it), or a code of the category INPUT, TOO_LARGE,
 * OUT_OF_MEMORY or FAILED, and *identity is NULL. */
COUNTERFOIL_API counterfoil_code counterfoil_identity_from_file(const char *path, counterfoil_bytes password,
	counterfoil_identity **identity, counterfoil_error *error);
COUNTERFOIL_API counterfoil_code counterfoil_identity_from_memory(counterfoil_bytes pkcs12,
	counterfoil_bytes password, counterfoil_identity **identity, counterfoil_error *error);
/* Where bytes are: in one of these. */
typedef struct counterfoil_place {
	const char *path;       /* a regular file */
	const char *credential; /* NAME of systemd's LoadCredential=NAME:FILE: a file in $CREDENTIALS_DIRECTORY */
	counterfoil_bytes data;
} counterfoil_place;

typedef struct counterfoil_identity_options {
	size_t size; /* sizeof(counterfoil_identity_options) */
	/* PKCS#12, or PEM (RFC 7468): the certificate, the CA certificates behind it, and the private key unless it is in `key`.
	 * Which of them is the certificate the key tells; at most 64 blocks. */
	counterfoil_place file;
	/* PEM: PKCS#8, encrypted (PBES2 as above) or not, or what OpenSSL wrote before it (RSA PRIVATE KEY, EC PRIVATE KEY), not
	 * encrypted. */
	counterfoil_place key;
	/* The password, by one of these, taken when the file or the key is found to need one. Of a file, a credential and a
	 * descriptor it is the first line, without its end; nothing behind that line is read from the descriptor, and it is
	 * not closed. None: PKCS#12 is opened with an empty one. */
	counterfoil_place password;
	const int *password_fd;
	/* Up to `most` bytes into `into`, called once at most: how many, below 0 when there is none. */
	int64_t (*ask)(void *context, void *into, size_t most);
	void *context;
} counterfoil_identity_options;

/* The same from other places and out of PEM. Codes as above, NOT_PEM, FILE_UNREADABLE of the password's place too, and
 * STOPPED when `ask` gave none. */
COUNTERFOIL_API counterfoil_code counterfoil_identity_load(const counterfoil_identity_options *options,
	counterfoil_identity **identity, counterfoil_error *error);
/* Give the caller's hold back. Clients made with it keep a hold of their own; the key is wiped with the last one. */
COUNTERFOIL_API void counterfoil_identity_free(counterfoil_identity *identity);

/* COUNTERFOIL_OK, COUNTERFOIL_EXPIRED or COUNTERFOIL_NOT_YET_VALID at the time `now`. Says nothing of revocation, which
 * only a server knows. */
COUNTERFOIL_API counterfoil_code counterfoil_identity_check(const counterfoil_identity *identity, int64_t now,
	counterfoil_error *error);

typedef enum counterfoil_fact {
	COUNTERFOIL_FACT_COMMON_NAME = 0,  /* CN: the client's display name */
	COUNTERFOIL_FACT_ORGANISATION = 1, /* O */
	COUNTERFOIL_FACT_UNIT = 2,         /* OU: the service */
	COUNTERFOIL_FACT_URI = 3,          /* the first URI among the subject's alternative names */
	COUNTERFOIL_FACT_SERIAL = 4,       /* lower-case hexadecimal, no separators, 40 digits (RFC 5280 4.1.2.2) */
	COUNTERFOIL_FACT_ISSUER = 5,       /* the issuer's name as RFC 4514 text */
	COUNTERFOIL_FACT_FINGERPRINT = 6,  /* SHA-256 of the certificate, 64 lower-case hexadecimal digits */
	COUNTERFOIL_FACT_CRL_URL = 7,      /* the first http address of its revocation list */
	/* Short names out of the URI, when it is one of Counterfoil's: spiffe://DOMAIN/org/ORGANISATION/service/SERVICE/
	 * client/CLIENT, or spiffe://DOMAIN/staff/STAFF; "" otherwise */
	COUNTERFOIL_FACT_ORGANISATION_SLUG = 8, COUNTERFOIL_FACT_SERVICE_SLUG = 9, COUNTERFOIL_FACT_CLIENT_SLUG = 10,
	COUNTERFOIL_FACT_STAFF = 11
} counterfoil_fact;

/* Lent; "" when the certificate has none. Names come out of a certificate: do not trust them to be free of control
 * characters before a terminal. */
COUNTERFOIL_API const char *counterfoil_identity_fact(const counterfoil_identity *identity, counterfoil_fact fact);
COUNTERFOIL_API int64_t counterfoil_identity_not_before(const counterfoil_identity *identity);
COUNTERFOIL_API int64_t counterfoil_identity_not_after(const counterfoil_identity *identity);
/* Whole days from now to not-after, rounded down: 0 in the last 24 hours, negative once it is over. */
COUNTERFOIL_API int64_t counterfoil_identity_days_left(const counterfoil_identity *identity, int64_t now);
/* The certificate (index 0) and the CA certificates of the file behind it, as DER. Lent; data is NULL past the last. */
COUNTERFOIL_API counterfoil_bytes counterfoil_identity_certificate(const counterfoil_identity *identity, size_t index);

typedef enum counterfoil_encoding {
	COUNTERFOIL_ENCODING_MODERN = 1,     /* PKCS#12: AES-256, PBKDF2 and a MAC with SHA-256 */
	COUNTERFOIL_ENCODING_COMPATIBLE = 2, /* PKCS#12: 3DES and a MAC with SHA-1, for old Windows, macOS and Java */
	COUNTERFOIL_ENCODING_PEM = 3,        /* certificate, CA certificates, key; the key encrypted (PKCS#8, AES-256) */
	COUNTERFOIL_ENCODING_PEM_OPEN = 4,   /* the same, but whoever reads the file has the key */
	/* The same, the key in the form before PKCS#8 ("EC PRIVATE KEY", "RSA PRIVATE KEY"), which Apache's proxy wants;
	 * keys of other kinds have none */
	COUNTERFOIL_ENCODING_PEM_TRADITIONAL = 5,
	/* The CA certificates alone, as PKCS#12 with the mark by which Java trusts them. Nothing in it is secret: it is not
	 * encrypted and has no MAC, and opens with any password or none */
	COUNTERFOIL_ENCODING_TRUST_STORE = 6
} counterfoil_encoding;

/* What goes into a PEM file, in this order. */
typedef enum counterfoil_content {
	COUNTERFOIL_CONTENT_CERTIFICATE = 1,
	COUNTERFOIL_CONTENT_INTERMEDIATES = 2, /* what a client sends behind it: issuer by issuer, without the root */
	COUNTERFOIL_CONTENT_CA = 4,            /* every CA certificate of the file, the root among them */
	COUNTERFOIL_CONTENT_KEY = 8
} counterfoil_content;

typedef struct counterfoil_save_options {
	size_t size; /* sizeof(counterfoil_save_options) */
	counterfoil_encoding encoding;
	counterfoil_bytes password; /* of the new file: 1 to 1,024 bytes; not used where no key is encrypted */
	int replace;                /* not 0: also a file that exists */
	unsigned content;           /* of PEM: COUNTERFOIL_CONTENT_*, added up; 0: certificate, CA and key */
} counterfoil_save_options;

/* Write a copy to a new file, which only its owner may read (0600), whole or not at all. Where `content` names
 * intermediates or the CA, and for a trust store, the certificate must come from a root in the file, signature by signature:
 * other programs do not do with less. COUNTERFOIL_OK, BAD_INPUT, FILE_EXISTS, FILE_UNWRITABLE, NO_TRUST (no CA up to a
 * root), BAD_CHAIN, UNSUPPORTED (a key without a traditional form), OUT_OF_MEMORY or FAILED. */
COUNTERFOIL_API counterfoil_code counterfoil_identity_save(const counterfoil_identity *identity, const char *path,
	const counterfoil_save_options *options, counterfoil_error *error);

typedef enum counterfoil_trust {
	COUNTERFOIL_TRUST_IDENTITY = 0, /* the CA certificates in the identity's file (the default) */
	COUNTERFOIL_TRUST_PEM = 1,      /* the certificates in trust_pem, and no others */
	COUNTERFOIL_TRUST_SYSTEM = 2    /* the CAs of this machine, for servers with a publicly trusted certificate */
} counterfoil_trust;

typedef enum counterfoil_http {
	COUNTERFOIL_HTTP_AUTO = 0, /* HTTP/2 where the server has it (ALPN), else HTTP/1.1 */
	COUNTERFOIL_HTTP_1_1 = 1   /* HTTP/1.1 alone */
} counterfoil_http;

/* Whether the server must show that its certificate was not revoked: by an answer of its CA (OCSP, RFC 6960) that it staples
 * to the TLS handshake (RFC 6066 section 8), which is always asked for, at the cost of nine bytes. Nobody else is asked, and
 * nobody about the CAs in between. One that is there is always verified, before the server is shown the client certificate:
 * revoked or on hold is COUNTERFOIL_SERVER_REVOKED; not signed by the CA or whom it has charged with that (RFC 6960 section
 * 4.2.2.2), weakly signed, over or of a time to come (5 minutes are let pass; 24 hours when its end is not told), damaged, or
 * about another certificate is COUNTERFOIL_BAD_STAPLE. An error of the responder that the server passes on, which nobody
 * signs, is as good as none. */
typedef enum counterfoil_staple {
	/* Without one the call goes on, unless the certificate says that the server must have one (RFC 7633). */
	COUNTERFOIL_STAPLE_SOFT = 0,
	COUNTERFOIL_STAPLE_HARD = 1 /* Without one: COUNTERFOIL_NO_STAPLE */
} counterfoil_staple;

/* As a proxy: what https_proxy or all_proxy, and no_proxy, say in the environment when the client is made. */
#define COUNTERFOIL_PROXY_ENVIRONMENT "environment"

typedef struct counterfoil_client_options {
	size_t size;                          /* sizeof(counterfoil_client_options) */
	const counterfoil_identity *identity; /* NULL: call without a client certificate; then trust must be said */
	counterfoil_trust trust;
	counterfoil_bytes trust_pem;    /* one or more certificates in PEM, at most 1 MiB */
	uint32_t connect_timeout_ms;    /* 0: 10,000 */
	uint32_t total_timeout_ms;      /* of a whole call; 0: 60,000 */
	uint32_t stall_timeout_seconds; /* less than one byte a second for so long; 0: 20 */
	uint32_t connections_kept;      /* idle ones, for the next calls; 0: 8; at most 256 */
	size_t header_cap;              /* bytes of all headers of an answer; 0: 65,536 */
	size_t body_cap;                /* bytes of an answer's body in memory; 0: 16 MiB */
	/* An HTTP proxy that is asked to CONNECT: [http://][USER:PASSWORD@]HOST:PORT. TLS goes through it unseen. NULL: none,
	 * whatever the environment says. */
	const char *proxy;
	counterfoil_http http;
	counterfoil_staple staple;
} counterfoil_client_options;

/* Does not connect. COUNTERFOIL_OK and *client; BAD_INPUT, NO_TRUST, EXPIRED, NOT_YET_VALID, OUT_OF_MEMORY or FAILED. */
COUNTERFOIL_API counterfoil_code counterfoil_client_new(const counterfoil_client_options *options,
	counterfoil_client **client, counterfoil_error *error);
/* Closes its connections. No call may be under way, and no counterfoil_async be left. Responses live on. */
COUNTERFOIL_API void counterfoil_client_free(counterfoil_client *client);

/* A body that is read piece by piece while it is sent, in constant memory. */
typedef struct counterfoil_source {
	/* Up to `most` (1 or more) bytes into `into`: how many, 0 at the end, below 0 when it failed. It may block; then
	 * nothing else can end the call. */
	int64_t (*read)(void *context, void *into, size_t most);
	/* Back to the first byte, so that it can be sent again: 0, or anything else when it failed. NULL: it can be sent
	 * once, and a call that had begun to send it is not tried again. */
	int (*rewind)(void *context);
	void *context;
	int64_t length; /* below 0: unknown, then it is sent chunked (HTTP/1.1). No more than length is read */
} counterfoil_source;

/* Where the body of an answer goes piece by piece, in constant memory, when the status is 200 to 299. Other bodies are
 * kept in the response, below its cap. Each callback returns 0, or anything else when it failed. */
typedef struct counterfoil_sink {
	int (*write)(void *context, const void *bytes, size_t len);
	/* Before the first byte: status and headers are known. May be NULL. */
	int (*begin)(void *context, const counterfoil_response *head);
	/* The call is tried again: forget what was written. NULL: a call that wrote is not tried again. */
	int (*restart)(void *context);
	void *context;
} counterfoil_sink;

/* A part of a form (RFC 7578). Its content is the first of these that is given: source, path, data. */
typedef struct counterfoil_part {
	const char *name;     /* of the field, 1 to 1,024 bytes without control characters */
	const char *filename; /* NULL: the last name in path, or none */
	const char *type;     /* "application/pdf"; NULL: application/octet-stream, without a filename none */
	const counterfoil_source *source;
	const char *path; /* a regular file, read while it is sent; its size may not change meanwhile */
	counterfoil_bytes data;
} counterfoil_part;

/* Ends calls from any other thread: give it to any number of them, one after the other or side by side. */
COUNTERFOIL_API counterfoil_cancel *counterfoil_cancel_new(void); /* NULL: out of memory */
/* Every call that it was given to, and every one that will be, ends with COUNTERFOIL_CANCELLED, those under way within
 * 100 ms unless they are in a callback. Returns at once. Not for signal handlers. */
COUNTERFOIL_API void counterfoil_cancel_now(counterfoil_cancel *cancel);
/* No call may be under way with it. */
COUNTERFOIL_API void counterfoil_cancel_free(counterfoil_cancel *cancel);

/* How far a call is, about once a second and whenever something moves; below 0: not known. Anything but 0 ends it with
 * COUNTERFOIL_STOPPED. */
typedef int (*counterfoil_progress)(void *context, int64_t sent, int64_t to_send, int64_t received, int64_t to_receive);

typedef struct counterfoil_request {
	size_t size;                /* sizeof(counterfoil_request) */
	const char *method;         /* "GET" when NULL; 1 to 32 capital letters */
	const char *url;            /* https only, ASCII, no user name in it */
	/* "Name: value", NULL ends them; NULL for none. A name has 255 bytes at most. The library sets Content-Length. */
	const char *const *headers;
	counterfoil_bytes body;     /* any bytes; sent when len is not 0 or the method is POST, PUT or PATCH */
	size_t body_cap;            /* of the answer; 0: the client's, and none for what goes to a sink */
	uint32_t total_timeout_ms;  /* of the whole call, all tries and waits between them; 0: the client's */
	/* The body otherwise: at most one of body, source and parts is given. */
	const counterfoil_source *source;
	const counterfoil_part *parts; /* part_count of them, at most 64, sent as multipart/form-data */
	size_t part_count;
	const counterfoil_sink *sink; /* NULL: the answer's body is kept in the response */
	counterfoil_cancel *cancel;
	counterfoil_progress progress;
	void *progress_context;
	/* Tries after the first, at most 100, when the server could not be reached, did not answer in time, broke off, or
	 * answered 408, 429, 502, 503 or 504. Only for a request that does no harm twice: GET, HEAD, PUT, DELETE, OPTIONS,
	 * one with a header Idempotency-Key, or any when `repeatable` is not 0. Between them it waits twice as long each
	 * time, of which a random half is left out, and no less than Retry-After says. When that is more than
	 * retry_wait_most_ms, or there is no time left, the last result stands. */
	uint32_t retries;
	uint32_t retry_wait_ms;      /* the first; 0: 500 */
	uint32_t retry_wait_most_ms; /* 0: 30,000 */
	int repeatable;
} counterfoil_request;

/* One request and its answer, on a connection kept from an earlier call when there is one. A kept connection that the server
 * has closed meanwhile is replaced by a new one, but what could do harm twice (see retries) is not sent twice, unless the
 * server said that it had not acted on it. Redirects are answers like any other and are not followed. COUNTERFOIL_OK and
 * *response for every status, except that 401 and 403 are COUNTERFOIL_REVOKED or COUNTERFOIL_EXPIRED when the answer is a
 * problem (RFC 9457) with "code" "revoked" or "expired", else COUNTERFOIL_REFUSED, and that 495, 496 and the pages with
 * status 400 by which nginx refuses certificates are COUNTERFOIL_CERTIFICATE_REFUSED; *response holds the answer all the
 * same. When there was no answer *response is NULL whatever the code, and nothing is known of whether the server acted on
 * the request, unless the category is INPUT, IDENTITY or SERVER: then it has not seen it, but for the tries before the last
 * (see retries), and for what does no harm twice and had left by a kept connection: of those nothing is known. */
COUNTERFOIL_API counterfoil_code counterfoil_call(counterfoil_client *client, const counterfoil_request *request,
	counterfoil_response **response, counterfoil_error *error);

/* Use another identity from now on, while calls are under way. It is checked first: its time, its chain as far as the file
 * has it, and, with COUNTERFOIL_TRUST_IDENTITY, the CAs it brings, which replace those of the identity before; other trust
 * stays. When it is refused, the identity in use goes on. Calls that begin after the return use the new one alone, on
 * connections of their own. Those under way end with the identity that they began with, tries included; its idle
 * connections are closed at once, the others as their calls end, and the key is wiped when nobody holds it. No TLS session
 * is resumed, so none is carried over. The same certificate and CAs again change nothing. COUNTERFOIL_OK; BAD_INPUT,
 * EXPIRED, NOT_YET_VALID, BAD_CHAIN, NO_TRUST, OUT_OF_MEMORY or FAILED. */
COUNTERFOIL_API counterfoil_code counterfoil_client_use(counterfoil_client *client,
	const counterfoil_identity *identity, counterfoil_error *error);
/* The same out of a PKCS#12 file: any code of counterfoil_identity_from_file too. */
COUNTERFOIL_API counterfoil_code counterfoil_client_reload(counterfoil_client *client, const char *path,
	counterfoil_bytes password, counterfoil_error *error);
/* The identity in use, with a hold for the caller (counterfoil_identity_free gives it back); NULL when there is none. */
COUNTERFOIL_API counterfoil_identity *counterfoil_client_identity(counterfoil_client *client);

typedef enum counterfoil_event_kind {
	COUNTERFOIL_EVENT_SWAPPED = 1, /* another identity is in use from now on */
	COUNTERFOIL_EVENT_REFUSED = 2, /* the watched file changed and cannot be used: the identity in use goes on */
	COUNTERFOIL_EVENT_EXPIRY = 3,  /* no more than one of the chosen numbers of whole days is left to the one in use */
	COUNTERFOIL_EVENT_REVOKED = 4  /* a server said that the one in use was revoked */
} counterfoil_event_kind;

typedef struct counterfoil_event { /* filled by the library, lent for the callback's time */
	size_t size;
	counterfoil_event_kind kind;
	const counterfoil_identity *identity; /* the one in use; NULL: none */
	int64_t days_left;                    /* of it, as counterfoil_identity_days_left */
	const counterfoil_error *error;       /* why, for REFUSED and REVOKED; else NULL */
} counterfoil_event;

/* For look_every_ms: calls never look, counterfoil_client_check alone does. */
#define COUNTERFOIL_BY_HAND UINT32_MAX

typedef struct counterfoil_watch_options {
	size_t size; /* sizeof(counterfoil_watch_options) */
	/* Runs in the thread of the call, or of the check, that found it out, perhaps in several at once. It may call
	 * everything but counterfoil_client_free of this client. NULL: nobody is told. */
	void (*on_event)(void *context, const counterfoil_event *event);
	void *context;
	const char *path;          /* the file to watch; NULL: none */
	const char *password_path; /* the first line is path's password; watched too */
	/* Instead of reading path as PKCS#12 with that password: make the identity in the program's own way (a password
	 * from elsewhere, PEM), fill error when it cannot be had. May not use the client. path and password_path are then
	 * just files to watch, the second perhaps NULL. */
	counterfoil_code (*load)(void *context, counterfoil_identity **identity, counterfoil_error *error);
	uint32_t look_every_ms; /* at most so often; 0: 1,000 */
	const uint32_t *days;   /* when to tell EXPIRY, at most 16; NULL: 30, 14, 7 and 1 */
	size_t day_count;
} counterfoil_watch_options;

/* Look after the identity of a client for as long as it lives; once. No thread is started and no descriptor kept: at most
 * once in look_every_ms the call that comes first asks for the state of the files, and reads them in its own thread when
 * they changed, before its time-out begins; the calls beside it go on. Copied, moved or linked into place is all the same:
 * a file that is not whole yet, or cannot be used otherwise, is told once (REFUSED), the identity in use goes on, and the
 * file is read again when it changes. What may pass by itself (no memory, a time that has not begun) is tried again every
 * minute. Of what is seen at once, the file at the first look included, only another certificate or other CAs make a swap
 * (see counterfoil_client_use). EXPIRY is told once for each number of days and identity, only for the smallest of those
 * that are reached together; REVOKED once for each identity. COUNTERFOIL_OK, BAD_INPUT or OUT_OF_MEMORY. */
COUNTERFOIL_API counterfoil_code counterfoil_client_watch(counterfoil_client *client,
	const counterfoil_watch_options *options, counterfoil_error *error);
/* Look now, and tell what is due: for a timer of the program, when calls are rare or may not be held up, and for its
 * health page. COUNTERFOIL_OK when the identity in use is valid and what the watched file, if any, last held could be used;
 * otherwise what counterfoil_identity_check says of the identity, or else why the file is refused. */
COUNTERFOIL_API counterfoil_code counterfoil_client_check(counterfoil_client *client, counterfoil_error *error);

/* 100 to 599 */
COUNTERFOIL_API int counterfoil_response_status(const counterfoil_response *response);
/* The value of the first header of that name, in whatever case; NULL when there is none. */
COUNTERFOIL_API const char *counterfoil_response_header(const counterfoil_response *response, const char *name);
/* Header number `index` in the order received: its name, and its value in *value. NULL past the last. */
COUNTERFOIL_API const char *counterfoil_response_header_at(const counterfoil_response *response, size_t index,
	const char **value);
/* A NUL stands behind the last byte, not counted in len. */
COUNTERFOIL_API counterfoil_bytes counterfoil_response_body(const counterfoil_response *response);
/* Wipes the body. */
COUNTERFOIL_API void counterfoil_response_free(counterfoil_response *response);

/* For services that are asked and answer in JSON (RFC 8259). */
typedef struct counterfoil_json counterfoil_json;

/* counterfoil_call with a body, if any, that is one JSON value in UTF-8, and no source, parts or sink: else
 * COUNTERFOIL_BAD_INPUT and nothing is sent. Content-Type (when there is a body) and Accept are set unless they are among the
 * headers.
 * COUNTERFOIL_OK: status 200 to 299, and one JSON value or nothing at all.
 * COUNTERFOIL_PROBLEM: a status from 400 on; what it holds when that is JSON, a problem (RFC 9457) perhaps: "/title", "/detail".
 * COUNTERFOIL_REFUSED, CERTIFICATE_REFUSED, REVOKED, EXPIRED: as counterfoil_call says, and what the answer holds.
 * COUNTERFOIL_NOT_JSON: anything else, each with a sentence of its own. COUNTERFOIL_TOO_LARGE: more than 65,536 values, or
 * nested deeper than 200, too. Names that an object has twice, NULs in strings and numbers beyond 64 bits are no JSON here.
 * Other codes are those of counterfoil_call. *answer is made whenever there is a response. */
COUNTERFOIL_API counterfoil_code counterfoil_json_call(counterfoil_client *client, const counterfoil_request *request,
	counterfoil_json **answer, counterfoil_error *error);

typedef enum counterfoil_json_kind {
	COUNTERFOIL_JSON_ABSENT = 0, COUNTERFOIL_JSON_NULL = 1, COUNTERFOIL_JSON_BOOLEAN = 2, COUNTERFOIL_JSON_INTEGER = 3,
	COUNTERFOIL_JSON_REAL = 4, COUNTERFOIL_JSON_STRING = 5, COUNTERFOIL_JSON_ARRAY = 6, COUNTERFOIL_JSON_OBJECT = 7
} counterfoil_json_kind;

/* Values are named by a JSON Pointer (RFC 6901): "" is the whole answer, "/items/0/name" a string deep inside; "~1" stands for
 * '/' in a name, "~0" for '~'. What is not there, or not of that kind, is the value given as `otherwise`. */
COUNTERFOIL_API counterfoil_json_kind counterfoil_json_at(const counterfoil_json *answer, const char *pointer);
COUNTERFOIL_API const char *counterfoil_json_string(const counterfoil_json *answer, const char *pointer,
	const char *otherwise); /* lent */
COUNTERFOIL_API int64_t counterfoil_json_integer(const counterfoil_json *answer, const char *pointer, int64_t otherwise);
COUNTERFOIL_API double counterfoil_json_real(const counterfoil_json *answer, const char *pointer, double otherwise); /* of integers too */
COUNTERFOIL_API int counterfoil_json_boolean(const counterfoil_json *answer, const char *pointer, int otherwise);
/* How many elements the array has there, or members the object; 0 for anything else. */
COUNTERFOIL_API size_t counterfoil_json_count(const counterfoil_json *answer, const char *pointer);
/* The name of the object's member number `index`, in the order received; NULL past the last. Lent. */
COUNTERFOIL_API const char *counterfoil_json_name(const counterfoil_json *answer, const char *pointer, size_t index);
/* The response itself: status, headers, the bytes. Lent. */
COUNTERFOIL_API const counterfoil_response *counterfoil_json_response(const counterfoil_json *answer);
/* Wipes what it holds. */
COUNTERFOIL_API void counterfoil_json_free(counterfoil_json *answer);

typedef struct counterfoil_soap_answer counterfoil_soap_answer;

typedef enum counterfoil_soap_version {
	COUNTERFOIL_SOAP_1_1 = 0, /* text/xml, and the action in the header SOAPAction */
	COUNTERFOIL_SOAP_1_2 = 1  /* application/soap+xml, and the action in its parameter */
} counterfoil_soap_version;

typedef struct counterfoil_soap_request {
	size_t size; /* sizeof(counterfoil_soap_request) */
	/* Where to, and how a call goes: url, body_cap, timeouts, retries (with `repeatable`), cancel, progress, and headers but
	 * for Content-Type, SOAPAction and Accept, which the library sets. It has no method, body or sink. */
	const counterfoil_request *call;
	counterfoil_soap_version version;
	const char *action;       /* a URI, at most 2,048 characters; NULL for none */
	counterfoil_bytes body;   /* what goes inside Body: elements that declare their own prefixes; may be empty */
	counterfoil_bytes header; /* inside Header, likewise; without it there is no Header */
} counterfoil_soap_request;

/* POST an envelope around body and header, and read what comes back. Both are XML in UTF-8, or in what a byte order mark or
 * an XML declaration says, well-formed, without DTD and processing instructions: else COUNTERFOIL_BAD_INPUT and nothing is
 * sent.
 * COUNTERFOIL_OK: status 200 to 299 and an envelope of that version without fault, or nothing at all with 202 or 204.
 * COUNTERFOIL_SOAP_FAULT: a fault, whatever the status but a redirect; what an answer says of your certificate goes first.
 * COUNTERFOIL_NOT_SOAP and COUNTERFOIL_BAD_SOAP: anything else that was answered, each with a sentence of its own; elements
 * nested deeper than 200, more than 256 attributes in one element, 128 namespaces in scope or 1 MiB of different names are
 * too many. COUNTERFOIL_TOO_LARGE as well when what is read out of an answer would be more than twice its length. Other codes are those of counterfoil_call. *answer is made whenever there is a response.
 * No entity is expanded but the five of XML, nothing is fetched, time and memory are linear in the answer's length; the
 * state of libxml2 that the program may use itself is left as it was. */
COUNTERFOIL_API counterfoil_code counterfoil_soap_call(counterfoil_client *client, const counterfoil_soap_request *request,
	counterfoil_soap_answer **answer, counterfoil_error *error);

/* What is inside Body, and inside Header, as XML in UTF-8: text and attributes as they were, comments left out, each
 * outermost element with all namespaces that were in scope. Empty unless COUNTERFOIL_OK (Header: or a fault). Lent, and a
 * NUL stands behind the last byte. What a block in Header says must be understood is for the caller to understand. */
COUNTERFOIL_API counterfoil_bytes counterfoil_soap_body(const counterfoil_soap_answer *answer);
COUNTERFOIL_API counterfoil_bytes counterfoil_soap_header(const counterfoil_soap_answer *answer);

typedef enum counterfoil_soap_part {
	COUNTERFOIL_SOAP_CODE = 0, /* 1.1: "Client", "Server", "Server.Busy"; 1.2: "Sender", "Receiver"; "{URI}NAME" of others */
	COUNTERFOIL_SOAP_SUBCODE = 1, /* 1.2: likewise; those within it follow behind a blank each */
	COUNTERFOIL_SOAP_REASON = 2,  /* for people: the English one when there are several, else the first */
	COUNTERFOIL_SOAP_LANGUAGE = 3, /* of the reason, as RFC 5646: "en" */
	COUNTERFOIL_SOAP_NODE = 4,     /* 1.2: the URI of the node that failed */
	COUNTERFOIL_SOAP_ROLE = 5,     /* 1.1: faultactor */
	COUNTERFOIL_SOAP_DETAIL = 6,   /* XML, as of counterfoil_soap_body */
	COUNTERFOIL_SOAP_PARTS = 7     /* how many there are */
} counterfoil_soap_part;

/* A part of the fault, lent: "" when the fault has none, NULL when the answer is no fault. It is text from the server: do
 * not trust it to be free of control characters before a terminal. */
COUNTERFOIL_API const char *counterfoil_soap_fault(const counterfoil_soap_answer *answer, counterfoil_soap_part part);
/* The response itself: status, headers, the envelope's bytes. Lent. */
COUNTERFOIL_API const counterfoil_response *counterfoil_soap_response(const counterfoil_soap_answer *answer);
/* Wipes what it holds. */
COUNTERFOIL_API void counterfoil_soap_free(counterfoil_soap_answer *answer);

/* Calls without waiting: the program has an event loop (poll, libevent, libuv, ...), and calls are driven by it, any number
 * of them in one thread. What the library waits for, it asks the loop to watch, by two callbacks: a descriptor, or the time.
 * When that comes the program says so, by counterfoil_async_ready or counterfoil_async_timer; there the calls go on, and
 * there they end. The loop is level-triggered. A whole program with libevent: client/examples/async.c.
 *
 * Nothing here blocks: names are looked up by a thread of libcurl's, and waits between tries are timers. Three things take
 * time in the loop's thread: your own callbacks; files that a form reads while it is sent; and the watched file of
 * counterfoil_client_watch, which counterfoil_async_start asks for like counterfoil_call (two stat calls, at most once in
 * look_every_ms) and reads when it changed. The key derivation of a PKCS#12 takes milliseconds, with the most rounds that
 * are let pass seconds. Who cannot bear that sets COUNTERFOIL_BY_HAND and calls counterfoil_client_check from another thread.
 *
 * Threads: an object, and every function of it, belongs to one thread at a time; a client may have any number of objects,
 * and be used by counterfoil_call beside them. From other threads only counterfoil_cancel_now may come: it wakes the loop by
 * a descriptor, which is watched while calls that have a cancel are under way.
 *
 * Callbacks of a call (source, sink, progress, on_done) and of the watch may start and cancel calls and free the object;
 * freed, it goes on until the function of the library that called them returns, and ends there. counterfoil_async_ready
 * and counterfoil_async_timer do nothing from any callback but say COUNTERFOIL_BAD_INPUT; so does counterfoil_async_start
 * from want_fd and want_timer. */
enum { COUNTERFOIL_WANT_NOTHING = 0, COUNTERFOIL_WANT_READ = 1, COUNTERFOIL_WANT_WRITE = 2 };

typedef struct counterfoil_async_options {
	size_t size; /* sizeof(counterfoil_async_options) */
	/* Watch fd for these events (READ, WRITE or both added up) from now on instead of those before, or no more, for
	 * NOTHING. It is closed afterwards, but for that of a connection which did not come about: that may be closed already
	 * (by libcurl 7.88), so that your loop finds it gone when it lets go of it, which is no error. *mine is the program's,
	 * to keep with the descriptor: NULL at first, and forgotten after NOTHING. 0, or anything else when it failed: then the
	 * call that it was for ends with COUNTERFOIL_LOOP_FAILED. */
	int (*want_fd)(void *context, int fd, unsigned events, void **mine);
	/* Call counterfoil_async_timer once, so many milliseconds from now (0: as soon as the loop comes round), instead of
	 * when it was asked for before; below 0: not at all. 0, or anything else when it failed: then a call that is being
	 * started is not, and otherwise all of them end with COUNTERFOIL_LOOP_FAILED there and then, for who would wake them?
	 * That includes the function which found it so: counterfoil_async_cancel, and counterfoil_async_start for the calls
	 * beside the one that it does not start, when their timer is refused too. */
	int (*want_timer)(void *context, int64_t milliseconds);
	void *context;
} counterfoil_async_options;

/* The client must outlive it. COUNTERFOIL_OK, BAD_INPUT or OUT_OF_MEMORY. */
COUNTERFOIL_API counterfoil_code counterfoil_async_new(counterfoil_client *client, const counterfoil_async_options *options,
	counterfoil_async **async, counterfoil_error *error);
/* Every call under way ends with COUNTERFOIL_CANCELLED, on_done included, and nothing is watched any more. */
COUNTERFOIL_API void counterfoil_async_free(counterfoil_async *async);

/* Something came of fd, which want_fd asked for: events are READ, WRITE or both, 0 when it is not known what. An error and a
 * hang-up count as what was wanted. A descriptor that is not wanted (any more) is no error. COUNTERFOIL_OK or BAD_INPUT. */
COUNTERFOIL_API counterfoil_code counterfoil_async_ready(counterfoil_async *async, int fd, unsigned events);
/* The time has come. Too early is no error: it is asked for again. COUNTERFOIL_OK or BAD_INPUT. */
COUNTERFOIL_API counterfoil_code counterfoil_async_timer(counterfoil_async *async);

typedef struct counterfoil_async_call counterfoil_async_call;

/* How a call ended: code, response and error are what counterfoil_call would have given. The response, NULL or not, is the
 * program's from now on; the error is lent. */
typedef void (*counterfoil_async_done)(void *context, counterfoil_code code, counterfoil_response *response,
	const counterfoil_error *error);

/* The same of what counterfoil_soap_call and counterfoil_json_call would have given. The answer is the program's. */
typedef void (*counterfoil_async_soap_done)(void *context, counterfoil_code code, counterfoil_soap_answer *answer,
	const counterfoil_error *error);
typedef void (*counterfoil_async_json_done)(void *context, counterfoil_code code, counterfoil_json *answer,
	const counterfoil_error *error);

typedef struct counterfoil_async_request {
	size_t size; /* sizeof(counterfoil_async_request) */
	/* As for counterfoil_call, in every respect. Its URL, method and headers are copied; body, source, parts, sink, cancel,
	 * and what they refer to, must stay until on_done. Its progress is told once a second from when the request is sent. */
	const counterfoil_request *call;
	counterfoil_async_done on_done; /* one of on_done, on_json and on_soap */
	void *context;                  /* of that */
	/* Instead of on_done: call is as for counterfoil_json_call. */
	counterfoil_async_json_done on_json;
	/* Instead of both: soap is as for counterfoil_soap_call, and call is NULL. The envelope is written at once: of what
	 * soap refers to only cancel and progress_context must stay. */
	const counterfoil_soap_request *soap;
	counterfoil_async_soap_done on_soap;
} counterfoil_async_request;

/* Start a call. COUNTERFOIL_OK: it is under way, and on_done will be called exactly once, from counterfoil_async_ready,
 * _timer or _free, not from in here (where want_timer fails, also from the start or the cancel that found it so). *call (call
 * may be NULL) is valid until then. Any other code: it was not started, nothing was sent, and on_done will not be called;
 * LOOP_FAILED, and whatever counterfoil_call says before it connects
 * (BAD_INPUT, EXPIRED, NOT_YET_VALID, FILE_UNREADABLE, CANCELLED, OUT_OF_MEMORY, FAILED).
 * A call under way has a connection of its own, by HTTP/2 too, and takes three descriptors (libcurl's two beside it), about
 * 100 KiB, and a thread while its host is looked up. */
COUNTERFOIL_API counterfoil_code counterfoil_async_start(counterfoil_async *async,
	const counterfoil_async_request *request, counterfoil_async_call **call, counterfoil_error *error);
/* End a call with COUNTERFOIL_CANCELLED as soon as the loop comes round; on_done tells. None of its callbacks runs before
 * that any more, but for the one that this is called from. When it had ended but for telling, that end stands. */
COUNTERFOIL_API void counterfoil_async_cancel(counterfoil_async_call *call);

/* The server's side: who is calling? A verifier knows the CA and its revocation list; a peer is one caller.
 *
 * Revocation is looked up in the list (RFC 5280) of the CA that made the certificate, which must be among the CAs given
 * and must have signed the list. The list is read when the first peer is verified and again after crl_refresh_seconds, by
 * the thread that finds it due, while the others go on with the one at hand; an older list never replaces a newer one.
 * A list is used until its nextUpdate, and no longer than crl_keep_seconds after it could last be read. It must be whole: one
 * with a critical extension (a delta, of some reasons, of another CA's) is left out, and of one whose changes stand in delta
 * lists (section 5.2.6) only who is on it counts.
 *
 * Or its CA is asked (OCSP, RFC 6960): a POST to the responder with a nonce, which is compared when it comes back (RFC 9654).
 * An answer counts when that CA has signed it, or whom it has charged with that (section 4.2.2.2). It is kept for this
 * certificate, among ocsp_kept in fixed memory, of which the one used least lately makes room; asked again after
 * ocsp_refresh_seconds by one thread, while the others go on with it; and never used past its nextUpdate (without one: an hour
 * after thisUpdate), but for REVOKED, which stays as long as it is kept, and is not asked again. When the responder cannot be
 * reached, or its answer does not count, it is asked again after 5 seconds.
 *
 * With both, what OCSP says of the certificate stands: also, signed, that it is unknown, for of a certificate that the CA does
 * not know a list says nothing good. The list decides when there is no answer. The CAs between it and a trusted root are looked up
 * in the list alone: an entry of theirs counts, and a list that has none of that CA's is no reason to refuse; but when no list
 * can be read, or theirs is over, it cannot be learnt. */
typedef struct counterfoil_verifier counterfoil_verifier;
typedef struct counterfoil_peer counterfoil_peer;

typedef enum counterfoil_kind {
	COUNTERFOIL_KIND_NONE = 0,   /* none of these: never accepted */
	COUNTERFOIL_KIND_CLIENT = 1, /* an application: organisation, service, client */
	COUNTERFOIL_KIND_STAFF = 2,  /* a person of the certificate service's own staff */
	COUNTERFOIL_KIND_SERVER = 4  /* a TLS server */
} counterfoil_kind;

typedef enum counterfoil_revocation {
	COUNTERFOIL_REVOCATION_UNKNOWN = 0, COUNTERFOIL_REVOCATION_GOOD = 1,
	COUNTERFOIL_REVOCATION_REVOKED = 2, COUNTERFOIL_REVOCATION_HELD = 3
} counterfoil_revocation;

/* How the certificate is written: nothing before it, behind it or between its lines but what the form itself has. */
typedef enum counterfoil_format {
	COUNTERFOIL_FORMAT_AUTO = 0,    /* whichever of these it is by its first bytes */
	COUNTERFOIL_FORMAT_PEM = 1,     /* RFC 7468, strict; CA certificates may follow */
	COUNTERFOIL_FORMAT_DER = 2,
	COUNTERFOIL_FORMAT_NGINX = 3,   /* $ssl_client_escaped_cert: PEM, percent-encoded */
	COUNTERFOIL_FORMAT_APACHE = 4,  /* %{SSL_CLIENT_CERT}s in a header: PEM with blanks for its line ends */
	COUNTERFOIL_FORMAT_HAPROXY = 5, /* %[ssl_c_der,base64] */
	COUNTERFOIL_FORMAT_RFC9440 = 6  /* Client-Cert: base64 of DER between colons */
} counterfoil_format;

/* As ocsp: the responder that the certificate itself names (the first http:// one of its authority information access). */
#define COUNTERFOIL_OCSP_CERTIFICATE "certificate"

typedef struct counterfoil_verifier_options {
	size_t size;                  /* sizeof(counterfoil_verifier_options) */
	counterfoil_bytes trust_pem;  /* the CAs, in PEM, at most 1 MiB; the one that makes the certificates among them, and
				       * nothing but CA certificates */
	const char *crl;              /* path or http:// URL of its list, DER, or 8 lists at most in PEM; 8 MiB at most; NULL: none */
	unsigned kinds;               /* COUNTERFOIL_KIND_* that are served, added up; 0: clients only */
	int accept_unknown;           /* not 0: also whose revocation cannot be learnt. Default: refused */
	uint32_t crl_refresh_seconds; /* 0: 60; never later than crl_keep_seconds */
	uint32_t crl_keep_seconds;    /* 0: 3,600 */
	uint32_t crl_timeout_ms;      /* of fetching the list; 0: 5,000 */
	const char *ocsp;              /* http:// URL of the CA's responder, or COUNTERFOIL_OCSP_CERTIFICATE; NULL: none */
	uint32_t ocsp_refresh_seconds; /* 0: 60 */
	uint32_t ocsp_timeout_ms;      /* of asking once; an answer has 64 KiB at most; 0: 5,000 */
	uint32_t ocsp_kept;            /* 0: 10,000, some 800 kB; at most 1,000,000 */
	uint32_t reserved;             /* 0 */
} counterfoil_verifier_options;

/* Reads no list yet, and asks nobody. COUNTERFOIL_OK and *verifier; BAD_INPUT, NO_TRUST, OUT_OF_MEMORY or FAILED. Any number of threads
 * may use it. */
COUNTERFOIL_API counterfoil_code counterfoil_verifier_new(const counterfoil_verifier_options *options,
	counterfoil_verifier **verifier, counterfoil_error *error);
/* No verification may be under way. Peers live on. */
COUNTERFOIL_API void counterfoil_verifier_free(counterfoil_verifier *verifier);

/* Who presented this certificate (at most 16 KiB) at the time `now`? That the peer holds its private key is for whoever
 * ended TLS to have proved: take a header from your own proxy alone, which must remove it from what callers send.
 * COUNTERFOIL_OK and *peer: a certificate of a kind that is served, for TLS clients (servers: TLS servers), with names that
 * can be read, valid now and not revoked. Otherwise a code of the category PEER, or BAD_INPUT, TOO_LARGE, OUT_OF_MEMORY or
 * FAILED; then *peer is NULL, unless the code is WRONG_KIND, EXPIRED, NOT_YET_VALID, REVOKED, HELD or UNKNOWN_STATUS: then
 * it says for your log who was refused, and counterfoil_peer_may_reach says no. */
COUNTERFOIL_API counterfoil_code counterfoil_verifier_peer(counterfoil_verifier *verifier, counterfoil_bytes presented,
	counterfoil_format format, int64_t now, counterfoil_peer **peer, counterfoil_error *error);
COUNTERFOIL_API void counterfoil_peer_free(counterfoil_peer *peer);

/* 1 when the peer was accepted and is a client of exactly this service of this organisation (their short names), else 0. */
COUNTERFOIL_API int counterfoil_peer_may_reach(const counterfoil_peer *peer, const char *organisation, const char *service);
COUNTERFOIL_API const char *counterfoil_peer_fact(const counterfoil_peer *peer, counterfoil_fact fact);
COUNTERFOIL_API counterfoil_kind counterfoil_peer_kind(const counterfoil_peer *peer);
COUNTERFOIL_API counterfoil_revocation counterfoil_peer_revocation(const counterfoil_peer *peer);
COUNTERFOIL_API int64_t counterfoil_peer_not_before(const counterfoil_peer *peer);
COUNTERFOIL_API int64_t counterfoil_peer_not_after(const counterfoil_peer *peer);

#ifdef __cplusplus
}
#endif
#endif
