/* SPDX-License-Identifier: MIT
 *
 * The commands of the prompt. Each is a function and a row of the table at the end; adding one is adding both.
 */
#include "base/boot_notes.h"
#include "base/console.h"
#include "base/instrument.h"
#include "base/memory_map.h"
#include "base/options.h"
#include "base/panic.h"
#include "base/print.h"
#include "base/string.h"
#include "interrupts/handler_heap.h"
#include "kernel.h"
#include "lab/bench.h"
#include "lab/crash.h"
#include "lab/demo.h"
#include "lab/lab.h"
#include "lab/workload.h"
#include "machine.h"
#include "memory/events.h"
#include "memory/fault.h"
#include "memory/heap_view.h"
#include "memory/kmalloc.h"
#include "memory/numbers.h"
#include "prompt/interrupt_commands.h"
#include "prompt/shell.h"
#include "prompt/whose.h"

#include <stdint.h>

/* ---- Arguments -------------------------------------------------------------------------------------------------- */

static bool read_size(const char *text, size_t *size)
{
    if (parse_size(text, size))
        return true;
    kprintf("'%s' is not a number; write 100, 0x40, 4K or 1M\n", text);
    return false;
}

/* #N, last, or an address as it stands: whether a block lies there, the heap will say. */
static bool read_block(const char *text, void **block)
{
    size_t value = 0;

    if (strcmp(text, "last") == 0) {
        *block = heap_newest().payload;
        if (*block == NULL)
            heap_tell_none("there is no live block");
        return *block != NULL;
    }
    if (text[0] != '#') {
        bool right = read_size(text, &value);
        *block = (void *)value;
        return right;
    }
    *block = parse_size(text + 1, &value) && value <= UINT32_MAX ? numbered((unsigned)value) : NULL;
    if (*block == NULL)
        kprintf("there is no live block %s; `blocks` lists them\n", text);
    return *block != NULL;
}

static bool find_payload(const struct kheap_block *block, void *context)
{
    struct kheap_block *wanted = context;

    if (block->payload != wanted->payload)
        return true;
    *wanted = *block;
    return false;
}

/* A live block and all that its tag knows of it. */
static bool read_live_block(const char *text, struct kheap_block *block)
{
    const size_t none = SIZE_MAX; /* no block has such a size */

    *block = (struct kheap_block){ .size = none };
    if (!read_block(text, &block->payload))
        return false;
    kheap_walk(&kernel_heap, find_payload, block);
    if (block->size == none)
        kprintf("no live block starts at %s; `blocks` lists them\n", text);
    return block->size != none;
}

/* ---- Getting and giving back ------------------------------------------------------------------------------------ */

/* What the person asked for stands in the tag; what it did to the free pointer is the lesson. */
static bool tell_new(const void *payload, const unsigned char *before)
{
    if (payload == NULL)
        return false;
    unsigned number = event_number_block(payload);
    if (number != 0)
        kprintf("#%u at %p", number, payload);
    else
        kprintf("block without a number at %p", payload);
    kprintf("; free_memory_pointer moved up by %zu to %p\n", (size_t)(kernel_heap.free_memory_pointer - before),
            (void *)kernel_heap.free_memory_pointer);
    return true;
}

static bool cmd_alloc(int count, char **words)
{
    const unsigned char *before = kernel_heap.free_memory_pointer;
    size_t size, align = KHEAP_ALIGN;

    if (!read_size(words[1], &size) || (count > 2 && !read_size(words[2], &align)))
        return false;
    return tell_new(count > 2 ? kmalloc_aligned(size, align) : kmalloc(size), before);
}

static bool cmd_zalloc(int count, char **words)
{
    const unsigned char *before = kernel_heap.free_memory_pointer;
    size_t size;

    (void)count;
    return read_size(words[1], &size) && tell_new(kzalloc(size), before);
}

