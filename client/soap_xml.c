#include "client/soap_xml.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <pthread.h>
#include <string.h>

enum { NAMES_MAX = 1 << 20 }; /* bytes of all different names together */

struct reading {
	xmlParserCtxt *context;
	const uint8_t *next, *end; /* what libxml2 has not yet taken */
	const struct xml_handler *handler;
	void *state;
	struct xml_scope scope;
	struct xml_attribute attributes[SOAP_ATTRIBUTES_MAX];
	unsigned depth;
	bool begun; /* the outermost element was seen */
	bool odd;   /* a namespace's name is no URI to libxml2 */
	enum soap_flaw flaw;
	long line;
};

/* The first flaw counts. From then on libxml2 gets no more of the text, so little work is left, whatever the text holds. */
static void stop(struct reading *r, enum soap_flaw flaw)
{
	if (flaw == SOAP_SOUND || r->flaw != SOAP_SOUND)
		return;
	r->flaw = flaw;
	if (r->context)
		r->line = xmlSAX2GetLineNumber(r->context);
}

static int on_read(void *data, char *out, int room)
{
	struct reading *r = data;
	size_t left = (size_t)(r->end - r->next);
	size_t n = r->flaw != SOAP_SOUND || room < 0 ? 0 : left < (size_t)room ? left : (size_t)room;
	memcpy(out, r->next, n);
	r->next += n;
	return (int)n;
}

/* To libxml2 a name beyond NAMES_MAX is out of memory too; and it judges a namespace's name with its ampersands as "&#38;",
 * two of which are no URI. Names of namespaces are compared, never looked into: all are as good. */
static void on_error(void *data, xmlErrorPtr error)
{
	struct reading *r = data;
	if (error->level < XML_ERR_ERROR)
		return;
	if (error->code == XML_WAR_NS_URI)
		r->odd = true;
	else if (error->code != XML_ERR_NO_MEMORY)
		stop(r, SOAP_NOT_XML);
	else
		stop(r, r->context && xmlDictGetUsage(r->context->dict) > NAMES_MAX ? SOAP_TOO_MANY : SOAP_NO_MEMORY);
}

static enum soap_flaw declare(struct reading *r, int count, const xmlChar **pairs)
{
	for (size_t i = 0; i < (size_t)count; i++) {
		if (r->scope.count == XML_SCOPE_MAX)
			return SOAP_TOO_MANY;
		const char *uri = (const char *)pairs[2 * i + 1];
		size_t n = r->scope.count++;
		r->scope.bound[n].prefix = (const char *)pairs[2 * i];
		r->scope.bound[n].uri = uri ? uri : "";
		r->scope.bound[n].depth = r->depth;
	}
	return SOAP_SOUND;
}

static struct xml_name name_of(const xmlChar *local, const xmlChar *prefix, const xmlChar *uri)
{
	return (struct xml_name){(const char *)prefix, (const char *)local, (const char *)uri};
}

/* libxml2 gives five pointers an attribute: local name, prefix, URI, value, and its end. */
static void on_start(void *data, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri, int namespace_count,
		     const xmlChar **namespaces, int attribute_count, int defaulted, const xmlChar **attributes)
{
	struct reading *r = data;
	(void)defaulted; /* only a DTD gives defaults */
	if (r->flaw != SOAP_SOUND)
		return;
	r->begun = true;
	if (++r->depth > XML_DEPTH_MAX) {
		stop(r, SOAP_TOO_DEEP);
		return;
	}
	if (attribute_count < 0 || attribute_count > SOAP_ATTRIBUTES_MAX || declare(r, namespace_count, namespaces) != SOAP_SOUND) {
		stop(r, SOAP_TOO_MANY);
		return;
	}
	for (int i = 0; i < attribute_count; i++, attributes += 5)
		r->attributes[i] = (struct xml_attribute){name_of(attributes[0], attributes[1], attributes[2]),
							  (const char *)attributes[3], (size_t)(attributes[4] - attributes[3])};
	const struct xml_element element = {name_of(local, prefix, uri), r->attributes, (size_t)attribute_count, &r->scope,
					    (size_t)namespace_count, r->depth};
	stop(r, r->handler->start(r->state, &element));
}

