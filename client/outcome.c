#include "client/outcome.h"

#include <stdarg.h>
#include <stdio.h>

static const struct row {
	counterfoil_code code;
	counterfoil_category category;
	const char *word;
	const char *text; /* what is wrong, and what to do */
} rows[] = {
	{COUNTERFOIL_OK, COUNTERFOIL_CATEGORY_NONE, "ok", ""},
	{COUNTERFOIL_BAD_INPUT, COUNTERFOIL_CATEGORY_INPUT, "bad_input", "an argument is out of its bounds"},
	{COUNTERFOIL_FILE_UNREADABLE, COUNTERFOIL_CATEGORY_INPUT, "file_unreadable",
	 "the file cannot be read: check its path and its permissions"},
	{COUNTERFOIL_NOT_PKCS12, COUNTERFOIL_CATEGORY_INPUT, "not_pkcs12",
	 "not a PKCS#12 file, or a damaged one: fetch it again"},
	{COUNTERFOIL_WRONG_PASSWORD, COUNTERFOIL_CATEGORY_INPUT, "wrong_password",
	 "the password does not open the file: type it as it was shown, hyphens included"},
	{COUNTERFOIL_OLD_ENCRYPTION, COUNTERFOIL_CATEGORY_INPUT, "old_encryption",
	 "the file is encrypted in an old way (RC2, RC4, DES or MD5): export it again with AES-256 or 3DES"},
	{COUNTERFOIL_UNSUPPORTED, COUNTERFOIL_CATEGORY_INPUT, "unsupported",
	 "the file is encrypted in a way, or its key is of a kind or size, that is not known here: export it again with AES-256 and PBKDF2"},
	{COUNTERFOIL_TOO_COSTLY, COUNTERFOIL_CATEGORY_INPUT, "too_costly",
	 "the file asks for too many key derivation rounds (1,300,000 at most): ask whoever made it"},
	{COUNTERFOIL_UNPROTECTED, COUNTERFOIL_CATEGORY_INPUT, "unprotected",
	 "the file carries no integrity check (MAC): export it again with one"},
	{COUNTERFOIL_NO_KEY, COUNTERFOIL_CATEGORY_INPUT, "no_key",
	 "the file holds no private key with its certificate: export both together"},
	{COUNTERFOIL_SEVERAL_KEYS, COUNTERFOIL_CATEGORY_INPUT, "several_keys",
	 "the file holds more than one private key: export one only"},
	{COUNTERFOIL_NO_TRUST, COUNTERFOIL_CATEGORY_INPUT, "no_trust",
	 "there is no CA certificate to verify servers with: give one in PEM"},
	{COUNTERFOIL_BAD_CHAIN, COUNTERFOIL_CATEGORY_INPUT, "bad_chain",
	 "the certificate does not come from the CA in its file, or is not for TLS clients: fetch it again"},
	{COUNTERFOIL_NOT_PEM, COUNTERFOIL_CATEGORY_INPUT, "not_pem",
	 "not certificates and a private key in PEM, or damaged ones: export them again"},
	{COUNTERFOIL_FILE_EXISTS, COUNTERFOIL_CATEGORY_INPUT, "file_exists",
	 "the file is there already: choose another name, or say that it is to be replaced"},
	{COUNTERFOIL_FILE_UNWRITABLE, COUNTERFOIL_CATEGORY_INPUT, "file_unwritable",
	 "the file cannot be written: check its folder, your permissions and the disk"},
	{COUNTERFOIL_EXPIRED, COUNTERFOIL_CATEGORY_IDENTITY, "expired", "the certificate's time is over: order a new one"},
	{COUNTERFOIL_NOT_YET_VALID, COUNTERFOIL_CATEGORY_IDENTITY, "not_yet_valid",
	 "the certificate's time has not come: check this machine's clock"},
	{COUNTERFOIL_REVOKED, COUNTERFOIL_CATEGORY_IDENTITY, "revoked",
	 "the certificate was revoked: order a new one, or ask support why"},
	{COUNTERFOIL_WRONG_HOST, COUNTERFOIL_CATEGORY_SERVER, "wrong_host",
	 "the server's certificate is for another host name: check the URL"},
	{COUNTERFOIL_UNKNOWN_CA, COUNTERFOIL_CATEGORY_SERVER, "unknown_ca",
	 "the server's certificate comes from a CA that is not trusted: check the URL and the CA given"},
	{COUNTERFOIL_SERVER_EXPIRED, COUNTERFOIL_CATEGORY_SERVER, "server_expired",
	 "the server's certificate is not valid now: tell its operator, and check this machine's clock"},
	{COUNTERFOIL_BAD_SERVER, COUNTERFOIL_CATEGORY_SERVER, "bad_server",
	 "the server's certificate or TLS version is not acceptable: tell its operator"},
	{COUNTERFOIL_SERVER_REVOKED, COUNTERFOIL_CATEGORY_SERVER, "server_revoked",
	 "the server's certificate was revoked: do not call it, and tell its operator"},
	{COUNTERFOIL_NO_STAPLE, COUNTERFOIL_CATEGORY_SERVER, "no_staple",
	 "the server does not show that its certificate was not revoked: its operator must switch OCSP stapling on"},
	{COUNTERFOIL_BAD_STAPLE, COUNTERFOIL_CATEGORY_SERVER, "bad_staple",
	 "what the server shows of its certificate's revocation does not count: tell its operator"},
	{COUNTERFOIL_CERTIFICATE_REFUSED, COUNTERFOIL_CATEGORY_REFUSED, "certificate_refused",
	 "the server refused the client certificate: check that it is meant for this service"},
	{COUNTERFOIL_REFUSED, COUNTERFOIL_CATEGORY_REFUSED, "refused", "the server refused the request: not permitted"},
	{COUNTERFOIL_SOAP_FAULT, COUNTERFOIL_CATEGORY_REFUSED, "soap_fault",
	 "the service answered with a SOAP fault: look at its code and reason"},
	{COUNTERFOIL_PROBLEM, COUNTERFOIL_CATEGORY_REFUSED, "problem",
	 "the service answered with an error: look at its title and detail"},
	{COUNTERFOIL_PROXY_REFUSED, COUNTERFOIL_CATEGORY_REFUSED, "proxy_refused",
	 "the proxy does not let this call through: check its rules, and its password"},
	{COUNTERFOIL_UNREACHABLE, COUNTERFOIL_CATEGORY_NETWORK, "unreachable",
	 "the server cannot be reached: check the host name, the port and the network"},
	{COUNTERFOIL_TIMEOUT, COUNTERFOIL_CATEGORY_NETWORK, "timeout", "no answer in time: try again"},
	{COUNTERFOIL_BROKEN, COUNTERFOIL_CATEGORY_NETWORK, "broken",
	 "the connection ended before the answer was whole: try again"},
	{COUNTERFOIL_NOT_SOAP, COUNTERFOIL_CATEGORY_NETWORK, "not_soap",
	 "the answer is not SOAP: check the URL, or ask the service's operator"},
	{COUNTERFOIL_BAD_SOAP, COUNTERFOIL_CATEGORY_NETWORK, "bad_soap",
	 "the answer is not acceptable SOAP: tell the service's operator"},
	{COUNTERFOIL_NOT_JSON, COUNTERFOIL_CATEGORY_NETWORK, "not_json",
	 "the answer is not JSON: check the URL, or ask the service's operator"},
	{COUNTERFOIL_TOO_LARGE, COUNTERFOIL_CATEGORY_LIMIT, "too_large", "larger than the cap that was set"},
	{COUNTERFOIL_OUT_OF_MEMORY, COUNTERFOIL_CATEGORY_SYSTEM, "out_of_memory", "out of memory"},
	{COUNTERFOIL_CANCELLED, COUNTERFOIL_CATEGORY_CALLER, "cancelled", "the call was cancelled"},
	{COUNTERFOIL_READER_FAILED, COUNTERFOIL_CATEGORY_CALLER, "reader_failed",
	 "the body could not be read to its end: see why its source failed"},
	{COUNTERFOIL_WRITER_FAILED, COUNTERFOIL_CATEGORY_CALLER, "writer_failed",
	 "the answer could not be written: see why its sink failed"},
	{COUNTERFOIL_STOPPED, COUNTERFOIL_CATEGORY_CALLER, "stopped", "a callback of yours ended it"},
	{COUNTERFOIL_LOOP_FAILED, COUNTERFOIL_CATEGORY_CALLER, "loop_failed",
	 "the program's event loop did not take a descriptor or a timer: see why want_fd or want_timer failed"},
	{COUNTERFOIL_PEER_ABSENT, COUNTERFOIL_CATEGORY_PEER, "peer_absent",
	 "no certificate was presented: the caller must have one"},
	{COUNTERFOIL_PEER_MALFORMED, COUNTERFOIL_CATEGORY_PEER, "peer_malformed",
	 "what was presented is not one certificate in that form: check what the proxy passes on"},
	{COUNTERFOIL_PEER_UNKNOWN_CA, COUNTERFOIL_CATEGORY_PEER, "peer_unknown_ca",
	 "the certificate does not come from the CA given: refuse the caller"},
	{COUNTERFOIL_PEER_WEAK, COUNTERFOIL_CATEGORY_PEER, "peer_weak",
	 "the certificate's key or a signature is too weak: the caller needs another"},
	{COUNTERFOIL_PEER_WRONG_PURPOSE, COUNTERFOIL_CATEGORY_PEER, "peer_wrong_purpose",
	 "the certificate is not for a TLS client: the caller presented a server's or a CA's"},
	{COUNTERFOIL_PEER_WRONG_KIND, COUNTERFOIL_CATEGORY_PEER, "peer_wrong_kind",
	 "the certificate is of a kind that is not served here: only those asked for are"},
	{COUNTERFOIL_PEER_EXPIRED, COUNTERFOIL_CATEGORY_PEER, "peer_expired",
	 "the certificate's time is over: the caller must order a new one"},
	{COUNTERFOIL_PEER_NOT_YET_VALID, COUNTERFOIL_CATEGORY_PEER, "peer_not_yet_valid",
	 "the certificate's time has not come: check this machine's clock"},
	{COUNTERFOIL_PEER_REVOKED, COUNTERFOIL_CATEGORY_PEER, "peer_revoked",
	 "the certificate was revoked: the caller must order a new one"},
	{COUNTERFOIL_PEER_HELD, COUNTERFOIL_CATEGORY_PEER, "peer_held",
	 "the certificate is on hold: the caller must ask support why"},
	{COUNTERFOIL_PEER_UNKNOWN_STATUS, COUNTERFOIL_CATEGORY_PEER, "peer_unknown_status",
	 "it cannot be learnt whether the certificate was revoked: give its CA's revocation list, or OCSP responder"},
	{COUNTERFOIL_FAILED, COUNTERFOIL_CATEGORY_SYSTEM, "failed", "an unforeseen failure"}, /* also for what is unknown */
};

