/* SPDX-License-Identifier: MIT
 *
 * A panic that goes wrong itself, at whichever character of what it prints: once there, and at each one from there on. What a run
 * prints goes to its standard output; it ends with the status that the machine would have.
 *
 *     panic once|always CHARACTER
 */
#include "base/console.h"
#include "base/context.h"
#include "base/instrument.h"
#include "base/panic.h"
#include "base/print.h"
#include "base/symbols.h"
#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long wrong_at, printed;
static bool always;

void console_put(char c)
{
    putchar(c);
    printed++;
    if (printed == wrong_at || (always && printed > wrong_at))
        panic("no way to print");
}

void console_style(enum style style)
{
    (void)style;
}

_Noreturn void machine_stop(int status)
{
    exit(status);
}

/* The rest of what panic.c needs of the kernel. Every address lies in a function here, and no frame leads up. */
unsigned long machine_interrupts_off(void)
{
    return 0;
}

const char *symbol_of(uintptr_t address, uintptr_t *offset)
{
    *offset = address & 0xF;
    return "function";
}

void context_print(void)
{
    kprintf("    in the handler of timer\n");
}

bool context_is_open(void)
{
    return false;
}

void context_escaped(bool open)
{
    (void)open;
}

void instrument_end_catch(void)
{
}

static void picture(void)
{
    kprintf("the picture\n");
}

int main(int count, char **words)
{
    if (count != 3)
        return 1;
    always = strcmp(words[1], "always") == 0;
    wrong_at = atol(words[2]);
    panic_shows(picture);
    panic("the first");
}
