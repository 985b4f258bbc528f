# docs/: man pages, openapi.yaml, guides. Nothing here is compiled.
MAN_PAGES := $(wildcard docs/man/*.[1-8])
