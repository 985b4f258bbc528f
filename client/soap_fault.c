#include "client/soap_fault.h"
#include "client/soap_write.h"

#include <string.h>
#include <strings.h>

enum place { OUTSIDE, FAULT, CODE, CODE_VALUE, SUBCODE, SUBCODE_VALUE, REASON, REASON_TEXT, NODE, ROLE, DETAIL };

#define V11 COUNTERFOIL_SOAP_1_1
#define V12 COUNTERFOIL_SOAP_1_2

static const struct {
	counterfoil_soap_version version;
	enum place in;
	const char *name;
	enum place to;
} steps[] = {
	{V11, FAULT, "faultcode", CODE_VALUE},
	{V11, FAULT, "faultstring", REASON_TEXT},
	{V11, FAULT, "faultactor", ROLE},
	{V11, FAULT, "detail", DETAIL},
	{V12, FAULT, "Code", CODE},
	{V12, CODE, "Value", CODE_VALUE},
	{V12, CODE, "Subcode", SUBCODE},
	{V12, SUBCODE, "Value", SUBCODE_VALUE},
	{V12, SUBCODE, "Subcode", SUBCODE},
	{V12, FAULT, "Reason", REASON},
	{V12, REASON, "Text", REASON_TEXT},
	{V12, FAULT, "Node", NODE},
	{V12, FAULT, "Role", ROLE},
	{V12, FAULT, "Detail", DETAIL},
};

/* SOAP 1.1 has these names in no namespace; some servers put them into the envelope's. */
static bool is_ours(const struct soap_fault *fault, const struct xml_name *name)
{
	const char *ours = soap_namespace(fault->version);
	return name->uri && name->uri[0] ? strcmp(name->uri, ours) == 0 : fault->version == V11;
}

static enum place step(const struct soap_fault *fault, const struct xml_name *name, enum place in)
{
	for (size_t i = 0; is_ours(fault, name) && i < sizeof steps / sizeof *steps; i++)
		if (steps[i].version == fault->version && steps[i].in == in && strcmp(steps[i].name, name->local) == 0)
			return steps[i].to;
	return OUTSIDE;
}

static bool is_leaf(enum place place)
{
	return place == CODE_VALUE || place == SUBCODE_VALUE || place == REASON_TEXT || place == NODE || place == ROLE;
}

static void note_language(struct soap_fault *fault, const struct xml_element *e)
{
	fault->language[0] = '\0';
	for (size_t i = 0; i < e->attribute_count; i++) {
		const struct xml_attribute *a = &e->attributes[i];
		if (!a->name.prefix || strcmp(a->name.prefix, "xml") != 0 || strcmp(a->name.local, "lang") != 0 ||
		    a->len >= sizeof fault->language)
			continue;
		memcpy(fault->language, a->value, a->len);
		fault->language[a->len] = '\0';
	}
}

void soap_fault_start(struct soap_fault *fault, const struct xml_element *e)
{
	enum place in = e->depth == fault->top ? OUTSIDE : (enum place)fault->place[e->depth - 1];
	enum place here = e->depth == fault->top ? FAULT : step(fault, &e->name, in);
	if (in == DETAIL) {
		here = DETAIL;
		soap_write_start(&fault->parts[COUNTERFOIL_SOAP_DETAIL], e, fault->place[e->depth - 2] != DETAIL);
	}
	fault->place[e->depth] = (uint8_t)here;
	if (!is_leaf(here))
		return;
	fault->leaf = e->depth;
	buf_clear(&fault->text);
	note_language(fault, e);
}

void soap_fault_text(struct soap_fault *fault, const char *text, size_t len, unsigned depth)
{
	if (fault->leaf && depth == fault->leaf)
		buf_add(&fault->text, text, len);
	else if (fault->place[depth] == DETAIL)
		soap_write_text(&fault->parts[COUNTERFOIL_SOAP_DETAIL], text, len);
}

static void trim(const char **text, size_t *len)
{
	while (*len && xml_is_blank(*text, 1)) {
		(*text)++;
		(*len)--;
	}
	while (*len && xml_is_blank(*text + *len - 1, 1))
		(*len)--;
}

