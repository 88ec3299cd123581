/* SPDX-License-Identifier: MIT
 *
 * Wrong on purpose: the heap starts at an address that somebody guessed, and the kernel has grown past it since.
 */
#include <stdio.h>
#include <string.h>

#define HEAP_AT 0x100 /* "the kernel is small, it will never come this far" */

static char memory[0x200];
static char *const kernel_name = memory + 0xF8; /* the last thing in the kernel's data; it ends above HEAP_AT */
static char *free_memory_pointer = memory + HEAP_AT;

static char *kmalloc(size_t size)
{
    char *block = free_memory_pointer;

    free_memory_pointer += size;
    return block;
}

int main(void)
{
    strcpy(kernel_name, "MiniOS is ready");
    printf("before the first block: %s\n", kernel_name);
    strcpy(kmalloc(8), "my text");
    printf("after the first block:  %s\n", kernel_name);
    return strcmp(kernel_name, "MiniOS is ready") == 0 ? 0 : 1;
}
