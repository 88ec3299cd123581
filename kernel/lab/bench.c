/* SPDX-License-Identifier: MIT
 *
 * The bench: a row of blocks is allocated and freed again, many times over, and the cycles of both halves are counted.
 * What the clock and the loop around the calls take is measured in the same way, with calls that do nothing, and
 * subtracted.
 */
#include "lab/bench.h"

#include "base/print.h"
#include "machine.h"
#include "memory/fault.h"
#include "memory/kmalloc.h"

#include <stddef.h>
#include <stdint.h>

#define ROUNDS 101 /* odd, so that one of them is the median */
#define ROW 16     /* blocks a round: one alone is too quick for the clocks of some machines */
#define DEEPEST 1000
#define ROOM (512u * 1024)

struct work {
    const char *name;
    void *(*get)(size_t size, size_t align);
    void (*give)(void *block);
    size_t size, align;
    unsigned depth; /* so many blocks lie below the ones that are measured */
};

static void *get_nothing(size_t size, size_t align)
{
    return (void *)(size + align);
}

static void give_nothing(void *block)
{
    (void)block;
}

static void *get(size_t size, size_t align)
{
    (void)align;
    return kmalloc(size);
}

static void *get_aligned(size_t size, size_t align)
{
    return kmalloc_aligned(size, align);
}

static void give(void *block)
{
    kfree(block);
}

static void *get_bare(size_t size, size_t align)
{
    (void)align;
    return kheap_alloc(&kernel_heap, size);
}

static void give_bare(void *block)
{
    kheap_free(&kernel_heap, block);
}

static const struct work nothing = { "", get_nothing, give_nothing, 16, KHEAP_ALIGN, 0 };

static const struct work works[] = {
    { "1 byte", get, give, 1, KHEAP_ALIGN, 0 },
    { "16 bytes", get, give, 16, KHEAP_ALIGN, 0 },
    { "100 bytes", get, give, 100, KHEAP_ALIGN, 0 },
    { "256 bytes", get, give, 256, KHEAP_ALIGN, 0 },
    { "100 bytes, aligned to 256", get_aligned, give, 100, 256, 0 },
    { "100 bytes above 1000 blocks", get, give, 100, KHEAP_ALIGN, DEEPEST },
    { "100 bytes, without poison", get_bare, give_bare, 100, KHEAP_ALIGN, 0 },
};

/* Cycles of all rounds: of the halves that allocate, and of those that free. */
static uint32_t gets[ROUNDS], gives[ROUNDS];

/* Nothing may interrupt a round, or its cycles would be counted too. */
static void run_round(const struct work *work, uint32_t *got, uint32_t *gave)
{
    void *blocks[ROW];
    unsigned long before = machine_interrupts_off();
    uint64_t start = machine_cycles();

    for (int i = 0; i < ROW; i++)
        blocks[i] = work->get(work->size, work->align);
    uint64_t middle = machine_cycles();
    for (int i = ROW; i-- > 0;)
        work->give(blocks[i]);
    uint64_t end = machine_cycles();
    machine_interrupts_restore(before);
    *got = (uint32_t)(middle - start);
    *gave = (uint32_t)(end - middle);
}

/* By insertion. */
static void sort(uint32_t *values)
{
    for (int i = 1; i < ROUNDS; i++)
        for (int k = i; k > 0 && values[k - 1] > values[k]; k--) {
            uint32_t larger = values[k - 1];
            values[k - 1] = values[k];
            values[k] = larger;
        }
}

static void run_rounds(const struct work *work)
{
    for (int i = 0; i < ROUNDS; i++)
        run_round(work, &gets[i], &gives[i]);
    sort(gets);
    sort(gives);
}

static void print_cycles(uint32_t row, uint32_t empty)
{
    uint32_t tenths = row > empty ? (row - empty) * 10 / ROW : 0;

    kprintf(" %6u.%u", tenths / 10, tenths % 10);
}

static void print_work(const struct work *work, uint32_t empty_get, uint32_t empty_give)
{
    struct kheap_mark mark = kmark();

    for (unsigned i = 0; i < work->depth; i++)
        kmalloc(16);
    run_rounds(work);
    krelease(mark);
    kprintf("  %-27s", work->name);
    print_cycles(gets[0], empty_get);
    print_cycles(gets[ROUNDS / 2], empty_get);
    print_cycles(gives[0], empty_give);
    print_cycles(gives[ROUNDS / 2], empty_give);
    kprintf("\n");
}

bool bench_run(void)
{
    if (!fault_none_in_heap())
        return false;
    if (kheap_stats(&kernel_heap).largest < ROOM) {
        kprintf("the bench needs %uK of free heap; free something, or start with heap=1M\n", ROOM / 1024);
        return false;
    }
    run_rounds(&nothing);
    uint32_t empty_get = gets[0], empty_give = gives[0];
    kprintf("  %-29s %-17s %s\n  %-27s %8s %8s %8s %8s\n", "cycles a call", "   kmalloc", "   kfree", "", "min",
            "median", "min", "median");
    for (size_t i = 0; i < sizeof works / sizeof works[0]; i++)
        print_work(&works[i], empty_get, empty_give);
    kprintf("  of %d rounds, each %d blocks up and down again\n", ROUNDS, ROW);
    return true;
}
