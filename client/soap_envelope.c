#include "client/soap_envelope.h"
#include "client/request.h"

#include <stdio.h>
#include <string.h>

enum { DEPTH_WRAPPER = 1, FRAME_MAX = 4096 };

static enum soap_flaw on_start(void *state, const struct xml_element *e)
{
	(void)state;
	bool ours = e->name.uri && (strcmp(e->name.uri, soap_namespace(COUNTERFOIL_SOAP_1_1)) == 0 ||
				    strcmp(e->name.uri, soap_namespace(COUNTERFOIL_SOAP_1_2)) == 0);
	return ours && e->depth == DEPTH_WRAPPER + 1 && strcmp(e->name.local, "Envelope") == 0 ? SOAP_WHOLE_ENVELOPE : SOAP_SOUND;
}

static enum soap_flaw on_end(void *state, const struct xml_name *name, unsigned depth, const struct xml_scope *scope)
{
	(void)state, (void)name, (void)depth, (void)scope;
	return SOAP_SOUND;
}

static enum soap_flaw on_text(void *state, const char *text, size_t len, unsigned depth)
{
	(void)state;
	return depth == DEPTH_WRAPPER && !xml_is_blank(text, len) ? SOAP_STRAY_TEXT : SOAP_SOUND;
}

/* Between a start tag and an end tag of ours it must be well-formed, so it can neither end what is around it nor stay
 * open, nor use a prefix that it does not declare. */
static enum soap_flaw check(const char *text, size_t len, long *line)
{
	static const struct xml_handler handler = {on_start, on_end, on_text};
	struct buf wrapped = BUF_INIT(len + FRAME_MAX);
	buf_text(&wrapped, "<f>");
	buf_add(&wrapped, text, len);
	buf_text(&wrapped, "</f>");
	enum soap_flaw flaw = soap_flaw_of(buf_check(&wrapped));
	if (!flaw)
		flaw = soap_scan((const char *)wrapped.data, wrapped.len);
	if (!flaw)
		flaw = xml_read(&wrapped, &handler, NULL, line);
	buf_free(&wrapped);
	return flaw;
}

static enum soap_flaw add_fragment(counterfoil_bytes bytes, struct buf *out, long *line)
{
	struct buf text = BUF_INIT(2 * bytes.len + 1);
	enum soap_flaw flaw = soap_text(bytes, NULL, &text);
	if (!flaw && text.len) {
		size_t skip = soap_declaration((const char *)text.data, text.len);
		flaw = check((const char *)text.data + skip, text.len - skip, line);
		buf_add(out, text.data + skip, text.len - skip);
	}
	buf_free(&text);
	return flaw ? flaw : soap_flaw_of(buf_check(out));
}

static counterfoil_code add_part(const char *name, counterfoil_bytes bytes, struct buf *out, counterfoil_error *error)
{
	long line = 0;
	buf_format(out, "<soap:%s>", name);
	enum soap_flaw flaw = bytes.len ? add_fragment(bytes, out, &line) : SOAP_SOUND;
	buf_format(out, "</soap:%s>", name);
	if (!flaw)
		return COUNTERFOIL_OK;
	if (flaw == SOAP_NO_MEMORY || flaw == SOAP_TOO_LARGE)
		return outcome(error, soap_flaw_code(flaw), NULL);
	return line ? outcome(error, COUNTERFOIL_BAD_INPUT, "what is given for %s %s (line %ld): correct it", name,
			      soap_flaw_text(flaw), line)
		    : outcome(error, COUNTERFOIL_BAD_INPUT, "what is given for %s %s: correct it", name, soap_flaw_text(flaw));
}

counterfoil_code soap_envelope(const counterfoil_soap_request *request, struct buf *out, counterfoil_error *error)
{
	*out = BUF_INIT(2 * (request->body.len + request->header.len) + FRAME_MAX);
	buf_format(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soap:Envelope xmlns:soap=\"%s\">",
		   soap_namespace(request->version));
	counterfoil_code code = request->header.len ? add_part("Header", request->header, out, error) : COUNTERFOIL_OK;
	if (!code)
		code = add_part("Body", request->body, out, error);
	buf_text(out, "</soap:Envelope>\n");
	if (!code && buf_check(out) != ERR_OK)
		code = outcome(error, COUNTERFOIL_OUT_OF_MEMORY, NULL);
	return code;
}

/* It stands in quotes. RFC 3986 has none of these in a URI. */
static bool action_is_fit(const char *action)
{
	size_t len = 0;
	for (; action[len]; len++)
		if (len == SOAP_ACTION_MAX || action[len] <= ' ' || action[len] >= 0x7f || strchr("\"\\<>", action[len]))
			return false;
	return true;
}

counterfoil_code soap_lines(const counterfoil_soap_request *request, const char *const *theirs, struct soap_lines *lines,
			    counterfoil_error *error)
{
	const char *action = request->action ? request->action : "";
	bool is_1_1 = request->version == COUNTERFOIL_SOAP_1_1;
	size_t n = 0;
	if (!action_is_fit(action))
		return outcome(error, COUNTERFOIL_BAD_INPUT, "the action is no URI of at most %d characters", SOAP_ACTION_MAX);
	snprintf(lines->action, sizeof lines->action, "SOAPAction: \"%s\"", action);
	if (is_1_1)
		snprintf(lines->type, sizeof lines->type, "Content-Type: text/xml; charset=utf-8");
	else if (action[0])
		snprintf(lines->type, sizeof lines->type, "Content-Type: application/soap+xml; charset=utf-8; action=\"%s\"", action);
	else
		snprintf(lines->type, sizeof lines->type, "Content-Type: application/soap+xml; charset=utf-8");
	lines->lines[n++] = lines->type;
	lines->lines[n++] = is_1_1 ? "Accept: text/xml" : "Accept: application/soap+xml";
	if (is_1_1)
		lines->lines[n++] = lines->action;
	if (request_names_header(theirs, "Content-Type") || request_names_header(theirs, "SOAPAction") ||
	    request_names_header(theirs, "Accept"))
		return outcome(error, COUNTERFOIL_BAD_INPUT, "the library sets Content-Type, SOAPAction and Accept: leave them out");
	for (; theirs && *theirs; lines->lines[n++] = *theirs++)
		if (n == SOAP_HEADERS_MAX)
			return outcome(error, COUNTERFOIL_BAD_INPUT, "there are more than %d headers", SOAP_HEADERS_MAX);
	lines->lines[n] = NULL;
	return COUNTERFOIL_OK;
}
