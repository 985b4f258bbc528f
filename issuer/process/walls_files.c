#include "issuer/courier/courier_channels.h"
#include "issuer/process/walls.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Debian 12's header ends at ABI 2; later rights, by their numbers in the kernel's interface. */
#define FS_TRUNCATE (1ULL << 14)
#define FS_IOCTL_DEVICE (1ULL << 15)
#define NET_BIND_TCP (1ULL << 0)
#define NET_CONNECT_TCP (1ULL << 1)
#define SCOPE_ABSTRACT_SOCKET (1ULL << 0)
#define SCOPE_SIGNAL (1ULL << 1)

/* struct landlock_ruleset_attr of ABI 6. */
struct ruleset {
	uint64_t fs, net, scoped;
};

/* What each version of the interface can take away. */
static const struct {
	size_t size;
	struct ruleset rights;
} abis[] = {
	{8, {(1ULL << 13) - 1, 0, 0}},
	{8, {(1ULL << 14) - 1, 0, 0}},
	{8, {(1ULL << 15) - 1, 0, 0}},
	{16, {(1ULL << 15) - 1, NET_BIND_TCP | NET_CONNECT_TCP, 0}},
	{16, {(1ULL << 16) - 1, NET_BIND_TCP | NET_CONNECT_TCP, 0}},
	{24, {(1ULL << 16) - 1, NET_BIND_TCP | NET_CONNECT_TCP, SCOPE_ABSTRACT_SOCKET | SCOPE_SIGNAL}},
};
enum { ABI_NEWEST = sizeof abis / sizeof *abis };

/* struct landlock_net_port_attr, and its kind of rule. */
struct port_rule {
	uint64_t allowed_access, port;
};
enum { RULE_NET_PORT = 2 };

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE)
#define SPOOL (READ | WRITE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE)
#define DEVICES (SPOOL | FS_IOCTL_DEVICE)
#define OF_FILES (LANDLOCK_ACCESS_FS_EXECUTE | WRITE | FS_IOCTL_DEVICE) /* the rest has a meaning for folders only */

#define ALL ~0u
#define DATABASE_ROLES (1u << ROLE_FRONT | 1u << ROLE_CLERK)
#define OUT (1u << WALLS_COURIER_OUT)

enum base { BASE_ROOT, BASE_DATABASE, BASE_DATABASE_FOLDER, BASE_SPOOL, BASE_TOKEN, BASE_MODULE };

/* Each file or folder that a role may still open. The database's files are named one by one, for its folder is often the
 * one that the keys are in too; the supervisor makes those that are missing. */
static const struct file_right {
	enum base base;
	const char *suffix;
	unsigned kinds; /* bits by walls_kind */
	uint64_t rights;
} rights[] = {
	{BASE_ROOT, "/usr", ALL, READ},
	{BASE_ROOT, "/lib", ALL, READ},
	{BASE_ROOT, "/lib64", ALL, READ},
	{BASE_ROOT, "/etc/ssl", ALL, READ},
	{BASE_ROOT, "/etc/gnutls", ALL, READ},
	{BASE_ROOT, "/etc/ld.so.cache", ALL, READ},
	{BASE_ROOT, "/etc/localtime", ALL, READ},
	{BASE_ROOT, "/proc/self", ALL, READ},
	{BASE_ROOT, "/proc/self/exe", ALL, READ},
	{BASE_ROOT, "/proc/sys/vm/overcommit_memory", ALL, READ},
	{BASE_ROOT, "/sys/devices/system/cpu", ALL, READ},
	{BASE_ROOT, "/dev/urandom", ALL, READ},
	{BASE_ROOT, "/dev/null", ALL, WRITE},
	{BASE_DATABASE_FOLDER, "", DATABASE_ROLES, LANDLOCK_ACCESS_FS_READ_DIR},
	{BASE_DATABASE, "", DATABASE_ROLES, WRITE},
	{BASE_DATABASE, "-wal", DATABASE_ROLES, WRITE},
	{BASE_DATABASE, "-shm", DATABASE_ROLES, WRITE},
	{BASE_DATABASE, ".lock", DATABASE_ROLES, WRITE},
	{BASE_SPOOL, "", 1u << ROLE_COURIER | OUT, SPOOL},
	/* how names become addresses */
	{BASE_ROOT, "/etc/resolv.conf", OUT, READ},
	{BASE_ROOT, "/run/systemd/resolve", OUT, READ},
	{BASE_ROOT, "/run/resolvconf", OUT, READ},
	{BASE_ROOT, "/etc/nsswitch.conf", OUT, READ},
	{BASE_ROOT, "/etc/hosts", OUT, READ},
	{BASE_ROOT, "/etc/host.conf", OUT, READ},
	{BASE_ROOT, "/etc/gai.conf", OUT, READ},
	{BASE_ROOT, "/etc", 1u << ROLE_TOKEN, READ}, /* where modules are configured, and names of hosts found */
	{BASE_MODULE, "", 1u << ROLE_TOKEN, READ}, /* not its folder: it could be that of the keys */
	{BASE_TOKEN, "", 1u << ROLE_TOKEN, DEVICES},
};

