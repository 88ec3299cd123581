# SPDX-License-Identifier: MIT
#
# The tiny kernels of the first chapters: a NAME.c behind start.S, or a NAME.S in front of hello.c.

TINY := build/tiny/$(CC_NAME)
COMPILE_TINY = $(CC) -std=c11 -O1 -Wall -Wextra -Werror $(MACHINE_CFLAGS) -Wa,--noexecstack
LINK_TINY := $(if $(findstring clang,$(CC)),ld.lld -m elf_i386 -static,$(CC) -m32 -nostdlib -static -no-pie -Xlinker --build-id=none)
LINK_TINY += -T docs/kernels/link.ld

$(TINY)/settings: FORCE
	@$(call told,$(COMPILE_TINY) $(LINK_TINY))

.PRECIOUS: $(TINY)/%.o
$(TINY)/%.o: docs/kernels/% $(TINY)/settings
	@$(call compiled,$(COMPILE_TINY))

$(TINY)/%.elf: $(TINY)/start.S.o $(TINY)/%.c.o docs/kernels/link.ld
	@$(LINK_TINY) -o $(NEW) $(filter %.o,$^) && $(KEEP)
$(TINY)/%.elf: $(TINY)/%.S.o $(TINY)/hello.c.o docs/kernels/link.ld
	@$(LINK_TINY) -o $(NEW) $(filter %.o,$^) && $(KEEP)

-include $(wildcard $(TINY)/*.d)
