/* SPDX-License-Identifier: MIT
 *
 * The boot, noted while it happens: each stage, when it was reached, and where the processor stood then.
 */
#ifndef BOOT_NOTES_H
#define BOOT_NOTES_H

#include <stdint.h>

struct boot_note {
    const char *stage; /* at most 11 letters */
    uint64_t cycles;   /* 0: nothing could count yet */
    uintptr_t pc;
    uintptr_t stack; /* the stack pointer; 0: there was no stack */
};

/* As many are kept; those that come later are only counted. */
#define MOST_BOOT_NOTES 12

/* This stage is reached, here and now. Costs a look at the clock. The text is not copied. */
void boot_note(const char *stage);

/* The same for one who was there before any call could be made. */
void boot_note_put(const struct boot_note *note);

/* All of them as a table, the first one first. */
void boot_notes_print(void);

#endif
