#include "base/encode.h"
#include "base/file.h"
#include "base/json_text.h"
#include "client/command/collect.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { CLAIM_FILE_MAX = 4096, HASH_SHOWN = 12 };

enum err sha256_text(const void *bytes, size_t len, char out[SHA256_TEXT])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	if (!EVP_Digest(bytes, len, digest, NULL, EVP_sha256(), NULL))
		return ERR_CRYPTO;
	hex_encode(digest, 32, out);
	return ERR_OK;
}

static bool is_token(const char *text, size_t len)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	return len == TOKEN_LENGTH && strspn(text, alphabet) >= TOKEN_LENGTH;
}

/* The sentence never repeats the link: its token is half of what opens the parcel. */
enum err link_parse(const char *url, struct link *out, struct errbuf *why)
{
	url += strspn(url, " \t\r\n");
	size_t len = strcspn(url, " \t\r\n?#");
	while (len && url[len - 1] == '/')
		len--;
	size_t slash = len;
	while (slash && url[slash - 1] != '/')
		slash--;
	bool fits = slash > 8 && slash - 3 < sizeof out->server && strncasecmp(url, "https://", 8) == 0 && url[8] != '/' &&
		    memcmp(url + slash - 3, "/d/", 3) == 0 && is_token(url + slash, len - slash) &&
		    url[len + strspn(url + len, "/ \t\r\n")] == '\0';
	if (!fits)
		return fail(why, ERR_USAGE, "the link is not https://HOST/d/ and %d characters: copy it whole from the e-mail",
			    TOKEN_LENGTH);
	memcpy(out->server, url, slash - 3);
	out->server[slash - 3] = '\0';
	memcpy(out->token, url + slash, TOKEN_LENGTH);
	out->token[TOKEN_LENGTH] = '\0';
	return sha256_text(out->token, TOKEN_LENGTH, out->token_hash);
}

enum err claim_path(const struct link *link, const char *out, char path[PATH_SIZE])
{
	int n = out ? snprintf(path, PATH_SIZE, "%s.claim", out)
		    : snprintf(path, PATH_SIZE, "counterfoil-%.*s.claim", HASH_SHOWN, link->token_hash);
	return n > 0 && n < PATH_SIZE ? ERR_OK : ERR_TOO_LARGE;
}

static bool copy_member(const json_t *object, const char *name, char *out, size_t size)
{
	const char *text = json_string_value(json_object_get(object, name));
	if (!text || strlen(text) >= size)
		return false;
	memcpy(out, text, strlen(text) + 1);
	return true;
}

static bool is_claim(const char *text)
{
	return text[0] && text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")] == '\0';
}

/* What claim_room leaves when it is killed. */
static bool is_blank(const struct secret *bytes)
{
	return secret_len(bytes) > 0 && strnlen((const char *)secret_peek(bytes), secret_len(bytes)) == 0;
}

static enum err read_claim(const char *path, const struct link *link, struct claim *claim, struct errbuf *why)
{
	struct secret *bytes = NULL;
	char token_hash[SHA256_TEXT];
	if (access(path, F_OK) != 0)
		return ERR_NOT_FOUND;
	enum err e = file_read_secret(path, CLAIM_FILE_MAX, &bytes, why);
	if (e)
		return e;
	if (is_blank(bytes)) {
		secret_free(bytes);
		return ERR_NOT_FOUND;
	}
	json_t *kept = json_loadb((const char *)secret_peek(bytes), secret_len(bytes), JSON_REJECT_DUPLICATES, NULL);
	secret_free(bytes);
	if (!copy_member(kept, "token_sha256", token_hash, sizeof token_hash) ||
	    !copy_member(kept, "claim", claim->text, sizeof claim->text) || !is_claim(claim->text) ||
	    !copy_member(kept, "sha256", claim->sha256, sizeof claim->sha256))
		e = fail(why, ERR_CORRUPT, "%s cannot be read: remove it, and use a new code", path);
	else if (strcmp(token_hash, link->token_hash) != 0)
		e = ERR_NOT_FOUND;
	json_decref(kept);
	snprintf(claim->path, sizeof claim->path, "%s", path);
	return e;
}

enum err claim_find(const struct link *link, const char *out, struct claim *claim, struct errbuf *why)
{
	char path[PATH_SIZE];
	enum err e = ERR_NOT_FOUND;
	if (out)
		e = claim_path(link, out, path) ? ERR_USAGE : read_claim(path, link, claim, why);
	if (e == ERR_NOT_FOUND && claim_path(link, NULL, path) == ERR_OK)
		e = read_claim(path, link, claim, why);
	if (e)
		explicit_bzero(claim, sizeof *claim);
	return e;
}

enum err claim_room(const struct claim *claim, struct errbuf *why)
{
	static const char blank[CLAIM_FILE_MAX];
	enum err e = file_publish(claim->path, blank, sizeof blank, 0600, why);
	if (!e)
		unlink(claim->path);
	return e;
}

enum err claim_keep(const struct link *link, const struct claim *claim, struct errbuf *why)
{
	json_t *kept = json_pack("{s:s, s:s, s:s}", "token_sha256", link->token_hash, "claim", claim->text, "sha256",
				 claim->sha256);
	char *text = kept ? json_text(kept, JSON_COMPACT) : NULL;
	json_decref(kept);
	if (!text)
		return fail(why, ERR_MEMORY, "out of memory");
	enum err e = file_publish(claim->path, text, strlen(text), 0600, why);
	explicit_bzero(text, strlen(text));
	free(text);
	return e;
}

void claim_forget(struct claim *claim)
{
	if (claim->path[0])
		unlink(claim->path);
	explicit_bzero(claim, sizeof *claim);
}
