/* SPDX-License-Identifier: MIT
 *
 * The heap with no policy, for the lab: what each bug does where nobody checks.
 */
#ifndef NAIVE_H
#define NAIVE_H

#include <stddef.h>

#define NAIVE_BYTES 64u  /* the heap's own */
#define BEHIND_BYTES 32u /* what lies behind it, and is somebody else's */

/* The heap, and behind it what it should never touch. */
extern unsigned char naive_memory[NAIVE_BYTES + BEHIND_BYTES];

/* As it is before the first call, with text behind it. */
void naive_reset(void);

/* How far its pointer stands from the start. It may be anywhere. */
long naive_pointer(void);

/* One bug over the naive heap: its three parts. */
struct naive_bug {
    void (*setup)(void), (*mistake)(void), (*next)(void);
};

extern const struct naive_bug naive_bugs[];

#endif
