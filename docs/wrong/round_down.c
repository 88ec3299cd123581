/* SPDX-License-Identifier: MIT
 *
 * Wrong on purpose: the address is aligned, but in the wrong direction.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static _Alignas(16) char memory[64];
static char *free_memory_pointer = memory;

static char *kmalloc_aligned(size_t size, size_t align)
{
    uintptr_t address = (uintptr_t)free_memory_pointer & ~(uintptr_t)(align - 1);
    char *block = (char *)address;

    free_memory_pointer = block + size;
    return block;
}

int main(void)
{
    char *name = strcpy(kmalloc_aligned(13, 16), "Rabindranath");
    char *year = strcpy(kmalloc_aligned(5, 16), "1861");

    printf("name at +%ld holds '%s'\n", (long)(name - memory), name);
    printf("year at +%ld holds '%s'\n", (long)(year - memory), year);
    return year < name + 13;
}
