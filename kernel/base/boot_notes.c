/* SPDX-License-Identifier: MIT
 *
 * A short list that only grows.
 */
#include "base/boot_notes.h"

#include "base/clock.h"
#include "base/print.h"
#include "machine.h"

#include <stddef.h>

static struct boot_note notes[MOST_BOOT_NOTES];
static size_t note_count; /* all that came; the first MOST_BOOT_NOTES of them are kept */

void boot_note_put(const struct boot_note *note)
{
    if (note_count < MOST_BOOT_NOTES)
        notes[note_count] = *note;
    note_count++;
}

/* Of the caller's stack two words lie between its end and the frame of the function that it called: the saved frame pointer
 * and the return address. */
void boot_note(const char *stage)
{
    const uintptr_t *frame = __builtin_frame_address(0);

    boot_note_put(
        &(struct boot_note){ stage, machine_cycles(), (uintptr_t)__builtin_return_address(0), (uintptr_t)(frame + 2) });
}

static void print_note(const struct boot_note *note, uint64_t since)
{
    if (note->cycles != 0)
        kprintf("%6llu", (unsigned long long)microseconds(note->cycles - since));
    else
        kprintf("%6s", "-");
    kprintf(note->stack != 0 ? " %-11s %p" : " %-11s none      ", note->stage, (void *)note->stack);
    kprintf(" %p %pS\n", (void *)note->pc, (void *)note->pc);
}

void boot_notes_print(void)
{
    uint64_t since = 0; /* when a clock could first be read */

    kprintf("%6s %-11s %-10s %-10s %s\n", "us", "stage", "stack", "code", "in");
    for (size_t n = 0; n < note_count && n < MOST_BOOT_NOTES; n++) {
        since = since != 0 ? since : notes[n].cycles;
        print_note(&notes[n], since);
    }
    if (note_count > MOST_BOOT_NOTES)
        kprintf("and %zu more, for which there was no room\n", note_count - MOST_BOOT_NOTES);
    kprintf("us: since the clock could first be read\n");
}