/* The newest first, until none is left or one is refused. */
static bool free_all(void)
{
    size_t count = kheap_stats(&kernel_heap).blocks;
    unsigned faults = faults_seen();

    for (size_t i = 0; i < count && faults_seen() == faults; i++)
        kfree(heap_newest().payload);
    if (kernel_heap.free_memory_pointer != kernel_heap.heap_start) {
        if (faults_seen() == faults)
            kprintf("the heap is damaged, and no block could be read; `check` tells where\n");
        return false;
    }
    kprintf("%zu block%s freed; the heap is empty\n", count, count == 1 ? "" : "s");
    return true;
}

static bool cmd_free(int count, char **words)
{
    const unsigned char *before = kernel_heap.free_memory_pointer;
    void *block;

    if (count > 1 && strcmp(words[1], "all") == 0)
        return free_all();
    if (!read_block(count > 1 ? words[1] : "last", &block))
        return false;
    if (block == NULL) {
        kprintf("address 0: freeing NULL does nothing\n");
        return true;
    }
    unsigned faults = faults_seen();
    kfree(block);
    if (faults_seen() != faults)
        return false;
    kprintf("free_memory_pointer moved down by %zu to %p\n", (size_t)(before - kernel_heap.free_memory_pointer),
            (void *)kernel_heap.free_memory_pointer);
    return true;
}

static bool cmd_resize(int count, char **words)
{
    void *block;
    size_t size;

    if (!read_block(words[1], &block) || !read_size(words[2], &size))
        return false;
    unsigned faults = faults_seen();
    (void)count;
    if (!kresize(block, size)) {
        if (faults_seen() == faults)
            kprintf("%zu bytes do not fit; the block stays as it was\n", size);
        return false;
    }
    kprintf("%s now has %zu bytes; free_memory_pointer %p\n", words[1], size, (void *)kernel_heap.free_memory_pointer);
    return true;
}

/* ---- Marks ------------------------------------------------------------------------------------------------------ */

#define MOST_MARKS 16

static struct kheap_mark marks[MOST_MARKS];
static size_t mark_count;

static bool cmd_mark(int count, char **words)
{
    (void)count, (void)words;
    if (mark_count == MOST_MARKS) {
        kprintf("%d marks are set; release one first\n", MOST_MARKS);
        return false;
    }
    struct kheap_mark mark = kmark();
    if (mark.position == NULL)
        return false;
    marks[mark_count++] = mark;
    kprintf("mark %zu at %p\n", mark_count, (void *)mark.position);
    return true;
}

/* Also when it is refused the mark is forgotten: it will not become any better. */
static bool cmd_release(int count, char **words)
{
    size_t which = mark_count;

    if (count > 1 && !read_size(words[1], &which))
        return false;
    if (which == 0 || which > mark_count) {
        kprintf(mark_count == 0 ? "no mark is set; `mark` sets one\n" : "there are marks 1 to %zu\n", mark_count);
        return false;
    }
    size_t blocks = kheap_stats(&kernel_heap).blocks;
    unsigned faults = faults_seen();
    mark_count = which - 1;
    krelease(marks[which - 1]);
    if (faults_seen() != faults)
        return false;
    blocks -= kheap_stats(&kernel_heap).blocks;
    kprintf("mark %zu released: %zu block%s given back\n", which, blocks, blocks == 1 ? "" : "s");
    return true;
}

/* ---- Bytes ------------------------------------------------------------------------------------------------------ */

static bool cmd_fill(int count, char **words)
{
    struct kheap_block block;
    size_t length = strlen(words[2]);

    (void)count;
    if (!read_live_block(words[1], &block))
        return false;
    for (size_t i = 0; i < block.size; i++)
        ((char *)block.payload)[i] = words[2][i % length];
    event_add(EVENT_WRITE, block.payload, block.size, 0, __builtin_return_address(0));
    kprintf("%zu bytes at %p filled\n", block.size, block.payload);
    return true;
}

static bool lies_in(uintptr_t start, uintptr_t end, uintptr_t address, size_t length)
{
    return address >= start && address <= end && length <= end - address;
}

/* What stands there is drawn anew when its row changes. */
static bool on_screen(uintptr_t address, size_t length)
{
    struct machine_part screen;

    return machine_part(PART_SCREEN, &screen) && lies_in(screen.start, screen.end, address, length);
}

