/* embed: a file of the tree, compiled into the binary as a NUL-terminated string.
 * EMBED_TEXT(page_intro, "issuer/http/pages/intro.html"); then `page_intro` is a const char []. */
#ifndef BASE_EMBED_H
#define BASE_EMBED_H

#define EMBED_TEXT(symbol, path)                                                                                       \
	__asm__(".pushsection .rodata\n"                                                                               \
		".global " #symbol "\n.hidden " #symbol "\n" #symbol ":\n.incbin \"" path "\"\n.byte 0\n"              \
		".popsection\n");                                                                                      \
	extern const char symbol[]

#endif
