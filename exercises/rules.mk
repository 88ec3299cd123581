# SPDX-License-Identifier: MIT
#
# The checks of the exercises, all but the code that they check: learn links that with them at every save. Not position
# independent, so that an address in a report is one in the program. Stands alone, since that is twice as fast:
# `make -f exercises/rules.mk build/learn-gcc/checks.o CC=gcc`; checks-interrupts.o are those of the second track.

include tools/whole.mk

LEARN_BUILD ?= build/learn-$(notdir $(lastword $(filter-out -%,$(CC))))
LEARN_SOURCES := $(wildcard exercises/check/*.c exercises/check/linux/*.c)
LEARN_HEADERS := $(wildcard exercises/check/*.h exercises/check/linux/*.h) exercises/my_heap.h
LEARN_CFLAGS := -D_GNU_SOURCE -std=c11 -O1 -g -Wall -Wextra -Wconversion -Wshadow -Werror -fno-omit-frame-pointer \
                -fno-pie -iquote exercises -iquote exercises/check

# What the tracks share, and what the second one has of its own.
SHARED_CHECKS := run say crash linux/main linux/contain linux/home linux/told
INTERRUPTS := exercises/interrupts
INTERRUPTS_SOURCES := $(wildcard $(INTERRUPTS)/check/*.c $(INTERRUPTS)/check/linux/*.c)
INTERRUPTS_HEADERS := $(wildcard $(INTERRUPTS)/*.h $(INTERRUPTS)/check/*.h)

# Alone, it has to look first for itself.
ifeq ($(firstword $(MAKEFILE_LIST)),exercises/rules.mk)
LOOKED := $(shell tools/look-first $(LEARN_BUILD) exercises/check $(INTERRUPTS) exercises/my_heap.h exercises/rules.mk)
$(if $(filter stop,$(LOOKED)),$(error Nothing was built))
.PHONY: $(LOOKED)
endif

$(LEARN_BUILD)/settings: FORCE
	@$(call told,$(CC) $(LEARN_CFLAGS) $(LEARN_SOURCES) $(INTERRUPTS_SOURCES))
FORCE:

$(LEARN_BUILD)/%.o: exercises/check/%.c $(LEARN_HEADERS) exercises/rules.mk $(LEARN_BUILD)/settings
	@mkdir -p $(@D) && $(CC) $(LEARN_CFLAGS) -c -o $(NEW) $< && $(KEEP)

$(LEARN_BUILD)/interrupts/%.o: $(INTERRUPTS)/check/%.c $(LEARN_HEADERS) $(INTERRUPTS_HEADERS) exercises/rules.mk $(LEARN_BUILD)/settings
	@mkdir -p $(@D) && $(CC) $(LEARN_CFLAGS) -iquote $(INTERRUPTS) -iquote $(INTERRUPTS)/check -c -o $(NEW) $< && $(KEEP)

$(LEARN_BUILD)/checks.o: $(LEARN_SOURCES:exercises/check/%.c=$(LEARN_BUILD)/%.o)
$(LEARN_BUILD)/checks-interrupts.o: $(SHARED_CHECKS:%=$(LEARN_BUILD)/%.o) \
                                    $(INTERRUPTS_SOURCES:$(INTERRUPTS)/check/%.c=$(LEARN_BUILD)/interrupts/%.o)
$(LEARN_BUILD)/checks.o $(LEARN_BUILD)/checks-interrupts.o:
	@ld -r -o $(NEW) $^ && $(KEEP)
