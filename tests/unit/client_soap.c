/* Calls by SOAP against a real TLS server: what is sent, and how each kind of answer is told apart. */
#include "tests/support/prepared_stage.h"
#include "tests/support/test.h"

#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <stdio.h>
#include <string.h>

#define NS11 "http://schemas.xmlsoap.org/soap/envelope/"
#define NS12 "http://www.w3.org/2003/05/soap-envelope"
#define E11(inside) "<s:Envelope xmlns:s=\"" NS11 "\">" inside "</s:Envelope>"
#define E12(inside) "<s:Envelope xmlns:s=\"" NS12 "\">" inside "</s:Envelope>"
#define FAULT11                                                                                                        \
	E11("<s:Body><s:Fault><faultcode>s:Server.Busy</faultcode><faultstring xml:lang=\"nb\"> Opptatt </faultstring>" \
	    "<faultactor>urn:actor</faultactor><detail><e:x xmlns:e=\"urn:e\">7</e:x></detail></s:Fault></s:Body>")
#define FAULT12                                                                                                        \
	E12("<s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value xmlns:m=\"urn:m\">m:TooOld</s:Value>" \
	    "<s:Subcode><s:Value>s:Odd</s:Value></s:Subcode></s:Subcode></s:Code><s:Reason>"                             \
	    "<s:Text xml:lang=\"nb\">For gammel</s:Text><s:Text xml:lang=\"en-GB\">Too old</s:Text>"                      \
	    "<s:Text xml:lang=\"en\">Older</s:Text></s:Reason><s:Node>urn:n</s:Node><s:Role>urn:r</s:Role>"              \
	    "<s:Detail><a/>&lt;</s:Detail></s:Fault></s:Body>")

/* The caller frees *out. */
static counterfoil_code call_with(counterfoil_soap_request *request, counterfoil_soap_answer **out, counterfoil_error *error)
{
	static counterfoil_request http = {.size = sizeof http};
	http.url = stage_url(&stage, "/soap");
	request->size = sizeof *request;
	if (!request->call)
		request->call = &http;
	counterfoil_code code = counterfoil_soap_call(stage.client, request, out, error);
	if (error->code != code || error->category != counterfoil_category_of(code) || (code && !error->text[0]))
		fail_msg("the error does not say %s: %s", counterfoil_code_word(code), error->text);
	return code;
}

static counterfoil_code call(counterfoil_soap_version version, counterfoil_soap_answer **out, counterfoil_error *error)
{
	return call_with(&(counterfoil_soap_request){.version = version, .body = {"<q/>", 4}}, out, error);
}

static void expect(const char *what, counterfoil_code had, counterfoil_code want, const counterfoil_error *error)
{
	if (had != want)
		fail_msg("%s: wanted %s, had %s: %s", what, counterfoil_code_word(want), counterfoil_code_word(had), error->text);
}

static void is_bytes(const char *what, counterfoil_bytes had, const char *want)
{
	if (strlen(want) != had.len || strcmp(had.data, want) != 0)
		fail_msg("%s: wanted [%s], had [%s]", what, want, (const char *)had.data);
}

static void has_line(const char *line)
{
	if (!strstr(seen_head, line))
		fail_msg("no [%s] in\n%s", line, seen_head);
}

