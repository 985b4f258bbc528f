/* What an installation's language file says, on top of the built-in one: refused with file and line, or every message and
 * the time can be said in it. */
#include "delivery/gsm.h"
#include "delivery/message.h"
#include "tests/fuzz/target.h"

#include <string.h>

static const struct message_field mail[] = {
	{"url", "https://ca.example/d/x"}, {"client", "<b>"}, {"service", "{{x}}"}, {"organisation", "o"}, {"contact", "k"},
	{"orderer", "a"}, {"until", "2026-11-29 14:05 UTC"}, {"language", "nb"}, {0}};
static const struct message_field code[] = {
	{"code", "ABCD2345"}, {"client", "<b>"}, {"domain", "ca.example.com"}, {"language", "nb"}, {0}};
static const struct message_field password[] = {
	{"password", "2345-6789-ABCD-EFGH-JKLM-NPQR"}, {"client", "<b>"}, {"language", "nb"}, {0}};

static const struct {
	enum message_kind kind;
	const char *to;
	const struct message_field *fields;
} messages[] = {{MESSAGE_LINK, "a@b.no", mail}, {MESSAGE_CODE, "+4790000000", code}, {MESSAGE_PASSWORD, "+4790000000", password}};

static void say_all(const struct languages *all)
{
	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
		struct secret *plain = NULL;
		struct message m;
		HOLDS(message_compose(messages[i].kind, "order", messages[i].to, messages[i].fields, &plain, NULL) == ERR_OK);
		HOLDS(message_open(plain, all, &m, NULL) == ERR_OK);
		HOLDS(m.channel == CHANNEL_MAIL || gsm_septets(buf_string(&m.text)) <= GSM_SEGMENT);
		HOLDS(m.channel == CHANNEL_SMS || !strstr(buf_string(&m.html), "<b>"));
		message_clear(&m);
		secret_free(plain);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct languages *all = NULL;
	struct errbuf why = {0};
	char time[LANGUAGE_TIME_SIZE];
	HOLDS(languages_new(&all, NULL) == ERR_OK);
	enum err e = languages_add(all, "nb.txt", data, size, &why);
	HOLDS(e == ERR_OK || (e == ERR_USAGE && strncmp(why.text, "nb.txt:", 7) == 0));
	HOLDS(languages_at(all, 1) && !languages_at(all, 2));
	language_time(languages_at(all, 1), 1795313618, time);
	say_all(all);
	languages_free(all);
	return 0;
}
