/* order_view: what the page of an order shows beside what the API says. */
#ifndef ISSUER_CONSOLE_ORDER_VIEW_H
#define ISSUER_CONSOLE_ORDER_VIEW_H

#include "issuer/console/console.h"

/* Beside the order's members: "next" (a sentence), "key", "order_kind"; every message with "fate" (a word of a state), "about", "way"
 * and "tries" (its attempts); its history in words, with the names of people. */
enum err order_dress(struct front *front, const struct request *q, json_t *order) MUST_CHECK;

#endif
