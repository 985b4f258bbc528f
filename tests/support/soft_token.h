/* soft_token: a token of SoftHSM in a temporary folder of the test's own, with a key of each type in it under its
 * type's name. */
#ifndef TESTS_SOFT_TOKEN_H
#define TESTS_SOFT_TOKEN_H

#include "tests/support/remove_tree.h"
#include "tests/support/test.h"

#include "base/file.h"
#include "ca/key.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOFT_TOKEN_MODULE "/usr/lib/softhsm/libsofthsm2.so"
#define SOFT_TOKEN_PIN "2468"
#define SOFT_TOKEN_URI(object) "pkcs11:token=Unit;object=" object

static struct {
	char folder[32];
	EVP_PKEY *keys[KEY_TYPE_COUNT]; /* the same as in the token */
} soft_token;

extern char **environ;

static inline int soft_token_util(char *const argv[])
{
	int status = -1;
	pid_t pid = 0;
	posix_spawn_file_actions_t quiet;
	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	int failed = posix_spawnp(&pid, argv[0], &quiet, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&quiet);
	return failed || waitpid(pid, &status, 0) != pid ? -1 : status;
}

static inline int soft_token_add(enum key_type type, unsigned id)
{
	char path[64], number[8], label[16];
	struct buf pem = BUF_INIT(16384);
	snprintf(path, sizeof path, "%s/key.pem", soft_token.folder);
	snprintf(number, sizeof number, "%02x", id);
	snprintf(label, sizeof label, "%s", key_type_name(type));
	char *const argv[] = {(char[]){"softhsm2-util"},
			      (char[]){"--import"},
			      path,
			      (char[]){"--token"},
			      (char[]){"Unit"},
			      (char[]){"--label"},
			      label,
			      (char[]){"--id"},
			      number,
			      (char[]){"--pin"},
			      (char[]){SOFT_TOKEN_PIN},
			      NULL};
	int bad = key_generate(type, &soft_token.keys[type]) || key_write_pem(soft_token.keys[type], NULL, &pem) ||
		  file_publish(path, pem.data, pem.len, 0600, NULL);
	buf_free(&pem);
	bad = bad || soft_token_util(argv);
	unlink(path);
	return bad;
}

static inline int soft_token_open(void **state)
{
	char path[64], text[256];
	(void)state;
	snprintf(soft_token.folder, sizeof soft_token.folder, "/tmp/soft_token.XXXXXX");
	if (!mkdtemp(soft_token.folder))
		return -1;
	snprintf(path, sizeof path, "%s/tokens", soft_token.folder);
	if (mkdir(path, 0700) != 0)
		return -1;
	snprintf(text, sizeof text, "directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n", path);
	snprintf(path, sizeof path, "%s/softhsm2.conf", soft_token.folder);
	char *const argv[] = {(char[]){"softhsm2-util"}, (char[]){"--init-token"},
			      (char[]){"--free"},	 (char[]){"--label"},
			      (char[]){"Unit"},		 (char[]){"--pin"},
			      (char[]){SOFT_TOKEN_PIN},	 (char[]){"--so-pin"},
			      (char[]){"87654321"},	 NULL};
	if (file_publish(path, text, strlen(text), 0600, NULL) || setenv("SOFTHSM2_CONF", path, 1) ||
	    soft_token_util(argv))
		return -1;
	for (int t = 0; t < KEY_TYPE_COUNT; t++)
		if (soft_token_add((enum key_type)t, (unsigned)t + 1))
			return -1;
	return 0;
}

static inline int soft_token_close(void **state)
{
	(void)state;
	for (int t = 0; t < KEY_TYPE_COUNT; t++)
		EVP_PKEY_free(soft_token.keys[t]);
	return remove_tree(soft_token.folder);
}

/* The exit status of a process of its own, for a module is opened once in one; negative: the signal that ended it. */
static inline int soft_token_apart(int (*body)(const void *arg), const void *arg)
{
	int status = 0;
	fflush(NULL);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(body(arg));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

#endif
