# SPDX-License-Identifier: MIT
#
# The fuzzed targets, build/fuzz/<width>/<target>: libFuzzer, with the sanitizers. `make fuzz` runs them, TIME seconds each,
# two at a time, in the width of FUZZ (clang64 or clang32). What they find stays in build/fuzz/found/, inputs that reach
# something new in build/fuzz/corpus/; `make fuzz-corpus` adds those of them to tests/fuzz/corpus/ that it lacks.

TIME ?= 60
PYTHON ?= /usr/bin/python3
FUZZ ?= clang64
FUZZ_TARGETS := heap prompt boot
# What the quick tests run over the corpora.
FUZZ_TESTED := $(FUZZ_TARGETS:%=build/fuzz/clang64/%) build/fuzz/clang32/heap build/fuzz/clang32/boot \
               build/fuzz/clang64/selftest

FUZZ_HEAP_SOURCES := $(wildcard heap/*.c) tests/fuzz/heap.c
# crash.c breaks the process on purpose, string.c is the C library's here.
FUZZ_PROMPT_SOURCES := $(wildcard heap/*.c) $(filter-out kernel/lab/crash.c kernel/base/string.c,$(wildcard $(patsubst %,kernel/%.c,* base/* memory/* \
                       interrupts/* prompt/* lab/* plain/*))) tools/no-symbols.c machine/host/controller.c tests/fuzz/prompt.c
FUZZ_BOOT_SOURCES := machine/i386/multiboot.c $(patsubst %,kernel/%.c,$(addprefix base/,options console print symbols) \
                     plain/instrument) tools/no-symbols.c tests/fuzz/boot.c

fuzz_width = $(if $(findstring 32,$1),-m32,-m64)
fuzz_objects = $(patsubst %.c,build/fuzz/$1/obj/%.o,$2)

# Not position independent, so that owners, and with them seals, are the same each time.
FUZZ_CFLAGS := -std=c11 -D_GNU_SOURCE -g -O1 -fno-omit-frame-pointer -fno-strict-aliasing -fno-pie -iquote kernel \
               -iquote heap -iquote machine/i386 -iquote machine/host -Wall -Wextra \
               -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror \
               -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
FUZZ_LINK := -no-pie -fsanitize=fuzzer,address,undefined

define fuzz_rules
fuzz_compile_$1 = clang $(call fuzz_width,$1) $(FUZZ_CFLAGS) $$(FUZZ_MORE)
build/fuzz/$1/obj/%.o: %.c tests/fuzz/rules.mk
	@mkdir -p $$(@D)
	@echo "  CC    $$@"
	@$$(call compiled,$$(fuzz_compile_$1))

# The heap's comparisons are not traced: the fuzzer would learn the right seal there, and no stray write knows that.
build/fuzz/$1/obj/heap/%.o: FUZZ_MORE := -fno-sanitize-coverage=trace-cmp
build/fuzz/$1/obj/kernel/%.o build/fuzz/$1/obj/machine/host/%.o: FUZZ_MORE := -include tests/fuzz/state.h -DHEAP_SIZE=32K
# Nor are those of whoever only prints or only works: they tell nothing, and take half of the time.
$(patsubst %,build/fuzz/$1/obj/%.o,kernel/base/print kernel/base/console kernel/lab/workload tests/fuzz/prompt): \
    FUZZ_MORE += -fno-sanitize-coverage=trace-cmp
# One bug of the lab misaligns on purpose.
build/fuzz/$1/obj/kernel/lab/naive.o: FUZZ_MORE += -fno-sanitize=alignment

build/fuzz/$1/heap: $(call fuzz_objects,$1,$(FUZZ_HEAP_SOURCES))
build/fuzz/$1/prompt: $(call fuzz_objects,$1,$(FUZZ_PROMPT_SOURCES)) | build/fuzz/prompt.dict
build/fuzz/$1/boot: $(call fuzz_objects,$1,$(FUZZ_BOOT_SOURCES))
build/fuzz/$1/selftest: $(call fuzz_objects,$1,tests/fuzz/selftest.c)
build/fuzz/$1/heap build/fuzz/$1/prompt build/fuzz/$1/boot build/fuzz/$1/selftest:
	@echo "  LINK  $$@"
	@clang $(call fuzz_width,$1) $(FUZZ_LINK) -o $$(NEW) $$^ && $$(KEEP)

-include $(patsubst %.o,%.d,$(call fuzz_objects,$1,$(FUZZ_HEAP_SOURCES) $(FUZZ_PROMPT_SOURCES) $(FUZZ_BOOT_SOURCES)))
endef
$(foreach width,clang64 clang32,$(eval $(call fuzz_rules,$(width))))

build/fuzz/prompt.dict: tests/fuzz/words.awk kernel/prompt/commands.c kernel/base/options.c kernel/lab/bugs.def kernel/lab/interrupt_bugs.def
	@mkdir -p $(@D)
	@awk -f $^ > $(NEW) && $(KEEP)

test-programs: $(FUZZ_TESTED)

.PHONY: fuzz fuzz-corpus
fuzz: $(FUZZ_TARGETS:%=build/fuzz/$(FUZZ)/%) ## fuzz heap, prompt and boot, TIME=60 seconds each: two minutes
	@$(PYTHON) tests/fuzz/run.py $(FUZZ) $(TIME) $(FUZZ_TARGETS)

fuzz-corpus: $(FUZZ_TARGETS:%=build/fuzz/$(FUZZ)/%) ## keep what the fuzzers found new ways with, a minute
	@$(foreach target,$(FUZZ_TARGETS),mkdir -p build/fuzz/corpus/$(target) && build/fuzz/$(FUZZ)/$(target) -set_cover_merge=1 \
	    -use_counters=0 -detect_leaks=0 tests/fuzz/corpus/$(target) build/fuzz/corpus/$(target) 2>&1 | tail -1 &&) :
