/* SPDX-License-Identifier: MIT
 *
 * What a track of the exercises gives to those who run its checks and tell of a crash. The tracks share them.
 */
#ifndef TRACK_H
#define TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct check {
    const char *name;
    void (*run)(void);
};

/* The checks of step 1, 2, ...; each ends with a row without a name. */
extern const struct check *const steps[];
extern const unsigned step_count;

/* Which step's rules hold. */
extern int level;

/* What was called, how things lay, and the name of the likely mistake; the end of the program. */
_Noreturn void end_report(const char *diagnosis);

/* The mistake that a crash here would come from; the general one where nobody said. */
const char *blamed(const char *general);

/* Told from the nearest known place. */
void name_address(char *text, size_t size, uintptr_t address);

/* The lower half of an address that a heap has to do with, as a mask or a number of 32 bits leaves it? */
bool address_was_cut(uintptr_t address);

#endif
