/* What a reload would give to every front from then on is first read as the front will: one that cannot use it ends, and so
 * does each of its successors. Certificates and the list only; no key is read here. */
#include "base/file.h"
#include "ca/chain.h"
#include "issuer/http/ca_files.h"
#include "issuer/process/supervisor.h"

enum { FILE_MOST = 1 << 20 };

static enum err look_at(const struct issuers *set, const struct buf *root, const struct buf *list, int64_t served,
			struct errbuf *why)
{
	struct ca_files *files = NULL;
	struct chain_trust *trust = NULL;
	enum err e = ca_files_new(root, set, list, &files, why);
	if (!e)
		e = ca_files_trust(files, &trust, why);
	if (!e && chain_list_number(trust) && chain_list_number(trust) < served)
		e = fail(why, ERR_REFUSED, "it is an older list than the one that is served: put the newest back, or make the next "
			 "(counterfoild ca root-crl)");
	chain_trust_free(trust);
	ca_files_free(files);
	return e;
}

enum err reload_look(const struct settings *s, int64_t served, struct errbuf *why)
{
	struct buf root = BUF_INIT(FILE_MOST), list = BUF_INIT(FILE_MOST);
	struct issuers set = {.count = 0};
	struct errbuf reason = {""};
	enum err e = file_read(s->ca_root, &root, why);
	if (!e)
		e = file_read(s->ca_root_crl, &list, why);
	if (!e)
		e = issuers_load(s, &set, why);
	if (!e && (e = look_at(&set, &root, &list, served, &reason)))
		e = fail(why, ERR_USAGE, "%s, %s: %s", s->ca_root, s->ca_root_crl, err_why(e, &reason));
	issuers_clear(&set);
	buf_free(&root);
	buf_free(&list);
	return e;
}
