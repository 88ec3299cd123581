/* SPDX-License-Identifier: MIT
 *
 * The loud end: a message, the way that led here, a picture of memory if there is one, and a failing exit status.
 */
#ifndef PANIC_H
#define PANIC_H

#include <stdbool.h>
#include <stdint.h>

/* From here. */
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* From an instruction that an exception or a signal interrupted. */
_Noreturn void panic_at(uintptr_t pc, uintptr_t frame_pointer, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What a panic shows at its end, from now on. */
void panic_shows(void (*picture)(void));

/* Runs act(); a panic in it, an exception above all, is told in one line (unless quiet) and ends act(): true. */
bool panic_caught(void (*act)(void), bool quiet);

/* The callers by name, from this frame up. */
void print_backtrace(uintptr_t frame_pointer);

/* In whose frame on this stack the address lies: an address in that function; 0 where the stack is not in use. */
uintptr_t frame_holder(uintptr_t address);

#endif
