# SPDX-License-Identifier: MIT
#
# The book: what its pages show is filled in from the source and from runs of the real kernel, and checked.
# PAGE=chapter-4-hands-on-heap-implementation takes one page, in both languages.

BOOK := $(PYTHON) tools/book/book.py

.PHONY: book-update book-check book-twins

book-update: ## refresh what the book quotes and shows; PAGE=faults/E01
	@$(BOOK) update $(PAGE)

book-check: ## does the book agree with source, kernel, itself? PAGE=...
	@$(BOOK) check $(PAGE)

book-twins: ## confirm that both languages say the same; PAGE=...
	@$(BOOK) twins $(PAGE)

# All that the book is made of, with the kernel that the lab boots; and the folders, which alone tell that a page is gone.
# (But not those on top: `kernel` is the name of a target.)
BOOK_SOURCES := docs Makefile $(shell find docs web tools/book tools/tcc heap kernel machine/i386 exercises -mindepth 1 -name .learn -prune -o \
                                      -mindepth 1 -name node_modules -prune -o \
                                      -mindepth 1 -name __pycache__ -prune -o -mindepth 1 -print)

.PHONY: book book-site
book: build/book/complete ## build site, PDFs and EPUBs into build/book/

build/book/complete: $(BOOK_SOURCES)
	@tools/book/build.py

book-site: ## only the site, which is quicker
	@tools/book/build.py site

.PHONY: book-lab
book-lab: build/book/site-complete ## the site, unless it is there already

build/book/site-complete: $(BOOK_SOURCES)
	@tools/book/build.py site
