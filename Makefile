# SPDX-License-Identifier: MIT
#
# The work behind ./minios. `make` alone lists the targets. Settings, on the command line:
#
#     MACHINE=i386|host    CC=gcc|clang    HEAP_SIZE=4M    SANITIZE=1    COVERAGE=1    LEARNER=FILE

MACHINE ?= i386
HEAP_SIZE ?= 4M
ifeq ($(origin CC),default)
CC := gcc
endif
PYTHON ?= /usr/bin/python3

# CC may be two words, "ccache gcc": the last one that is no option names the folder.
CC_NAME := $(notdir $(lastword $(filter-out -%,$(CC))))
# SANITIZE=1 makes the instrumented build; what it answers in the kernel is this room.
FLAVOUR := $(if $(SANITIZE),sanitize,plain)
BUILD := $(if $(HOLE),build/hole,build/$(MACHINE)-$(CC_NAME)$(if $(SANITIZE),-sanitize)$(if $(COVERAGE),-coverage)$(if $(LEARNER),-my))
KERNEL := $(BUILD)/minios.elf

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
# The kernel is built for size, the heart of the heap and the checks for speed.
FOR_SIZE := $(if $(SANITIZE),-Os,$(if $(findstring clang,$(CC)),-Oz,-Os))
OPTIMISE = $(if $(filter heap/kheap.c kernel/sanitize/%,$<),-O2,$(FOR_SIZE))
# Functions that happen to be alike stay two, so that a backtrace names the right one.
KEEP_NAMES := $(if $(findstring clang,$(CC)),,-fno-ipa-icf)
CFLAGS = -std=c11 $(OPTIMISE) -g $(WARNINGS) -fno-omit-frame-pointer -fno-optimize-sibling-calls -fno-strict-aliasing \
         -iquote kernel -iquote heap $(if $(SANITIZE),-DINSTRUMENTED) -DHEAP_SIZE=$(HEAP_SIZE) $(KEEP_NAMES) \
         $(if $(LEARNER),-iquote exercises $(if $(filter $(LEARNER),$<),-w))

include machine/$(MACHINE)/machine.mk