static void each_version_is_sent_as_it_should_be(void **state)
{
	(void)state;
	counterfoil_soap_answer *got = NULL;
	counterfoil_error error;
	static const char *const more[] = {"X-More: yes", NULL};
	const counterfoil_request http = {.size = sizeof http, .url = stage_url(&stage, "/soap"), .headers = more};
	prepared.status = 200, prepared.type = "text/xml; charset=utf-8", prepared.body = E11("<s:Body/>");
	counterfoil_soap_request request = {.call = &http, .action = "urn:a#b", .body = {"<q xmlns='urn:q'>\xc3\xa6</q>", 23},
					    .header = {"<h/>", 4}};
	expect("1.1", call_with(&request, &got, &error), COUNTERFOIL_OK, &error);
	has_line("POST /soap HTTP/1.1\r\n");
	has_line("\r\nContent-Type: text/xml; charset=utf-8\r\n");
	has_line("\r\nSOAPAction: \"urn:a#b\"\r\n");
	has_line("\r\nX-More: yes\r\n");
	assert_string_equal(seen_body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soap:Envelope xmlns:soap=\"" NS11
				       "\"><soap:Header><h/></soap:Header><soap:Body><q xmlns='urn:q'>\xc3\xa6</q></soap:Body>"
				       "</soap:Envelope>\n");
	counterfoil_soap_free(got);
	request.action = NULL;
	expect("no action", call_with(&request, &got, &error), COUNTERFOIL_OK, &error);
	has_line("\r\nSOAPAction: \"\"\r\n");
	counterfoil_soap_free(got);
	prepared.type = "application/soap+xml", prepared.body = E12("<s:Body/>");
	request = (counterfoil_soap_request){.version = COUNTERFOIL_SOAP_1_2, .action = "urn:a"};
	expect("1.2", call_with(&request, &got, &error), COUNTERFOIL_OK, &error);
	has_line("\r\nContent-Type: application/soap+xml; charset=utf-8; action=\"urn:a\"\r\n");
	if (strstr(seen_head, "SOAPAction") || strstr(seen_body, "Header") || !strstr(seen_body, "<soap:Body></soap:Body>"))
		fail_msg("1.2 was sent as\n%s%s", seen_head, seen_body);
	counterfoil_soap_free(got);
	request.action = NULL;
	expect("1.2 without action", call_with(&request, &got, &error), COUNTERFOIL_OK, &error);
	has_line("\r\nContent-Type: application/soap+xml; charset=utf-8\r\n");
	counterfoil_soap_free(got);
}

static void what_cannot_be_sent_is_refused_before_it_is(void **state)
{
	(void)state;
	static const char *const typed[] = {"content-type: text/plain", NULL};
	const counterfoil_request with_type = {.size = sizeof with_type, .url = stage_url(&stage, "/soap"), .headers = typed};
	const counterfoil_request with_method = {.size = sizeof with_method, .url = stage.url, .method = "PUT"};
	const counterfoil_request without_url = {.size = sizeof without_url};
	const struct {
		const char *body, *header, *action, *says;
		const counterfoil_request *call;
		int version;
	} cases[] = {
		{.body = "<a>", .says = "what is given for Body is not well-formed"},
		{.body = "</soap:Body><soap:Body>", .says = "well-formed"},
		{.body = "</f><f>", .says = "well-formed"},
		{.body = "</f><!--", .says = "well-formed"},
		{.body = "<a>\n\n<b></a>", .says = "(line 3)"},
		{.body = "<p:a/>", .says = "declared namespaces"},
		{.body = "<a>\xff</a>", .says = "is not text"},
		{.body = "<?xml version='1.0' encoding='x-odd'?><a/>", .says = "is not text"},
		{.body = "<!DOCTYPE a><a/>", .says = "document type declaration"},
		{.body = "<?do it?><a/>", .says = "processing instruction"},
		{.body = "<?xml version='1.0'?><?xml version='1.0'?><a/>", .says = "processing instruction"},
		{.body = "hello", .says = "has text where only elements may be"},
		{.body = E12("<s:Body/>"), .says = "is an envelope itself"},
		{.body = "<a>&bomb;</a>", .says = "well-formed"},
		{.header = "<h", .says = "what is given for Header"},
		{.action = "a\"b", .says = "the action is no URI"},
		{.action = "a b", .says = "the action"},
		{.action = "a\r\nX: y", .says = "the action"},
		{.action = "\xc3\xa6", .says = "the action"},
		{.call = &with_type, .says = "the library sets Content-Type"},
		{.call = &with_method, .says = "no method, body or sink"},
		{.call = &without_url, .says = "no URL"},
		{.version = 2, .says = "neither 1.1 nor 1.2"},
	};
	int before = stage.server.requests;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		counterfoil_soap_answer *got = NULL;
		counterfoil_error error;
		const char *body = cases[i].body ? cases[i].body : "", *header = cases[i].header ? cases[i].header : "";
		counterfoil_soap_request request = {.call = cases[i].call, .version = (counterfoil_soap_version)cases[i].version,
						    .action = cases[i].action, .body = {body, strlen(body)},
						    .header = {header, strlen(header)}};
		expect(cases[i].says, call_with(&request, &got, &error), COUNTERFOIL_BAD_INPUT, &error);
		if (got || !strstr(error.text, cases[i].says))
			fail_msg("wanted [%s], had [%s]", cases[i].says, error.text);
	}
	assert_int_equal(stage.server.requests, before);
}

