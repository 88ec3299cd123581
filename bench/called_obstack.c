/* SPDX-License-Identifier: MIT */
#include "called_obstack.h"

#include <obstack.h>
#include <stdlib.h>

#define obstack_chunk_alloc malloc
#define obstack_chunk_free free

static struct obstack stack;

void called_obstack_start(size_t bytes)
{
    (void)bytes;
    obstack_init(&stack);
}

void *called_obstack_alloc(size_t size)
{
    return obstack_alloc(&stack, size);
}

void called_obstack_free(void *block)
{
    obstack_free(&stack, block);
}
