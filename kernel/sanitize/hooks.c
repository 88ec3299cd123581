/* SPDX-License-Identifier: MIT
 *
 * The heap's side of the instrumented build: keeps the shadow in line, looks after freed bytes (poison=on) and never
 * hands out an address twice (reuse=off).
 *
 * With reuse=off the free pointer still goes down on each free. The next allocation first takes all that was ever
 * handed out above it as one block, the quarantine, and then its own block behind that:
 *
 *      ... ][ quarantine | tag ][ payload | tag ] |<- free, never used
 *
 * When the block on top of a quarantine is freed, the quarantine is freed with it. So the heap's own rules stay: the
 * last block goes first, and an allocation and its free restore the three words.
 */
#include "memory/hooks.h"

#include "base/instrument.h"
#include "base/memory_map.h"
#include "base/string.h"
#include "memory/kmalloc.h"
#include "sanitize/freed.h"
#include "sanitize/report.h"
#include "sanitize/shadow.h"

const struct option instrument_options[] = {
    { "poison", "on or off" },
    { "reuse", "on or off" },
    { NULL, NULL },
};

static bool poison_is_on, reuse_is_off;

unsigned char *high_water;

/* Where the free pointer stood when the shadow was last in line. */
static unsigned char *top;

/* ---- The shadow ------------------------------------------------------------------------------------------------- */

/* The shadow lies behind the heap, in the same piece of memory, so the heap lies where it always does. */
void *heap_place(size_t size, size_t *largest)
{
    size_t both = size < SIZE_MAX / 2 ? size + shadow_size(size) : SIZE_MAX;
    unsigned char *memory = memory_place(both, largest);

    if (memory != NULL)
        shadow.bytes = memory + size;
    *largest = *largest > shadow_size(0) ? (*largest - shadow_size(0)) / (GRANULE + 1) * GRANULE : 0;
    return memory;
}

void heap_made(void)
{
    size_t bytes = (size_t)(kernel_heap.heap_end - kernel_heap.heap_start) + KHEAP_TAG_BYTES;

    poison_is_on = option_is("poison", "on");
    reuse_is_off = option_is("reuse", "off");
    memset(shadow.bytes, 0, shadow_size(bytes));
    shadow.start = (uintptr_t)kernel_heap.heap_start - KHEAP_TAG_BYTES;
    shadow.length = bytes;
    high_water = top = kernel_heap.free_memory_pointer;
    shadow_set((void *)shadow.start, kernel_heap.heap_start, SHADOW_FLOOR);
    shadow_set(kernel_heap.heap_start, kernel_heap.heap_end, SHADOW_FREE);
}

static void fill(unsigned char *from, size_t size)
{
    instrument_pause();
    memset(from, KHEAP_FREED_BYTE, size);
    instrument_resume();
}

static void move_top(void)
{
    top = kernel_heap.free_memory_pointer;
    high_water = top > high_water ? top : high_water;
}

static bool note_block(const struct kheap_block *block, void *context)
{
    (void)context;
    if (block->owner == quarantine_owner && quarantine_owner != NULL)
        shadow_set(block->payload, (unsigned char *)block->payload + block->size, SHADOW_FREE);
    else
        shadow_set_block((unsigned char *)block->payload - block->gap, block->payload, block->size);
    return true;
}

void instrument_resync(void)
{
    move_top();
    shadow_set(top, high_water, SHADOW_FREE);
    shadow_set(kernel_heap.heap_start, top, SHADOW_TAG);
    kheap_walk(&kernel_heap, note_block, NULL);
    if (poison_is_on)
        fill(top, (size_t)(high_water - top));
}

/* ---- poison=on -------------------------------------------------------------------------------------------------- */

/* The lowest byte of freed memory that is not as it was left; `to` when all are. */
static const unsigned char *changed_byte(const unsigned char *from, const unsigned char *to)
{
    while (from < to && *from == KHEAP_FREED_BYTE)
        from++;
    return from;
}

static bool quarantine_sound(const struct kheap_block *block, void *context)
{
    const unsigned char *end = (unsigned char *)block->payload + block->size;
    const unsigned char *at = block->owner == quarantine_owner ? changed_byte(block->payload, end) : end;

    if (at != end)
        *(uintptr_t *)context = (uintptr_t)at;
    return true;
}

bool instrument_check_free(uintptr_t *address)
{
    uintptr_t lowest = 0;

    if (!poison_is_on)
        return true;
    const unsigned char *at = changed_byte(kernel_heap.free_memory_pointer, high_water);
    if (at < high_water)
        lowest = (uintptr_t)at;
    if (quarantine_owner != NULL)
        kheap_walk(&kernel_heap, quarantine_sound, &lowest);
    *address = lowest;
    return lowest == 0;
}

/* What the next block takes, or a little more. */
static void check_poison(size_t size, size_t align, const void *pc, const void *frame)
{
    const unsigned char *from = kernel_heap.free_memory_pointer, *to = high_water;
    size_t most = align + 2 * KHEAP_ALIGN + KHEAP_TAG_BYTES;

    if (to > from && size < SIZE_MAX - most && size + most < (size_t)(to - from))
        to = from + size + most;
    const unsigned char *at = changed_byte(from, to);
    if (at < to && report_begin())
        report_changed((uintptr_t)at, pc, frame);
}

/* ---- reuse=off -------------------------------------------------------------------------------------------------- */

/* Not inlined, so that the owner of the block is told by this name. */
static __attribute__((noinline)) void quarantine(void)
{
    size_t bytes = (size_t)(high_water - kernel_heap.free_memory_pointer);
    size_t payload = bytes > KHEAP_TAG_BYTES ? bytes - KHEAP_TAG_BYTES : 0;

    if (kheap_try_alloc(&kernel_heap, payload, KHEAP_ALIGN) == NULL)
        return;
    quarantine_owner = heap_newest().owner;
    move_top();
    shadow_set(top - KHEAP_TAG_BYTES, top, SHADOW_TAG);
}

/* A quarantine never stays on top. */
static void drop_quarantine(void)
{
    unsigned char *before = kernel_heap.free_memory_pointer;
    struct kheap_block newest = heap_newest();

    if (quarantine_owner == NULL || newest.owner != quarantine_owner)
        return;
    kheap_free(&kernel_heap, newest.payload);
    before -= KHEAP_TAG_BYTES;
    shadow_set(before, before + KHEAP_TAG_BYTES, SHADOW_FREE);
    fill(before, KHEAP_TAG_BYTES);
}

/* ---- What kmalloc calls ----------------------------------------------------------------------------------------- */

void heap_before_alloc(size_t size, size_t align)
{
    if (poison_is_on)
        check_poison(size, align, __builtin_return_address(0), __builtin_frame_address(0));
    if (reuse_is_off && high_water > kernel_heap.free_memory_pointer)
        quarantine();
}

void *heap_after_alloc(void *payload, size_t size)
{
    if (payload != NULL) {
        heap_calls++;
        shadow_set_block(top, payload, size);
        move_top();
    } else if (reuse_is_off) {
        drop_quarantine();
        move_top();
    }
    return payload;
}

void heap_after_resize(void *payload, size_t size)
{
    heap_calls++;
    shadow_set_block(payload, payload, size);
    move_top();
}

void heap_fill_freed(unsigned char *from, size_t size, const void *caller)
{
    freed_remember(from + size, caller);
    shadow_set(from, from + size, SHADOW_FREE);
    fill(from, size);
    if (reuse_is_off)
        drop_quarantine();
    move_top();
}