static void a_declaration_and_a_mark_before_the_body_are_taken_off(void **state)
{
	(void)state;
	static const struct {
		const char *body, *sent;
		size_t len;
	} cases[] = {
		{"<?xml version='1.0'?>\n<a/>", "<soap:Body>\n<a/></soap:Body>", 0},
		{"\xef\xbb\xbf<?xml version='1.0' encoding='utf-8'?><a/>", "<soap:Body><a/></soap:Body>", 0},
		{"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe6</a>", "<soap:Body><a>\xc3\xa6</a></soap:Body>", 0},
		{"\xff\xfe<\0a\0/\0>\0", "<soap:Body><a/></soap:Body>", 10},
	};
	prepared.status = 202, prepared.type = NULL, prepared.body = "";
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		counterfoil_soap_answer *got = NULL;
		counterfoil_error error;
		counterfoil_soap_request request = {.body = {cases[i].body, cases[i].len ? cases[i].len : strlen(cases[i].body)}};
		expect(cases[i].sent, call_with(&request, &got, &error), COUNTERFOIL_OK, &error);
		is_bytes("one way", counterfoil_soap_body(got), "");
		if (!strstr(seen_body, cases[i].sent))
			fail_msg("wanted [%s] in %s", cases[i].sent, seen_body);
		counterfoil_soap_free(got);
	}
}

static void the_content_of_body_stands_by_itself(void **state)
{
	(void)state;
	counterfoil_soap_answer *got = NULL;
	counterfoil_error error;
	prepared.status = 200, prepared.type = "text/xml";
	prepared.body = "<?xml version=\"1.0\"?>\n<s:Envelope xmlns:s=\"" NS11 "\" xmlns:x=\"urn:x\" xmlns=\"urn:d\">\n"
			"<s:Header><t s:mustUnderstand=\"1\"/></s:Header>"
			"<s:Body xmlns:y=\"urn:y\"><!-- no --><a x:t=\"y:v &amp;&#60;&quot;&#10;\" xmlns:y=\"urn:z\">1 &lt; "
			"<![CDATA[2 & 3]]>&#13;<b xmlns=\"\"/></a></s:Body></s:Envelope>";
	expect("answer", call(COUNTERFOIL_SOAP_1_1, &got, &error), COUNTERFOIL_OK, &error);
	is_bytes("body", counterfoil_soap_body(got),
		 "<a xmlns:s=\"" NS11 "\" xmlns:x=\"urn:x\" xmlns=\"urn:d\" xmlns:y=\"urn:z\" x:t=\"y:v &#38;&lt;&quot;&#10;\">"
		 "1 &lt; 2 &amp; 3&#13;<b xmlns=\"\"></b></a>");
	is_bytes("header", counterfoil_soap_header(got),
		 "<t xmlns:s=\"" NS11 "\" xmlns:x=\"urn:x\" xmlns=\"urn:d\" s:mustUnderstand=\"1\"></t>");
	assert_null(counterfoil_soap_fault(got, COUNTERFOIL_SOAP_CODE));
	assert_int_equal(counterfoil_response_status(counterfoil_soap_response(got)), 200);
	counterfoil_soap_free(got);
}

/* What was read is sent back and read again: nothing of it may grow. */
static void a_namespace_with_an_ampersand_stays_the_one_it_is(void **state)
{
	(void)state;
	static const char want[] = "<a xmlns:s=\"" NS11 "\" xmlns=\"urn:d?&#38;lt;\" xmlns:y=\"http://y/?a=1&#38;b=&lt;2&#38;#38;\">"
				   "<y:b></y:b></a>";
	char body[1024] = "<s:Envelope xmlns:s=\"" NS11 "\" xmlns=\"urn:d?&amp;lt;\"><s:Body>"
			  "<a xmlns:y=\"http://y/?a=1&amp;b=&lt;2&#38;#38;\"><y:b/></a></s:Body></s:Envelope>";
	prepared.status = 200, prepared.type = "text/xml", prepared.body = body;
	for (int i = 0; i < 3; i++) {
		counterfoil_soap_answer *got = NULL;
		counterfoil_error error;
		expect("answer", call(COUNTERFOIL_SOAP_1_1, &got, &error), COUNTERFOIL_OK, &error);
		is_bytes("body", counterfoil_soap_body(got), want);
		snprintf(body, sizeof body, E11("<s:Body>%s</s:Body>"), (const char *)counterfoil_soap_body(got).data);
		counterfoil_soap_free(got);
	}
}

