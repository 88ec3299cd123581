/* SPDX-License-Identifier: MIT
 *
 * The heaps side by side, each behind a call: none is in line. PEER_name chooses one; a build knows no other.
 *
 *   start(bytes)           a heap of at least so many bytes, where the heap wants to be told
 *   ALLOC(size) FREE(p)    FREE only where a single block can be given back
 *   ALIGNED(size, align)   where there is such a call
 *   MARK RELEASE(m)        where a group can be given back at once
 */
#ifndef PEERS_H
#define PEERS_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static inline void *pages(size_t bytes)
{
    void *from = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_POPULATE, -1, 0);

    return from != MAP_FAILED ? from : (exit(9), NULL);
}

#if defined(PEER_kheap)
#include <kheap.h>
static struct kheap heap;
void kheap_fault(const struct kheap_report *report)
{
    fprintf(stderr, "E%02d\n", (int)report->fault);
    exit(9);
}
static void start(size_t bytes)
{
    if (kheap_init(&heap, pages(bytes), bytes) != KHEAP_OK)
        exit(9);
}
#define ALLOC(size) kheap_alloc(&heap, size)
#define FREE(p) kheap_free(&heap, p)
#define ALIGNED(size, align) kheap_alloc_aligned(&heap, size, align)
#define MARK struct kheap_mark mark = kheap_mark(&heap)
#define RELEASE kheap_release(&heap, mark)

#elif defined(PEER_bump) || defined(PEER_nothing)
#include "bump.h"
#define start bump_start
#define ALLOC(size) bump_alloc(size)
#define FREE(p) bump_free(p)
#define ALIGNED(size, align) bump_aligned(size, align)
#define MARK void *mark = bump_alloc(0)
#define RELEASE bump_free(mark)

#elif defined(PEER_obstack)
#include "called_obstack.h"
#define start called_obstack_start
#define ALLOC(size) called_obstack_alloc(size)
#define FREE(p) called_obstack_free(p)
#define MARK void *mark = called_obstack_alloc(0)
#define RELEASE called_obstack_free(mark)

#elif defined(PEER_apr)
#include <apr_pools.h>
static apr_pool_t *root, *pool;
static void start(size_t bytes)
{
    (void)bytes;
    apr_initialize();
    apr_pool_create(&root, NULL);
    apr_pool_create(&pool, root);
}
#define ALLOC(size) apr_palloc(pool, size)
#define MARK apr_pool_t *mark = pool, *inner; apr_pool_create(&inner, pool); pool = inner
#define RELEASE apr_pool_destroy(pool); pool = mark

#elif defined(PEER_talloc)
#include <talloc.h>
static void *context;
static void start(size_t bytes)
{
    (void)bytes;
    context = talloc_new(NULL);
}
#define ALLOC(size) talloc_size(context, size)
#define FREE(p) talloc_free(p)
#define MARK void *mark = context; context = talloc_new(mark)
#define RELEASE talloc_free(context); context = mark

#else /* malloc and free, of whichever library is linked */
#if defined(PEER_mimalloc)
#include <mimalloc.h>
#define ALLOC(size) mi_malloc(size)
#define FREE(p) mi_free(p)
#define ALIGNED(size, align) mi_malloc_aligned(size, align)
#else
#include <stdlib.h>
#define ALLOC(size) malloc(size)
#define FREE(p) free(p)
#define ALIGNED(size, align) aligned_alloc(align, ((size) + (align) - 1) / (align) * (align))
#endif
static void start(size_t bytes)
{
    (void)bytes;
}
#endif

#endif
