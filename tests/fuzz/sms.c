/* A gateway's answer: the first byte chooses the gateway, the next two are the status of HTTP. */
#include "delivery/sms.h"
#include "tests/fuzz/target.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"twilio", "vonage", "infobip", "webhook"};
	char reference[SMS_REFERENCE_SIZE] = "before";
	struct errbuf why = {""};
	if (size < 3)
		return 0;
	const struct sms_answer answer = {data[1] << 8 | data[2], data + 3, size - 3};
	enum err rc = sms_read(sms_adapter_find(names[data[0] % 4]), &answer, reference, &why);
	size_t len = strnlen(reference, sizeof reference);
	HOLDS(len < sizeof reference);
	HOLDS(rc == ERR_OK ? answer.status >= 200 && answer.status < 300 : why.text[0] && len == 0);
	HOLDS(strcspn(reference, "\r\n <>\"'") == len);
	HOLDS(rc == ERR_OK || rc == ERR_REFUSED || rc == ERR_LIMIT || rc == ERR_USAGE || rc == ERR_UNAVAILABLE);
	return 0;
}
