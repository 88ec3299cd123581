/* SPDX-License-Identifier: MIT
 *
 * What a machine gives beyond machine.h, so that the checks can run in its kernel: a folder hole/ of its own.
 */
#ifndef CONTAINED_H
#define CONTAINED_H

#include <stdint.h>

/* Whoever touches one of the whole pages in between is stopped, from now on. */
void machine_wall_off(uintptr_t start, uintptr_t end);

/* Runs it with the stack that ends at top, so that whatever the processor refuses ends in tell_stop(), on another
 * stack; and what it refuses in there, in break_off_report(). */
_Noreturn void machine_contains(void (*run)(void), void *top);

/* The report was stopped itself: what it had to say is as whole as it will be. */
_Noreturn void break_off_report(void);

/* Where what it contains was, while the machine does something else, such as an interrupt, lies at the end of this stack. */
extern unsigned char hole_kernel_stack[HOLE_STACK];

/* machine_stop() for what is contained. */
_Noreturn void machine_stop_contained(int status);

#endif
