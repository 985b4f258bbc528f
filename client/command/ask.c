#include "client/command/ask.h"
#include "base/file.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { CTRL_C = 3, CTRL_D = 4, BACKSPACE = 8, CTRL_U = 21, DELETE = 127 };

static void cut_newline(struct secret *s)
{
	size_t len = secret_len(s);
	const uint8_t *bytes = secret_peek(s);
	if (len && bytes[len - 1] == '\n')
		len--;
	if (len && bytes[len - 1] == '\r')
		len--;
	secret_shorten(s, len);
}

enum err ask_descriptor(int fd, struct secret **out, struct errbuf *why)
{
	enum err e = file_read_secret_fd(fd, "the descriptor given", ASK_MAX, out, why);
	if (!e)
		cut_newline(*out);
	return e;
}

enum err ask_file(const char *path, struct secret **out, struct errbuf *why)
{
	enum err e = file_read_secret(path, ASK_MAX, out, why);
	if (!e)
		cut_newline(*out);
	return e;
}

/* One key: true when the line is whole. */
static bool take_key(uint8_t key, uint8_t *line, size_t *len, bool *stopped)
{
	switch (key) {
	case '\r':
	case '\n':
		return true;
	case CTRL_C:
	case CTRL_D:
		*stopped = true;
		return true;
	case BACKSPACE:
	case DELETE:
		*len -= *len > 0;
		return false;
	case CTRL_U:
		*len = 0;
		return false;
	default:
		if (*len < ASK_MAX)
			line[(*len)++] = key;
		return false;
	}
}

/* Keys one by one and without signals, so that the terminal is put right again whatever is typed. */
static enum err read_keys(int fd, struct secret *line, bool echo)
{
	size_t len = 0;
	bool stopped = false;
	uint8_t key;
	do {
		if (read(fd, &key, 1) != 1)
			key = CTRL_D;
		if (echo && key >= ' ' && key != DELETE && len < ASK_MAX)
			(void)!write(fd, &key, 1);
		if (echo && (key == DELETE || key == BACKSPACE) && len)
			(void)!write(fd, "\b \b", 3);
	} while (!take_key(key, secret_bytes(line), &len, &stopped));
	(void)!write(fd, "\n", 1);
	key = 0;
	secret_shorten(line, len);
	return stopped ? ERR_REFUSED : ERR_OK;
}

static enum err read_line(int fd, struct secret *line, bool echo)
{
	struct termios before, during;
	if (tcgetattr(fd, &before) != 0)
		return ERR_USAGE;
	during = before;
	during.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG);
	during.c_cc[VMIN] = 1;
	during.c_cc[VTIME] = 0;
	sigset_t ends, earlier;
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGHUP);
	sigprocmask(SIG_BLOCK, &ends, &earlier);
	tcsetattr(fd, TCSAFLUSH, &during);
	enum err e = read_keys(fd, line, echo);
	tcsetattr(fd, TCSAFLUSH, &before);
	sigprocmask(SIG_SETMASK, &earlier, NULL);
	return e;
}

static enum err ask(const char *prompt, bool echo, struct secret **out, struct errbuf *why)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return fail(why, ERR_USAGE, "there is no terminal to ask on");
	struct secret *line = secret_new(ASK_MAX);
	enum err e = line ? file_write_all(fd, prompt, strlen(prompt)) : ERR_MEMORY;
	if (!e)
		e = read_line(fd, line, echo);
	close(fd);
	if (!e) {
		*out = line;
		return ERR_OK;
	}
	secret_free(line);
	return fail(why, e, e == ERR_REFUSED ? "stopped at the prompt" : "nothing could be asked on the terminal");
}

enum err ask_secret(const char *prompt, struct secret **out, struct errbuf *why)
{
	return ask(prompt, false, out, why);
}

enum err ask_line(const char *prompt, struct secret **out, struct errbuf *why)
{
	return ask(prompt, true, out, why);
}

bool ask_yes(const char *question, bool *asked)
{
	struct secret *answer = NULL;
	enum err e = ask(question, true, &answer, NULL);
	*asked = e != ERR_USAGE;
	bool yes = e == ERR_OK && strcmp(secret_string(answer), "yes") == 0;
	secret_free(answer);
	return yes;
}
