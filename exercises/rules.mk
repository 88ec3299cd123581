# SPDX-License-Identifier: MIT
#
# The checks of the exercises, all but the heap that they check: learn links that with them at every save. Not position
# independent, so that an address in a report is one in the program.

LEARN_SOURCES := $(wildcard exercises/check/*.c)
LEARN_CFLAGS := -D_GNU_SOURCE -std=c11 -O1 -g $(WARNINGS) -fno-omit-frame-pointer -fno-pie -iquote exercises

build/learn/%.o: exercises/check/%.c exercises/check/check.h exercises/my_heap.h exercises/rules.mk
	@mkdir -p $(@D)
	@$(CC) $(LEARN_CFLAGS) -c -o $@ $<

build/learn/checks.o: $(LEARN_SOURCES:exercises/check/%.c=build/learn/%.o)
	@ld -r -o $@ $^
