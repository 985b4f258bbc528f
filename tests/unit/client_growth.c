/* Structs that grow at their end: padding there would take the first new member, and `size` could not tell old from new. */
#include "client/include/counterfoil.h"
#include "tests/support/test.h"

#define ENDS_WITH(type, member)                                                                                        \
	{                                                                                                              \
		#type, sizeof(type), offsetof(type, member) + sizeof((type){0}.member)                                 \
	}

static void no_struct_that_grows_ends_in_padding(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		size_t size, end;
	} structs[] = {
		ENDS_WITH(counterfoil_identity_options, context), ENDS_WITH(counterfoil_save_options, content),
		ENDS_WITH(counterfoil_client_options, staple),	  ENDS_WITH(counterfoil_request, repeatable),
		ENDS_WITH(counterfoil_event, error),		  ENDS_WITH(counterfoil_watch_options, day_count),
		ENDS_WITH(counterfoil_soap_request, header),	  ENDS_WITH(counterfoil_async_options, context),
		ENDS_WITH(counterfoil_async_request, on_soap),	  ENDS_WITH(counterfoil_verifier_options, reserved),
	};
	for (size_t i = 0; i < sizeof structs / sizeof *structs; i++)
		if (structs[i].size != structs[i].end)
			fail_msg("%s ends %zu bytes before its end", structs[i].name, structs[i].size - structs[i].end);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(no_struct_that_grows_ends_in_padding)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
