/* SPDX-License-Identifier: MIT
 *
 * Wrong on purpose: a fourth word remembers how large the last block is.
 */
#include <stdio.h>

static size_t used, last_size;

static size_t kmalloc(size_t size)
{
    size_t block = used;

    used += size;
    last_size = size;
    return block;
}

static void kfree_last(void)
{
    used -= last_size;
}

int main(void)
{
    kmalloc(32);
    kmalloc(8);
    printf("after two blocks: used %zu\n", used);
    kfree_last();
    printf("after one free:   used %zu\n", used);
    kfree_last();
    printf("after two frees:  used %zu\n", used);
    return used != 0;
}
