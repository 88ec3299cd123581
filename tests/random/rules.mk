# SPDX-License-Identifier: MIT
#
# Random programs against the model, in both widths at once; and the same over a heap that is broken on purpose, which
# shows that they find it.

include tests/model/rules.mk

RANDOM_SOURCES := $(MODEL_SOURCES) $(wildcard tests/random/*.c)

define random_flavour
build/tests/$1/random: $(call test_objects,$1,$(RANDOM_SOURCES))
build/tests/$1/random-broken: $(call test_objects,$1,$(RANDOM_SOURCES) $(BROKEN_SOURCES))
build/tests/$1/random build/tests/$1/random-broken:
	@echo "  LINK  $$@"
	@gcc $(call test_width,$1) $$(if $$(findstring broken,$$@),$$(BROKEN_LINK)) -o $$(NEW) $$^ && $$(KEEP)
-include $(patsubst %.o,%.d,$(call test_objects,$1,$(RANDOM_SOURCES) $(BROKEN_SOURCES)))
endef
$(foreach flavour,gcc64 gcc32,$(eval $(call random_flavour,$(flavour))))

RANDOM := build/tests/gcc64/random build/tests/gcc32/random
TIME ?= 60

.PHONY: random
random: $(RANDOM) ## compare random programs with a model; TIME=60 SEED=n
	@seed=$(or $(SEED),$$(date +%s)); \
	build/tests/gcc32/random seconds=$(TIME) seed=$$seed $(START:%=start=%) & \
	build/tests/gcc64/random seconds=$(TIME) seed=$$seed; status=$$?; wait $$! && exit $$status

quick-programs: build/tests/gcc32/random
test-programs: $(RANDOM) $(RANDOM:=-broken)
