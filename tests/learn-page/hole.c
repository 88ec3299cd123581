/* SPDX-License-Identifier: MIT
 *
 * The smallest program with a hole for the learner's object, of the kernel's form: it calls what was laid into it, and tells
 * what came back. A process, so that it can be run as it is.
 */
#include "my_heap.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define HOLE_BYTES 32768
#define HOLE_SYMBOLS 128

struct hole_symbol {
    void *address;
    char name[28];
};

struct hole_symbol hole_symbols[HOLE_SYMBOLS] = { { (void *)-1, "" } };

#define JUMP(name)                                                                                                     \
    extern void *hole_of_##name;                                                                                       \
    __asm__(".data\n.globl hole_of_" #name "\nhole_of_" #name ": .long 0\n.text\n.globl " #name "\n" #name             \
            ": jmp *hole_of_" #name "\n");

JUMP(my_init)
JUMP(my_alloc)
JUMP(my_alloc_aligned)
JUMP(my_stats)
JUMP(my_block_below)
JUMP(my_free)
JUMP(my_check)

__asm__(".section .hole_code, \"ax\", @progbits\n.balign 4096\n.globl hole_code\nhole_code: .skip 32768\n.globl hole_code_end\n"
        "hole_code_end:\n"
        ".section .hole_data, \"aw\", @progbits\n.balign 4096\n.globl hole_data\nhole_data: .skip 32768\n.globl hole_data_end\n"
        "hole_data_end:\n.text\n");

int kprintf(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    int length = vprintf(format, values);
    va_end(values);
    return length;
}

void *copies[] = { memcmp, memcpy, memmove, memset }; /* so that they are there */

int main(void)
{
    static unsigned char memory[4096] __attribute__((aligned(16)));
    struct my_heap h = { 0 };
    struct my_block b = { 0 };

    printf("init %d\n", my_init(&h, memory, sizeof memory));
    unsigned char *first = my_alloc(&h, 100), *second = my_alloc_aligned(&h, 10, 64);
    printf("first %td second %td\n", first - memory, (uintptr_t)second % 64);
    printf("used %zu\n", my_stats(&h).used);
    printf("below %d size %zu\n", my_block_below(&h, h.free_memory_pointer, &b), b.size);
    printf("order %d\n", my_free(&h, first, &b));
    printf("well %d %d\n", my_free(&h, second, &b), my_free(&h, first, &b));
    printf("check %d\n", my_check(&h, h.free_memory_pointer));
    for (struct hole_symbol *s = hole_symbols; s->address != NULL; s++)
        printf("symbol %p %s\n", s->address, s->name);
    return 0;
}
