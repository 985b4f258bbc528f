#include "tests/support/forms.h"
#include "tests/support/test.h"

#include "base/encode.h"

#include <ctype.h>
#include <openssl/pem.h>
#include <string.h>

static void write_pem(const X509 *certificate, counterfoil_format format, struct buf *out)
{
	BIO *memory = BIO_new(BIO_s_mem());
	char *text = NULL;
	assert_int_equal(PEM_write_bio_X509(memory, certificate), 1);
	long len = BIO_get_mem_data(memory, &text);
	for (long i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		if (format == COUNTERFOIL_FORMAT_NGINX && !isalnum(c) && !strchr("-._~", c))
			buf_format(out, "%%%02X", c);
		else
			buf_byte(out, format == COUNTERFOIL_FORMAT_APACHE && c == '\n' ? ' ' : c);
	}
	BIO_free(memory);
}

void form_write(const X509 *certificate, counterfoil_format format, struct buf *out)
{
	unsigned char *der = NULL;
	int len = i2d_X509(certificate, &der);
	assert_true(len > 0);
	switch (format) {
	case COUNTERFOIL_FORMAT_DER:
		buf_add(out, der, (size_t)len);
		break;
	case COUNTERFOIL_FORMAT_HAPROXY:
		base64_encode(der, (size_t)len, out);
		break;
	case COUNTERFOIL_FORMAT_RFC9440:
		buf_byte(out, ':');
		base64_encode(der, (size_t)len, out);
		buf_byte(out, ':');
		break;
	default:
		write_pem(certificate, format, out);
	}
	OPENSSL_free(der);
	assert_int_equal(buf_check(out), ERR_OK);
}
