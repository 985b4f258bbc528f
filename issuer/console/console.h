/* console: the pages for staff, at /console on the members' listener.
 *
 * A page is an answer of the API in a template; a form is turned into the JSON that the API takes, and given to the API's own
 * handler. So nothing can be seen or done here that /v1 does not permit: console_ask and console_submit find the handler's
 * row in the route table and hold the caller's role against it. Pages work without scripts; English only.
 *
 * HOW TO ADD A PAGE
 *   1. routes.def: ROUTE(MEMBERS, "GET", "/console/orders/{order}", WHO_STAFF, FAST, console_order, "An order: its time line")
 *      and its few lines in docs/openapi.yaml, which a test holds against the table. A path of one segment without braces
 *      ("/console/orders") is a link of the navigation for the roles of its row, named by the words before ':' of its text.
 *   2. pages/order.html, a template (base/template.h) without <html>, <h1> (the title is) and inline style or script:
 *      values by name or dotted ("client.name"), {{#messages}}...{{/messages}} over lists, dresses ({{when created_at}}),
 *      {{>resend}} for the form of that name, {{#resend}}...{{/resend}} around it: "" for those who may not;
 *      <details{{#open_resend}} open{{/open_resend}}> folds it away until it comes back with a fault.
 *   3. The handler (EMBED_TEXT(console_text_order, "issuer/console/pages/order.html")):
 *        static void view(struct front *front, const struct request *q, struct reply *r, const struct console_posted *posted)
 *        {
 *                json_t *order = NULL;
 *                if (!console_ask(front, q, r, &(struct console_call){.api = api_order_show}, &order))
 *                        return; // the page that says why stands in r
 *                console_page(front, q, r, &(struct console_page){.title = "Order", .text = console_text_order, .data = order,
 *                             .forms = (const struct console_use[]){{.form = &resend, .values = order}, {0}}, .posted = posted});
 *                json_decref(order);
 *        }
 *        void console_order(struct front *front, const struct request *q, struct reply *r) { view(front, q, r, NULL); }
 * HOW TO ADD A FORM
 *   4. routes.def: ROUTE(MEMBERS, "POST", "/console/orders/{order}/resend", the roles of the API's row, SLOW, console_order_resend, "...")
 *   5. static const struct console_form resend = {.name = "resend", .path = "/console/orders/{order}/resend",
 *              .api = api_order_resend, .view = view, .submit = "Send a new link and code", .next = "/console/orders/{id}",
 *              .said = "resent", .fields = none};
 *      void console_order_resend(struct front *front, const struct request *q, struct reply *r) { console_submit(front, q, r, &resend); }
 *   6. said.def: SAID("resent", "A new link and a new code are on their way.")
 *   Tests: tests/unit/console_page.c shows how a page is asked; http_route.c's policy wants to know the new rows.
 * Styles that are there: .card .grid .facts(dl) .timeline(ol) table.stack .button .button.second .danger .hint .lead .filters .pager
 * (pages/style.css; look at /console/audit and /console for how they are used). */
#ifndef ISSUER_CONSOLE_H
#define ISSUER_CONSOLE_H

#include "base/template.h"
#include "issuer/http/handlers.h"

/* ---- asking the API ---- */

struct console_call {
	route_handler *api;                            /* of a GET row */
	const char *parameter[REQUEST_PARAMETERS_MAX]; /* all NULL: those of the page's own path */
	const char *query;                             /* "organisation=acme&limit=500", encoded; NULL: the page's own */
};
/* Its answer, a new reference. False: it refused, and the page that says so stands in r. */
bool console_ask(struct front *front, const struct request *q, struct reply *r, const struct console_call *call, json_t **out);
/* The same, but a refusal is the result, and *out NULL: of what a page can do without. */
enum err console_ask_maybe(struct front *front, const struct request *q, const struct console_call *call, json_t **out);
/* The same, but what it says of the question (422, in *out as it said it, and false) is the page's own to show: a filter is wrong. */
bool console_ask_again(struct front *front, const struct request *q, struct reply *r, const struct console_call *call, json_t **out);
/* Does the route table let the caller use that handler? why, which may be NULL, takes the sentence when not. */
bool console_may(const struct request *q, route_handler *api, struct errbuf *why);

/* ---- forms ---- */

