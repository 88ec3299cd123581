/* SPDX-License-Identifier: MIT
 *
 * What a machine must give, and all that the kernel knows of it. Each machine has a folder below machine/ that implements
 * these calls, starts first, makes itself ready, tells of its memory (memory_add, base/memory_map.h) and then calls kmain().
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdbool.h>
#include <stdint.h>

/* For the boot story, "i386 PC, multiboot 1, loaded by qemu", and behind it, in a line each, what this one lacks. */
const char *machine_name(void);

/* What the boot loader was given for this kernel, copied out of the heap's way; "" when there is none. */
const char *machine_command_line(void);

/* Was there more of it than could be kept? */
bool machine_command_line_is_cut(void);

/* One byte to every screen there is. The kernel sends ASCII, \n, \r, \b and of the ANSI sequences only colours
 * (ESC [ n m), "clear the screen" (ESC [ 2 J) and "home" (ESC [ H). */
void machine_put(char c);

enum { BYTE_LOST = 256 };

/* The next byte that was typed, from 0 to 255, BYTE_LOST in the place of some that came too fast, or -1 when there is none. Keys without a byte of their own come as a
 * terminal sends them: arrow up is ESC [ A. End of input comes as 4 (Ctrl-D). */
int machine_get(void);

/* Rests until a byte may have come, or some milliseconds have passed. Never loses a byte that comes meanwhile. */
void machine_wait(void);

/* Makes misaligned accesses trap from now on, or lets them pass again. False where the processor cannot trap them here. */
bool machine_trap_misaligned(bool yes);

/* Lets whoever looks into the memory from outside know that now is a moment to look: an event was counted. Nothing happens
 * where nobody looks. */
void machine_moment(unsigned char number);

/* Counts up with the processor's work, or with the time that goes by where nothing counts that. */
uint64_t machine_cycles(void);

/* Since the machine was made ready. */
uint64_t machine_milliseconds(void);

/* Off, and what they were before; back to that. They nest. */
unsigned long machine_interrupts_off(void);
void machine_interrupts_restore(unsigned long before);

/* Ends the machine with an exit status where there is somebody to tell; else says that it may be switched off. */
_Noreturn void machine_stop(int status);

/* Starts the machine again from the beginning. */
_Noreturn void machine_restart(void);

#endif
