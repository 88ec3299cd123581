/* SPDX-License-Identifier: MIT
 *
 * Looks up the function that an address lies in, by walking the packed table.
 */
#include "base/symbols.h"

#define LONGEST_NAME 63 /* tools/symbols.awk cuts longer ones */
#define FIRST_PAIR 128

/* Writes what a byte of a name stands for; gives the place behind it. */
static char *unpack(unsigned char code, char *to)
{
    if (code < FIRST_PAIR) {
        *to = (char)code;
        return to + 1;
    }
    const unsigned char *pair = kernel_symbol_pairs[code - FIRST_PAIR];
    return unpack(pair[1], unpack(pair[0], to));
}

static const char *unpack_name(const unsigned char *packed)
{
    static char name[LONGEST_NAME + 1];
    char *to = name;

    while (*packed != 0)
        to = unpack(*packed++, to);
    *to = '\0';
    return name;
}

static uintptr_t read_length(const unsigned char **at)
{
    uintptr_t length = 0;
    unsigned shift = 0;

    do {
        length |= (uintptr_t)(**at & 127) << shift;
        shift += 7;
    } while (*(*at)++ & 128);
    return length;
}

const char *symbol_of(uintptr_t address, uintptr_t *offset)
{
    const unsigned char *at = kernel_symbols;
    uintptr_t length;

    if (address < kernel_symbols_start)
        return NULL;
    for (*offset = address - kernel_symbols_start; (length = read_length(&at)) != 0; *offset -= length) {
        if (*offset < length)
            return unpack_name(at);
        while (*at++ != 0)
            ;
    }
    return NULL;
}
