/* SPDX-License-Identifier: MIT
 *
 * Your heap. It grows from step to step, and it is the kernel's real heap when you type
 *
 *     ./minios run my
 *
 * `./minios learn` tells you what the next step is and checks this file at every save. What each call promises stands
 * in my_heap.h. Add functions of your own wherever you like.
 */
#include "my_heap.h"

/* -- Step 1: the three words */

bool my_init(struct my_heap *h, void *memory, size_t size)
{
    (void)h, (void)memory, (void)size; /* TODO: take this line away and write the three words */
    return false;
}

/* -- Steps 2-4: get memory */

/* Step 2 is done here. In step 3 it becomes one line: my_alloc_aligned with KHEAP_ALIGN. */
void *my_alloc(struct my_heap *h, size_t size)
{
    (void)h, (void)size; /* TODO in step 2 */
    return NULL;
}

void *my_alloc_aligned(struct my_heap *h, size_t size, size_t align)
{
    (void)h, (void)size, (void)align; /* TODO in step 3; the boundary comes in step 4, the tag in step 6 */
    return NULL;
}

/* -- Step 5: how full is it? */

struct my_stats my_stats(const struct my_heap *h)
{
    struct my_stats stats = { 0 };

    (void)h; /* TODO in step 5 */
    return stats;
}

/* -- Step 6: the tag */

bool my_block_below(const struct my_heap *h, const unsigned char *boundary, struct my_block *b)
{
    (void)h, (void)boundary, (void)b; /* TODO in step 6 */
    return false;
}

/* -- Step 10: is all well? */

/* my_free asks this, so it stands above. */
enum my_fault my_check(const struct my_heap *h, const unsigned char *boundary)
{
    (void)h, (void)boundary; /* TODO in step 10 */
    return ALL_WELL;
}

/* -- Steps 7-9: giving back */

enum my_fault my_free(struct my_heap *h, void *block, struct my_block *culprit)
{
    (void)h, (void)block, (void)culprit; /* TODO in step 7; refuse in step 8; the padding comes back in step 9 */
    return ALL_WELL;
}
