/* SPDX-License-Identifier: MIT
 *
 * The demo: a table of steps, each a few words and a little function that does what they say. It works above a mark and
 * releases it at the end, so it may be started at any time.
 */
#include "lab/demo.h"

#include "base/console.h"
#include "base/instrument.h"
#include "base/memory_map.h"
#include "base/print.h"
#include "memory/events.h"
#include "memory/fault.h"
#include "memory/heap_view.h"
#include "memory/kmalloc.h"
#include "memory/numbers.h"

#include <stddef.h>

static void *first, *second, *third;

static void show_place(void)
{
    kprintf("    _kernel_end %p   heap_start %p\n", (void *)memory_kernel().end, (void *)kernel_heap.heap_start);
}

static void show_words(void)
{
    kprintf("    heap_start %p  free_memory_pointer %p  heap_end %p\n", (void *)kernel_heap.heap_start,
            (void *)kernel_heap.free_memory_pointer, (void *)kernel_heap.heap_end);
}

static void numbered_block(void **slot, void *payload)
{
    *slot = payload;
    if (payload != NULL)
        event_number_block(payload);
}

static void allocate_one(void)
{
    numbered_block(&first, kmalloc(100));
    show_words();
    heap_print_map();
}

static void allocate_more(void)
{
    numbered_block(&second, kmalloc(13));
    numbered_block(&third, kmalloc_aligned(200, 256));
    heap_print_blocks(3);
    heap_print_map();
}

static void ask_too_much(void)
{
    kmalloc(kheap_stats(&kernel_heap).largest + 1);
    show_words();
}

static void free_wrong(void)
{
    kfree(first);
}

static void free_right(void)
{
    kfree(third);
    kfree(second);
    kfree(first);
    show_words();
}

/* A program would not come this far in the instrumented build. */
NO_SANITIZE static void overflow_by_one(void)
{
    unsigned char *block = kmalloc(13);

    if (block == NULL)
        return;
    event_number_block(block);
    block[13] = 'X';
    kfree(block);
    heap_print_bytes((uintptr_t)block, 32);
    block[13] = KHEAP_SLACK_BYTE;
    kfree(block);
}

static const struct {
    const char *title, *text;
    void (*act)(void);
} steps[] = {
    { "Where the heap starts", "Where the kernel ends, free memory begins. The linker knows the place.", show_place },
    { "Three words", "That is all the state there is: where it starts, where it ends, what is free.", show_words },
    { "Allocation moves a pointer", "kmalloc(100): no memory is made. It only stops being free.", allocate_one },
    { "Alignment costs padding", "13 bytes are rounded up to 16; 256-byte alignment leaves a gap in front.",
      allocate_more },
    { "The boundary", "One byte more than fits. The heap compares first, and says what is missing.", ask_too_much },
    { "Only the last block may be freed", "Free the first block while two stand above it: refused, with names.",
      free_wrong },
    { "Newest first", "In reverse order all comes back, padding too: the pointer is where it was.", free_right },
    { "One byte too many", "13 bytes asked for, 14 written. The slack is not as the heap left it.", overflow_by_one },
    { "System without stats, blind system", "Used and free are differences of the three words. They always sum.",
      heap_print_stats },
};

#define STEPS ((int)(sizeof steps / sizeof steps[0]))

/* False when the person has seen enough. */
static bool wait_for_key(void)
{
    console_style(STYLE_FAINT);
    kprintf("any key goes on, q ends the demo ");
    console_style(STYLE_PLAIN);
    int key = console_get();
    kprintf("\n");
    return key != 'q' && key != 'Q' && key != 3;
}

static void run_steps(bool ask)
{
    for (int i = 0; i < STEPS; i++) {
        console_style(STYLE_TITLE);
        kprintf("\n%d of %d  %s\n", i + 1, STEPS, steps[i].title);
        console_style(STYLE_PLAIN);
        kprintf("    %s\n", steps[i].text);
        steps[i].act();
        if (ask && i + 1 < STEPS && !wait_for_key())
            return;
    }
}

bool demo_run(bool ask)
{
    if (!fault_none_in_heap())
        return false;
    struct kheap_mark mark = kmark();
    enum fault_policy policy = fault_set_policy(FAULT_RETURNS);
    run_steps(ask);
    fault_set_policy(policy);
    krelease(mark);
    kprintf("\nThe heap is as it was before the demo.\n");
    return true;
}
