# SPDX-License-Identifier: MIT

.PHONY: bench
bench: ## kheap beside other heaps: four minutes; QUICK=1 KEEP=1
	@$(PYTHON) bench/bench.py $(if $(QUICK),--quick) $(if $(KEEP),--keep)