static bool in_heap(uintptr_t address, size_t length)
{
    return lies_in((uintptr_t)kernel_heap.heap_start - KHEAP_TAG_BYTES, (uintptr_t)kernel_heap.heap_end, address,
                   length);
}

static void tell_no_poke(const void *address)
{
    struct machine_part screen;
    bool none = !machine_part(PART_SCREEN, &screen) || screen.start == screen.end;

    kprintf("%p is not in the heap%s, and poke writes nowhere else%s\n", address, none ? "" : " or on the screen",
            none ? "; no screen here" : "");
}

static bool cmd_peek(int count, char **words)
{
    size_t length = 64;
    void *address;

    if (!read_block(words[1], &address) || (count > 2 && !read_size(words[2], &length)))
        return false;
    if (length == 0 || length > 4096) {
        kprintf("a length from 1 to 4096, please\n");
        return false;
    }
    if (!memory_readable((uintptr_t)address, length) && !on_screen((uintptr_t)address, length)) {
        kprintf("%p to %p is not all memory; `memory` shows what is\n", address, (void *)((uintptr_t)address + length));
        return false;
    }
    heap_print_bytes((uintptr_t)address, length);
    return true;
}

static bool cmd_whose(int count, char **words)
{
    void *address;

    (void)count;
    if (!read_block(words[1], &address))
        return false;
    whose_tell((uintptr_t)address);
    return true;
}

/* Anywhere in the heap, tags and all: what it breaks, the heap has to find. And on the screen, where nothing breaks. */
NO_SANITIZE static bool cmd_poke(int count, char **words)
{
    size_t bytes[8], length = (size_t)count - 2;
    void *address;

    if (!read_block(words[1], &address))
        return false;
    for (int i = 2; i < count; i++)
        if (!read_size(words[i], &bytes[i]) || bytes[i] > 255) {
            kprintf("bytes are numbers from 0 to 255\n");
            return false;
        }
    bool heap = in_heap((uintptr_t)address, length);
    if (!heap && !on_screen((uintptr_t)address, length)) {
        tell_no_poke(address);
        return false;
    }
    for (int i = 2; i < count; i++)
        ((unsigned char *)address)[i - 2] = (unsigned char)bytes[i];
    if (heap)
        event_add(EVENT_WRITE, address, length, 0, __builtin_return_address(0));
    return true;
}

/* ---- Looking ---------------------------------------------------------------------------------------------------- */

/* Of the kernel's heap, or of the other one by its name. */
static bool show_heap(int count, char **words, void (*print)(void))
{
    if (count > 1 && strcmp(words[1], "handlers") != 0) {
        kprintf("%s alone shows the kernel's heap, %s handlers the one of the handlers\n", words[0], words[0]);
        return false;
    }
    if (count > 1) {
        kprintf("the heap of the handlers\n");
        heap_view_of(&handler_heap);
    }
    print();
    heap_view_of(&kernel_heap);
    return true;
}

static bool cmd_map(int count, char **words)
{
    return show_heap(count, words, heap_print_map);
}

/* The number of rows that a person asked for: all, or a number; `most` when they did not say. */
static bool read_count(int count, char **words, size_t *most)
{
    if (count > 1 && strcmp(words[1], "all") == 0)
        *most = SIZE_MAX;
    else if (count > 1 && !read_size(words[1], most))
        return false;
    *most += *most == 0;
    return true;
}

static bool cmd_blocks(int count, char **words)
{
    size_t most = 20;

    if (!read_count(count, words, &most))
        return false;
    heap_print_blocks(most);
    return true;
}

static bool cmd_events(int count, char **words)
{
    size_t most = 20;

    if (!read_count(count, words, &most))
        return false;
    events_print(most);
    return true;
}

static bool cmd_stats(int count, char **words)
{
    return show_heap(count, words, heap_print_stats);
}