static void a_fault_is_told_by_its_parts_whatever_the_status(void **state)
{
	(void)state;
	const struct {
		counterfoil_soap_version version;
		int status;
		const char *body;
		const char *parts[COUNTERFOIL_SOAP_PARTS];
	} cases[] = {
		{COUNTERFOIL_SOAP_1_1, 500, FAULT11,
		 {"Server.Busy", "", "Opptatt", "nb", "", "urn:actor", "<e:x xmlns:s=\"" NS11 "\" xmlns:e=\"urn:e\">7</e:x>"}},
		{COUNTERFOIL_SOAP_1_1, 200, FAULT11, {"Server.Busy"}},
		{COUNTERFOIL_SOAP_1_1, 403, FAULT11, {"Server.Busy"}},
		{COUNTERFOIL_SOAP_1_2, 400, FAULT12,
		 {"Sender", "{urn:m}TooOld Odd", "Too old", "en-GB", "urn:n", "urn:r", "<a xmlns:s=\"" NS12 "\"></a>&lt;"}},
		{COUNTERFOIL_SOAP_1_1, 500,
		 E11("<s:Body><s:Fault><faultcode xmlns:q=\"urn:q?a&amp;b&#38;c\">q:Own</faultcode></s:Fault></s:Body>"),
		 {"{urn:q?a&b&c}Own"}},
		{COUNTERFOIL_SOAP_1_1, 500, "<Envelope xmlns=\"" NS11 "\"><Body><Fault><faultcode>Client</faultcode></Fault></Body></Envelope>",
		 {"Client", "", "", "", "", "", ""}},
		{COUNTERFOIL_SOAP_1_1, 500, E11("<s:Body><s:Fault><faultcode>q:Own</faultcode></s:Fault></s:Body>"), {"q:Own"}},
		{COUNTERFOIL_SOAP_1_1, 500, E11("<s:Body> <s:Fault/> </s:Body>"), {"", "", "", "", "", "", ""}},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		counterfoil_soap_answer *got = NULL;
		counterfoil_error error;
		prepared.status = cases[i].status, prepared.type = "text/xml", prepared.body = cases[i].body;
		expect(cases[i].body, call(cases[i].version, &got, &error), COUNTERFOIL_SOAP_FAULT, &error);
		assert_int_equal(error.category, COUNTERFOIL_CATEGORY_REFUSED);
		is_bytes("body", counterfoil_soap_body(got), "");
		for (int p = 0; p < COUNTERFOIL_SOAP_PARTS; p++) {
			const char *part = counterfoil_soap_fault(got, (counterfoil_soap_part)p);
			if (!part || (cases[i].parts[p] && strcmp(part, cases[i].parts[p]) != 0))
				fail_msg("case %zu, part %d: wanted [%s], had [%s]", i, p, cases[i].parts[p], part ? part : "NULL");
		}
		if (strstr(error.text, "Opptatt") || strstr(error.text, "Too old"))
			fail_msg("the server's words are in: %s", error.text);
		counterfoil_soap_free(got);
	}
}