static const struct row *row_of(counterfoil_code code)
{
	const size_t count = sizeof rows / sizeof *rows;
	for (size_t i = 0; i < count; i++)
		if (rows[i].code == code)
			return &rows[i];
	return &rows[count - 1];
}

counterfoil_category counterfoil_category_of(counterfoil_code code)
{
	return row_of(code)->category;
}

const char *counterfoil_code_word(counterfoil_code code)
{
	return row_of(code)->word;
}

const char *counterfoil_version(void)
{
	return COUNTERFOIL_VERSION;
}

counterfoil_code outcome(counterfoil_error *error, counterfoil_code code, const char *format, ...)
{
	if (!error)
		return code;
	const struct row *row = row_of(code);
	error->category = row->category;
	error->code = code;
	if (format) {
		va_list args;
		va_start(args, format);
		vsnprintf(error->text, sizeof error->text, format, args);
		va_end(args);
	} else {
		snprintf(error->text, sizeof error->text, "%s", row->text);
	}
	for (char *p = error->text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	return code;
}

counterfoil_code outcome_ok(counterfoil_error *error)
{
	if (error) {
		error->category = COUNTERFOIL_CATEGORY_NONE;
		error->code = COUNTERFOIL_OK;
		error->text[0] = '\0';
	}
	return COUNTERFOIL_OK;
}
