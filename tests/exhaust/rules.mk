# SPDX-License-Identifier: MIT
#
# Every sequence of operations on a small heap, in both widths at once, until a minute is up; and the same over a heap
# that is broken on purpose, which shows that it is noticed.

include tests/model/rules.mk

EXHAUST_SOURCES := $(MODEL_SOURCES) tests/exhaust/exhaust.c

define exhaust_flavour
build/tests/$1/exhaust: $(call test_objects,$1,$(EXHAUST_SOURCES))
build/tests/$1/exhaust-broken: $(call test_objects,$1,$(EXHAUST_SOURCES) $(BROKEN_SOURCES))
build/tests/$1/exhaust build/tests/$1/exhaust-broken:
	@echo "  LINK  $$@"
	@gcc $(call test_width,$1) $$(if $$(findstring broken,$$@),$$(BROKEN_LINK)) -o $$(NEW) $$^ && $$(KEEP)
-include $(patsubst %.o,%.d,$(call test_objects,$1,$(EXHAUST_SOURCES) $(BROKEN_SOURCES)))
endef
$(foreach flavour,gcc64 gcc32,$(eval $(call exhaust_flavour,$(flavour))))

EXHAUST := build/tests/gcc64/exhaust build/tests/gcc32/exhaust

.PHONY: exhaust
exhaust: $(EXHAUST) ## compare each short sequence of calls with a model: a minute
	@build/tests/gcc32/exhaust 60 & build/tests/gcc64/exhaust 60; status=$$?; wait $$! && exit $$status

quick-programs: build/tests/gcc32/exhaust-broken
test-programs: $(EXHAUST) $(EXHAUST:=-broken)
