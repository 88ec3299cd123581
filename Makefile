# SPDX-License-Identifier: MIT
#
# The work behind ./minios. `make` alone lists the targets. Settings, on the command line:
#
#     MACHINE=i386|host    CC=gcc|clang    HEAP_SIZE=4M

MACHINE ?= i386
HEAP_SIZE ?= 4M
ifeq ($(origin CC),default)
CC := gcc
endif
PYTHON ?= /usr/bin/python3

BUILD := build/$(MACHINE)-$(notdir $(CC))
KERNEL := $(BUILD)/minios.elf

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
# The kernel is built for size, the heap for speed.
OPTIMISE = $(if $(filter heap/%,$<),-O2,-Os)
# Functions that happen to be alike stay two, so that a backtrace names the right one.
KEEP_NAMES := $(if $(findstring clang,$(CC)),,-fno-ipa-icf)
CFLAGS = -std=c11 $(OPTIMISE) -g $(WARNINGS) -fno-omit-frame-pointer -fno-optimize-sibling-calls -fno-strict-aliasing \
         -iquote kernel -iquote heap -DHEAP_SIZE=$(HEAP_SIZE) $(KEEP_NAMES)

include machine/$(MACHINE)/machine.mk

SOURCES := $(wildcard heap/*.c) $(filter-out $(LEAVE_OUT),$(wildcard kernel/*.c)) $(MACHINE_SOURCES)
OBJECTS := $(patsubst %,$(BUILD)/%.o,$(SOURCES))
COMPILE = $(CC) $(CFLAGS) $(MACHINE_CFLAGS)

.PHONY: help kernel run debug test test-all test-programs clean
.DELETE_ON_ERROR:

help: ## this list
	@echo "make TARGET [MACHINE=i386|host] [CC=gcc|clang] [HEAP_SIZE=4M]"
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

kernel: $(KERNEL) compile_commands.json ## build the kernel into build/MACHINE-CC/minios.elf

run: kernel ## boot it in this terminal (its own exit status: ./minios run)
	@machine/$(MACHINE)/run $(KERNEL) on_fault=report

debug: kernel ## boot it stopped, with gdb attached and its symbols loaded
	@machine/$(MACHINE)/debug $(KERNEL)

test: ## build and run the quick tests, under two minutes
	@tools/run-tests quick

test-all: ## and the slow ones
	@tools/run-tests all

clean: ## remove everything that was built
	rm -rf build compile_commands.json

# The settings that objects depend on: a changed one rebuilds them.
$(BUILD)/settings: FORCE
	@mkdir -p $(@D)
	@echo '$(COMPILE)' | cmp -s - $@ || echo '$(COMPILE)' > $@
FORCE:

$(BUILD)/%.o: % $(BUILD)/settings Makefile machine/$(MACHINE)/machine.mk
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(COMPILE) -MMD -MP -c -o $@ $<
	@echo '  { "directory": "$(CURDIR)", "file": "$<", "command": "$(COMPILE) -c -o $@ $<" },' > $(@:.o=.json)

# Two links: the second one carries the names of the functions of the first. The table lies behind the code, so no
# address moves; if one did, the link fails here and not in a wrong backtrace.
$(BUILD)/first.elf: $(OBJECTS) $(BUILD)/tools/no-symbols.c.o $(LINK_SCRIPT)
	@$(call link,$@,$(OBJECTS) $(BUILD)/tools/no-symbols.c.o)

$(BUILD)/symbols.c: $(BUILD)/first.elf tools/symbols.awk
	@nm -n $< | awk -f tools/symbols.awk > $@

$(BUILD)/symbols.c.o: $(BUILD)/symbols.c
	@$(COMPILE) -c -o $@ $<

$(KERNEL): $(BUILD)/symbols.c.o
	@echo "  LINK  $@"
	@$(call link,$@,$(OBJECTS) $(BUILD)/symbols.c.o)
	@nm -n $@ | awk -f tools/symbols.awk | cmp - $(BUILD)/symbols.c

compile_commands.json: $(KERNEL)
	@find $(BUILD) -name '*.json' | LC_ALL=C sort | xargs cat | sed -e '1s/^/[\n/' -e '$$s/,$$/\n]/' > $@

-include $(OBJECTS:.o=.d)
-include tests/tests.mk