static const struct {
	int status;
	const char *type, *body;
	counterfoil_code want;
	const char *says;
} refused[] = {
	{500, "text/html; charset=utf-8", "<html><body>Oops", COUNTERFOIL_NOT_SOAP, "status 500 with a page of HTML"},
	{200, "TEXT/HTML", E11("<s:Body/>"), COUNTERFOIL_NOT_SOAP, "page of HTML"},
	{302, "text/xml", "", COUNTERFOIL_NOT_SOAP, "redirect"},
	{200, "text/xml", "", COUNTERFOIL_NOT_SOAP, "with nothing"},
	{500, NULL, "", COUNTERFOIL_NOT_SOAP, "with nothing"},
	{200, "application/json", "{}", COUNTERFOIL_NOT_SOAP, "another kind"},
	{200, "text/xmlish", E11("<s:Body/>"), COUNTERFOIL_NOT_SOAP, "another kind"},
	{200, "multipart/related; type=\"text/xml\"", "--x", COUNTERFOIL_NOT_SOAP, "attachments"},
	{200, "text/xml", "<a/>", COUNTERFOIL_NOT_SOAP, "no SOAP envelope: check the URL"},
	{200, "text/xml", "<Envelope><Body/></Envelope>", COUNTERFOIL_BAD_SOAP, "neither SOAP 1.1's nor 1.2's"},
	{200, "text/xml", "<s:Envelope xmlns:s='urn:x'><s:Body/></s:Envelope>", COUNTERFOIL_BAD_SOAP, "neither"},
	{200, "text/xml", E12("<s:Body/>"), COUNTERFOIL_BAD_SOAP, "is SOAP 1.2, and the call was SOAP 1.1"},
	{500, "text/xml", FAULT12, COUNTERFOIL_BAD_SOAP, "call with version 1.2"},
	{200, "text/xml", E11(""), COUNTERFOIL_BAD_SOAP, "has no Body"},
	{200, "text/xml", E11("<s:Header/>"), COUNTERFOIL_BAD_SOAP, "has no Body"},
	{200, "text/xml", E11("<s:Body/><s:Body/>"), COUNTERFOIL_BAD_SOAP, "more than one Body"},
	{200, "text/xml", E11("<Body/>"), COUNTERFOIL_BAD_SOAP, "in a place where SOAP has none"},
	{200, "text/xml", E11("<s:Body/><s:Header/>"), COUNTERFOIL_BAD_SOAP, "in a place"},
	{200, "text/xml", E11("<s:Header/><s:Header/><s:Body/>"), COUNTERFOIL_BAD_SOAP, "in a place"},
	{200, "text/xml", E11("<s:Body/><x/>"), COUNTERFOIL_BAD_SOAP, "in a place"},
	{200, "text/xml", E11("<s:Body><s:Gault/></s:Body>"), COUNTERFOIL_BAD_SOAP, "in a place"},
	{200, "text/xml", E11("<s:Body><x/><s:Fault/></s:Body>"), COUNTERFOIL_BAD_SOAP, "in a place"},
	{200, "text/xml", E11("<s:Body><s:Fault/><x/></s:Body>"), COUNTERFOIL_BAD_SOAP, "in a place"},
	{200, "text/xml", E11("<s:Body><s:Fault/>x</s:Body>"), COUNTERFOIL_BAD_SOAP, "has text"},
	{200, "text/xml", E11("x<s:Body/>"), COUNTERFOIL_BAD_SOAP, "has text where"},
	{500, "text/xml", E11("<s:Body/>"), COUNTERFOIL_BAD_SOAP, "holds no fault"},
	{403, "text/html", "<p>no", COUNTERFOIL_REFUSED, "not permitted"},
	{403, "text/xml", E11("<s:Body/>"), COUNTERFOIL_REFUSED, "not permitted"},
	{403, "application/problem+json", "{\"code\":\"revoked\"}", COUNTERFOIL_REVOKED, "revoked"},
	{200, "text/xml", "<!DOCTYPE s:Envelope>" E11("<s:Body/>"), COUNTERFOIL_BAD_SOAP, "document type declaration"},
	{200, "text/xml", "<?xml version='1.0'?><?go?>" E11("<s:Body/>"), COUNTERFOIL_BAD_SOAP, "processing instruction"},
	{200, "text/xml", E11("<s:Body><a>&x;</a></s:Body>"), COUNTERFOIL_BAD_SOAP, "not well-formed"},
	{200, "text/xml", E11("<s:Body><a b='&x;'/></s:Body>"), COUNTERFOIL_BAD_SOAP, "not well-formed"},
	{200, "text/xml", E11("<s:Body><q:a/></s:Body>"), COUNTERFOIL_BAD_SOAP, "declared namespaces"},
	{200, "text/xml", E11("<s:Body>\n<a></b></s:Body>"), COUNTERFOIL_BAD_SOAP, "line 2) is not well-formed"},
	{200, "text/xml", E11("<s:Body/>") "x", COUNTERFOIL_BAD_SOAP, "not well-formed"},
	{200, "text/xml", E11("<s:Body>\xc3(</s:Body>"), COUNTERFOIL_BAD_SOAP, "is not text in UTF-8"},
	{200, "text/xml", E11("<s:Body>\xed\xa0\x80</s:Body>"), COUNTERFOIL_BAD_SOAP, "is not text in UTF-8"},
	{200, "text/xml", E11("<s:Body>\xc0\xbc</s:Body>"), COUNTERFOIL_BAD_SOAP, "is not text in UTF-8"},
	{200, "text/xml", E11("<s:Body>&#0;</s:Body>"), COUNTERFOIL_BAD_SOAP, "not well-formed"},
	{200, "text/xml; charset=utf-7", E11("<s:Body/>"), COUNTERFOIL_BAD_SOAP, "is not text"},
	{200, "text/xml; charset=\"us-ascii\"", E11("<s:Body>\xc3\xa6</s:Body>"), COUNTERFOIL_BAD_SOAP, "is not text"},
};

