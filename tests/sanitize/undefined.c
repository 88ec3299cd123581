/* SPDX-License-Identifier: MIT
 *
 * Undefined behaviours, one a row. This file alone is compiled with the checks of kernel/sanitize/checks.mk, so the
 * compiler itself says what it hands to our handlers; the report is compared word for word up to the place.
 */
#include "base/instrument.h"
#include "case.h"
#include "support.h"

#include <string.h>

static volatile int most = INT32_MAX, least = INT32_MIN, nothing, minus_one = -1, forty = 40, five = 5;
static volatile unsigned three_billion = 3000000000u;
static volatile long long most_long = INT64_MAX;
static volatile signed char small = -128;
static volatile int keep;
static volatile long long keep_long;

static struct {
    int row[4], behind[4];
} table;
static _Alignas(8) unsigned char bytes[16];
static int *volatile null;
static int *volatile odd = (int *)(void *)(bytes + 1);

static void add(void)
{
    keep = most + five;
}

static void subtract(void)
{
    keep = least - five;
}

static void multiply(void)
{
    keep = most * minus_one * five;
}

static void add_long(void)
{
    keep_long = most_long + five;
}

static void negate(void)
{
    keep = -least;
}

static void divide_by_zero(void)
{
    keep = five / nothing;
}

static void divide_least(void)
{
    keep = least / minus_one;
}

static void shift_too_far(void)
{
    keep = 1 << forty;
}

static void shift_negative_count(void)
{
    keep = 1 << minus_one;
}

static void shift_negative_number(void)
{
    keep = minus_one << 1;
}

static void index_behind(void)
{
    table.row[five] = 1;
}

static void index_in_front(void)
{
    table.row[minus_one] = 1;
}

static void read_null(void)
{
    keep = *null;
}

static void write_null(void)
{
    *null = 1;
}

static void read_odd(void)
{
    keep = *odd;
}

static void write_odd(void)
{
    *odd = 1;
}

static void wrap_pointer(void)
{
    static unsigned char *volatile pointer = (unsigned char *)(UINTPTR_MAX - 2);
    pointer = pointer + five;
}

static void bad_bool(void)
{
    static _Bool value;
    memset(&value, 7, 1);
    __asm__ volatile("" : "+m"(value));
    keep = value;
}

static void no_array(void)
{
    char array[minus_one];
    __asm__ volatile("" : : "r"(array) : "memory");
}

static void unreachable(void)
{
    if (five == 5)
        __builtin_unreachable();
}

static void count_zeros_of_zero(void)
{
    keep = __builtin_clz((unsigned)nothing);
}

static __attribute__((nonnull, noinline)) void take(const int *pointer)
{
    __asm__ volatile("" : : "r"(pointer));
}

static void pass_null(void)
{
    take(null);
}

static __attribute__((returns_nonnull, noinline)) int *give(void)
{
    return null;
}

static void return_null(void)
{
    take(give());
}

#ifdef __SIZEOF_INT128__
static volatile __int128 most_wide = (__int128)INT64_MAX << 64;

static void add_wide(void)
{
    most_wide = most_wide + most_wide;
}
#endif

/* ---- Handlers that only other compilers or languages call: called as they would ----------------------------------- */

struct place {
    const char *file;
    uint32_t line, column;
};

static const struct {
    uint16_t kind, info;
    char name[8];
} int_type = { 0, 5 << 1 | 1, "'int *'" };

static const struct {
    struct place place;
    const void *type;
} here = { { "tests/sanitize/undefined.c", 1, 1 }, &int_type };

void __ubsan_handle_missing_return(const void *data);
void __ubsan_handle_alignment_assumption(const void *data, uintptr_t address, uintptr_t align, uintptr_t offset);

static void no_value(void)
{
    __ubsan_handle_missing_return(&here);
}

static void assume_aligned(void)
{
    __ubsan_handle_alignment_assumption(&here, 4100, 64, 4);
}

static void nothing_undefined(void)
{
    keep = (int)(three_billion * three_billion);
    keep = small >> 1;
    table.row[3] = five / minus_one;
}

