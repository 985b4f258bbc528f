/* The composed text goes through a wiping buffer into locked memory. Opening it, jansson copies the values to its own
 * heap: they are overwritten before they are released, and the courier has jansson's allocator wipe the rest (its
 * parser's scratch) with json_set_alloc_funcs. */
#include "delivery/message.h"
#include "delivery/message_table.h"

#include <jansson.h>
#include <string.h>

enum { SUBJECT_MAX = 4096, TEXT_MAX = 16384, HTML_MAX = 65536 };

const char *message_kind_name(enum message_kind k)
{
	return (unsigned)k < MESSAGE_KIND_COUNT ? message_table[k].name : k == MESSAGE_TEST ? "test" : "?";
}

enum err message_kind_from_name(const char *name, enum message_kind *out)
{
	for (unsigned k = 0; k < MESSAGE_KIND_COUNT; k++) {
		if (strcmp(message_table[k].name, name) == 0) {
			*out = (enum message_kind)k;
			return ERR_OK;
		}
	}
	return ERR_INVALID;
}

enum message_channel message_channel_of(enum message_kind k)
{
	return message_table[k].channel;
}

const char *message_channel_name(enum message_channel c)
{
	return c == CHANNEL_MAIL ? "mail" : "sms";
}

/* Of printable UTF-8 only: what needs a \u escape was refused before. */
static void add_string(struct buf *json, const char *value)
{
	buf_byte(json, '"');
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			buf_byte(json, '\\');
		buf_byte(json, (uint8_t)*value);
	}
	buf_byte(json, '"');
}

static void add_member(struct buf *json, const char *name, const char *value)
{
	add_string(json, name);
	buf_byte(json, ':');
	add_string(json, value);
}

static void write_json(const struct message_row *row, const char *order_id, const char *to,
		       const struct message_values *v, struct buf *json)
{
	buf_byte(json, '{');
	add_member(json, "kind", row->name);
	buf_byte(json, ',');
	add_member(json, "order", order_id);
	buf_byte(json, ',');
	add_member(json, "to", to);
	buf_text(json, ",\"fields\":{");
	for (size_t i = 0; row->fields[i].name; i++) {
		if (i > 0)
			buf_byte(json, ',');
		add_member(json, row->fields[i].name, v->of[i]);
	}
	buf_text(json, "}}");
}

enum err message_compose(enum message_kind kind, const char *order_id, const char *to,
			 const struct message_field *fields, struct secret **out, struct errbuf *why)
{
	if ((unsigned)kind >= MESSAGE_KIND_COUNT)
		return fail(why, ERR_INVALID, "message: there is no such kind");
	const struct message_row *row = &message_table[kind];
	struct message_values v = {0};
	struct buf json = BUF_INIT(MESSAGE_PLAIN_MAX);
	enum err rc = message_envelope_check(row, order_id, to, why);
	for (; !rc && fields->name; fields++)
		rc = message_values_put(row, &v, fields->name, fields->value, why);
	if (!rc)
		rc = message_values_complete(row, &v, why);
	if (rc)
		return rc;
	write_json(row, order_id, to, &v, &json);
	rc = buf_check(&json);
	if (!rc && !(*out = secret_copy(json.data, json.len)))
		rc = ERR_MEMORY;
	buf_free(&json);
	return rc;
}

static void wipe(json_t *value)
{
	const char *key;
	json_t *member;
	if (json_is_string(value))
		explicit_bzero((char *)(uintptr_t)json_string_value(value), json_string_length(value));
	json_object_foreach(value, key, member)
		wipe(member);
}

static enum err malformed(struct errbuf *why)
{
	return fail(why, ERR_INVALID, "message: it is not an object with exactly kind, order, to and fields");
}

static enum err read_fields(const struct message_row *row, json_t *fields, struct message_values *v, struct errbuf *why)
{
	const char *name;
	json_t *value;
	json_object_foreach(fields, name, value) {
		enum err rc = message_values_put(row, v, name, json_string_value(value), why);
		if (rc)
			return rc;
	}
	return message_values_complete(row, v, why);
}

static enum err read_message(json_t *root, const struct languages *languages, struct message *out, struct errbuf *why)
{
	const char *kind = json_string_value(json_object_get(root, "kind"));
	const char *order = json_string_value(json_object_get(root, "order"));
	const char *to = json_string_value(json_object_get(root, "to"));
	json_t *fields = json_object_get(root, "fields");
	struct message_values v = {0};
	if (json_object_size(root) != 4 || !kind || !order || !to || !json_is_object(fields))
		return malformed(why);
	enum err rc = message_kind_from_name(kind, &out->kind);
	if (rc)
		return fail(why, rc, "message: there is no such kind");
	const struct message_row *row = &message_table[out->kind];
	if ((rc = message_envelope_check(row, order, to, why)) || (rc = read_fields(row, fields, &v, why)))
		return rc;
	out->channel = row->channel;
	memcpy(out->order, order, strlen(order) + 1); /* both lengths were checked with the envelope */
	memcpy(out->to, to, strlen(to) + 1);
	return message_render(row, &v, languages, out);
}

enum err message_open(const struct secret *plain, const struct languages *languages, struct message *out,
		      struct errbuf *why)
{
	*out = (struct message){
		.subject = BUF_INIT(SUBJECT_MAX), .text = BUF_INIT(TEXT_MAX), .html = BUF_INIT(HTML_MAX)};
	if (secret_len(plain) > MESSAGE_PLAIN_MAX)
		return malformed(why);
	json_t *root = json_loadb(secret_string(plain), secret_len(plain), JSON_REJECT_DUPLICATES, NULL);
	enum err rc = json_is_object(root) ? read_message(root, languages, out, why) : malformed(why);
	wipe(root);
	json_decref(root);
	if (rc)
		message_clear(out);
	return rc;
}

void message_clear(struct message *m)
{
	buf_free(&m->subject);
	buf_free(&m->text);
	buf_free(&m->html);
	explicit_bzero(m, sizeof *m);
}
