/* SPDX-License-Identifier: MIT
 *
 * The boot, as a table of contents: one call a line, and what it makes possible.
 */
#include "base/boot_notes.h"
#include "base/console.h"
#include "base/instrument.h"
#include "base/memory_map.h"
#include "base/options.h"
#include "base/panic.h"
#include "base/print.h"
#include "interrupts/handler_heap.h"
#include "kernel.h"
#include "machine.h"
#include "memory/fault.h"
#include "memory/heap_view.h"
#include "memory/kmalloc.h"
#include "prompt/shell.h"

static void start_console(void)
{
    console_use_colour(!option_is("color", "off") && !option_is("plain", "on"));
    kprintf("MiniOS on %s\n", machine_name());
    options_complain();
}

static void tell_memory(void)
{
    struct memory_piece kernel = memory_kernel();

    kprintf("  memory  %zu KiB usable\n", memory_usable_bytes() / 1024);
    memory_tell_losses();
    kprintf("  kernel  %p - %p, %zu KiB\n", (void *)kernel.start, (void *)kernel.end,
            (kernel.end - kernel.start + 1023) / 1024);
}

static void tell_heap(void)
{
    kprintf("  heap    %p - %p, %zu bytes, empty\n", (void *)kernel_heap.heap_start, (void *)kernel_heap.heap_end,
            kheap_stats(&kernel_heap).free);
}

static void tell_checks(void)
{
    if (instrument_story() != NULL)
        kprintf("  checks  %s\n", instrument_story());
}

static void choose_fault_policy(void)
{
    bool only_report = option_is("on_fault", "report");

    fault_set_policy(only_report ? FAULT_RETURNS : FAULT_PANICS);
    kprintf("  faults  %s\n", only_report ? "are reported and the prompt comes back (on_fault=report)"
                                          : "end in a panic (on_fault=report would go on)");
}

static void greet(void)
{
    kprintf("Type alloc 100, then map. The command help lists the rest.\n");
}

/* clang-format off */
void kmain(void)
{
    start_console();             /* now we can be heard */
    boot_note("console");
    panic_shows(heap_print_map); /* and a panic ends with the picture of the heap */
    tell_memory();               /* what there is, and what is taken */
    init_heap();                 /* the three words; now kmalloc works */
    boot_note("heap");
    init_handler_heap();         /* a second heap, for those who interrupt */
    boot_note("handlers");
    tell_heap();
    tell_checks();
    choose_fault_policy();       /* loud and dead, or loud and alive */
    greet();
    boot_note("prompt");
    shell();                     /* the rest is up to you */
}
/* clang-format on */
