# SPDX-License-Identifier: MIT
#
# The checks of the exercises, all but the heap that they check: learn links that with them at every save. Not position
# independent, so that an address in a report is one in the program. Stands alone, since that is twice as fast:
# `make -f exercises/rules.mk build/learn-gcc/checks.o CC=gcc`.

LEARN_BUILD := build/learn-$(notdir $(CC))
LEARN_SOURCES := $(wildcard exercises/check/*.c)
LEARN_HEADERS := $(wildcard exercises/check/*.h) exercises/my_heap.h
LEARN_CFLAGS := -D_GNU_SOURCE -std=c11 -O1 -g -Wall -Wextra -Wconversion -Wshadow -Werror -fno-omit-frame-pointer \
                -fno-pie -iquote exercises

# Each file comes into its place whole: a compiler that was killed leaves no half of one that looks up to date.
$(LEARN_BUILD)/%.o: exercises/check/%.c $(LEARN_HEADERS) exercises/rules.mk
	@mkdir -p $(@D)
	@$(CC) $(LEARN_CFLAGS) -c -o $@.new $<
	@mv $@.new $@

$(LEARN_BUILD)/checks.o: $(LEARN_SOURCES:exercises/check/%.c=$(LEARN_BUILD)/%.o)
	@ld -r -o $@.new $^
	@mv $@.new $@
