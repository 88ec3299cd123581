/* SPDX-License-Identifier: MIT
 *
 * What the fuzzed targets share: the input as a stream of bytes, and the check that ends a run.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* Where targets keep their memory: a fixed address, so that an input does the same each time it is run. */
#define FIXED_START ((uintptr_t)0x10000000)

struct input {
    const uint8_t *at, *end;
};

/* The next byte; 0 behind the last one. */
static inline unsigned next_byte(struct input *input)
{
    return input->at < input->end ? *input->at++ : 0;
}

/* The next two, as a number. */
static inline size_t next_16(struct input *input)
{
    size_t low = next_byte(input);
    return low | (size_t)next_byte(input) << 8;
}

/* EXPECT(left, ==, right) for integers and pointers: what does not hold is printed, and the fuzzer keeps the input. */
#define EXPECT(left, op, right)                                                                                        \
    do {                                                                                                               \
        const uintmax_t left_value = (uintmax_t)(left), right_value = (uintmax_t)(right);                              \
        if (!(left_value op right_value)) {                                                                            \
            fprintf(stderr, "%s:%d: %s: %#jx, %#jx\n", __FILE__, __LINE__, #left " " #op " " #right, left_value,       \
                    right_value);                                                                                      \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

#endif
