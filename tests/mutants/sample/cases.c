/* SPDX-License-Identifier: MIT
 *
 * The cases of sample.c: good ones, but for forget. */
#include "../../case.h"
#include "sample.h"

void case_end(void)
{
}

CASE(clamped_at_its_edge)
{
    for (unsigned n = 0; n < 200; n++) {
        unsigned value = n;

        CHECK(clamped(&value), ==, n < 100 ? n : 100);
    }
}

CASE(word_bits_in_both_widths)
{
    CHECK(word_bits(), ==, 8 * sizeof(void *));
}

CASE(count_down_to_zero)
{
    CHECK(count_down(0), ==, 0);
    CHECK(count_down(3), ==, 3);
}

/* The words at odd addresses are not zero either. That they must not be read, only a sanitizer sees. */
CASE(is_zero_word_when_aligned)
{
    static const _Alignas(4) unsigned char bytes[] = { 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1 };

    CHECK(is_zero_word(bytes), ==, true);
    CHECK(is_zero_word(bytes + 4), ==, false);
    CHECK(is_zero_word(bytes + 6), ==, false);
}

CASE(length_of_text)
{
    static const char text[] = "seven";

    CHECK(length(text, text + 5), ==, 5);
}

CASE(set_twice_sets)
{
    unsigned n = 3;

    set_twice(&n);
    CHECK(n, ==, 7);
}

CASE(forget_does_something)
{
    unsigned n = 3;

    forget(&n);
    CHECK(n, <, 4);
}
