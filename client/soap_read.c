#include "client/soap_read.h"
#include "client/soap_fault.h"
#include "client/soap_write.h"

#include <string.h>

enum { DEPTH_ENVELOPE = 1, DEPTH_PART = 2, DEPTH_CONTENT = 3, SMALL = 65536 };

enum room { NOWHERE, IN_HEADER, IN_BODY, IN_FAULT };

struct reader {
	struct soap_message *message;
	counterfoil_soap_version version;
	enum room room;
	bool header_seen, body_seen;
	size_t contents; /* elements right below Body */
	struct soap_fault fault;
};

const char *soap_namespace(counterfoil_soap_version version)
{
	return version == COUNTERFOIL_SOAP_1_1 ? "http://schemas.xmlsoap.org/soap/envelope/"
					       : "http://www.w3.org/2003/05/soap-envelope";
}

static bool is_in(const struct xml_name *name, counterfoil_soap_version version)
{
	return name->uri && strcmp(name->uri, soap_namespace(version)) == 0;
}

static enum soap_flaw start_envelope(const struct reader *r, const struct xml_name *name)
{
	if (strcmp(name->local, "Envelope") != 0)
		return SOAP_NOT_ENVELOPE;
	if (is_in(name, r->version))
		return SOAP_SOUND;
	if (is_in(name, COUNTERFOIL_SOAP_1_1))
		return SOAP_SPEAKS_1_1;
	return is_in(name, COUNTERFOIL_SOAP_1_2) ? SOAP_SPEAKS_1_2 : SOAP_OTHER_NAMESPACE;
}

static enum soap_flaw start_part(struct reader *r, const struct xml_name *name)
{
	if (is_in(name, r->version) && strcmp(name->local, "Body") == 0) {
		if (r->body_seen)
			return SOAP_TWO_BODIES;
		r->body_seen = true;
		r->room = IN_BODY;
		return SOAP_SOUND;
	}
	if (!is_in(name, r->version) || strcmp(name->local, "Header") != 0 || r->header_seen || r->body_seen)
		return SOAP_MISPLACED;
	r->header_seen = true;
	r->room = IN_HEADER;
	return SOAP_SOUND;
}

/* A Fault stands alone in its Body, and nothing else of SOAP's namespace may stand there. */
static enum soap_flaw start_content(struct reader *r, const struct xml_element *e)
{
	bool ours = is_in(&e->name, r->version);
	if (r->message->is_fault || (ours && (r->contents > 0 || strcmp(e->name.local, "Fault") != 0)))
		return SOAP_MISPLACED;
	r->contents++;
	if (!ours)
		return SOAP_SOUND;
	r->message->is_fault = true;
	r->room = IN_FAULT;
	r->fault.top = e->depth;
	return SOAP_SOUND;
}

static struct buf *sink(struct reader *r)
{
	return r->room == IN_HEADER ? &r->message->header : &r->message->body;
}

static enum soap_flaw on_start(void *state, const struct xml_element *e)
{
	struct reader *r = state;
	enum soap_flaw flaw = SOAP_SOUND;
	if (e->depth == DEPTH_ENVELOPE)
		return start_envelope(r, &e->name);
	if (e->depth == DEPTH_PART)
		return start_part(r, &e->name);
	if (e->depth == DEPTH_CONTENT && r->room == IN_BODY)
		flaw = start_content(r, e);
	if (flaw)
		return flaw;
	if (r->room == IN_FAULT)
		soap_fault_start(&r->fault, e);
	else
		soap_write_start(sink(r), e, e->depth == DEPTH_CONTENT);
	return soap_flaw_of(buf_check(sink(r)));
}

static enum soap_flaw on_end(void *state, const struct xml_name *name, unsigned depth, const struct xml_scope *scope)
{
	struct reader *r = state;
	if (depth <= DEPTH_PART)
		r->room = NOWHERE;
	else if (r->room == IN_FAULT)
		soap_fault_end(&r->fault, name, depth, scope);
	else
		soap_write_end(sink(r), name);
	if (depth == DEPTH_CONTENT && r->room == IN_FAULT)
		r->room = IN_BODY;
	return SOAP_SOUND;
}

static enum soap_flaw on_text(void *state, const char *text, size_t len, unsigned depth)
{
	struct reader *r = state;
	bool elements_only = depth == DEPTH_ENVELOPE || (depth == DEPTH_PART && r->message->is_fault);
	if (elements_only)
		return xml_is_blank(text, len) ? SOAP_SOUND : SOAP_STRAY_TEXT;
	if (r->room == IN_FAULT)
		soap_fault_text(&r->fault, text, len, depth);
	else
		soap_write_text(sink(r), text, len);
	return SOAP_SOUND;
}

static enum soap_flaw end_string(struct buf *b)
{
	if (b->len)
		buf_string(b);
	return soap_flaw_of(buf_check(b));
}

static enum soap_flaw finish(struct reader *r)
{
	struct soap_message *m = r->message;
	if (!r->body_seen)
		return SOAP_NO_BODY;
	if (m->is_fault)
		buf_free(&m->body); /* white space around it */
	enum soap_flaw flaw = end_string(&m->header);
	if (!flaw)
		flaw = end_string(&m->body);
	for (size_t i = 0; !flaw && i < COUNTERFOIL_SOAP_PARTS; i++)
		flaw = end_string(&m->parts[i]);
	return flaw;
}

static enum soap_flaw read_text(const struct buf *text, counterfoil_soap_version version, struct soap_message *message,
				long *line)
{
	static const struct xml_handler handler = {on_start, on_end, on_text};
	size_t cap = 2 * text->len + SMALL; /* declarations repeated must not make much of little */
	*message = (struct soap_message){.header = BUF_INIT(cap), .body = BUF_INIT(cap)};
	for (size_t i = 0; i < COUNTERFOIL_SOAP_PARTS; i++)
		message->parts[i] = BUF_INIT(cap);
	struct reader r = {.message = message, .version = version,
			   .fault = {.version = version, .parts = message->parts, .text = BUF_INIT(cap)}};
	enum soap_flaw flaw = soap_scan((const char *)text->data, text->len);
	if (!flaw)
		flaw = xml_read(text, &handler, &r, line);
	if (!flaw)
		flaw = finish(&r);
	buf_free(&r.fault.text);
	return flaw;
}

enum soap_flaw soap_read(counterfoil_bytes bytes, const char *charset, counterfoil_soap_version version,
			 struct soap_message *message, long *line)
{
	struct buf text = BUF_INIT(2 * bytes.len + 1);
	*message = (struct soap_message){0};
	*line = 0;
	enum soap_flaw flaw = bytes.len ? soap_text(bytes, charset, &text) : SOAP_NOT_XML;
	if (!flaw && text.len == 0)
		flaw = SOAP_NOT_XML;
	if (!flaw)
		flaw = read_text(&text, version, message, line);
	buf_free(&text);
	if (flaw)
		soap_message_free(message);
	return flaw;
}

void soap_message_free(struct soap_message *message)
{
	buf_free(&message->header);
	buf_free(&message->body);
	for (size_t i = 0; i < COUNTERFOIL_SOAP_PARTS; i++)
		buf_free(&message->parts[i]);
	message->is_fault = false;
}
