# SPDX-License-Identifier: MIT

.PHONY: test-targets
test-targets: ## the heap's cases on eight processors; TARGET=cortex-m0
	@$(PYTHON) tests/targets/run.py $(TARGET)