# LEARNER=FILE puts another heap into the kernel, one with the calls of exercises/my_heap.h.
# HOLE=1 leaves room for one that is compiled elsewhere, and takes the checks of it along.
HEAP := $(if $(LEARNER),$(LEARNER) $(wildcard exercises/kernel/*.c),$(if $(HOLE), \
        $(wildcard exercises/kernel/*.c exercises/kernel/hole/*.c exercises/check/*.c),$(wildcard heap/*.c)))
ROOMS := kernel $(addprefix kernel/,base memory interrupts prompt lab $(FLAVOUR))
SOURCES := $(HEAP) $(filter-out $(LEAVE_OUT),$(wildcard $(ROOMS:%=%/*.c))) \
           $(MACHINE_SOURCES)
OBJECTS := $(patsubst %,$(BUILD)/%.o,$(SOURCES))

# A call in front of each access; stack and globals are not watched. Left out: what looks at tags and free bytes by its
# trade, the run time itself, string.c, which checks whole ranges, and the machine, which is there before the heap is.
ifneq ($(findstring clang,$(CC)),)
CHECK_CALLS := -fsanitize=kernel-address $(patsubst %,-mllvm -asan-%,stack=0 globals=0 instrumentation-with-call-threshold=0)
else
CHECK_CALLS := -fsanitize=kernel-address $(patsubst %,--param asan-%,stack=0 globals=0 instrumentation-with-call-threshold=0)
endif
include kernel/sanitize/checks.mk
UNDEFINED := $(call undefined_checks,$(CC))
MAY_TOUCH_ALL := heap/%.c kernel/memory/heap_view.c kernel/memory/fault.c
NOT_INSTRUMENTED := kernel/sanitize/%.c kernel/base/string.c machine/% $(BUILD)/% tools/%
INSTRUMENT = $(if $(filter $(NOT_INSTRUMENTED),$<),$(NO_LIBRARY_CALLS) $(if $(filter kernel/%,$<),$(RUN_TIME_CFLAGS)),$(UNDEFINED) \
             $(if $(filter $(MAY_TOUCH_ALL),$<),,$(CHECK_CALLS)))
NO_LIBRARY_CALLS := -fno-builtin $(if $(findstring clang,$(CC)),,-fno-tree-loop-distribute-patterns)

COMPILE = $(CC) $(CFLAGS) $(MACHINE_CFLAGS) $(if $(SANITIZE),$(INSTRUMENT))

ifdef COVERAGE
include tests/coverage/build.mk
endif
ifdef HOLE
include exercises/kernel/hole/build.mk
endif
include tools/whole.mk

.PHONY: help kernel hole run debug test test-all test-programs clean
.DELETE_ON_ERROR:

# By content, not by time: tools/look-first tells why.
ifneq ($(filter-out help clean places uninstall,$(MAKECMDGOALS)),)
LOOKED := $(shell tools/look-first $(if $(filter build/%,$(BUILD)),build,$(BUILD)) \
                  $(wildcard Makefile VERSION heap kernel machine package examples exercises tools tests docs web $(LEARNER)))
$(if $(filter stop,$(LOOKED)),$(error Nothing was built))
.PHONY: $(LOOKED)
endif

help: ## this list
	@echo "make TARGET [MACHINE=i386|host] [CC=gcc|clang] [HEAP_SIZE=4M]"
	@echo "            [SANITIZE=1] [COVERAGE=1]"
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

kernel: $(KERNEL) compile_commands.json ## build minios.elf into build/MACHINE-CC[-sanitize][-coverage]/

hole: ## build/hole/minios.elf, with room for a heap compiled elsewhere
	@$(MAKE) --no-print-directory build/hole/minios.elf HOLE=1

run: kernel ## boot it in this terminal (its own exit status: ./minios run)
	@machine/$(MACHINE)/run $(KERNEL) on_fault=report

debug: kernel ## boot it stopped, with gdb attached and its symbols loaded
	@machine/$(MACHINE)/debug $(KERNEL)

test: ## build and run the quick tests
	@tools/run-tests quick

test-all: ## and the slow ones
	@tools/run-tests all

clean: ## remove everything that was built
	rm -rf build compile_commands.json

# The settings that objects depend on: a changed one rebuilds them. And which objects the kernel is made of.
$(BUILD)/settings: FORCE
	@$(call told,$(COMPILE))
$(BUILD)/parts: FORCE
	@$(call told,$(OBJECTS))
FORCE:

$(BUILD)/%.o: % $(BUILD)/settings Makefile machine/$(MACHINE)/machine.mk
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(call compiled,$(COMPILE))
	@echo '  { "directory": "$(CURDIR)", "file": "$<", "command": "$(COMPILE) -c -o $@ $<" },' > $(NEW).new && \
	    mv $(NEW).new $(@:.o=.json)

# Two links: the second one carries the names of the functions of the first. The table lies behind the code, so no
# address moves; if one did, the link fails here and not in a wrong backtrace.
$(BUILD)/first.elf: $(OBJECTS) $(BUILD)/tools/no-symbols.c.o $(BUILD)/parts $(LINK_SCRIPT)
	@$(call link,$(NEW),$(OBJECTS) $(BUILD)/tools/no-symbols.c.o) && $(KEEP)

$(BUILD)/symbols.c: $(BUILD)/first.elf tools/symbols.awk
	@nm -n $< | awk -f tools/symbols.awk > $(NEW) && $(KEEP)

$(BUILD)/symbols.c.o: $(BUILD)/symbols.c
	@$(COMPILE) -c -o $(NEW) $< && $(KEEP)

$(KERNEL): $(BUILD)/symbols.c.o
	@echo "  LINK  $@"
	@$(call link,$(NEW),$(OBJECTS) $(BUILD)/symbols.c.o) && \
	    nm -n $(NEW) | awk -f tools/symbols.awk | cmp - $(BUILD)/symbols.c && $(KEEP)

compile_commands.json: $(KERNEL)
	@find $(BUILD) -name '*.json' | LC_ALL=C sort | xargs cat | sed -e '1s/^/[\n/' -e '$$s/,$$/\n]/' > $(NEW) && $(KEEP)

-include $(OBJECTS:.o=.d)
-include tests/tests.mk
include package/rules.mk examples/rules.mk bench/rules.mk tools/book/rules.mk tools/tcc/rules.mk exercises/rules.mk \
        tools/tiny.mk
