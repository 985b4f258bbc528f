/* What a front that lies could put on the OCSP lane, and what a signer could answer: read within its bounds. */
#include "issuer/signer/ocsp_wire.h"
#include "tests/fuzz/target.h"

static void read_asks(const uint8_t *data, size_t size)
{
	struct unpack u = unpack_begin(data, size);
	struct ocsp_ask a;
	while (u.left && ocsp_ask_unpack(&u, &a) == ERR_OK) {
		HOLDS(a.id != 0 && a.count >= 1 && a.count <= OCSP_SINGLES_MAX && a.nonce_len <= OCSP_NONCE_MAX);
		for (size_t i = 0; i < a.count; i++)
			HOLDS(a.singles[i].serial_len <= OCSP_SERIAL_MAX);
	}
}

static void read_tolds(const uint8_t *data, size_t size)
{
	struct unpack u = unpack_begin(data, size);
	struct ocsp_told t;
	while (u.left && ocsp_told_unpack(&u, &t) == ERR_OK) {
		HOLDS((unsigned)t.error < ERR_COUNT);
		HOLDS(t.error || (t.len > 0 && t.der >= data && t.len <= (size_t)(data + size - t.der)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_asks(data, size);
	read_tolds(data, size);
	return 0;
}
