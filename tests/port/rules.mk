# SPDX-License-Identifier: MIT

# The kernel is built without what was set here: KEEP means something else there.
.PHONY: port-figures
port-figures: ## what calls cost, and interrupts off; KEEP=1
	@env -u KEEP MAKEFLAGS= $(MAKE) -s build/i386-gcc/minios.elf MACHINE=i386 CC=gcc
	@$(PYTHON) tests/port/figures.py $(if $(KEEP),--keep)
