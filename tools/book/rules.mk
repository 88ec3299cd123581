# SPDX-License-Identifier: MIT
#
# The book: what its pages show is filled in from the source and from runs of the real kernel, and checked.
# PAGE=chapter-4-hands-on-heap-implementation takes one page, in both languages.

BOOK := $(PYTHON) tools/book/book.py

.PHONY: book-update

book-update: ## fill in what the book shows of the source and of the running kernel [PAGE=faults/E01]
	@$(BOOK) update $(PAGE)