/* clang-format off */
static const struct {
    void (*act)(void);
    const char *kind, *says;
} rows[] = {
    { add, "integer overflow", "2147483647 + 5 does not fit into 'int'" },
    { subtract, "integer overflow", "-2147483648 - 5 does not fit into 'int'" },
    { multiply, "integer overflow", "-2147483647 * 5 does not fit into 'int'" },
    { add_long, "integer overflow", " 9223372036854775807" },
    { add_long, "integer overflow", " does not fit into 'long long" },
    { negate, "integer overflow", "-(-2147483648) does not fit into 'int'" },
    { divide_by_zero, "division by zero", "5 / 0 in 'int'" },
    { divide_least, "integer overflow", "-2147483648 / -1 in 'int'" },
    { shift_too_far, "bad shift", "1 shifted by 40, too far for 'int'" },
    { shift_negative_count, "bad shift", "1 shifted by -1, a negative count for 'int'" },
    { shift_negative_number, "bad shift", "-1 shifted by 1, a negative number for 'int'" },
    { index_behind, "index out of bounds", "[5] in 'int" },
    { index_in_front, "index out of bounds", "[-1] in 'int" },
    { read_null, "null pointer", "load of 'int' at 0x00000000" },
    { write_null, "null pointer", "store to 'int' at 0x00000000" },
    { read_odd, "misaligned access", "load of 'int' at 0x" },
    { write_odd, "misaligned access", ", no multiple of 4" },
    { wrap_pointer, "pointer overflow", " became 0x00000002" },
    { bad_bool, "invalid value", "7 is no '" },
    { no_array, "array without length", "[-1]" },
    { unreachable, "unreachable code", "it was reached" },
    { count_zeros_of_zero, "invalid value", "0 passed to a function that counts zero bits" },
    { pass_null, "null pointer", "passed where none may be" },
    { return_null, "null pointer", "returned where none may be" },
    { no_value, "missing return", "a function that gives a value ended without one" },
    { assume_aligned, "misaligned access", "0x00001000 is no multiple of 64" },
#ifdef __SIZEOF_INT128__
    { add_wide, "integer overflow", "? + ? does not fit into '__int128'" }, /* the widest that can be shown has 64 bits */
#endif
};

/* What an x86 processor carries out without harm. */
static void (*const harmless[])(void) = { add, subtract, multiply, negate, shift_too_far, index_behind, read_odd,
                                          wrap_pointer, bad_bool, count_zeros_of_zero, pass_null, return_null,
                                          no_value, assume_aligned };
/* clang-format on */

CASE(each_undefined_behaviour_is_told_with_its_values)
{
    struct instrument_report report;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        forget_text();
        bool caught = instrument_catch(rows[i].act, false, &report);
        case_note("row %zu: %s\n%s", i, rows[i].says, text);
        CHECK(caught, ==, true);
        CHECK(strcmp(report.kind, rows[i].kind), ==, 0);
        CHECK(strncmp(text, "UBSan ", 6), ==, 0);
        CHECK(strncmp(text + 6, rows[i].kind, strlen(rows[i].kind)), ==, 0);
        CHECK(strstr(text, rows[i].says) != NULL, ==, true);
        CHECK(strstr(text, "\n    at        tests/sanitize/undefined.c:") != NULL, ==, true);
    }
}

CASE(the_address_and_the_direction_are_kept)
{
    struct instrument_report report;

    CHECK(instrument_catch(write_odd, true, &report), ==, true);
    CHECK(report.address, ==, (uintptr_t)odd);
    CHECK(report.write, ==, true);
    CHECK(instrument_catch(read_odd, true, &report), ==, true);
    CHECK(report.write, ==, false);
    CHECK(bytes[1], ==, 0);
}

CASE(what_is_defined_is_not_told)
{
    struct instrument_report report;

    CHECK(instrument_catch(nothing_undefined, false, &report), ==, false);
}

CASE(in_a_pause_it_is_not_told_and_the_code_goes_on)
{
    struct instrument_report report;

    forget_text();
    instrument_pause();
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
        case_note("row %zu", i);
        CHECK(instrument_catch(harmless[i], false, &report), ==, false);
    }
    instrument_resume();
    CHECK(text[0], ==, 0);
    CHECK(table.row[0] + table.behind[1], ==, 1);
}
