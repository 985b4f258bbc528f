/* manual: standard input, docs/man/counterfoil.1, to standard output, as it is installed. Runs while building. */
#include "base/file.h"
#include "client/tools/manual.h"

#include <stdio.h>
#include <unistd.h>

enum { PAGE_MAX = 4 << 20 };

int main(void)
{
	struct buf source = BUF_INIT(PAGE_MAX), page = BUF_INIT(PAGE_MAX);
	struct errbuf why = {0};
	enum err e = file_read_fd(STDIN_FILENO, "the manual's source", &source, &why);
	const char *text = e ? NULL : buf_string(&source);
	if (!e)
		e = text ? manual_write(text, &page, &why) : ERR_MEMORY;
	if (!e)
		e = file_write_all(STDOUT_FILENO, page.data, page.len);
	if (e)
		fprintf(stderr, "manual: %s\n", err_why(e, &why));
	buf_free(&source);
	buf_free(&page);
	return err_exit_code(e);
}