static void on_end(void *data, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri)
{
	struct reading *r = data;
	const struct xml_name name = name_of(local, prefix, uri);
	if (r->flaw != SOAP_SOUND)
		return;
	stop(r, r->handler->end(r->state, &name, r->depth, &r->scope));
	while (r->scope.count && r->scope.bound[r->scope.count - 1].depth == r->depth)
		r->scope.count--;
	r->depth--;
}

static void on_text(void *data, const xmlChar *text, int len)
{
	struct reading *r = data;
	if (r->flaw == SOAP_SOUND && len > 0)
		stop(r, r->handler->text(r->state, (const char *)text, (size_t)len, r->depth));
}

static void on_dtd(void *data, const xmlChar *name, const xmlChar *public_id, const xmlChar *system_id)
{
	(void)name, (void)public_id, (void)system_id;
	stop(data, SOAP_DTD);
}

static void on_instruction(void *data, const xmlChar *target, const xmlChar *content)
{
	(void)target, (void)content;
	stop(data, SOAP_INSTRUCTION);
}

static void on_reference(void *data, const xmlChar *name)
{
	(void)name;
	stop(data, SOAP_NOT_XML);
}

/* Whoever is not here does not exist: there is nobody to declare an entity, to find one, or to load a file. */
static const xmlSAXHandler callbacks = {
	.initialized = XML_SAX2_MAGIC,
	.internalSubset = on_dtd,
	.externalSubset = on_dtd,
	.reference = on_reference,
	.processingInstruction = on_instruction,
	.startElementNs = on_start,
	.endElementNs = on_end,
	.characters = on_text,
	.ignorableWhitespace = on_text,
	.cdataBlock = on_text,
};

/* Not a word of XML_PARSE_NOENT, _DTDLOAD, _DTDATTR, _HUGE: all that the host's defaults may say is set anew. No document
 * comes back, for nobody among the callbacks builds one. */
static void parse(struct reading *r)
{
	xmlParserCtxt *context = xmlNewParserCtxt();
	if (!context) {
		r->flaw = SOAP_NO_MEMORY;
		return;
	}
	*context->sax = callbacks;
	context->userData = r;
	xmlDictSetLimit(context->dict, NAMES_MAX);
	r->context = context;
	xmlFreeDoc(xmlCtxtReadIO(context, on_read, NULL, r, NULL, NULL, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC));
	if (!context->wellFormed || (!r->odd && (!context->nsWellFormed || context->errNo != XML_ERR_OK)))
		stop(r, SOAP_NOT_XML);
	if (!r->begun || r->depth != 0) /* it gave up without a word */
		stop(r, SOAP_NO_MEMORY);
	xmlFreeParserCtxt(context);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Errors go by the thread, not by the context, so that those without one (out of memory) are not printed; how the host
 * had them go, and its last error, are put back. */
enum soap_flaw xml_read(const struct buf *text, const struct xml_handler *handler, void *state, long *line)
{
	struct reading r = {.handler = handler, .state = state, .next = text->data, .end = text->data + text->len};
	pthread_once(&once, xmlInitParser);
	xmlStructuredErrorFunc theirs = xmlStructuredError;
	void *their_data = xmlStructuredErrorContext;
	xmlError last = xmlLastError;
	memset(&xmlLastError, 0, sizeof xmlLastError);
	xmlSetStructuredErrorFunc(&r, on_error);
	parse(&r);
	xmlResetLastError();
	xmlLastError = last;
	xmlSetStructuredErrorFunc(their_data, theirs);
	if (line)
		*line = r.line;
	return r.flaw;
}
