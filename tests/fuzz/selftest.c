/* SPDX-License-Identifier: MIT
 *
 * A target with a bug in it, to see that a find is told.
 */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct input in = { bytes, bytes + length };

    if (next_byte(&in) == 'b' && next_byte(&in) == 'u')
        EXPECT(next_byte(&in), !=, 'g');
    return 0;
}
