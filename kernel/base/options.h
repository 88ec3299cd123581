/* SPDX-License-Identifier: MIT
 *
 * The kernel's command line: words of the form name=value, a value with blanks in double quotes.
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

/* Copies the value of an option, cut to size, and says whether it is there. The last one given counts. */
bool option_value(const char *name, char *value, size_t size);

/* Is the option given, with just this value? */
bool option_is(const char *name, const char *value);

/* Tells of each word that is no option of this kernel, in a line each. */
void options_complain(void);

/* 100, 0x40, 4K, 1M, 2G; false when the text is no number or the number does not fit. */
bool parse_size(const char *text, size_t *size);

#endif
