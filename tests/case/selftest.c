/* SPDX-License-Identifier: MIT
 *
 * Cases with a known end, most of them bad: test_case.py sees to it that a broken test cannot be green. */
#include "../case.h"

#include <stdlib.h>
#include <unistd.h>

static int left_over;

void case_end(void)
{
    CHECK(left_over, ==, 0);
}

CASE(passes)
{
    CHECK(2 + 2, ==, 4);
    CHECK_PTR(&left_over, !=, NULL);
    CHECK_MEM("abc", "abc", 4);
}

CASE(integers_differ)
{
    CHECK(6 * 7, ==, 43);
}

CASE(pointers_differ)
{
    case_note("with a note, %d", 17);
    CHECK_PTR((void *)0x1230, ==, NULL);
}

CASE(memory_differs)
{
    CHECK_MEM("abcdef", "abcxef", 6);
}

CASE(checks_nothing)
{
}

CASE(fails_at_its_end)
{
    CHECK(1, ==, 1);
    left_over = 1;
}

CASE(crashes)
{
    char *volatile nowhere = (char *)8;

    case_note("at step %d", 3);
    CHECK(1, ==, 1);
    *nowhere = 1;
}

CASE(hangs)
{
    CHECK(1, ==, 1);
    sleep(60);
}

CASE(leaves_early)
{
    exit(0);
}
