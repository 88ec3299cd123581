# SPDX-License-Identifier: MIT
#
# The book: what its pages show is filled in from the source and from runs of the real kernel, and checked.
# PAGE=chapter-4-hands-on-heap-implementation takes one page, in both languages.

BOOK := $(PYTHON) tools/book/book.py

.PHONY: book-update book-check book-twins

book-update: ## fill in what the book shows of the source and of the running kernel [PAGE=faults/E01]
	@$(BOOK) update $(PAGE)

book-check: ## does the book agree with the source, the kernel and itself? [PAGE=...]
	@$(BOOK) check $(PAGE)

book-twins: ## confirm that the paragraphs of both languages say the same [PAGE=...]
	@$(BOOK) twins $(PAGE)
