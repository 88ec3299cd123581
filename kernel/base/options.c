/* SPDX-License-Identifier: MIT
 *
 * Reads the kernel's command line, each time anew: it is short, and kept where the machine put it.
 */
#include "base/options.h"

#include "base/console.h"
#include "base/instrument.h"
#include "base/print.h"
#include "base/string.h"
#include "kernel.h"
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

/* One word of the command line: where it is, quotes and all, and without them its name and its value (behind the '='). */
struct word {
    const char *start, *end;
    const char *name;
    const char *value, *value_end;
};

/* Finds the next word from `at` on; false at the end. People quote the value, script="a b", and GRUB the whole word,
 * "script=a b". A quote that is never closed ends with the line. */
static bool next_word(const char *at, struct word *word)
{
    char stop = ' ';

    while (*at == ' ')
        at++;
    if (*at == '\0')
        return false;
    word->start = at;
    if (*at == '"')
        stop = *at++;
    word->name = at;
    while (*at != '\0' && *at != stop && *at != '=')
        at++;
    word->value = at;
    if (*at == '=') {
        if (*++at == '"' && stop == ' ')
            stop = *at++;
        word->value = at;
        while (*at != '\0' && *at != stop)
            at++;
    }
    word->value_end = at;
    word->end = at + (*at == '"');
    return true;
}

static bool is_named(const struct word *word, const char *name)
{
    return starts_with(word->name, name) && word->name[strlen(name)] == '=';
}

const char *option_text(const char *name, size_t *length)
{
    const char *text = NULL;
    struct word word;

    for (const char *at = machine_command_line(); next_word(at, &word); at = word.end)
        if (is_named(&word, name)) {
            text = word.value;
            *length = (size_t)(word.value_end - word.value);
        }
    return text;
}

bool option_size(const char *name, char *value, size_t *size)
{
    size_t length;
    const char *text = option_text(name, &length);

    if (text != NULL) {
        length = length < OPTION_SIZE_MAX ? length : OPTION_SIZE_MAX;
        memcpy(value, text, length);
        value[length] = '\0';
    }
    return strlen(value) < OPTION_SIZE_MAX && parse_size(value, size);
}

bool option_is(const char *name, const char *value)
{
    size_t length;
    const char *text = option_text(name, &length);

    return text != NULL && length == strlen(value) && strncmp(text, value, length) == 0;
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

    if (machine_command_line_is_cut()) {
        kprintf("The command line is too long: %zu bytes of it were kept.\n"
                "The machine stops.\n",
                strlen(machine_command_line()));
        machine_stop(EXIT_NO_START);
    }
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
