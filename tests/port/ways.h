/* SPDX-License-Identifier: MIT
 *
 * Each call in each way in which it can go.
 */
#ifndef PORT_WAYS_H
#define PORT_WAYS_H

#include "stage.h"

struct way {
    const char *call, *way, *name;
    void (*go)(struct stage *s);
    enum kheap_fault fault;
};

#define WAY(name, ...)                                                                                                 \
    static void name(struct stage *s)                                                                                  \
    {                                                                                                                  \
        __VA_ARGS__;                                                                                                   \
    }

WAY(init, kheap_init(&s->heap, s->memory, s->bytes))
WAY(alloc, kheap_alloc(&s->heap, 100))
WAY(alloc_much, kheap_alloc(&s->heap, SIZE_MAX / 2))
WAY(aligned, kheap_alloc_aligned(&s->heap, 100, 256))
WAY(aligned_wrong, kheap_alloc_aligned(&s->heap, 100, 24))
WAY(try, kheap_try_alloc(&s->heap, 100, 16))
WAY(try_much, kheap_try_alloc(&s->heap, SIZE_MAX / 2, 16))
WAY(calloc_100, kheap_calloc(&s->heap, 25, 4))
WAY(resize, kheap_resize(&s->heap, s->newest, 100))
WAY(resize_lowest, kheap_resize(&s->heap, s->lowest, 100))
WAY(free_newest, kheap_free(&s->heap, s->newest))
WAY(free_null, kheap_free(&s->heap, NULL))
WAY(free_twice, kheap_free(&s->heap, s->heap.free_memory_pointer))
WAY(free_outside, kheap_free(&s->heap, s))
WAY(free_lowest, kheap_free(&s->heap, s->lowest))
WAY(free_within, kheap_free(&s->heap, (unsigned char *)s->lowest + KHEAP_ALIGN))
WAY(free_damaged, ((unsigned char *)s->newest)[BLOCK_BYTES] ^= 1; kheap_free(&s->heap, s->newest))
WAY(mark, kheap_mark(&s->heap))
WAY(release_none, kheap_release(&s->heap, s->none))
WAY(release_all, kheap_release(&s->heap, s->all))

#ifndef NO_LOOK /* linked without kheap_look.c */
static bool see(const struct kheap_block *block, void *context)
{
    (void)context;
    return block != NULL;
}

WAY(stats, kheap_stats(&s->heap))
WAY(check, kheap_check(&s->heap, NULL))
WAY(walk, kheap_walk(&s->heap, see, NULL))
#endif

#define NAMED(function) #function, function

static const struct way ways[] = {
    { "kheap_init", "", NAMED(init), 0 },
    { "kheap_alloc", "", NAMED(alloc), 0 },
    { "kheap_alloc", "refused with E02", NAMED(alloc_much), KHEAP_E_OUT_OF_MEMORY },
    { "kheap_alloc_aligned", "to 256", NAMED(aligned), 0 },
    { "kheap_alloc_aligned", "refused with E03", NAMED(aligned_wrong), KHEAP_E_BAD_ALIGNMENT },
    { "kheap_try_alloc", "", NAMED(try), 0 },
    { "kheap_try_alloc", "NULL, for it is full", NAMED(try_much), 0 },
    { "kheap_calloc", "of 100 bytes", NAMED(calloc_100), 0 },
    { "kheap_resize", "", NAMED(resize), 0 },
    { "kheap_free", "of the last block", NAMED(free_newest), 0 },
    { "kheap_free", "of NULL", NAMED(free_null), 0 },
    { "kheap_free", "refused with E05", NAMED(free_twice), KHEAP_E_DOUBLE_FREE },
    { "kheap_free", "refused with E06, outside of the heap", NAMED(free_outside), KHEAP_E_NOT_A_BLOCK },
    { "kheap_free", "refused with E07", NAMED(free_damaged), KHEAP_E_OVERFLOW },
    { "kheap_free", "refused with E06, inside of the lowest block", NAMED(free_within), KHEAP_E_NOT_A_BLOCK },
    { "kheap_free", "refused with E04, the lowest block", NAMED(free_lowest), KHEAP_E_OUT_OF_ORDER },
    { "kheap_resize", "refused with E04, the lowest block", NAMED(resize_lowest), KHEAP_E_OUT_OF_ORDER },
    { "kheap_mark", "", NAMED(mark), 0 },
    { "kheap_release", "of nothing", NAMED(release_none), 0 },
    { "kheap_release", "of all blocks", NAMED(release_all), 0 },
#ifndef NO_LOOK
    { "kheap_check", "", NAMED(check), 0 },
    { "kheap_walk", "", NAMED(walk), 0 },
    { "kheap_stats", "", NAMED(stats), 0 },
#endif
};

#endif
