# SPDX-License-Identifier: MIT

.PHONY: bench
bench: ## kheap beside glibc, obstack, mimalloc, jemalloc, tcmalloc, APR, talloc: 4 minutes; QUICK=1 KEEP=1 (for the README)
	@$(PYTHON) bench/bench.py $(if $(QUICK),--quick) $(if $(KEEP),--keep)