static const char *uri_of(const struct xml_scope *scope, const char *prefix, size_t len)
{
	for (size_t i = scope->count; i-- > 0;) {
		const char *bound = scope->bound[i].prefix ? scope->bound[i].prefix : "";
		if (strlen(bound) == len && memcmp(bound, prefix, len) == 0)
			return scope->bound[i].uri;
	}
	return "";
}

/* As it is meant: soap_xml lends it with its ampersands escaped. */
static void add_uri(struct buf *out, const char *uri)
{
	static const char ampersand[] = "&#38;";
	for (const char *at; (at = strstr(uri, ampersand)); uri = at + sizeof ampersand - 1) {
		buf_add(out, uri, (size_t)(at - uri));
		buf_byte(out, '&');
	}
	buf_text(out, uri);
}

/* "env:Sender" as "Sender" when env is SOAP's own namespace, as "{URI}Sender" when another, else as it was written. */
static void add_code(struct soap_fault *fault, struct buf *out, const char *text, size_t len, const struct xml_scope *scope)
{
	const char *colon = memchr(text, ':', len);
	size_t prefix = colon ? (size_t)(colon - text) : 0;
	const char *uri = uri_of(scope, text, prefix);
	bool ours = strcmp(uri, soap_namespace(fault->version)) == 0;
	size_t skip = colon && uri[0] ? prefix + 1 : 0;
	if (out->len)
		buf_byte(out, ' ');
	if (uri[0] && !ours) {
		buf_byte(out, '{');
		add_uri(out, uri);
		buf_byte(out, '}');
	}
	buf_add(out, text + skip, len - skip);
}

/* The first one in English, else the first. */
static void take_reason(struct soap_fault *fault, const char *text, size_t len)
{
	struct buf *reason = &fault->parts[COUNTERFOIL_SOAP_REASON], *language = &fault->parts[COUNTERFOIL_SOAP_LANGUAGE];
	bool english = strncasecmp(fault->language, "en", 2) == 0 && (!fault->language[2] || fault->language[2] == '-');
	if (reason->len && (fault->reason_is_english || !english))
		return;
	if (!reason->err && !language->err) {
		buf_clear(reason);
		buf_clear(language);
	}
	buf_add(reason, text, len);
	buf_text(language, fault->language);
	fault->reason_is_english = english;
}

static void end_leaf(struct soap_fault *fault, enum place place, const struct xml_scope *scope)
{
	const char *text = fault->text.len ? (const char *)fault->text.data : "";
	size_t len = fault->text.len;
	struct buf *parts = fault->parts;
	trim(&text, &len);
	if (fault->text.err && !parts[COUNTERFOIL_SOAP_REASON].err)
		parts[COUNTERFOIL_SOAP_REASON].err = fault->text.err; /* for soap_read to see */
	else if (place == CODE_VALUE && !parts[COUNTERFOIL_SOAP_CODE].len)
		add_code(fault, &parts[COUNTERFOIL_SOAP_CODE], text, len, scope);
	else if (place == SUBCODE_VALUE)
		add_code(fault, &parts[COUNTERFOIL_SOAP_SUBCODE], text, len, scope);
	else if (place == REASON_TEXT)
		take_reason(fault, text, len);
	else if (place == NODE && !parts[COUNTERFOIL_SOAP_NODE].len)
		buf_add(&parts[COUNTERFOIL_SOAP_NODE], text, len);
	else if (place == ROLE && !parts[COUNTERFOIL_SOAP_ROLE].len)
		buf_add(&parts[COUNTERFOIL_SOAP_ROLE], text, len);
}

void soap_fault_end(struct soap_fault *fault, const struct xml_name *name, unsigned depth, const struct xml_scope *scope)
{
	enum place here = (enum place)fault->place[depth];
	if (fault->leaf == depth) {
		end_leaf(fault, here, scope);
		fault->leaf = 0;
	}
	if (here == DETAIL && depth > fault->top && fault->place[depth - 1] == DETAIL)
		soap_write_end(&fault->parts[COUNTERFOIL_SOAP_DETAIL], name);
}
