/* SPDX-License-Identifier: MIT
 *
 * What a machine must give, and all that the kernel knows of it. Each machine has a folder below machine/ that implements
 * these calls, starts first, makes itself ready, tells of its memory (memory_add, base/memory_map.h) and then calls kmain().
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* For the boot story, "i386 PC, multiboot 1, loaded by qemu", and behind it, in a line each, what this one lacks. */
const char *machine_name(void);

/* For the command boot: prints what is known of the time before the first instruction. */
void machine_tell_before(void);

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

/* ---- What lies where -------------------------------------------------------------------------------------------- */

struct machine_part {
    uintptr_t start, end; /* end: the first byte behind it */
    const char *name;     /* NULL: the machine does not know it either */
};

/* The parts of the memory that the machine knows: the n-th, or false behind the last one. The first two are always the stack
 * that the kernel runs on and the letters on the screen, without a byte where there are none; of the others, some may overlap,
 * and the first that holds an address counts. */
enum { PART_STACK, PART_SCREEN, PARTS_OF_ALL };
bool machine_part(size_t n, struct machine_part *part);

/* What the processor does not let the kernel do to the byte there, "write" or "touch"; NULL: it lets all pass. */
const char *machine_forbids(uintptr_t address);

/* ---- Time ------------------------------------------------------------------------------------------------------- */

/* Counts up with the processor's work, or with the time that goes by where nothing counts that; 0 while, in the boot, nothing
 * counts yet. And how many of them a second has. */
uint64_t machine_cycles(void);
uint64_t machine_cycles_a_second(void);

/* Since the machine was made ready, by the ticks of its timer: one that was lost is missing here, too. */
uint64_t machine_milliseconds(void);

/* Ticks a second. The slowest and the quickest that the timer can be set to; it takes the nearest that it has. */
enum { TIMER_SLOWEST = 19, TIMER_QUICKEST = 10000 };
void machine_timer_set(unsigned rate);

/* How long ago the tick that is being served was due, in microseconds; -1 where the timer does not tell. */
long machine_timer_late(void);

/* What this machine does of its own at a tick. */
void machine_tick(void);

/* ---- Interrupts ------------------------------------------------------------------------------------------------- */

/* Who may interrupt, on whichever machine. A program raises the last one itself. */
enum source { SOURCE_TIMER, SOURCE_KEYBOARD, SOURCE_TERMINAL, SOURCE_PROGRAM, SOURCES };

/* Where the ordinary code stood when an interrupt came. */
struct interrupted {
    uintptr_t pc, frame_pointer;
};

/* NULL: this machine has it; else why not, in a few words. */
const char *machine_lacks(enum source source);

/* Masked, it is held back; what came meanwhile comes when it is let through again. */
void machine_mask(enum source source, bool yes);

/* Tells whoever delivers interrupts that this one is served: until then that source does not come again. */
void machine_acknowledge(enum source source);
bool machine_is_acknowledged(enum source source);

/* SOURCE_PROGRAM comes: at once, or when interrupts are on again. */
void machine_raise(void);

/* Runs act() one instruction at a time and raises SOURCE_PROGRAM in front of instruction `at`, counted from 1. Gives how many
 * instructions were run so, at most `at`: fewer when act() has no more; 0 where the processor cannot do this. */
unsigned machine_step(void (*act)(void), unsigned at);

/* Off, and what they were before (0: off already); back to that. They nest. */
unsigned long machine_interrupts_off(void);
void machine_interrupts_restore(unsigned long before);

/* ---- The end ---------------------------------------------------------------------------------------------------- */

/* Ends the machine with an exit status where there is somebody to tell; else says that it may be switched off. */
_Noreturn void machine_stop(int status);

/* Starts the machine again from the beginning. */
_Noreturn void machine_restart(void);

#endif
