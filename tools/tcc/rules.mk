# SPDX-License-Identifier: MIT
#
# The C compiler of the page in which the heap is written.

.PHONY: tcc
tcc: ## build that C compiler as WebAssembly into build/tcc/
	@tools/tcc/build
