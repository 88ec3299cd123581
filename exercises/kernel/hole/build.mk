# SPDX-License-Identifier: MIT
#
# HOLE=1, included by the Makefile: the kernel with room for a heap that is compiled elsewhere, and with the checks of it.
# All that is wrapped here no other build has a byte of.

ifneq ($(findstring clang,$(CC)),)
$(error HOLE=1 needs gcc)
endif
ifneq ($(SANITIZE)$(COVERAGE)$(LEARNER),)
$(error HOLE=1 is a flavour of its own: without SANITIZE, COVERAGE and LEARNER)
endif
ifeq ($(wildcard machine/$(MACHINE)/hole),)
$(error No kernel of the machine $(MACHINE) has a hole)
endif

# The learner's object calls kprintf, which marks what it prints; the kernel's own kprintf gets another name. The checks
# are what takes the time.
OPTIMISE = $(if $(filter heap/kheap.c exercises/check/%,$<),-O2,$(FOR_SIZE))
HOLE_STACK := 16384
COMPILE += -DHOLE_STACK=$(HOLE_STACK) -iquote exercises -iquote exercises/check -iquote exercises/kernel/hole -iquote machine/$(MACHINE) \
           -Dkprintf=kernel_kprintf

OBJECTS += $(patsubst %,$(BUILD)/%.o,$(wildcard machine/$(MACHINE)/hole/*.[cS]))

$(BUILD)/first.elf: machine/$(MACHINE)/hole/link.ld exercises/kernel/hole/build.mk machine/$(MACHINE)/hole/parts.mk

$(eval link_kernel = $(value link))
# What only somebody outside calls stays too.
CALLED_FROM_OUTSIDE := hole_loop_found hole_stack kprintf memset memmove memcpy memcmp
link = $(call link_kernel,$(1),$(2)) $(CALLED_FROM_OUTSIDE:%=-Wl,-u,%) \
       -Wl,--defsym=hole_stack_end=hole_stack+$(HOLE_STACK),--defsym=hole_kernel_stack_end=hole_kernel_stack+$(HOLE_STACK) \
       -Wl,-T,machine/$(MACHINE)/hole/link.ld $(foreach name,$(WRAPPED),-Wl,--wrap=$(name))
WRAPPED := kmain symbol_of
include machine/$(MACHINE)/hole/parts.mk
