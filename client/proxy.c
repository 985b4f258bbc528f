#include "client/proxy.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PROXY_MAX = 2048, EXCEPT_MAX = 65536 };

/* The first of these variables that says something, as curl and wget look for them. */
static const char *environment(const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *value = secure_getenv(names[i]);
		if (value && value[0])
			return value;
	}
	return NULL;
}

static const char *behind_scheme(const char *url)
{
	return strncasecmp(url, "http://", 7) == 0 ? url + 7 : url;
}

/* Another scheme would be another kind of proxy; without a port libcurl would take 1080. */
static bool is_fit(const char *url)
{
	const char *at = behind_scheme(url);
	if (strnlen(url, PROXY_MAX) == PROXY_MAX || strstr(at, "://"))
		return false;
	for (const char *p = url; *p; p++)
		if (*p <= ' ' || *p > '~')
			return false;
	const char *user = strrchr(at, '@');
	const char *host = user ? user + 1 : at;
	const char *colon = strrchr(host, ':');
	if (!colon || colon == host || at + strcspn(at, "/?#") < colon) /* what is behind those is no port to libcurl */
		return false;
	size_t digits = strspn(colon + 1, "0123456789");
	const char *rest = colon + 1 + digits;
	return digits >= 1 && digits <= 5 && (!rest[0] || strcmp(rest, "/") == 0);
}

static counterfoil_code keep(const char *url, const char *except, struct proxy *out, counterfoil_error *error)
{
	out->url = strdup(url);
	out->except = except ? strndup(except, EXCEPT_MAX) : NULL;
	if (out->url && (out->except || !except))
		return COUNTERFOIL_OK;
	proxy_free(out);
	return outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
}

counterfoil_code proxy_choose(const char *wanted, struct proxy *out, counterfoil_error *error)
{
	static const char *const proxies[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
	static const char *const exceptions[] = {"no_proxy", "NO_PROXY"};
	*out = (struct proxy){0};
	bool by_environment = wanted && strcmp(wanted, COUNTERFOIL_PROXY_ENVIRONMENT) == 0;
	const char *url = by_environment ? environment(proxies, 4) : wanted;
	if (!url)
		return COUNTERFOIL_OK;
	if (!is_fit(url))
		return outcome(error, COUNTERFOIL_BAD_INPUT, "the proxy%s is not http://HOST:PORT",
			       by_environment ? " of the environment" : "");
	return keep(url, by_environment ? environment(exceptions, 2) : NULL, out, error);
}

void proxy_free(struct proxy *proxy)
{
	if (proxy->url)
		explicit_bzero(proxy->url, strlen(proxy->url));
	free(proxy->url);
	free(proxy->except);
	*proxy = (struct proxy){0};
}
