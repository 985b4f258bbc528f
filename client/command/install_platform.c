/* install_platform: which files each platform wants for a client's certificate, and what its settings then say. */
#include "client/command/install.h"

#include <string.h>

enum { LEAF = COUNTERFOIL_CONTENT_CERTIFICATE, PATH_TO_ROOT = COUNTERFOIL_CONTENT_INTERMEDIATES,
       CA = COUNTERFOIL_CONTENT_CA, KEY = COUNTERFOIL_CONTENT_KEY };

/* Every set that has PEM has it: with the intermediates, which not every server sends, and for `peer` and a verifier. */
#define CA_FILE {.name = "ca.pem", .encoding = COUNTERFOIL_ENCODING_PEM_OPEN, .content = CA}
#define CHAIN_FILE {.name = "chain.pem", .encoding = COUNTERFOIL_ENCODING_PEM_OPEN, .content = LEAF | PATH_TO_ROOT}
#define KEY_FILE {.name = "key.pem", .encoding = COUNTERFOIL_ENCODING_PEM_OPEN, .content = KEY}
#define WRITTEN "# Written by counterfoil install. The next set has a file of its own: do not edit.\n"

const struct platform platforms[] = {
	{.word = "nginx",
	 .files = {CHAIN_FILE, KEY_FILE, CA_FILE,
		   {.name = "proxy.conf",
		    .text = WRITTEN "proxy_ssl_certificate {}/chain.pem;\n"
				    "proxy_ssl_certificate_key {}/key.pem;\n"
				    "proxy_ssl_trusted_certificate {}/ca.pem;\n"
				    "proxy_ssl_verify on;\n"
				    "proxy_ssl_verify_depth 2;\n"
				    "proxy_ssl_server_name on;\n"
				    "proxy_ssl_protocols TLSv1.2 TLSv1.3;\n"}},
	 .settings = "include {}/proxy.conf;\n",
	 .where = "nginx.conf, in the server that has proxy_pass https://...",
	 .reload = "nginx -t && nginx -s reload",
	 .open_key = "key.pem"},
	{.word = "apache",
	 /* what Apache reads as one pair may hold no further certificate; it sends those it finds among the CAs */
	 .files = {{.name = "client.pem", .encoding = COUNTERFOIL_ENCODING_PEM_TRADITIONAL, .content = LEAF | KEY}, CA_FILE,
		   {.name = "proxy.conf",
		    .text = WRITTEN "SSLProxyEngine on\n"
				    "SSLProxyMachineCertificateFile {}/client.pem\n"
				    "SSLProxyMachineCertificateChainFile {}/ca.pem\n"
				    "SSLProxyCACertificateFile {}/ca.pem\n"
				    "SSLProxyVerify require\n"
				    "SSLProxyVerifyDepth 2\n"
				    "SSLProxyCheckPeerName on\n"
				    "SSLProxyCheckPeerExpire on\n"
				    "SSLProxyProtocol -all +TLSv1.2 +TLSv1.3\n"}},
	 .settings = "Include {}/proxy.conf\n",
	 .where = "the <VirtualHost> that has ProxyPass ... https://...",
	 .reload = "apachectl configtest && apachectl graceful",
	 .open_key = "client.pem"},
	{.word = "haproxy",
	 .files = {{.name = "client.pem", .encoding = COUNTERFOIL_ENCODING_PEM_OPEN, .content = LEAF | PATH_TO_ROOT | KEY}, CA_FILE},
	 .settings = "server archive HOST:443 ssl crt {}/client.pem ca-file {}/ca.pem verify required verifyhost HOST sni str(HOST) "
		     "ssl-min-ver TLSv1.2\n",
	 .where = "haproxy.cfg, in the backend; HOST is the service's name, twice more so that it is checked",
	 .reload = "haproxy -c -f /etc/haproxy/haproxy.cfg && systemctl reload haproxy",
	 .open_key = "client.pem"},
	{.word = "java",
	 .files = {{.name = "keystore.p12", .encoding = COUNTERFOIL_ENCODING_MODERN},
		   {.name = "truststore.p12", .encoding = COUNTERFOIL_ENCODING_TRUST_STORE},
		   {.name = "java.options",
		    .text = WRITTEN "-Djavax.net.ssl.keyStore={}/keystore.p12\n"
				    "-Djavax.net.ssl.keyStoreType=PKCS12\n"
				    "-Djavax.net.ssl.trustStore={}/truststore.p12\n"
				    "-Djavax.net.ssl.trustStoreType=PKCS12\n"}},
	 .settings = "java @{}/java.options @PASSWORD.options -jar ...\n",
	 .where = "the command that starts the program. PASSWORD.options is a file of your own that only the program's user may "
		  "read, with the line -Djavax.net.ssl.keyStorePassword=...; a program that opens the key store by itself needs "
		  "neither",
	 .reload = "restart the program, or let it read the key store again"},
	{.word = "pem",
	 .files = {{.name = "cert.pem", .encoding = COUNTERFOIL_ENCODING_PEM_OPEN, .content = LEAF}, CHAIN_FILE, CA_FILE, KEY_FILE},
	 .settings = "certificate = {}/chain.pem\nkey = {}/key.pem\nca = {}/ca.pem\n",
	 .where = "the program's settings, by whatever names it has for them",
	 .reload = "restart the program, or let it read the files again",
	 .open_key = "key.pem"},
	{0},
};

enum err platform_find(const char *word, const struct platform **out, struct errbuf *why)
{
	for (const struct platform *p = platforms; p->word; p++) {
		if (strcmp(p->word, word) == 0) {
			*out = p;
			return ERR_OK;
		}
	}
	return fail(why, ERR_USAGE, "the platform is nginx, apache, haproxy, java or pem, not \"%.40s\"", word);
}

void platform_text(const char *text, const char *path, struct buf *out)
{
	for (const char *at; (at = strstr(text, "{}")); text = at + 2) {
		buf_add(out, text, (size_t)(at - text));
		buf_text(out, path);
	}
	buf_text(out, text);
}
