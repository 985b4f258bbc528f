#include "issuer/http/readiness.h"
#include "issuer/http/crl_cache.h"
#include "issuer/process/child.h"
#include "issuer/signer/signer.h"

enum { CLERK_SILENT_SECONDS = 30, SIGNER_SILENT_SECONDS = 30 };

static const char *clerk_fault(struct front *front, int64_t now)
{
	return now - front->shared->clerk_alive_at < CLERK_SILENT_SECONDS
		   ? NULL
		   : "the clerk has not been seen for 30 seconds";
}

/* Without its journal nothing is issued and nothing revoked. */
static const char *signer_fault(struct front *front, int64_t now)
{
	return now - front->shared->journal_read_at < SIGNER_SILENT_SECONDS
		   ? NULL
		   : "the signer has not answered from its journal for 30 seconds: nothing can be issued or revoked";
}

/* What fails by the disk. It is tried again all the time, so this ends by itself; but for a journal whose fsync failed. */
static const char *front_disk_fault(struct front *front, int64_t now)
{
	enum err e = writer_fault(front->desk.writer);
	(void)now;
	return !e ? NULL : e == ERR_FULL ? "the disk is full: the database cannot be written" : "the database cannot be written";
}

static const char *clerk_disk_fault(struct front *front, int64_t now)
{
	enum err e = (enum err)atomic_load(&front->shared->clerk_fault);
	if (!e)
		e = (enum err)atomic_load(&front->shared->sender_fault);
	(void)now;
	return !e ? NULL : e == ERR_FULL ? "the disk is full: the clerk cannot write the database"
					 : "the clerk cannot use the database";
}

static const char *journal_disk_fault(struct front *front, int64_t now)
{
	enum err e = (enum err)atomic_load(&front->shared->journal_fault);
	(void)now;
	return !e ? NULL : e == ERR_FULL ? "the disk is full: there is no room for the journal, and nothing is issued"
					 : "the journal failed: nothing is issued, and perhaps nothing revoked (the log says why)";
}

static const char *issuing_fault(struct front *front, int64_t now)
{
	(void)now;
	return issuing_paused_because(front->shared);
}

static const char *issuer_fault(struct front *front, int64_t now)
{
	(void)now;
	return issuer_fault_because(front->shared);
}

static const char *missing_fault(struct front *front, int64_t now)
{
	(void)now;
	return front->shared->issuers_missing ? "an issuing CA is not here while its certificates live: no list says which of them "
						"are revoked (the log names it)"
					      : NULL;
}

/* Not while the newest is served from the database. */
static const char *root_list_fault(struct front *front, int64_t now)
{
	const struct shared_page *page = front->shared;
	(void)now;
	return page->root_list_newer > page->root_list_number
		   ? "an older revocation list of the root was put back: what the root has revoked since is "
		     "trusted again (put the newest back, or make the next: counterfoild ca root-crl)"
		   : NULL;
}

/* What is signed already goes on: lists to their end, OCSP answers as long as their delegate lasts. */
static const char *issuing_key_fault(struct front *front, int64_t now)
{
	(void)now;
	return front->shared->keys_away & SIGNER_AWAY_ISSUING
		   ? "the token with the issuing key is away: nothing is issued, no list and no delegate signed"
		   : NULL;
}

static const char *ocsp_key_fault(struct front *front, int64_t now)
{
	(void)now;
	return front->shared->keys_away & SIGNER_AWAY_OCSP ? "the token with the OCSP key is away: no answer is signed" : NULL;
}

/* Of a CA whose own certificate has ended there is no list any more, and nobody asks for one. */
static const char *list_fault(struct front *front, size_t place, int64_t now)
{
	const struct issuer *issuer = &front->issuers->at[place];
	struct crl_head head;
	if (issuer->standing != ISSUER_PRESENT && now >= issuer->until)
		return NULL;
	if (front->shared->issuer_silent[place])
		return "cannot sign its revocation list: nobody hears what is revoked (the log says why)";
	switch (crl_cache_head_of(front->crl_cache, place, &head)) {
	case ERR_OK:
		return now < head.next_update ? NULL : "the revocation list is past its next update";
	case ERR_NOT_FOUND:
		return "there is no revocation list yet";
	default:
		return "the database cannot be read";
	}
}

static void add_list_faults(struct front *front, int64_t now, json_t *reasons)
{
	for (size_t i = 0; front->issuers && i < front->issuers->count; i++) {
		const char *fault = list_fault(front, i, now);
		if (fault)
			json_array_append_new(reasons, json_sprintf("%s: %s", front->issuers->at[i].label, fault));
	}
}

json_t *readiness_faults(struct front *front, int64_t now)
{
	static const char *(*const faults[])(struct front *, int64_t) = {
		clerk_fault, signer_fault, front_disk_fault, clerk_disk_fault, journal_disk_fault, issuing_fault, issuer_fault,
		missing_fault, root_list_fault, issuing_key_fault, ocsp_key_fault};
	json_t *reasons = json_array();
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		const char *fault = faults[i](front, now);
		if (fault)
			json_array_append_new(reasons, json_string(fault));
	}
	add_list_faults(front, now, reasons);
	return reasons;
}