static void what_is_no_answer_has_a_sentence_of_its_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		counterfoil_soap_answer *got = NULL;
		counterfoil_error error;
		prepared.status = refused[i].status, prepared.type = refused[i].type, prepared.body = refused[i].body;
		expect(refused[i].body, call(COUNTERFOIL_SOAP_1_1, &got, &error), refused[i].want, &error);
		if (!strstr(error.text, refused[i].says))
			fail_msg("case %zu: wanted [%s], had [%s]", i, refused[i].says, error.text);
		is_bytes("body", counterfoil_soap_body(got), "");
		assert_null(counterfoil_soap_fault(got, COUNTERFOIL_SOAP_REASON));
		assert_int_equal(counterfoil_response_status(counterfoil_soap_response(got)), refused[i].status);
		counterfoil_soap_free(got);
	}
	stage_is_sound(&stage);
}

static void without_an_answer_there_is_none(void **state)
{
	(void)state;
	counterfoil_soap_answer *got = NULL;
	counterfoil_error error;
	const counterfoil_request nowhere = {.size = sizeof nowhere, .url = "https://localhost:1/"};
	expect("nowhere", call_with(&(counterfoil_soap_request){.call = &nowhere}, &got, &error), COUNTERFOIL_UNREACHABLE, &error);
	assert_null(got);
	prepared.status = 200, prepared.type = "text/xml", prepared.body = E11("<s:Body>0123456789</s:Body>");
	const counterfoil_request narrow = {.size = sizeof narrow, .url = stage_url(&stage, "/soap"), .body_cap = 64};
	expect("cap", call_with(&(counterfoil_soap_request){.call = &narrow}, &got, &error), COUNTERFOIL_TOO_LARGE, &error);
	assert_null(got);
	counterfoil_soap_free(NULL);
	is_bytes("none", counterfoil_soap_body(NULL), "");
	assert_null(counterfoil_soap_fault(NULL, COUNTERFOIL_SOAP_CODE));
	assert_null(counterfoil_soap_response(NULL));
}

static int theirs_called;

static void theirs(void *data, xmlErrorPtr error)
{
	(void)error;
	(*(int *)data)++;
}

/* The program may read XML by the same library, with handlers and defaults of its own, between and around our calls. */
static void the_programs_own_libxml2_is_left_as_it_was(void **state)
{
	(void)state;
	counterfoil_soap_answer *got = NULL;
	counterfoil_error error;
	xmlExternalEntityLoader loader = xmlGetExternalEntityLoader();
	xmlSetStructuredErrorFunc(&theirs_called, theirs);
	xmlSubstituteEntitiesDefault(1);
	assert_null(xmlReadMemory("<theirs>", 8, NULL, NULL, 0));
	int before = theirs_called;
	const xmlError *last = xmlGetLastError();
	char message[256];
	snprintf(message, sizeof message, "%s", last->message);
	prepared.status = 200, prepared.type = "text/xml", prepared.body = E11("<s:Body><a></b></s:Body>");
	expect("broken", call(COUNTERFOIL_SOAP_1_1, &got, &error), COUNTERFOIL_BAD_SOAP, &error);
	counterfoil_soap_free(got);
	prepared.body = E11("<s:Body><a>&amp;</a></s:Body>");
	expect("sound", call(COUNTERFOIL_SOAP_1_1, &got, &error), COUNTERFOIL_OK, &error);
	counterfoil_soap_free(got);
	assert_int_equal(theirs_called, before);
	assert_string_equal(xmlGetLastError()->message, message);
	assert_ptr_equal(xmlStructuredErrorContext, &theirs_called);
	assert_ptr_equal(xmlGetExternalEntityLoader(), loader);
	assert_int_equal(xmlSubstituteEntitiesDefault(0), 1);
	assert_null(xmlReadMemory("<theirs>", 8, NULL, NULL, 0));
	assert_true(theirs_called > before);
	xmlSetStructuredErrorFunc(NULL, NULL);
	xmlResetLastError();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_version_is_sent_as_it_should_be),
		cmocka_unit_test(what_cannot_be_sent_is_refused_before_it_is),
		cmocka_unit_test(a_declaration_and_a_mark_before_the_body_are_taken_off),
		cmocka_unit_test(the_content_of_body_stands_by_itself),
		cmocka_unit_test(a_namespace_with_an_ampersand_stays_the_one_it_is),
		cmocka_unit_test(a_fault_is_told_by_its_parts_whatever_the_status),
		cmocka_unit_test(what_is_no_answer_has_a_sentence_of_its_own),
		cmocka_unit_test(without_an_answer_there_is_none),
		cmocka_unit_test(the_programs_own_libxml2_is_left_as_it_was),
	};
	return cmocka_run_group_tests(tests, open_stage, close_stage);
}
