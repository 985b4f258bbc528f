/* token_shim: SoftHSM behind a PKCS#11 module that can misbehave, and that counts what it is asked.
 *
 * All lies beside the file that SOFTHSM2_CONF names: a line in `calls` for each C_Initialize and C_Login, and files
 * whose being there makes it misbehave: init-hang; and when a PIN is wrong (login-any: each is), login-abort,
 * login-hang, login-other, login-vendor. */
#include <p11-kit-1/p11-kit/pkcs11.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOFTHSM "/usr/lib/softhsm/libsofthsm2.so"

static CK_FUNCTION_LIST ours, *theirs;

static bool beside(const char *name, char path[512])
{
	const char *conf = getenv("SOFTHSM2_CONF");
	const char *slash = conf ? strrchr(conf, '/') : NULL;
	return slash && snprintf(path, 512, "%.*s/%s", (int)(slash - conf), conf, name) < 512;
}

static bool told(const char *name)
{
	char path[512];
	return beside(name, path) && access(path, F_OK) == 0;
}

static void note(const char *what)
{
	char path[512], line[64];
	int len = snprintf(line, sizeof line, "%s\n", what);
	int fd = beside("calls", path) ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
	if (fd < 0 || write(fd, line, (size_t)len) != len)
		abort();
	close(fd);
}

static void hang(void)
{
	for (;;)
		pause();
}

static CK_RV initialize(void *arguments)
{
	note("C_Initialize");
	if (told("init-hang"))
		hang();
	return theirs->C_Initialize(arguments);
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, unsigned char *pin, CK_ULONG len)
{
	note("C_Login");
	CK_RV rv = told("login-any") ? CKR_PIN_INCORRECT : theirs->C_Login(session, user, pin, len);
	if (rv != CKR_OK && told("login-abort"))
		abort();
	if (rv != CKR_OK && told("login-hang"))
		hang();
	if (rv != CKR_OK && told("login-other"))
		return CKR_FUNCTION_FAILED;
	return rv != CKR_OK && told("login-vendor") ? CKR_VENDOR_DEFINED | 0x51 : rv;
}

#pragma GCC visibility push(default)
CK_RV C_GetFunctionList(CK_FUNCTION_LIST **out);
#pragma GCC visibility pop

static bool load(void)
{
	static void *library; /* it stays */
	CK_C_GetFunctionList get = NULL;
	library = dlopen(SOFTHSM, RTLD_NOW | RTLD_LOCAL);
	void *symbol = library ? dlsym(library, "C_GetFunctionList") : NULL;
	memcpy(&get, &symbol, sizeof get);
	if (!get || get(&theirs) != CKR_OK)
		return false;
	ours = *theirs;
	ours.C_Initialize = initialize;
	ours.C_Login = login;
	ours.C_GetFunctionList = C_GetFunctionList;
	return true;
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **out)
{
	if (!theirs && !load())
		return CKR_GENERAL_ERROR;
	*out = &ours;
	return CKR_OK;
}
