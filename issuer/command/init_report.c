#include "base/clock.h"
#include "issuer/command/init.h"

#include <stdio.h>

static const char text[] =
	"counterfoild: a new installation stands in %s\n"
	"\n"
	"  counterfoil.conf   the configuration; counterfoil.conf(5) explains each key\n"
	"  ca.pem             the root certificate: what clients must trust\n"
	"  ca/                root (until %.10s), issuing CA (until %.10s), root CRL (until %.10s)\n"
	"  ca/root.key        the root's private key, under your pass phrase\n"
	"  keys/              the keys of the daemon's processes; for nobody else\n"
	"  profiles/          what is written into certificates; counterfoil-profile(5)\n"
	"  tls/               certificates of the public and members listeners\n"
	"  counterfoil.db     the database\n"
	"  journal            what was signed and revoked; back it up apart from the database\n"
	"  admin.p12          the first administrator's certificate and key (staff id %s)\n"
	"\n"
	"What to do now:\n"
	"  1. Take the root key offline: copy ca/root.key to two encrypted or well-locked media, read both copies back\n"
	"     (openssl pkey -in COPY -noout), then remove it here: shred -u %s/ca/root.key\n"
	"     The daemon never reads it. It is needed in about ten months, to renew the root CRL.\n"
	"  2. Write down the password that stands alone on standard output: it opens admin.p12 and is shown only now.\n"
	"     Import admin.p12 into your browser or keep it for the command counterfoil, then remove it here.\n"
	"  3. Look at the configuration:  counterfoild check --config %s/counterfoil.conf\n"
	"     and run the daemon:         counterfoild run --config %s/counterfoil.conf\n";

void init_report(const struct init_wishes *w, const struct init_result *r)
{
	char root[CLOCK_TEXT_SIZE], issuing[CLOCK_TEXT_SIZE], crl[CLOCK_TEXT_SIZE];
	clock_text(r->root_until, root);
	clock_text(r->issuing_until, issuing);
	clock_text(r->root_crl_until, crl);
	fprintf(stderr, text, w->folder, root, issuing, crl, r->admin_id, w->folder, w->folder, w->folder);
	fprintf(stdout, "%s\n", secret_string(r->admin_password));
}
