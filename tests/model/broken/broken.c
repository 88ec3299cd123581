/* SPDX-License-Identifier: MIT
 *
 * A heap that is broken on purpose, in the way that BREAK in the environment names: it stands between the calls and the
 * real heap (ld --wrap). It is there to show that a broken heap is found, and shrunk to the program that was expected. */
#include "kheap.h"

#include <stdlib.h>
#include <string.h>

void *__real_kheap_alloc(struct kheap *h, size_t size);
void *__real_kheap_try_alloc(struct kheap *h, size_t size, size_t align);
void *__real_kheap_calloc(struct kheap *h, size_t count, size_t size);
void __real_kheap_fault(const struct kheap_report *report);
bool __real_kheap_resize(struct kheap *h, void *block, size_t size);
void __real_kheap_free(struct kheap *h, void *block);
void __real_kheap_release(struct kheap *h, struct kheap_mark mark);

void *__wrap_kheap_alloc(struct kheap *h, size_t size);
void *__wrap_kheap_try_alloc(struct kheap *h, size_t size, size_t align);
void *__wrap_kheap_calloc(struct kheap *h, size_t count, size_t size);
void __wrap_kheap_fault(const struct kheap_report *report);
bool __wrap_kheap_resize(struct kheap *h, void *block, size_t size);
void __wrap_kheap_free(struct kheap *h, void *block);
void __wrap_kheap_release(struct kheap *h, struct kheap_mark mark);

static bool broken(const char *way)
{
    return strcmp(getenv("BREAK"), way) == 0;
}

/* exact: what fits to the byte is refused. scribble: a refusal writes into the first block. */
void *__wrap_kheap_alloc(struct kheap *h, size_t size)
{
    if (broken("exact") && size == kheap_stats(h).largest) {
        kheap_fault(&(struct kheap_report){ .fault = KHEAP_E_OUT_OF_MEMORY, .heap = h });
        return NULL;
    }
    void *payload = __real_kheap_alloc(h, size);
    if (broken("scribble") && payload == NULL && h->free_memory_pointer > h->heap_start)
        h->heap_start[0] ^= 1;
    return payload;
}

/* polite: too polite from 40 bytes on. */
void *__wrap_kheap_try_alloc(struct kheap *h, size_t size, size_t align)
{
    return broken("polite") && size >= 40 ? NULL : __real_kheap_try_alloc(h, size, align);
}

/* zero: from 40 bytes on, the last one is left as it was. */
void *__wrap_kheap_calloc(struct kheap *h, size_t count, size_t size)
{
    unsigned char *payload = __real_kheap_calloc(h, count, size);

    if (broken("zero") && payload != NULL && count * size >= 40)
        payload[count * size - 1] = 0xA5;
    return payload;
}

/* crash: a block that becomes 100 bytes or more brings the process down. clumsy: any that is resized does. */
bool __wrap_kheap_resize(struct kheap *h, void *block, size_t size)
{
    bool done = __real_kheap_resize(h, block, size);

    if (done && ((broken("crash") && size >= 100) || broken("clumsy")))
        abort();
    return done;
}

/* gap: the padding of an aligned block stays lost. depth: from the fifth block on, a free does nothing. double: nor
 * does that of an address in the free part. */
void __wrap_kheap_free(struct kheap *h, void *block)
{
    size_t blocks = kheap_stats(h).blocks;

    bool in_free_part = (unsigned char *)block >= h->free_memory_pointer && (unsigned char *)block < h->heap_end;
    if ((broken("depth") && block != NULL && blocks >= 5) || (broken("double") && in_free_part))
        return;
    __real_kheap_free(h, block);
    if (broken("gap") && kheap_stats(h).blocks < blocks)
        h->free_memory_pointer = block;
}

/* hang: a mark below two blocks keeps it busy for ever. */
void __wrap_kheap_release(struct kheap *h, struct kheap_mark mark)
{
    size_t blocks = kheap_stats(h).blocks;

    __real_kheap_release(h, mark);
    for (volatile bool busy = broken("hang") && blocks >= kheap_stats(h).blocks + 2; busy;)
        ;
}

/* stale: a dead mark of this heap is refused, but nobody is told. */
void __wrap_kheap_fault(const struct kheap_report *report)
{
    uintptr_t address = (uintptr_t)report->address, start = (uintptr_t)report->heap->heap_start;
    bool ours = address >= start && address <= (uintptr_t)report->heap->heap_end;

    if (!broken("stale") || report->fault != KHEAP_E_BAD_MARK || !ours)
        __real_kheap_fault(report);
}