static bool cmd_check(int count, char **words)
{
    struct kheap_stats stats = kheap_stats(&kernel_heap);
    uintptr_t freed;

    (void)count, (void)words;
    if (!fault_none_in_heap())
        return false;
    if (!instrument_check_free(&freed)) {
        kprintf("a freed byte was written: %p; somebody kept a stale pointer\n", (void *)freed);
        return false;
    }
    kprintf("%zu block%s walked, floor and words sound: no damage found\n", stats.blocks, stats.blocks == 1 ? "" : "s");
    return true;
}

static bool cmd_memory(int count, char **words)
{
    if (count > 1 && strcmp(words[1], "raw") != 0) {
        kprintf("memory raw shows what the boot loader told\n");
        return false;
    }
    if (count > 1) {
        memory_print_raw();
        return true;
    }
    memory_print();
    kprintf("The kernel ends at %p (_kernel_end). The heap lies in the first usable\n"
            "piece above it that holds the whole of it:\n",
            (void *)memory_kernel().end);
    kprintf("  floor tag %p  heap_start %p  heap_end %p\n", (void *)(kernel_heap.heap_start - KHEAP_TAG_BYTES),
            (void *)kernel_heap.heap_start, (void *)kernel_heap.heap_end);
    return true;
}

/* E04, e04, E4 or 4; I01, i01 or I1. */
static bool cmd_explain(int count, char **words)
{
    size_t code;

    if (count < 2) {
        fault_list();
        return true;
    }
    bool rule = words[1][0] == 'I' || words[1][0] == 'i', letter = rule || words[1][0] == 'E' || words[1][0] == 'e';
    if (!parse_size(words[1] + letter, &code) || code >= RULE_BEGIN ||
        !fault_exists((unsigned)code + rule * RULE_BEGIN)) {
        kprintf("there is no fault '%s'; explain alone lists them\n", words[1]);
        return false;
    }
    fault_explain((unsigned)code + rule * RULE_BEGIN);
    return true;
}

static bool cmd_demo(int count, char **words)
{
    (void)count, (void)words;
    return demo_run(shell_is_interactive());
}

static bool cmd_bug(int count, char **words)
{
    if (count < 2) {
        lab_list();
        return true;
    }
    if (count > 2 && (strcmp(words[1], "levels") != 0 || strcmp(words[2], "interrupts") != 0)) {
        kprintf("bug NAME, bug levels or bug levels interrupts, please\n");
        return false;
    }
    if (strcmp(words[1], "levels") == 0)
        return lab_levels(count > 2);
    return strcmp(words[1], "control") == 0 ? lab_control() : lab_run(words[1]);
}

/* ---- The machine ------------------------------------------------------------------------------------------------ */

static bool cmd_uptime(int count, char **words)
{
    uint64_t ms = machine_milliseconds();

    (void)count, (void)words;
    kprintf("%llu.%03llu seconds since the machine was ready, %llu cycles\n", (unsigned long long)ms / 1000,
            (unsigned long long)ms % 1000, (unsigned long long)machine_cycles());
    return true;
}

static bool cmd_boot(int count, char **words)
{
    (void)count, (void)words;
    machine_tell_before();
    boot_notes_print();
    return true;
}

static bool cmd_workload(int count, char **words)
{
    (void)count, (void)words;
    return workload_run();
}

static bool cmd_bench(int count, char **words)
{
    (void)count, (void)words;
    return bench_run();
}

static bool cmd_clear(int count, char **words)
{
    (void)count, (void)words;
    console_clear();
    return true;
}

static bool cmd_reboot(int count, char **words)
{
    (void)count, (void)words;
    machine_restart();
}

static bool cmd_halt(int count, char **words)
{
    (void)count, (void)words;
    machine_stop(shell_status());
}

static bool cmd_panic(int count, char **words)
{
    if (count < 2)
        panic("asked for at the prompt");
    return crash_run(words[1]);
}

static bool cmd_help(int count, char **words)
{
    for (const struct command *c = commands; c->name != NULL; c++) {
        if (count > 1 && strcmp(c->name, words[1]) != 0)
            continue;
        kprintf("  %s %-*s %s\n", c->name, 34 - (int)strlen(c->name), c->usage, c->help);
        if (count > 1)
            return true;
    }
    if (count > 1)
        kprintf("there is no command '%s'; help alone lists them\n", words[1]);
    return count == 1;
}

