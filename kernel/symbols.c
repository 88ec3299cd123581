/* SPDX-License-Identifier: MIT
 *
 * Looks up the function that an address lies in, by halving the sorted table.
 */
#include "symbols.h"

const char *symbol_of(uintptr_t address, uintptr_t *offset)
{
    size_t low = 0, high = kernel_symbol_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (kernel_symbols[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || kernel_symbols[low - 1].name == NULL)
        return NULL;
    *offset = address - kernel_symbols[low - 1].address;
    return kernel_symbols[low - 1].name;
}
