/* SPDX-License-Identifier: MIT
 *
 * A Cortex-M, from its reset to main: any of them, for all that is used here is in each. Output and exit go through semihosting,
 * as QEMU and a debugger's probe understand it.
 */
#include "board.h"

#include <stddef.h>

static long semihost(unsigned long operation, const void *argument)
{
    register unsigned long r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;

    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return (long)r0;
}

void say(const char *text)
{
    semihost(0x04, text); /* SYS_WRITE0 */
}

void say_number(const char *before, unsigned long number, const char *after)
{
    char digits[12], *at = digits + sizeof(digits) - 1;

    *at = '\0';
    do {
        *--at = (char)('0' + number % 10);
    } while ((number /= 10) != 0);
    say(before);
    say(at);
    say(after);
}

void finish(int status)
{
    const unsigned long reason[] = { 0x20026, (unsigned long)status }; /* ADP_Stopped_ApplicationExit */

    semihost(0x20, reason); /* SYS_EXIT_EXTENDED */
    for (;;)
        ;
}

extern unsigned char _data_from[], _data_begin[], _data_end[], _bss_begin[], _bss_end[], _stack_top[];

void start(void)
{
    for (unsigned char *to = _data_begin, *from = _data_from; to < _data_end;)
        *to++ = *from++;
    for (unsigned char *to = _bss_begin; to < _bss_end;)
        *to++ = 0;
    finish(main());
}

static void fault(void)
{
    say("the processor refused\n");
    finish(1);
}

/* Who does not start SysTick needs no handler for it. */
__attribute__((weak)) void on_tick(void)
{
    fault();
}

/* Reset, NMI, hard fault and SysTick are all that this board has to know. */
__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    [0] = _stack_top,          [1] = (const void *)start,    [2] = (const void *)fault,
    [3] = (const void *)fault, [15] = (const void *)on_tick,
};

/* What a freestanding compiler may ask for; used, so that link-time optimisation does not throw them away before it asks. */
__attribute__((used)) void *memset(void *to, int byte, size_t size)
{
    for (volatile unsigned char *at = to; size-- > 0;)
        *at++ = (unsigned char)byte;
    return to;
}

__attribute__((used)) void *memcpy(void *to, const void *from, size_t size)
{
    const unsigned char *next = from;

    for (volatile unsigned char *at = to; size-- > 0;)
        *at++ = *next++;
    return to;
}

/* Their names in the ABI of ARM, by which clang asks. */
__attribute__((used)) void __aeabi_memclr4(void *to, size_t size)
{
    memset(to, 0, size);
}

__attribute__((used)) void __aeabi_memcpy4(void *to, const void *from, size_t size)
{
    memcpy(to, from, size);
}
