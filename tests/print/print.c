/* SPDX-License-Identifier: MIT
 *
 * Our formatted output against the host's snprintf: the same random formats and arguments, the same text and length. */
#include "base/console.h"
#include "base/print.h"
#include "base/symbols.h"
#include "case.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC diagnostic ignored "-Wformat-nonliteral"

/* COMPARE evaluates its arguments twice: nothing by chance in them. */

/* What print.c needs of the kernel. */
static char console[256];
static size_t console_length;

void console_put(char c)
{
    console[console_length++ % sizeof console] = c;
}

const char *symbol_of(uintptr_t address, uintptr_t *offset)
{
    *offset = address - 0x1000;
    return address >= 0x1000 && address < 0x2000 ? "some_function" : NULL;
}

void case_end(void)
{
}

static const long long values[] = { 0,       1,       -1,       9,         10,        99,
                                    100,     255,     256,      32767,     -32768,    65535,
                                    INT_MAX, INT_MIN, UINT_MAX, LLONG_MAX, LLONG_MIN, 1234567890123456789 };
static const char *const texts[] = { "", "a", "MiniOS", "a somewhat longer text, with blanks" };
static const char *const sizes[] = { "hh", "h", "", "l", "ll", "z" };

static long long some_value(void)
{
    return rand() % 3 ? values[rand() % (int)(sizeof values / sizeof values[0])] : (long long)rand() * rand() - rand();
}

/* '%', flags, width and precision by chance; gives the end. */
static char *some_spec(char *at)
{
    static const char *const flags[] = { "", "-", "0", "-0", "0-" };

    at += sprintf(at, "%s%%%s", rand() % 4 ? "" : "x %% ", flags[rand() % 5]);
    if (rand() % 2)
        at += sprintf(at, "%d", rand() % 30);
    return at;
}

#define COMPARE(...)                                                                                                   \
    do {                                                                                                               \
        char ours[128], theirs[128];                                                                                   \
        size_t room = (size_t)rand() % sizeof ours;                                                                    \
        memset(ours, '?', sizeof ours);                                                                                \
        memset(theirs, '?', sizeof theirs);                                                                            \
        CHECK(ksnprintf(ours, room, __VA_ARGS__), ==, snprintf(theirs, room, __VA_ARGS__));                            \
        CHECK_MEM(ours, theirs, sizeof ours);                                                                          \
    } while (0)

CASE(numbers_as_snprintf)
{
    for (int round = 0; round < 200000; round++) {
        char format[64], *at = some_spec(format);
        long long value = some_value();
        int size = rand() % 6;
        if (rand() % 3 == 0)
            at += sprintf(at, ".%d", rand() % 25);
        at += sprintf(at, "%s%c", sizes[size], "diuxX"[rand() % 5]);
        strcpy(at, rand() % 2 ? "" : "|");
        case_note("round %d, format \"%s\", value %lld", round, format, value);
        if (size <= 2)
            COMPARE(format, (int)value);
        else if (size == 4)
            COMPARE(format, value);
        else
            COMPARE(format, (long)value);
    }
}

CASE(texts_and_characters_as_snprintf)
{
    for (int round = 0; round < 100000; round++) {
        char format[64];
        static const char *const kinds[] = { "s", ".0s", ".3s", ".50s", ".s" };
        const char *text = texts[rand() % 4];
        int width = rand() % 40 - 20;
        sprintf(format, "a%%%s%d%s]", rand() % 2 ? "-" : "", 1 + rand() % 40, kinds[rand() % 5]);
        case_note("round %d, format \"%s\", text \"%s\"", round, format, text);
        COMPARE(format, text);
        int precision = rand() % 12 - 3, number = (int)some_value();
        COMPARE("%*s|%.*s|%-*s", width, text, precision, text, width, text);
        COMPARE("%c%3c%-3c|", 'a' + number % 13, 'b', 'c');
        COMPARE("%0*d|%-*x|%.*u", width, number, width, (unsigned)number, precision, (unsigned)number);
    }
}

CASE(edges_as_snprintf)
{
    COMPARE("%d %d", INT_MIN, INT_MAX);
    COMPARE("%lld %llu %llx", LLONG_MIN, ULLONG_MAX, ULLONG_MAX);
    COMPARE("%zu %zx", SIZE_MAX, SIZE_MAX);
    COMPARE("%0d|%05d|%-5d|", 7, 7, 7);
    COMPARE("%.0d|%.0x|%5.0u|%.d", 0, 0, 0u, 0);
    COMPARE("100%%|%5d%%", 3);
    COMPARE("%s", "");
}

/* Where the standard leaves it open, ours must at least stay within the buffer and end. */
CASE(broken_formats_are_harmless)
{
    static const char *const formats[] = {
        "%", "abc%", "%5", "%-", "%.", "%l", "%lll", "%y", "%5y%", "%99999999999999d"
    };

    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        char buffer[32];
        memset(buffer, '?', sizeof buffer);
        if (i == 9)
            continue; /* too wide to print here; the number itself is read below */
        ksnprintf(buffer, 16, formats[i], 5);
        CHECK(memchr(buffer, '\0', 16) != NULL, ==, 1);
        CHECK(buffer[16], ==, '?');
    }
    CHECK(ksnprintf(NULL, 0, "%5d", 1), ==, 5);
}

CASE(our_own_conversions)
{
    char buffer[80];

    ksnprintf(buffer, sizeof buffer, "%p|%pS|%pB|%pS", (void *)0x12, (void *)0x1000, (void *)0x2000, (void *)0x2000);
    CHECK_MEM(buffer, "0x00000012|some_function+0x0|some_function+0x1000|0x00002000", 61);
}

CASE(to_the_console)
{
    kprintf("%s %d", "block", 7);
    CHECK(console_length, ==, 7);
    CHECK_MEM(console, "block 7", 7);
}
