/* SPDX-License-Identifier: MIT
 *
 * A heap with no policy, on purpose: no alignment, no bound, no tag, nothing is checked. This is the first allocator that
 * everybody writes, and the lab runs every bug on it to show what silence looks like. Never use it for anything else.
 */
#include "lab/naive.h"

#include "base/string.h"
#include "lab/bugs.h"

unsigned char naive_memory[NAIVE_BYTES + BEHIND_BYTES] __attribute__((aligned(64)));
static uintptr_t pointer;

static void *naive_alloc(size_t size)
{
    uintptr_t block = pointer;
    pointer += size;
    return (void *)block;
}

static void *naive_alloc_aligned(size_t size, size_t align)
{
    pointer = (pointer + align - 1) & ~(align - 1);
    return naive_alloc(size);
}

static void naive_free(void *block)
{
    pointer = (uintptr_t)block;
}

/* ---- The bugs over it ------------------------------------------------------------------------------------------- */

void naive_reset(void)
{
    memset(naive_memory, '.', NAIVE_BYTES);
    memcpy(naive_memory + NAIVE_BYTES, "somebody else's memory, 32 bytes", BEHIND_BYTES);
    pointer = (uintptr_t)naive_memory;
}

long naive_pointer(void)
{
    return (long)(pointer - (uintptr_t)naive_memory);
}

/* Before its init, every word is zero, and so is the first address. */
static void *unborn_alloc(size_t size)
{
    pointer = 0;
    return naive_alloc(size);
}

#define kmalloc(size) naive_alloc(size)
#define kcalloc(count, size) naive_alloc((count) * (size))
#define kmalloc_aligned(size, align) naive_alloc_aligned(size, align)
#define kfree(block) naive_free(block)
#define kheap_alloc(heap, size) unborn_alloc(size)
#define kheap_free(heap, block) naive_free(block)
#define largest() (NAIVE_BYTES - (size_t)naive_pointer())
#define mark() (pointer)
#define release(mark) naive_free((void *)(mark))

static uintptr_t m;

/* As naive_alloc, in the moment in which somebody comes in between its two statements. */
static void *kmalloc_interrupted(size_t size)
{
    uintptr_t block = pointer;
    interrupt();
    pointer += size;
    return (void *)block;
}

static void add_one_interrupted(uint32_t *value)
{
    uint32_t old = *value;
    interrupt();
    *value = old + 1;
}

#define bare_alloc(size) naive_alloc(size)
#define turn_off() machine_interrupts_off()
#define look() ((void)0)
#define work_in_handler() work_for_ticks()
#define do_later() ((void)0)

#include "lab/hands.h"

/* clang-format off */
#define BUG(name, code, see, setup, mistake, next, section, lesson) BUG_FUNCTIONS(name, setup, mistake, next)
#include "lab/bugs.def"
#include "lab/interrupt_bugs.def"
#undef BUG

const struct naive_bug naive_bugs[] = {
#define BUG(name, code, see, setup, mistake, next, section, lesson) { name##_setup, name##_bug, name##_next },
#include "lab/bugs.def"
#include "lab/interrupt_bugs.def"
#undef BUG
};
/* clang-format on */
