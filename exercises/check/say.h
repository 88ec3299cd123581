/* SPDX-License-Identifier: MIT
 *
 * The report: `key value` lines for learn.
 */
#ifndef SAY_H
#define SAY_H

#include <stddef.h>

/* At once, so that no crash can lose it. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Into a buffer, cut to its size. */
void format_text(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* What the learner's code prints, LONGEST_SAID - 1 bytes of each call, and only the first lines of it. */
#define MOST_SAID 40
#define LONGEST_SAID 300
void say_for_learner(const char *text);

/* How many columns there are for the pictures, margins and all; 0 for as many as they like. */
void draw_within(size_t width);

#endif
