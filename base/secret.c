#include "base/secret.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SECRET_MAX = 65536 };

struct secret {
	size_t mapped;
	size_t len;
	uint8_t bytes[];
};

struct secret *secret_new(size_t len)
{
	if (len == 0 || len > SECRET_MAX)
		return NULL;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t mapped = (sizeof(struct secret) + len + 1 + page - 1) / page * page;
	struct secret *s = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (s == MAP_FAILED)
		return NULL;
	if (mlock(s, mapped) != 0 || madvise(s, mapped, MADV_DONTDUMP) != 0 || madvise(s, mapped, MADV_WIPEONFORK) != 0) {
		munmap(s, mapped);
		return NULL;
	}
	s->mapped = mapped;
	s->len = len;
	return s;
}

struct secret *secret_copy(const void *bytes, size_t len)
{
	struct secret *s = secret_new(len);
	if (s)
		memcpy(s->bytes, bytes, len);
	return s;
}

void secret_free(struct secret *s)
{
	if (!s)
		return;
	size_t mapped = s->mapped;
	explicit_bzero(s, mapped);
	munmap(s, mapped);
}

uint8_t *secret_bytes(struct secret *s)
{
	return s->bytes;
}

const uint8_t *secret_peek(const struct secret *s)
{
	return s->bytes;
}

size_t secret_len(const struct secret *s)
{
	return s->len;
}

const char *secret_string(const struct secret *s)
{
	return (const char *)s->bytes;
}

void secret_shorten(struct secret *s, size_t len)
{
	if (len >= s->len)
		return;
	explicit_bzero(s->bytes + len, s->len - len);
	s->len = len;
}

void secret_trim_line(struct secret *s)
{
	size_t len = secret_len(s);
	const uint8_t *bytes = secret_peek(s);
	while (len > 1 && (bytes[len - 1] == '\n' || bytes[len - 1] == '\r'))
		len--;
	secret_shorten(s, len);
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
	return a->len == b->len && secret_equal_bytes(a->bytes, b->bytes, a->len);
}

bool secret_equal_bytes(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

enum err random_bytes(void *out, size_t n)
{
	return RAND_bytes(out, (int)n) == 1 ? ERR_OK : ERR_CRYPTO;
}
