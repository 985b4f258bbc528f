/* lookup: stands in for getaddrinfo in a test binary that it is linked into, libcurl's included. Names under .slow take as
 * long as the test wants and are then not known; those under .none are not known; those under .twice have two addresses, of
 * which nobody listens at the first; all others are this machine. */
#ifndef TESTS_LOOKUP_H
#define TESTS_LOOKUP_H

/* Let those under way end, and wait until they have. */
void lookups_end(void);

#endif
