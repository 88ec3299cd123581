# SPDX-License-Identifier: MIT
#
# What kmalloc and kfree cost in the booted kernel, in instructions, held against the stored counts of each compiler.

BENCH_COMPILERS := gcc clang

.PHONY: bench-kernel $(BENCH_COMPILERS:%=bench-kernel-%)
bench-kernel: $(BENCH_COMPILERS:%=bench-kernel-%) ## count what kmalloc and kfree cost; 5 % more than before fails

$(BENCH_COMPILERS:%=bench-kernel-%): bench-kernel-%:
	@$(MAKE) -s build/i386-$*/minios.elf MACHINE=i386 CC=$* SANITIZE= COVERAGE=
	@echo "i386, $*"
	@$(PYTHON) tests/bench-kernel/compare.py build/i386-$*/minios.elf tests/bench-kernel/$*.txt \
	    "$$($* --version | head -n 1)"
