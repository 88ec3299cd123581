/* SPDX-License-Identifier: MIT
 *
 * The kernel's command line: words of the form name=value, a value with blanks or a whole such word in double
 * quotes.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* An option that is known, and what it may be. */
struct option {
    const char *name;
    const char *values;
};

/* The value of an option where it stands on the command line, and how long it is; NULL when the option is not there. The
 * last one given counts. */
const char *option_text(const char *name, size_t *length);

enum { OPTION_SIZE_MAX = 23 };

/* The value as a size. `value`, of OPTION_SIZE_MAX + 1 bytes, holds what counts when the option is not there, and then
 * what was given, to tell it; false when that is no size. */
bool option_size(const char *name, char *value, size_t *size);

/* Is the option given, with just this value? */
bool option_is(const char *name, const char *value);

/* Tells of each word that is no option of this kernel, in a line each. Without the whole of the command line nobody knows
 * what is wanted: then the machine stops. */
void options_complain(void);

/* 100, 0x40, 4K, 1M, 2G; false when the text is no number or the number does not fit. */
bool parse_size(const char *text, size_t *size);

#endif
