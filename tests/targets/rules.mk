# SPDX-License-Identifier: MIT

.PHONY: test-targets
test-targets: ## the heap's cases on ARM, RISC-V, PowerPC and s390x, under QEMU: a minute; TARGET=cortex-m0
	@$(PYTHON) tests/targets/run.py $(TARGET)
