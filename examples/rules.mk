# SPDX-License-Identifier: MIT
#
# `make examples` builds all of them into build/examples and runs them; each Makefile line is what an own project needs.

EXAMPLES := build/examples
EXAMPLE_HEAP := heap/kheap.c heap/kheap_look.c
FIRMWARE_CFLAGS := -mcpu=cortex-m0 -mthumb -Os -std=c11 -ffreestanding -nostdlib -Wall -Wextra -Werror -Iheap

.PHONY: examples
examples: $(EXAMPLES)/arena $(EXAMPLES)/stack $(EXAMPLES)/firmware.elf $(EXAMPLES)/interrupts.elf ## build the examples and run them: hosted, C++, firmware
	printf 'one two three\nfour five\n' | $(EXAMPLES)/arena
	$(EXAMPLES)/stack
	examples/firmware/run $(EXAMPLES)/firmware.elf
	examples/firmware/run $(EXAMPLES)/interrupts.elf -M mps2-an385 -icount shift=5

$(EXAMPLES)/arena: examples/hosted/arena.c $(wildcard heap/*)
	@mkdir -p $(@D)
	@$(CC) -std=c11 -O2 $(WARNINGS) -Iheap -o $(NEW) $< $(EXAMPLE_HEAP) && $(KEEP)

$(EXAMPLES)/stack: examples/cpp/stack.cpp $(wildcard heap/*)
	@mkdir -p $(@D)
	@$(CC) -std=c11 -O2 -Iheap -nostdlib -r -o $(NEW).o $(EXAMPLE_HEAP) && \
	    $(CXX) -std=c++17 -O2 -Wall -Wextra -Werror -Iheap -o $(NEW) $< $(NEW).o && $(KEEP) && rm $(NEW).o

FIRMWARE := $(addprefix examples/firmware/, board.c board.h link.ld) $(wildcard heap/*)

$(EXAMPLES)/firmware.elf: examples/firmware/main.c $(FIRMWARE)
$(EXAMPLES)/interrupts.elf: examples/firmware/interrupts.c $(FIRMWARE)
$(EXAMPLES)/firmware.elf $(EXAMPLES)/interrupts.elf:
	@mkdir -p $(@D)
	@arm-none-eabi-gcc $(FIRMWARE_CFLAGS) -T examples/firmware/link.ld -o $(NEW) $< examples/firmware/board.c $(EXAMPLE_HEAP) -lgcc && $(KEEP)
