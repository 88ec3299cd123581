/* SPDX-License-Identifier: MIT
 *
 * What the parts of the i386 machine give each other. The kernel never includes this file.
 */
#ifndef DEVICES_H
#define DEVICES_H

#include <stdbool.h>
#include <stdint.h>

#include "machine.h"
#include "multiboot.h"

/* boot.S */
enum segment { CODE_SEGMENT = 0x08, DATA_SEGMENT = 0x10, MAIN_TASK = 0x18, DOUBLE_FAULT_TASK = 0x20 };
extern uint64_t gdt[];
extern char stack_guard_page[], stack_low[], stack_top[];
void _start(void);

/* What boot.S noted: what the processor can do, when it first read the time stamp counter (0: there is none), and the place
 * from which on there is a stack. */
enum processor_feature { HAS_LARGE_PAGES = 1u << 3, HAS_TIME_STAMP = 1u << 4 };
extern uint32_t processor_features;
extern uint64_t first_cycles;
extern const uintptr_t stack_is_set;

/* link.ld */
extern char _kernel_start[], _text_end[], _rodata_end[], _data_end[], _kernel_end[];

/* COM1. plain: a line ends in \n alone, not in \r\n. Without the chip, all of it does nothing. */
void serial_start(bool plain);
void serial_put(char c);
int serial_get(void);
bool serial_waiting(void);
void serial_drain(void);

/* The text screen. vga_put() changes a copy in RAM; vga_show() brings what changed to the screen. */
void vga_start(void);
void vga_put(char c);
void vga_show(void);
struct machine_part vga_screen(void);

/* The PS/2 keyboard. */
void keyboard_start(void);
int keyboard_get(void);
bool keyboard_waiting(void);
void keyboard_reset_processor(void);

/* What vectors.S saves on the stack, lowest address first. */
struct frame {
    uint32_t edi, esi, ebp, esp_inside, ebx, edx, ecx, eax;
    uint32_t vector;
    uint32_t error;          /* 0 for the vectors that have none */
    uint32_t eip, cs, flags; /* from here on the processor's work */
};

/* The interrupt table, the interrupt controllers and the timer; interrupts are still off when it returns. */
void interrupts_start(void);
void interrupt(struct frame *frame);
void timer_wait(unsigned milliseconds); /* whether interrupts are on or off */

/* What the timer counts down, some 1.2 million a second; in ticks that were served, and all of it. */
uint64_t timer_beats_served(void);
uint64_t timer_beats(void); /* 0 before interrupts_start() */
#define BEATS_A_SECOND 1193182

/* Page tables: every address is its own, and what must not be touched is not there. */
void paging_start(void);
uint32_t paging_directory(void);

/* Processor exceptions and the stack's end; both end in a panic. */
_Noreturn void exception(const struct frame *frame);
void double_fault_start(void);
void stack_guard_start(void);
void stack_guard_check(const struct frame *frame);

#endif
