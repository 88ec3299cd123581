/* SPDX-License-Identifier: MIT
 *
 * Wrong on purpose: a kernel that asks the keyboard between two pieces of work. The keyboard keeps one key, the newest.
 */
#include <stdio.h>
#include <string.h>

static const char typed[] = "kernel"; /* a key every 10 ms */
static unsigned clock_ms;
static char keyboard;

static void work(unsigned milliseconds)
{
    for (; milliseconds > 0; milliseconds--)
        if (++clock_ms % 10 == 0 && clock_ms / 10 <= strlen(typed))
            keyboard = typed[clock_ms / 10 - 1];
}

int main(void)
{
    char seen[sizeof typed] = "";
    size_t count = 0;

    while (clock_ms < 100) {
        work(25);
        if (keyboard != '\0')
            seen[count++] = keyboard;
        keyboard = '\0';
    }
    printf("typed: %s\nseen:  %s\n", typed, seen);
    return strcmp(typed, seen) == 0 ? 0 : 1;
}
