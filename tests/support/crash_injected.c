/* The places of base/crash.h as test binaries have them. */
#include "tests/support/crash_injected.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct crash_row crash_table[CRASH_COUNT] = {
#define CRASH_POINT(id, name, passes, when) [CRASH_##id] = {name, #when, passes},
#include "base/crash.def"
#undef CRASH_POINT
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int descriptor = -2;
static int ending = SIGKILL;

void crash_order_write(char out[CRASH_ORDER_BYTES], const char *name, long count)
{
	char text[CRASH_ORDER_BYTES];
	int n = name[0] ? snprintf(text, sizeof text, "%s %ld", name, count) : 0;
	memset(out, ' ', CRASH_ORDER_BYTES);
	memcpy(out, text, (size_t)n);
	out[CRASH_ORDER_BYTES - 1] = '\n';
}

/* How many times the place is still to be passed; 0: it is not asked for. */
static long asked(const char *name)
{
	char text[CRASH_ORDER_BYTES + 1] = {0};
	size_t len = strlen(name);
	if (pread(descriptor, text, CRASH_ORDER_BYTES, 0) != CRASH_ORDER_BYTES)
		return 0;
	return strncmp(text, name, len) == 0 && text[len] == ' ' ? strtol(text + len, NULL, 10) : 0;
}

static void pass(const char *name)
{
	char text[CRASH_ORDER_BYTES];
	long count = asked(name);
	if (count <= 0)
		return;
	crash_order_write(text, count > 1 ? name : "", count - 1);
	if (pwrite(descriptor, text, sizeof text, 0) == (ssize_t)sizeof text && count == 1)
		raise(ending);
}

void crash_point(enum crash_at at)
{
	pthread_mutex_lock(&lock);
	if (descriptor == -2) {
		const char *path = getenv("COUNTERFOIL_TEST_CRASH");
		descriptor = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
		ending = getenv("COUNTERFOIL_TEST_CRASH_STOPS") ? SIGSTOP : SIGKILL;
	}
	if (descriptor >= 0)
		pass(crash_table[at].name);
	pthread_mutex_unlock(&lock);
}
