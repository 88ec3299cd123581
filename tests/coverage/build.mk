# SPDX-License-Identifier: MIT
#
# COVERAGE=1, included by the Makefile: heap/ and kernel/ count what they execute, and the kernel's last act is to write
# the counters down. The machine's two ends are wrapped by the linker, so that no other build has a byte of this.
# gcc's own library, from version 12 on, turns counters into .gcda files without a C library.

ifneq ($(findstring clang,$(CC)),)
$(error COVERAGE=1 needs gcc)
endif

# gcc counts into files that it names by the object, so that one is written in its place.
NEW = $@
KEEP = :

# Without optimisation each line and branch is there as it was written, and a function of the heap only once. The
# instrumented build's heap is left out: its checks are branches too.
COUNT := --coverage -fprofile-info-section=gcov_info
COUNT_HEAP := $(if $(SANITIZE),,$(COUNT) -Dalways_inline=noinline -Wno-attributes)
OPTIMISE = $(if $(filter heap/% kernel/%,$<),-O0,-Os)
COMPILE += -iquote tests/coverage -iquote machine/$(MACHINE) \
           $(if $(filter heap/%,$<),$(COUNT_HEAP)) $(if $(filter kernel/%,$<),$(COUNT))

OBJECTS += $(patsubst %,$(BUILD)/%.o,tests/coverage/dump.c $(wildcard machine/$(MACHINE)/coverage/*.c))

$(eval link_kernel = $(value link))
link = $(call link_kernel,$(1),$(2)) -Wl,--wrap=machine_stop,--wrap=machine_restart -lgcov
