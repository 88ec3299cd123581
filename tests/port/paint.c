/* SPDX-License-Identifier: MIT
 *
 * How deep the stack goes in each call: it is painted below the stack pointer, the call is made, and what is not paint any
 * more is counted. Prints CALL|WAY|FUNCTION|BYTES. Needs no system but printf: build it for your own processor.
 */
#include "ways.h"

#include <stdio.h>

enum { DEPTH = 3000, PAINT = 0x5A };

static enum kheap_fault told;

void kheap_fault(const struct kheap_report *report)
{
    told = report->fault;
}

#if defined(__arm__)
#define STACK_POINTER "mov %0, sp"
#elif defined(__riscv)
#define STACK_POINTER "mv %0, sp"
#elif defined(__x86_64__)
#define STACK_POINTER "mov %%rsp, %0"
#else
#define STACK_POINTER "mov %%esp, %0"
#endif

__attribute__((noinline)) static size_t depth_of(void (*go)(struct stage *s), struct stage *s)
{
    volatile unsigned char *top, *at;

    __asm__ volatile(STACK_POINTER : "=r"(top));
    for (at = top - 1; at >= top - DEPTH; at--)
        *at = PAINT;
    go(s);
    for (at = top - DEPTH; at < top && *at == PAINT;)
        at++;
    return (size_t)(top - at);
}

int main(void)
{
    static struct stage stage;

    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        set_stage(&stage, 3);
        told = KHEAP_E_NONE;
        size_t depth = depth_of(ways[i].go, &stage);
        printf("%s|%s|%s|%u\n", ways[i].call, ways[i].way, ways[i].name, (unsigned)depth);
        if (told != ways[i].fault)
            return 1;
    }
    return 0;
}
