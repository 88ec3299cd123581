/* SPDX-License-Identifier: MIT
 *
 * Styles become the colour sequences that every terminal knows; the rest is handed to the machine.
 */
#include "base/console.h"

#include "machine.h"

#include <stddef.h>

static bool colour;

static const char *const colours[STYLE_COUNT] = {
    [STYLE_PLAIN] = "\033[0m",         [STYLE_PROMPT] = "\033[0;1;32m",  [STYLE_TITLE] = "\033[0;1;37m",
    [STYLE_ERROR] = "\033[0;1;31m",    [STYLE_FAINT] = "\033[0;90m",     [STYLE_BLOCK_ODD] = "\033[0;1;36m",
    [STYLE_BLOCK_EVEN] = "\033[0;33m", [STYLE_PADDING] = "\033[0;1;35m", [STYLE_TAG] = "\033[0;1;37m",
    [STYLE_FREE] = "\033[0;90m",
};

void console_use_colour(bool yes)
{
    colour = yes;
}

/* Text may come from a command line, which holds any byte: no screen gets one that could mean something else to it. */
void console_put(char c)
{
    bool text = (c >= ' ' && c < 127) || c == '\n' || c == '\b';

    machine_put(text ? c : '?');
}

void console_write(const char *text)
{
    while (*text != '\0')
        machine_put(*text++);
}

void console_style(enum style style)
{
    if (colour)
        console_write(colours[style]);
}

void console_clear(void)
{
    if (colour)
        console_write("\033[2J\033[H");
}

static bool (*meanwhile)(void);

void console_meanwhile(bool (*work)(void))
{
    meanwhile = work;
}

int console_get(void)
{
    int byte;

    while ((byte = machine_get()) < 0)
        if (meanwhile == NULL || !meanwhile())
            machine_wait();
    return byte;
}
