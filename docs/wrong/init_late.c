/* SPDX-License-Identifier: MIT
 *
 * Wrong on purpose: somebody asks for memory, and the heap is initialised after that.
 */
#include <stdio.h>
#include <string.h>

static char memory[64];
static char *free_memory_pointer = memory; /* by luck it works before init_heap, too */

static void init_heap(void)
{
    free_memory_pointer = memory;
}

static char *kmalloc(size_t size)
{
    char *block = free_memory_pointer;

    free_memory_pointer += size;
    return block;
}

static int boot(void)
{
    char *screen = strcpy(kmalloc(16), "screen: 80x25");

    init_heap();
    char *disk = strcpy(kmalloc(16), "disk: none");

    printf("screen at +%ld holds '%s'\n", (long)(screen - memory), screen);
    printf("disk   at +%ld holds '%s'\n", (long)(disk - memory), disk);
    return screen == disk;
}

int main(void)
{
    return boot();
}