const struct command commands[] = {
    { "help", "[COMMAND]", "this list, or one line of it", cmd_help, 0, 1 },
    { "alloc", "SIZE [ALIGN]", "get a block: kmalloc", cmd_alloc, 1, 2 },
    { "zalloc", "SIZE", "get a block of zeros: kzalloc", cmd_zalloc, 1, 1 },
    { "free", "[#N | ADDRESS | last | all]", "give back the last block: kfree", cmd_free, 0, 1 },
    { "resize", "#N|ADDRESS|last SIZE", "change the last block in place", cmd_resize, 2, 2 },
    { "mark", "", "remember this boundary", cmd_mark, 0, 0 },
    { "release", "[MARK]", "give back all above a mark", cmd_release, 0, 1 },
    { "fill", "#N TEXT", "write TEXT over a whole payload", cmd_fill, 2, REST_OF_LINE },
    { "peek", "#N|ADDRESS [LENGTH]", "look at bytes, and whose they are", cmd_peek, 1, 2 },
    { "whose", "#N|ADDRESS", "whose an address is, without a look at it", cmd_whose, 1, 1 },
    { "poke", "ADDRESS BYTE...", "write bytes in the heap, on the screen", cmd_poke, 2, 7 },
    { "map", "[handlers]", "draw the heap to scale", cmd_map, 0, 1 },
    { "blocks", "[COUNT | all]", "list live blocks, newest first", cmd_blocks, 0, 1 },
    { "events", "[COUNT | all]", "what was done to the heap, newest last", cmd_events, 0, 1 },
    { "stats", "[handlers]", "used, free, largest and the rest", cmd_stats, 0, 1 },
    { "check", "", "look for damage in every block", cmd_check, 0, 0 },
    { "memory", "[raw]", "the memory map, and why the heap is there", cmd_memory, 0, 1 },
    { "explain", "[E01 .. E09 | I01 .. I03]", "what a fault means", cmd_explain, 0, 1 },
    { "bug", "[NAME | levels | control]", "the lab: break the heap on purpose", cmd_bug, 0, 2 },
    { "demo", "", "the chapter in nine steps", cmd_demo, 0, 0 },
    { "interrupts", "[off|on SOURCE]", "who may come in between, and how often", cmd_interrupts, 0, 2 },
    { "timer", "[RATE]", "ticks a second, and what waits", cmd_timer, 0, 1 },
    { "every", "MS COMMAND", "run a command every so often", cmd_every, 2, REST_OF_LINE },
    { "after", "MS COMMAND", "run a command once, later", cmd_after, 2, REST_OF_LINE },
    { "cancel", "N | all", "do not run it any more", cmd_cancel, 1, 1 },
    { "wait", "MS", "rest so long, with what comes meanwhile", cmd_wait, 1, 1 },
    { "latency", "[again]", "how long nobody could come in", cmd_latency, 0, 1 },
    { "sweep", "[EVERY]", "an interrupt at each instruction of a call", cmd_sweep, 0, 1 },
    { "storm", "[CALLS [nested | unlocked]]", "heap calls beside the quickest ticks", cmd_storm, 0, 2 },
    { "boot", "", "how this kernel began, stage by stage", cmd_boot, 0, 0 },
    { "uptime", "", "time since the start", cmd_uptime, 0, 0 },
    { "workload", "", "time a fixed piece of work on the heap", cmd_workload, 0, 0 },
    { "bench", "", "cycles of kmalloc and kfree here", cmd_bench, 0, 0 },
    { "clear", "", "clear the screen", cmd_clear, 0, 0 },
    { "reboot", "", "start the machine again", cmd_reboot, 0, 0 },
    { "halt", "", "stop the machine (also Ctrl-D)", cmd_halt, 0, 0 },
    { "panic", "[KIND]", "see a panic; panic list: what can cause it", cmd_panic, 0, 1 },
    { NULL, NULL, NULL, NULL, 0, 0 },
};
