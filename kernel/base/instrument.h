/* SPDX-License-Identifier: MIT
 *
 * The instrumented build (make SANITIZE=1): the compiler puts a check in front of every access, and the kernel's own run
 * time answers it. Both builds have these calls; in the plain one they do nothing (plain/, sanitize/).
 */
#ifndef INSTRUMENT_H
#define INSTRUMENT_H

#include "base/options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* For a function that touches tags, slack or free bytes on purpose. What it calls is still checked. */
#define NO_SANITIZE __attribute__((no_sanitize("kernel-address"), no_sanitize("undefined")))

/* Kinds: overflow, underflow, use after free, unallocated, floor, null pointer, damaged heap, freed memory changed, and
 * those of undefined behaviour, as misaligned access (see ubsan.c). */
struct instrument_report {
    const char *kind; /* NULL when there was no report */
    uintptr_t address;
    size_t size; /* 0 where it is not known */
    bool write;
    uintptr_t pc; /* the return address of the check, which stands directly in front of the access */
};

bool instrument_is_on(void);

/* What is checked, in a line for the boot story; NULL in the plain build. */
const char *instrument_story(void);

/* Options that only this build knows; the last row has no name. */
extern const struct option instrument_options[];

/* Runs act(). A report in it is told (unless quiet), kept in *report, and ends act() before the access: true. Without
 * one: false, and no kind. A report of undefined behaviour does the same. A catch may stand within panic_caught, but none
 * within a catch, and no panic_caught either. */
bool instrument_catch(void (*act)(void), bool quiet, struct instrument_report *report);

/* For who jumps out of a catch by other means, as a caught panic does: that catch is over. */
void instrument_end_catch(void);

/* Between these two nothing is reported: for one who copies whole pieces of the heap, tags and all. They nest. */
void instrument_pause(void);
void instrument_resume(void);
bool instrument_listens(void); /* never in the plain build */

/* The three words or the tags were written past the calls of kmalloc.h: learn anew what is live. */
void instrument_resync(void);

/* Is every freed byte as it was left? Else *address is the lowest that is not. Always true without poison=on. */
bool instrument_check_free(uintptr_t *address);

#endif
