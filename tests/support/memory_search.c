/* memory_search: where do given bytes stand?
 *
 *   memory_search [-v] PID|FILE... < NEEDLES
 *
 * NEEDLES: a line each, "NAME HEX". A number is a process, all of whose writable memory is read through /proc (which root may
 * although nobody can attach to it); anything else is a file, read raw. Each find is one line "NAME|PLACE|OFFSET", with -v
 * followed by what stands around it. Exits 0 when nothing was found, 1 when something was, 2 when it could not look. */
#include "base/encode.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NEEDLES_MOST = 4096, NEEDLE_MOST = 1024, NAME_MOST = 64, AROUND = 48, WINDOW = 1 << 20, CANNOT_LOOK = 2 };

struct needle {
	char name[NAME_MOST];
	uint8_t bytes[NEEDLE_MOST];
	size_t len;
};

/* A stretch of one place: read in windows that overlap by the longest needle. */
struct stretch {
	const char *place;
	int fd;
	uint64_t from, to;
};

static struct needle needles[NEEDLES_MOST];
static size_t needle_count, longest;
static unsigned found;
static int verbose;

static void die(const char *what)
{
	fprintf(stderr, "memory_search: %s: %s\n", what, errno ? strerror(errno) : "not as it should be");
	exit(CANNOT_LOOK);
}

static void read_needles(void)
{
	static char line[NAME_MOST + 2 * NEEDLE_MOST + 3];
	while (fgets(line, sizeof line, stdin)) {
		struct needle *n = &needles[needle_count];
		char *space = strchr(line, ' ');
		errno = 0;
		line[strcspn(line, "\n")] = '\0';
		if (needle_count == NEEDLES_MOST || !space || space - line >= NAME_MOST)
			die("a needle is NAME HEX");
		memcpy(n->name, line, (size_t)(space - line));
		n->len = strlen(space + 1) / 2;
		if (n->len < 6 || n->len > NEEDLE_MOST || hex_decode(space + 1, n->bytes, n->len) != ERR_OK)
			die(n->name);
		longest = n->len > longest ? n->len : longest;
		needle_count++;
	}
	if (needle_count == 0)
		die("no needles");
}

static void print_around(const uint8_t *window, size_t len, size_t at, size_t needle)
{
	size_t from = at > AROUND ? at - AROUND : 0, to = at + needle + AROUND < len ? at + needle + AROUND : len;
	fputs("        ", stdout);
	for (size_t i = from; i < to; i++)
		putchar(window[i] >= ' ' && window[i] <= '~' ? window[i] : '.');
	putchar('\n');
}

static void look(const struct stretch *s, const uint8_t *window, size_t len, uint64_t at)
{
	for (size_t i = 0; i < needle_count; i++) {
		const struct needle *n = &needles[i];
		const uint8_t *p = window, *end = window + len;
		while ((p = memmem(p, (size_t)(end - p), n->bytes, n->len))) {
			printf("%s|%s|%" PRIx64 "\n", n->name, s->place, at + (uint64_t)(p - window));
			if (verbose)
				print_around(window, len, (size_t)(p - window), n->len);
			found++;
			p++;
		}
	}
}

/* A page that cannot be read (a guard, a device) is passed over. */
static uint64_t search(const struct stretch *s)
{
	static uint8_t window[WINDOW];
	uint64_t read_bytes = 0;
	for (uint64_t at = s->from; at < s->to;) {
		size_t wanted = s->to - at < WINDOW ? (size_t)(s->to - at) : WINDOW;
		ssize_t n = pread(s->fd, window, wanted, (off_t)at);
		if (n <= 0) {
			at += 4096;
			continue;
		}
		look(s, window, (size_t)n, at);
		read_bytes += (uint64_t)n;
		if (at + (uint64_t)n >= s->to)
			break;
		at += (size_t)n > longest ? (uint64_t)n - longest + 1 : (uint64_t)n;
	}
	return read_bytes;
}

static void search_process(const char *pid)
{
	char path[64], line[1024], name[512];
	uint64_t bytes = 0;
	snprintf(path, sizeof path, "/proc/%.16s/mem", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof path, "/proc/%.16s/maps", pid);
	FILE *maps = fopen(path, "re");
	if (fd < 0 || !maps)
		die(path);
	while (fgets(line, sizeof line, maps)) {
		struct stretch s = {.place = name, .fd = fd};
		char access[5] = "";
		int at = 0;
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %*s %*s %*s %n", &s.from, &s.to, access, &at) < 3)
			die(path);
		if (access[0] != 'r' || access[1] != 'w')
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(name, sizeof name, "%.400s", line[at] ? line + at : "anonymous");
		bytes += search(&s);
	}
	fclose(maps);
	close(fd);
	errno = 0;
	if (bytes == 0)
		die("nothing could be read");
}

static void search_file(const char *path)
{
	struct stretch s = {.place = path, .fd = open(path, O_RDONLY | O_CLOEXEC)};
	off_t size = s.fd < 0 ? -1 : lseek(s.fd, 0, SEEK_END);
	if (size < 0)
		die(path);
	s.to = (uint64_t)size;
	search(&s);
	close(s.fd);
}

int main(int argc, char **argv)
{
	int first = 1;
	if (argc > 1 && strcmp(argv[1], "-v") == 0)
		verbose = first++;
	if (first >= argc) {
		fputs("usage: memory_search [-v] PID|FILE... <NEEDLES\n", stderr);
		return CANNOT_LOOK;
	}
	read_needles();
	for (int i = first; i < argc; i++) {
		if (strspn(argv[i], "0123456789") == strlen(argv[i]))
			search_process(argv[i]);
		else
			search_file(argv[i]);
	}
	return found ? 1 : 0;
}
