# SPDX-License-Identifier: MIT

.PHONY: port-figures
port-figures: ## what each call costs: instructions, stack, code; KEEP=1
	@$(PYTHON) tests/port/figures.py $(if $(KEEP),--keep)
