/* A root with three lists, the second of which revokes, and a database. */
#ifndef TESTS_ROOT_LIST_STAGE_H
#define TESTS_ROOT_LIST_STAGE_H

#include "tests/support/store_folder.h"
#include "tests/unit/ca_fixture.h"

#include "issuer/root_list.h"

enum { FIRST, SECOND, THIRD, LISTS };

static struct {
	struct pki pki, other;
	struct folder *folder;
	struct buf made[LISTS], list;
	int64_t number;
} stage;

static inline void stage_make(int which, size_t entries)
{
	const struct crl_head head = {.number = 10 + (uint64_t)which, .this_update = NOW + which, .next_update = NOW + DAY};
	struct crl_entry entry = {.revoked_at = NOW, .reason = REASON_CA_COMPROMISE};
	assert_ok(certificate_serial(stage.pki.issuing.certificate, entry.serial));
	stage.made[which] = BUF_INIT(ROOT_LIST_MOST);
	assert_ok(crl_make(&head, &entry, entries, stage.pki.root.certificate, stage.pki.root.key, &stage.made[which], NULL));
}

static inline int stage_setup(void **state)
{
	(void)state;
	pki_new(&stage.pki, NOW);
	pki_new(&stage.other, NOW);
	stage.list = BUF_INIT(ROOT_LIST_MOST);
	stage_make(FIRST, 0);
	stage_make(SECOND, 1);
	stage_make(THIRD, 1);
	return 0;
}

static inline int stage_teardown(void **state)
{
	(void)state;
	pki_clear(&stage.pki);
	pki_clear(&stage.other);
	buf_free(&stage.list);
	for (int i = 0; i < LISTS; i++)
		buf_free(&stage.made[i]);
	return 0;
}

static inline void stage_file_has(int which)
{
	buf_clear(&stage.list);
	buf_add(&stage.list, stage.made[which].data, stage.made[which].len);
	assert_ok(buf_check(&stage.list));
}

static inline bool stage_is(int which)
{
	return stage.list.len == stage.made[which].len && memcmp(stage.list.data, stage.made[which].data, stage.list.len) == 0;
}

static inline enum err stage_choose(void)
{
	return root_list_choose(stage.folder->store, stage.pki.root.certificate, &stage.list, &stage.number, NULL);
}

#endif
