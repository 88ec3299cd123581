# SPDX-License-Identifier: MIT
#
# Mutants of the heap, against its own cases; but for those that go through so much that a thousand runs would take hours.
# The pair of one file each is mutated, as make amalgamate writes it: so what stands in the private header is, too.

TOO_SLOW := $(addprefix tests/heap/,damage.c large.c model.c pairs.c)
MUTANT_CASES := $(filter-out heap/% $(TOO_SLOW),$(TEST_HEAP_SOURCES))
MUTANTS = $(PYTHON) tests/mutants/mutants.py --source build/mutants/pair/kheap.c --build build/mutants \
          --equivalent tests/mutants/equivalent.txt --object64 $(call test_objects,gcc64,$(MUTANT_CASES)) \
          --object32 $(call test_objects,gcc32,$(MUTANT_CASES))

# What the tool itself is tested on.
quick-programs: $(foreach flavour,gcc64 gcc32,$(call test_objects,$(flavour),tests/mutants/sample/cases.c))

.PHONY: mutants
mutants: build/tests/gcc64/heap build/tests/gcc32/heap build/mutants/pair/kheap.c ## break the heap: do the tests notice? minutes; ONLY=function
	@$(MUTANTS) $(if $(ONLY),--only $(ONLY))

build/mutants/pair/kheap.c: $(wildcard heap/*) package/kheap_brief.c package/amalgamate
	@package/amalgamate $(@D) >/dev/null
