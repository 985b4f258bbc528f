/* mains: the power of an installation whose folder is an ext4 file system of its own on a loop device, and its spool another.
 * It is cut while all of its processes stand still; what no fsync has asked for by then is lost. Then it comes back, and the
 * daemon with it.
 *
 * A thread of its own does it. Whoever looks at the files waits meanwhile (installation_hold), requests are broken off. */
#ifndef TESTS_CAMPAIGN_MAINS_H
#define TESTS_CAMPAIGN_MAINS_H

#include "tests/campaign/ledger.h"
#include "tests/campaign/plan.h"

struct mains;

/* The file system of a folder loses what is not on the disk, and everybody who uses it can do no more. */
bool mains_off(const char *folder);

/* Before installation_begin, once: what is made from now on lies on a file system of its own, and its processes stop where
 * they would die. Only root may. */
bool mains_prepare(void);
/* Both must live longer. */
struct mains *mains_new(struct installation *i, struct ledger *l);
void mains_free(struct mains *m);
/* After installation_end: nothing is mounted any more. The file systems stay, as DIR.image and DIR.spool-image. */
bool mains_unmount(const struct installation *i);

/* The power fails by each of these, one after the other, also while the one before it is being put right. */
void mains_arm(struct mains *m, const struct death *deaths, int n);
/* How many of them have come about, and everything runs again. */
int mains_cuts(const struct mains *m);
/* No more of them: the same number, and the power is on. */
int mains_disarm(struct mains *m);
/* It did not come back, or not with everything that was there: then nothing more can be done. */
bool mains_fault(const struct mains *m, char fault[FAULT_SIZE]);

#endif
