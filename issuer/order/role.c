#include "issuer/order/role.h"

#include <string.h>

bool role_known(const char *word)
{
	static const char *const words[] = {ROLE_ADMINISTRATOR, "approver", "support", "auditor"};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

enum err role_check(const char *text, size_t len, struct errbuf *why)
{
	return strlen(text) == len && role_known(text) ? ERR_OK : fail(why, ERR_INVALID, "a role is one of " ROLE_WORDS);
}
