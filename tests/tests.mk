# SPDX-License-Identifier: MIT
#
# Builds build/tests/<flavour>/heap, print and multiboot, the cases of the heap, of formatted output and of boot
# information, with every compiler and width, plain and with the sanitizers, and the self-test of the runner. The run time
# of the instrumented kernel (sanitize) is built plain only: it stands in the place of the compiler's own.
# `make test-programs` from the root, or `make -f tests/tests.mk`.

include tools/whole.mk
include kernel/sanitize/checks.mk

TEST_PLAIN := gcc64 gcc32 clang64 clang32
TEST_FLAVOURS := $(TEST_PLAIN) $(TEST_PLAIN:=-asan)
TEST_MODEL_SOURCES := $(filter-out tests/model/told.c,$(wildcard tests/model/*.c))
TEST_HEAP_SOURCES := $(wildcard heap/*.c) tests/case.c $(sort $(wildcard tests/heap/*.c)) $(TEST_MODEL_SOURCES)

TEST_MULTIBOOT_SOURCES := machine/i386/multiboot.c tests/case.c \
                          $(sort $(wildcard tests/multiboot/*.c))
TEST_PRINT_SOURCES := kernel/base/print.c tests/case.c tests/print/print.c
TEST_SANITIZE_SOURCES := $(wildcard heap/*.c) $(patsubst %,kernel/%.c,base/print base/context memory/kmalloc memory/numbers memory/events memory/description) tools/no-symbols.c $(wildcard kernel/sanitize/*.c) \
                         tests/case.c $(wildcard tests/sanitize/*.c)

TEST_CFLAGS := -std=c11 -g -iquote heap -iquote kernel -iquote machine/i386 -iquote tests -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
TEST_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all

test_compiler = $(if $(findstring clang,$1),clang,gcc)
test_width = $(if $(findstring 32,$1),-m32,-m64)
test_mode = $(if $(findstring coverage,$1),-O0 --coverage,$(if $(findstring asan,$1),-O1 $(TEST_SANITIZE),-O2))
test_objects = $(patsubst %.c,build/tests/$1/obj/%.o,$2)

# Both widths, both compilers, with and without the sanitizers: but not each with each.
TEST_QUICK := gcc32 clang64-asan

.PHONY: test-programs quick-programs
quick-programs: $(foreach name,heap print multiboot,$(TEST_QUICK:%=build/tests/%/$(name))) \
                build/tests/gcc32/sanitize build/tests/gcc64/case
test-programs: quick-programs $(TEST_FLAVOURS:%=build/tests/%/heap) $(TEST_FLAVOURS:%=build/tests/%/print) \
               $(TEST_FLAVOURS:%=build/tests/%/multiboot) $(TEST_PLAIN:%=build/tests/%/sanitize) ## build the hosted test programs

# What the programs are made of: a case that was taken away leaves them.
build/tests/parts: FORCE
	@$(call told,$(TEST_HEAP_SOURCES) $(TEST_MULTIBOOT_SOURCES) $(TEST_PRINT_SOURCES) $(TEST_SANITIZE_SOURCES))
FORCE:

define test_flavour
test_compile_$1 = $(call test_compiler,$1) $(call test_width,$1) $(TEST_CFLAGS) $(call test_mode,$1) $$(TEST_MORE)
build/tests/$1/obj/%.o: %.c tests/tests.mk
	@mkdir -p $$(@D)
	@echo "  CC    $$@"
	@$$(call compiled,$$(test_compile_$1))

build/tests/$1/heap: $(call test_objects,$1,$(TEST_HEAP_SOURCES))
build/tests/$1/print: $(call test_objects,$1,$(TEST_PRINT_SOURCES))
build/tests/$1/multiboot: $(call test_objects,$1,$(TEST_MULTIBOOT_SOURCES))
build/tests/$1/obj/tests/sanitize/%.o build/tests/$1/obj/kernel/memory/%.o build/tests/$1/obj/kernel/sanitize/%.o: TEST_MORE += -DINSTRUMENTED
build/tests/$1/obj/tests/sanitize/undefined.o: TEST_MORE += $(call undefined_checks,$1)
build/tests/$1/sanitize: $(call test_objects,$1,$(TEST_SANITIZE_SOURCES))
build/tests/$1/heap build/tests/$1/print build/tests/$1/multiboot build/tests/$1/sanitize: build/tests/parts
	@echo "  LINK  $$@"
	@$(call test_compiler,$1) $(call test_width,$1) $(call test_mode,$1) -o $$(NEW) $$(filter %.o,$$^) && $$(KEEP)

-include $(patsubst %.o,%.d,$(call test_objects,$1,$(TEST_HEAP_SOURCES) $(TEST_PRINT_SOURCES) \
          $(TEST_MULTIBOOT_SOURCES) $(TEST_SANITIZE_SOURCES)))
endef
$(foreach flavour,$(TEST_FLAVOURS),$(eval $(call test_flavour,$(flavour))))

build/tests/gcc64/case: $(call test_objects,gcc64,tests/case.c tests/case/selftest.c)
	@echo "  LINK  $@"
	@gcc -o $(NEW) $^ && $(KEEP)

-include build/tests/gcc64/obj/tests/case/selftest.d

# Each folder of tests that needs more than this brings its own rules.
-include $(wildcard tests/*/rules.mk)
