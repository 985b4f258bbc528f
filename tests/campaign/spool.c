#include "tests/campaign/spool.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ID_LENGTH = 16, WRITING_MS = 2000 };

static const char alphabet[] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/* TIME-CHANNEL-KIND-ID.txt: the id, or false for a name of another form. */
static bool message_of(const char *name, char id[ID_LENGTH + 1])
{
	size_t len = strlen(name);
	if (len < ID_LENGTH + 5 || strcmp(name + len - 4, ".txt") != 0 || name[len - ID_LENGTH - 5] != '-')
		return false;
	memcpy(id, name + len - ID_LENGTH - 4, ID_LENGTH);
	id[ID_LENGTH] = '\0';
	return true;
}

static void path_of(const struct installation *i, const char *name, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/spool/%s", i->dir, name);
}

static DIR *open_folder(const struct installation *i)
{
	char path[PATH_MAX];
	path_of(i, "", path);
	return opendir(path);
}

static bool read_file(const struct installation *i, const char *name, char out[MESSAGE_SIZE])
{
	char path[PATH_MAX];
	path_of(i, name, path);
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(out, 1, MESSAGE_SIZE - 1, f) : 0;
	if (f)
		fclose(f);
	out[n] = '\0';
	return n > 0;
}

bool spool_read(const struct installation *i, const char *message, char out[MESSAGE_SIZE])
{
	char id[ID_LENGTH + 1];
	bool found = false;
	installation_hold(i);
	DIR *d = open_folder(i);
	for (struct dirent *e; d && !found && (e = readdir(d));)
		if (message_of(e->d_name, id) && strcmp(id, message) == 0)
			found = read_file(i, e->d_name, out);
	if (d)
		closedir(d);
	installation_release(i);
	return found;
}

bool spool_link(const char *text, const char *public_url, char out[32])
{
	char before[96];
	snprintf(before, sizeof before, "%s/d/", public_url);
	const char *at = strstr(text, before);
	if (!at)
		return false;
	snprintf(out, 32, "%.22s", at + strlen(before));
	return strlen(out) == 22;
}

bool spool_code(const char *text, char out[16])
{
	for (const char *at = text; (at = strchr(at, '#')); at++)
		if (strspn(at + 1, alphabet) == 8) {
			snprintf(out, 16, "%.8s", at + 1);
			return true;
		}
	return false;
}

static bool is_password(const char *at)
{
	for (int group = 0; group < 6; group++, at += 5)
		if (strspn(at, alphabet) != 4 || (group < 5 && at[4] != '-'))
			return false;
	return true;
}

bool spool_password(const char *text, char out[32])
{
	for (const char *at = text; *at; at++)
		if (is_password(at)) {
			snprintf(out, 32, "%.29s", at);
			return true;
		}
	return false;
}

struct settling {
	const struct installation *at;
	struct ledger *ledger;
	const char *order;
	long long files; /* of its messages */
};

/* One file at the end of an order: it is a message of this order. Or of one before that was withdrawn while it was handed
 * over, and came after we had looked. */
static bool settle_file(struct settling *s, const char *name, char fault[FAULT_SIZE])
{
	char id[ID_LENGTH + 1], order[32] = "", state[16] = "", path[PATH_MAX];
	if (!message_of(name, id)) {
		snprintf(fault, FAULT_SIZE, "the spool has a file that is no message: %s", name);
		return false;
	}
	ledger_text(s->ledger, "SELECT order_id FROM d.message WHERE id = ?1", id, order, sizeof order);
	ledger_text(s->ledger, "SELECT state FROM d.message WHERE id = ?1", id, state, sizeof state);
	bool own = strcmp(order, s->order) == 0;
	if (!own && strcmp(state, "dropped") != 0) {
		snprintf(fault, FAULT_SIZE, "the spool has a message that is not of order %s: %s", s->order, name);
		return false;
	}
	s->files += own;
	path_of(s->at, name, path);
	return unlink(path) == 0;
}

/* What is removed stays removed, whatever the power does. */
static bool settle_files(struct settling *s, char fault[FAULT_SIZE])
{
	bool fine = true;
	installation_hold(s->at);
	DIR *d = open_folder(s->at);
	for (struct dirent *e; d && fine && (e = readdir(d));)
		if (e->d_name[0] != '.')
			fine = settle_file(s, e->d_name, fault);
	if (d) {
		fsync(dirfd(d));
		closedir(d);
	}
	installation_release(s->at);
	return fine;
}

/* A file that is just being written is no message yet: it gets its time. */
bool spool_settle(const struct installation *i, struct ledger *l, const char *order, char fault[FAULT_SIZE])
{
	struct settling s = {.at = i, .ledger = l, .order = order};
	int64_t until = mono_ms() + WRITING_MS;
	while (!settle_files(&s, fault)) {
		if (mono_ms() > until)
			return false;
		pause_ms(10);
	}
	long long sent = ledger_number(l, "SELECT count(*) FROM d.message WHERE order_id = ?1 AND state = 'sent'", order);
	long long all = ledger_number(l, "SELECT count(*) FROM d.message WHERE order_id = ?1", order);
	if (s.files >= sent && s.files <= all)
		return true;
	snprintf(fault, FAULT_SIZE, "%lld messages were sent, %lld withdrawn, and %lld are in the spool", sent, all - sent, s.files);
	return false;
}
