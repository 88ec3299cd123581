# SPDX-License-Identifier: MIT
#
# Everything that counts what it executes: the kernel on each machine, plain and instrumented, and the hosted cases.

COVERAGE_KERNELS := $(foreach machine,i386 host,$(machine)-gcc $(machine)-gcc-sanitize)
COVERAGE_FLAVOURS := gcc64-coverage gcc32-coverage
$(foreach flavour,$(COVERAGE_FLAVOURS),$(eval $(call test_flavour,$(flavour))))
$(COVERAGE_FLAVOURS:%=build/tests/%/obj/heap/%.o): TEST_MORE := -Dalways_inline=noinline -Wno-attributes # as in build.mk

$(COVERAGE_FLAVOURS:%=build/tests/%/obj/%.o): NEW = $@
$(COVERAGE_FLAVOURS:%=build/tests/%/obj/%.o): KEEP = :

.PHONY: coverage coverage-programs $(COVERAGE_KERNELS:%=coverage-%)
coverage: ## which lines and branches do the tests execute? two minutes
	@$(PYTHON) -m pytest -q -p no:cacheprovider tests/test_coverage.py && cat build/coverage-missing

coverage-programs: $(COVERAGE_KERNELS:%=coverage-%) $(foreach name,heap print sanitize,$(COVERAGE_FLAVOURS:%=build/tests/%/$(name)))

$(COVERAGE_KERNELS:%=coverage-%): coverage-%:
	@$(MAKE) -s build/$*-coverage/minios.elf COVERAGE=1 CC=gcc MACHINE=$(firstword $(subst -, ,$*)) \
	         SANITIZE=$(if $(findstring sanitize,$*),1)
