# SPDX-License-Identifier: MIT
#
# How the i386 machine is built: stock gcc without multilib, or clang with lld; no C library. For a 486: what came later
# (cmov) makes neither smaller nor shorter code here, and without it the kernel runs wherever there is 32-bit code.

# The image is small: what nobody calls is left out, nothing is aligned that need not be, and what is built for speed is
# inlined only where it is short.
MACHINE_CFLAGS := -ffunction-sections -ffreestanding -fno-pic -fno-pie -fno-stack-protector -fno-asynchronous-unwind-tables \
                  -mgeneral-regs-only -march=i486 -falign-functions=1 -falign-loops=1
MACHINE_SOURCES := $(wildcard machine/i386/*.c machine/i386/*.S)
LEAVE_OUT :=
LINK_SCRIPT := machine/i386/link.ld

ifneq ($(findstring clang,$(CC)),)
MACHINE_CFLAGS += --target=$(if $(SANITIZE),i386-unknown-linux-gnu,i386-elf) -fno-builtin -fno-jump-tables -fmerge-all-constants -mllvm -inline-threshold=5
link = ld.lld --gc-sections -O2 -m elf_i386 -static -n -T $(LINK_SCRIPT) -o $(1) $(2)
else
MACHINE_CFLAGS += -m32 -falign-jumps=1 -finline-limit=5 -mpreferred-stack-boundary=2 -fno-tree-loop-distribute-patterns
link = $(CC) -m32 -nostdlib -static -no-pie -Wl,--build-id=none,-n,--gc-sections -T $(LINK_SCRIPT) -o $(1) $(2)
endif
