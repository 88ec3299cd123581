/* SPDX-License-Identifier: MIT
 *
 * Reads the kernel's command line, each time anew: it is short, and kept where the machine put it.
 */
#include "base/options.h"

#include "base/console.h"
#include "base/instrument.h"
#include "base/print.h"
#include "base/string.h"
#include "machine.h"

#include <stdint.h>

/* clang-format off */
static const struct option known[] = {
    { "heap", "512K, 4M, ..." },
    { "on_fault", "panic or report" },
    { "script", "\"alloc 100; stats; halt\"" },
    { "color", "on or off" },
    { "plain", "on or off" },
    { "ram", "32M (read by the host machine)" },
    { NULL, NULL },
};
/* clang-format on */

static const struct option *const tables[] = { known, instrument_options };

#define TABLES (sizeof tables / sizeof tables[0])

/* One word of the command line: where it is, and where its value is (behind the '='), without the quotes. */
struct word {
    const char *start, *end;
    const char *value, *value_end;
};

/* Finds the next word from `at` on; false at the end. A quote that is never closed ends with the line. */
static bool next_word(const char *at, struct word *word)
{
    while (*at == ' ')
        at++;
    *word = (struct word){ .start = at };
    while (*at != '\0' && *at != ' ' && *at != '=')
        at++;
    word->end = word->value = word->value_end = at;
    if (*at == '=') {
        char stop = at[1] == '"' ? '"' : ' ';
        at += stop == '"' ? 2 : 1;
        word->value = at;
        while (*at != '\0' && *at != stop)
            at++;
        word->value_end = at;
        word->end = at + (*at == '"');
    }
    return word->start != word->end;
}

static bool is_named(const struct word *word, const char *name)
{
    return starts_with(word->start, name) && word->start[strlen(name)] == '=';
}

bool option_value(const char *name, char *value, size_t size)
{
    bool found = false;
    struct word word;

    for (const char *at = machine_command_line(); next_word(at, &word); at = word.end) {
        if (!is_named(&word, name))
            continue;
        size_t length = (size_t)(word.value_end - word.value);
        length = length < size ? length : size - 1;
        memcpy(value, word.value, length);
        value[length] = '\0';
        found = true;
    }
    return found;
}

bool option_is(const char *name, const char *value)
{
    char given[32];
    return option_value(name, given, sizeof given) && strcmp(given, value) == 0;
}

static bool is_known(const struct word *word)
{
    for (size_t i = 0; i < TABLES; i++)
        for (const struct option *option = tables[i]; option->name != NULL; option++)
            if (is_named(word, option->name))
                return true;
    return false;
}

static void print_known(void)
{
    for (size_t i = 0; i < TABLES; i++)
        for (const struct option *option = tables[i]; option->name != NULL; option++)
            kprintf(" %s=", option->name);
}

void options_complain(void)
{
    struct word word;

    for (const char *at = machine_command_line(); next_word(at, &word); at = word.end)
        if (!is_known(&word)) {
            kprintf("unknown option '%.*s' on the command line; known are", (int)(word.end - word.start), word.start);
            print_known();
            kprintf("\n");
        }
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 'a' ^ 'A';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* K, M or G as a factor; 1 for nothing, 0 for anything else. */
static size_t unit_of(const char *text)
{
    static const char units[] = "KMG";

    if (text[0] == '\0')
        return 1;
    for (unsigned i = 0; units[i] != '\0'; i++)
        if ((text[0] & ~('a' ^ 'A')) == units[i] && text[1] == '\0')
            return (size_t)1 << 10 * (i + 1);
    return 0;
}

bool parse_size(const char *text, size_t *size)
{
    size_t base = text[0] == '0' && (text[1] | 0x20) == 'x' ? 16 : 10;
    size_t number = 0;

    text += base == 16 ? 2 : 0;
    if ((size_t)digit_of(*text) >= base)
        return false;
    for (; (size_t)digit_of(*text) < base; text++) {
        size_t digit = (size_t)digit_of(*text);
        if (number > (SIZE_MAX - digit) / base)
            return false;
        number = number * base + digit;
    }
    size_t unit = unit_of(text);
    if (unit == 0 || number > SIZE_MAX / unit)
        return false;
    *size = number * unit;
    return true;
}
