/* remove_tree: a test's folder and all that is in it. 0, or not. Links are removed, not followed. */
#ifndef TESTS_REMOVE_TREE_H
#define TESTS_REMOVE_TREE_H

#include <ftw.h>
#include <stdio.h>

static inline int remove_tree_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st, (void)kind, (void)where;
	return remove(path);
}

static inline int remove_tree(const char *folder)
{
	return nftw(folder, remove_tree_one, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
