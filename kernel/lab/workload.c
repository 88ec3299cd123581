/* SPDX-License-Identifier: MIT
 *
 * The workload: blocks of random sizes come and go, are filled and are read, the same in each run and in each build.
 */
#include "lab/workload.h"

#include "base/print.h"
#include "base/string.h"
#include "machine.h"
#include "memory/fault.h"
#include "memory/kmalloc.h"

#include <stddef.h>
#include <stdint.h>

#define STEPS 20000
#define MOST_BLOCKS 64u
#define MOST_BYTES 256u

static struct {
    unsigned char *payload;
    size_t size;
} blocks[MOST_BLOCKS];

static size_t depth;
static uint32_t state, sum;

/* A linear congruential generator; its high bits are the random ones (Knuth 2, 3.3.4). */
static uint32_t chance(uint32_t below)
{
    state = state * 1664525u + 1013904223u;
    return (state >> 16) % below;
}

static void allocate(void)
{
    size_t size = chance(MOST_BYTES) + 1;

    blocks[depth].size = size;
    blocks[depth++].payload = chance(8) == 0 ? kmalloc_aligned(size, 64) : kmalloc(size);
}

/* Every byte of one block, in words where they lie so. */
static void read_block(size_t which)
{
    const unsigned char *at = blocks[which].payload, *end = at + blocks[which].size;

    for (; end - at >= 4; at += 4)
        sum += *(const uint32_t *)(const void *)at;
    while (at < end)
        sum += *at++;
}

static void step(void)
{
    uint32_t what = chance(4);

    if (depth == 0 || (what == 0 && depth < MOST_BLOCKS)) {
        allocate();
    } else if (what == 1) {
        kfree(blocks[--depth].payload);
    } else {
        size_t which = chance((uint32_t)depth);
        if (what == 2)
            memset(blocks[which].payload, (int)chance(256), blocks[which].size);
        else
            read_block(which);
    }
}

bool workload_run(void)
{
    if (!fault_none_in_heap())
        return false;
    if (kheap_stats(&kernel_heap).largest < MOST_BLOCKS * (MOST_BYTES + 64 + KHEAP_TAG_BYTES)) {
        kprintf("not enough free heap for the workload\n");
        return false;
    }
    state = 1;
    sum = 0;
    uint64_t before = machine_cycles();
    for (int i = 0; i < STEPS; i++)
        step();
    while (depth > 0)
        kfree(blocks[--depth].payload);
    uint64_t took = machine_cycles() - before;
    kprintf("%d steps of the workload: %llu cycles, sum of the bytes read %08x\n", STEPS, (unsigned long long)took,
            sum);
    return true;
}
