/* statements: every SQL text the daemon runs, addressed by name. One .def file an area; each row is
 * STATEMENT(NAME, "SQL"). */
#ifndef ISSUER_STATEMENTS_H
#define ISSUER_STATEMENTS_H

enum statement {
#define STATEMENT(name, sql) STATEMENT_##name,
#include "issuer/store/statements.def"
#undef STATEMENT
	STATEMENT_COUNT
};

#endif
