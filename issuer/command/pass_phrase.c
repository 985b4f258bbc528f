#include "issuer/command/pass_phrase.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* One line without its end, byte by byte so that nothing behind it is taken. */
static enum err read_line(int fd, struct secret **out, struct errbuf *why)
{
	struct secret *s = secret_new(PASS_PHRASE_MOST);
	if (!s)
		return fail(why, ERR_MEMORY, "no locked memory for the pass phrase");
	size_t len = 0;
	for (;;) {
		char c;
		ssize_t n = read(fd, &c, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || c == '\n')
			break;
		if (len == PASS_PHRASE_MOST)
			len++;
		if (len > PASS_PHRASE_MOST)
			break;
		secret_bytes(s)[len++] = (uint8_t)c;
	}
	if (len < PASS_PHRASE_LEAST || len > PASS_PHRASE_MOST) {
		secret_free(s);
		return fail(why, ERR_USAGE, "the pass phrase must have %d to %d characters", PASS_PHRASE_LEAST,
			    PASS_PHRASE_MOST);
	}
	secret_shorten(s, len);
	*out = s;
	return ERR_OK;
}

enum err pass_phrase_from_fd(int fd, struct secret **out, struct errbuf *why)
{
	if (fcntl(fd, F_GETFD) < 0)
		return fail(why, ERR_USAGE, "--root-pass-fd %d: %s", fd, strerror(errno));
	return read_line(fd, out, why);
}

static enum err ask(int tty, const char *what, const char *again, struct secret **out, struct errbuf *why)
{
	char prompt[160];
	int n = snprintf(prompt, sizeof prompt, "%s%s: ", what, again);
	if (file_write_all(tty, prompt, (size_t)n) != ERR_OK)
		return fail(why, ERR_IO, "the terminal cannot be written to");
	enum err e = read_line(tty, out, why);
	return file_write_all(tty, "\n", 1) == ERR_OK ? e : ERR_IO;
}

static enum err ask_twice(int tty, const char *what, struct secret **out, struct errbuf *why)
{
	struct secret *first = NULL, *second = NULL;
	enum err e = ask(tty, what, "", &first, why);
	if (!e)
		e = ask(tty, what, " (again)", &second, why);
	if (!e && !secret_equal(first, second))
		e = fail(why, ERR_USAGE, "the two pass phrases differ");
	if (!e) {
		*out = first;
		first = NULL;
	}
	secret_free(first);
	secret_free(second);
	return e;
}

enum err pass_phrase_from_terminal(const char *what, bool is_new, struct secret **out, struct errbuf *why)
{
	struct termios before, silent;
	sigset_t held, old;
	int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (tty < 0 || tcgetattr(tty, &before) != 0) {
		if (tty >= 0)
			close(tty);
		return fail(why, ERR_USAGE, "there is no terminal to ask for the root key's pass phrase: use --root-pass-fd N");
	}
	sigfillset(&held); /* an interrupt waits until the echo is back */
	sigprocmask(SIG_BLOCK, &held, &old);
	silent = before;
	silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	enum err e = tcsetattr(tty, TCSAFLUSH, &silent) == 0 ? ERR_OK : ERR_IO;
	if (!e)
		e = is_new ? ask_twice(tty, what, out, why) : ask(tty, what, "", out, why);
	tcsetattr(tty, TCSAFLUSH, &before);
	sigprocmask(SIG_SETMASK, &old, NULL);
	close(tty);
	return e;
}

enum err pass_phrase_of_root(const char *root_pass_fd, bool is_new, struct secret **out, struct errbuf *why)
{
	char *end = NULL;
	if (!root_pass_fd)
		return pass_phrase_from_terminal(is_new ? "Pass phrase for the root key, at least 12 characters"
							: "Pass phrase of the root key",
						 is_new, out, why);
	long fd = strtol(root_pass_fd, &end, 10);
	if (!*root_pass_fd || *end || fd < 0 || fd > 1 << 20)
		return fail(why, ERR_USAGE, "--root-pass-fd %s: wanted a descriptor's number", root_pass_fd);
	return pass_phrase_from_fd((int)fd, out, why);
}