struct console_posted;
typedef void console_view(struct front *front, const struct request *q, struct reply *r, const struct console_posted *posted);

enum console_kind {
	CONSOLE_TEXT,
	CONSOLE_LONG,    /* several lines */
	CONSOLE_EMAIL,
	CONSOLE_TEL,
	CONSOLE_DATE,    /* YYYY-MM-DD */
	CONSOLE_NUMBER,  /* a JSON integer; what is none goes as text, for the API to say so */
	CONSOLE_FLAG,    /* a box: true or false, always sent */
	CONSOLE_CHOICE,  /* one of `choices`, or of a list of the page's data */
	CONSOLE_FIXED,   /* not shown: the member `value` of the values (a digest that was looked at) */
	CONSOLE_CONFIRM, /* must be typed as the member `value` of what `about` answers; not sent to the API */
};
enum console_empty { CONSOLE_OMIT, CONSOLE_SEND, CONSOLE_NULL }; /* what an empty field becomes: no member, "", null */

struct console_choice {
	const char *value, *text;
};
struct console_field {
	const char *name;   /* of the input, and of the body's member */
	const char *label, *hint;
	enum console_kind kind;
	enum console_empty empty;
	bool wanted;        /* marked as required; the others say "optional" */
	const char *value;  /* the member of the values that it begins with; NULL: `name`. Dotted as in templates */
	const struct console_choice *choices;          /* up to {0} */
	const char *list, *list_value, *list_text;     /* or: a list in the page's data ("contacts"), and members of its items. Of a
							* CONSOLE_TEXT: suggestions */
	const char *pattern, *pattern_text;            /* what scripts check beside the field, and what they say */
	int longest;        /* characters; 0: 256 */
};
struct console_form {
	const char *name;        /* [a-z_]: its part, its words, the beginning of its ids */
	const char *path;        /* of its POST row */
	route_handler *api;      /* of a POST row */
	route_handler *about;    /* a GET row with the same parameters, for CONSOLE_CONFIRM */
	console_view *view;      /* the page with the form, shown again with its faults */
	const char *submit;      /* on the button */
	const char *next;        /* where success leads: "{member}" of the answer (dotted), "{0}" a parameter of the path */
	const char *said;        /* word of said.def; NULL: none */
	bool versioned;          /* If-Match: the values' "version" */
	bool creates;            /* with an Idempotency-Key: a second press makes nothing */
	bool dangerous;          /* a red button */
	const struct console_field *fields; /* up to {0} */
};
/* One POST: origin and token, values to JSON, the API's handler; then 303 to `next`, or the view again with every fault. */
void console_submit(struct front *front, const struct request *q, struct reply *r, const struct console_form *form);

/* ---- pages ---- */

struct console_use {
	const struct console_form *form;
	const json_t *values; /* what the fields begin with; NULL: nothing */
	bool away;            /* not now, whoever asks */
};
struct console_page {
	int status;         /* 0: 200, or what the API said of the form */
	const char *title;  /* text: <title> and <h1> */
	const char *above;  /* text above the title, what kind of thing it is; NULL: none */
	const char *text;   /* the template */
	const json_t *data; /* borrowed; NULL: none */
	const struct template_field *fields; /* what C adds, up to {0}; behind the data. Parts among them. NULL: none */
	const struct console_use *forms;     /* up to {0}; NULL: none */
	const struct console_posted *posted; /* as the view was given it */
};
enum { CONSOLE_FIELDS_MOST = 24, CONSOLE_FORMS_MOST = 12 };
void console_page(struct front *front, const struct request *q, struct reply *r, const struct console_page *p);
/* A refusal or fault as a page; also of what was refused before a handler ran. */
void console_fault(struct front *front, const struct request *q, struct reply *r, enum err e, const struct errbuf *why);

/* Dresses of templates: {{when x}} a time and how far off it is, {{time x}} the time alone, {{ago x}} how far off alone, {{date x}}
 * the day, {{state x}} a word of a state with its mark, {{code x}} what people copy, {{words x}} an enum's word for people
 * ("password_sent": "Password sent"). All of base/template.h's data interface, on jansson. */
struct console_dressing {
	int64_t now;
};
struct template_data console_values(const json_t *root, const struct console_dressing *dressing);

#endif
