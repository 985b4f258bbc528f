/* A mail handed to its server. What the server decides is told by the number of its reply (RFC 5321 4.2) and by the
 * command that the reply was for: libcurl says that at the beginning of its own words. */
#include "delivery/remark.h"
#include "delivery/transfer_curl.h"

#include <stdio.h>
#include <string.h>

enum { REPLIES_MOST = 65536, REFUSAL_SIZE = 512, URL_SIZE = 1024 };

struct mailing {
	const struct transfer_mail *mail;
	size_t sent;
	size_t heard;         /* bytes of replies */
	bool go_ahead;        /* 354: the mail itself went out */
	bool continued;       /* "250-": a line of the same reply follows */
	char refusal[REFUSAL_SIZE]; /* the last reply of 4xx or 5xx, cut; libcurl takes its leave behind it */
	size_t refusal_len;
};

static size_t on_read(char *out, size_t one, size_t room, void *data)
{
	struct mailing *m = data;
	size_t left = m->mail->len - m->sent;
	size_t n = one * room < left ? one * room : left;
	memcpy(out, (const char *)m->mail->bytes + m->sent, n);
	m->sent += n;
	return n;
}

static void keep(struct mailing *m, const char *text, size_t len)
{
	size_t room = REFUSAL_SIZE - m->refusal_len, n = len < room ? len : room;
	memcpy(m->refusal + m->refusal_len, text, n);
	m->refusal_len += n;
}

/* Its number once. */
static void keep_refusal(struct mailing *m, const char *line, size_t len)
{
	enum { NUMBER = 3 };
	if (!m->continued) {
		m->refusal_len = 0;
		keep(m, line, NUMBER);
		keep(m, " ", 1);
	}
	keep(m, line + NUMBER + 1, len - NUMBER - 1);
	m->continued = line[NUMBER] == '-';
}

static size_t on_reply(char *line, size_t one, size_t len, void *data)
{
	struct mailing *m = data;
	(void)one; /* always 1 */
	m->heard += len;
	m->go_ahead = m->go_ahead || (len >= 4 && strncmp(line, "354 ", 4) == 0);
	if (len >= 4 && (line[0] == '4' || line[0] == '5'))
		keep_refusal(m, line, len);
	return m->heard <= REPLIES_MOST ? len : 0;
}

static bool set_mail(CURL *e, struct mailing *m, struct curl_slist *to)
{
	char url[URL_SIZE];
	int n = snprintf(url, sizeof url, "%s/%s", m->mail->peer.url, m->mail->greeting);
	return n > 0 && n < URL_SIZE && !curl_easy_setopt(e, CURLOPT_URL, url) &&
	       !curl_easy_setopt(e, CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN") &&
	       !curl_easy_setopt(e, CURLOPT_MAIL_FROM, m->mail->from) && !curl_easy_setopt(e, CURLOPT_MAIL_RCPT, to) &&
	       !curl_easy_setopt(e, CURLOPT_UPLOAD, 1L) &&
	       !curl_easy_setopt(e, CURLOPT_INFILESIZE_LARGE, (curl_off_t)m->mail->len) &&
	       !curl_easy_setopt(e, CURLOPT_READFUNCTION, on_read) && !curl_easy_setopt(e, CURLOPT_READDATA, m) &&
	       !curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_reply) && !curl_easy_setopt(e, CURLOPT_HEADERDATA, m);
}

/* Refusals of us, not of a recipient: RFC 4954 6 (log in first, or otherwise) and RFC 3463 3.8 (security and policy). */
static bool of_us(const struct mailing *m)
{
	static const struct {
		const char *begins;
		size_t at; /* behind the number: an enhanced status code (RFC 2034) */
	} refusals[] = {{"530 ", 0}, {"534 ", 0}, {"535 ", 0}, {"538 ", 0}, {"5.7.", 4}};
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		size_t len = strlen(refusals[i].begins);
		if (m->refusal_len >= refusals[i].at + len &&
		    memcmp(m->refusal + refusals[i].at, refusals[i].begins, len) == 0)
			return true;
	}
	return false;
}

/* Is it this mail or its recipient that is refused? All else a person can put right: libcurl tells of the sender, of the
 * recipient and of DATA by one result, and which of them it was in words. Many servers keep a refusal of the client, of its
 * login or of its sender until they are told the recipient. */
static bool of_this_mail(const struct transfer *x, CURLcode result, const struct mailing *m)
{
	if (m->go_ahead)
		return true;
	if (result != CURLE_SEND_ERROR || strncmp(x->said, "MAIL ", 5) == 0)
		return false;
	return strncmp(x->said, "RCPT ", 5) != 0 || !of_us(m);
}

static enum err verdict(const struct transfer *x, CURLcode result, const struct mailing *m, struct errbuf *why)
{
	static const CURLcode of_replies[] = {CURLE_SEND_ERROR, CURLE_WEIRD_SERVER_REPLY, CURLE_LOGIN_DENIED,
					      CURLE_REMOTE_ACCESS_DENIED};
	char words[REMARK_SIZE];
	long number = 0;
	bool replied = false;
	for (size_t i = 0; i < sizeof of_replies / sizeof *of_replies; i++)
		replied = replied || of_replies[i] == result;
	if (!replied || curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &number) != CURLE_OK || number < 400)
		return transfer_verdict(x, result, why);
	remark(m->refusal, m->refusal_len, m->mail->to, words);
	if (number < 500)
		return fail(why, ERR_UNAVAILABLE, "it does not take it now: %s", words);
	if (of_this_mail(x, result, m))
		return fail(why, ERR_REFUSED, "it does not take this mail: %s", words);
	return fail(why, ERR_USAGE, "it does not take mail from us: %s", words);
}

enum err transfer_mail(const struct transfer_mail *mail, struct errbuf *why)
{
	struct transfer x = {0};
	struct mailing m = {.mail = mail};
	struct curl_slist *to = curl_slist_append(NULL, mail->to);
	enum err rc = to ? transfer_open(&x, &mail->peer, "smtp,smtps", why) : ERR_MEMORY;
	if (!rc && !set_mail(x.easy, &m, to))
		rc = fail(why, ERR_MEMORY, "libcurl cannot be set up");
	if (!rc)
		rc = verdict(&x, curl_easy_perform(x.easy), &m, why);
	transfer_close(&x);
	curl_slist_free_all(to);
	return rc;
}
