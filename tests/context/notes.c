/* SPDX-License-Identifier: MIT
 *
 * A boot with more stages than there is room for. The clock counts from the third one on, a thousand cycles a note.
 *
 *     notes STAGES
 */
#include "base/boot_notes.h"
#include "base/console.h"
#include "base/symbols.h"
#include "machine.h"

#include <stdio.h>
#include <stdlib.h>

void console_put(char c)
{
    putchar(c);
}

const char *symbol_of(uintptr_t address, uintptr_t *offset)
{
    *offset = address & 0xF;
    return "function";
}

uint64_t machine_cycles(void)
{
    static uint64_t asked;

    return ++asked < 3 ? 0 : asked * 1000;
}

uint64_t machine_cycles_a_second(void)
{
    return 1000 * 1000 * 1000;
}

int main(int count, char **words)
{
    if (count != 2)
        return 2;
    for (int n = atoi(words[1]); n > 0; n--)
        boot_note("stage");
    boot_notes_print();
    return 0;
}