int walls_landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	return abi < 0 ? 0 : (int)abi;
}

static bool path_of(const struct file_right *r, const struct settings *s, char out[PATH_MAX])
{
	const struct {
		const char *path;
		bool folder; /* not the file, but where it lies */
	} bases[] = {
		[BASE_ROOT] = {"", false},
		[BASE_DATABASE] = {s->database, false},
		[BASE_DATABASE_FOLDER] = {s->database, true},
		[BASE_SPOOL] = {s->spool, false},
		[BASE_TOKEN] = {s->token_folder, false},
		[BASE_MODULE] = {s->token_module, false},
	};
	int n = snprintf(out, PATH_MAX, "%s%s", bases[r->base].path, r->suffix);
	char *slash = strrchr(out, '/');
	if (bases[r->base].folder && slash)
		slash[slash == out ? 1 : 0] = '\0';
	return n < PATH_MAX;
}

/* What is not there, or has no name, needs no right. */
static int allow(int ruleset, const char *path, uint64_t wanted)
{
	struct stat st;
	int fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == EACCES ? 0 : -1;
	int rc = fstat(fd, &st);
	struct landlock_path_beneath_attr rule = {.parent_fd = fd,
						  .allowed_access = S_ISDIR(st.st_mode) ? wanted : wanted & OF_FILES};
	if (rc == 0)
		rc = (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	int saved = errno;
	close(fd);
	errno = saved;
	return rc;
}

static enum err allow_files(int ruleset, unsigned kind, const struct settings *s, uint64_t handled, struct errbuf *why)
{
	for (size_t i = 0; i < sizeof rights / sizeof *rights; i++) {
		char path[PATH_MAX];
		if (!(rights[i].kinds & 1u << kind))
			continue;
		if (!path_of(&rights[i], s, path) || allow(ruleset, path, rights[i].rights & handled) != 0)
			return fail(why, ERR_INTERNAL, "landlock rule for %s: %s", path, strerror(errno));
	}
	return ERR_OK;
}

static enum err allow_ports(int ruleset, unsigned kind, const struct settings *s, uint64_t handled, struct errbuf *why)
{
	uint16_t ports[COURIER_PORTS_MOST];
	size_t n = kind == WALLS_COURIER_OUT && handled & NET_CONNECT_TCP ? courier_ports(s, ports) : 0;
	for (size_t i = 0; i < n; i++) {
		struct port_rule rule = {.allowed_access = NET_CONNECT_TCP, .port = ports[i]};
		if (syscall(SYS_landlock_add_rule, ruleset, RULE_NET_PORT, &rule, 0) != 0)
			return fail(why, ERR_INTERNAL, "landlock rule for port %u: %s", (unsigned)ports[i], strerror(errno));
	}
	return ERR_OK;
}

unsigned walls_kind(enum role role, const struct settings *s)
{
	uint16_t ports[COURIER_PORTS_MOST];
	return role == ROLE_COURIER && courier_ports(s, ports) > 0 ? WALLS_COURIER_OUT : (unsigned)role;
}

enum err walls_files(enum role role, const struct settings *s, struct errbuf *why)
{
	unsigned kind = walls_kind(role, s);
	int abi = walls_landlock_abi();
	if (abi == 0)
		return ERR_OK;
	int row = abi < ABI_NEWEST ? abi - 1 : ABI_NEWEST - 1;
	struct ruleset taken = abis[row].rights;
	if (role == ROLE_TOKEN) /* it may stand in a network */
		taken.net &= ~NET_CONNECT_TCP;
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &taken, abis[row].size, 0);
	if (ruleset < 0)
		return fail(why, ERR_INTERNAL, "landlock: %s", strerror(errno));
	enum err e = allow_files(ruleset, kind, s, abis[row].rights.fs, why);
	if (!e)
		e = allow_ports(ruleset, kind, s, abis[row].rights.net, why);
	if (!e && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		e = fail(why, ERR_INTERNAL, "landlock: %s", strerror(errno));
	close(ruleset);
	return e;
}
