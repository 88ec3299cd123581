/* SPDX-License-Identifier: MIT
 *
 * kheap on a Cortex-M: the heap is what the linker script leaves between the data and the stack. Output and exit go through
 * semihosting, as QEMU and a debugger's probe understand it.
 */
#include <kheap.h>

extern unsigned char _heap_begin[], _heap_end[]; /* link.ld */

static long semihost(unsigned long operation, const void *argument)
{
    register unsigned long r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;

    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return (long)r0;
}

static void say(const char *text)
{
    semihost(0x04, text); /* SYS_WRITE0 */
}

static void say_number(const char *before, unsigned long number, const char *after)
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

static void finish(int status)
{
    const unsigned long reason[] = { 0x20026, (unsigned long)status }; /* ADP_Stopped_ApplicationExit */

    semihost(0x20, reason); /* SYS_EXIT_EXTENDED */
    for (;;)
        ;
}

/* In a product: write the report where it survives a reset, then reset. Here: tell it; an expected one is refused. */
static int expected_fault;

void kheap_fault(const struct kheap_report *report)
{
    say_number("E0", report->fault, " refused\n");
    if (report->fault != (enum kheap_fault)expected_fault)
        finish(1);
    expected_fault = 0;
}

static void run(void)
{
    struct kheap heap;

    if (kheap_init(&heap, _heap_begin, (size_t)(_heap_end - _heap_begin)) != KHEAP_OK)
        finish(1);
    const size_t all = kheap_stats(&heap).free;
    char *first = kheap_alloc(&heap, 13);
    void *buffer = kheap_alloc_aligned(&heap, 512, 256);

    say_number("blocks ", kheap_stats(&heap).blocks, "\n");
    expected_fault = KHEAP_E_OUT_OF_ORDER;
    kheap_free(&heap, first);
    kheap_free(&heap, buffer);
    first[13] = 0; /* one byte too many */
    expected_fault = KHEAP_E_OVERFLOW;
    kheap_free(&heap, first);
    first[13] = (char)KHEAP_SLACK_BYTE;
    kheap_free(&heap, first);
    say(kheap_stats(&heap).free == all ? "all came back\n" : "something is missing\n");
    finish(kheap_stats(&heap).free == all ? 0 : 1);
}

extern unsigned char _data_from[], _data_begin[], _data_end[], _bss_begin[], _bss_end[], _stack_top[];

void start(void)
{
    for (unsigned char *to = _data_begin, *from = _data_from; to < _data_end;)
        *to++ = *from++;
    for (unsigned char *to = _bss_begin; to < _bss_end;)
        *to++ = 0;
    run();
}

static void fault(void)
{
    say("the processor refused\n");
    finish(1);
}

/* Reset, NMI and hard fault are all that this board has to know. */
__attribute__((section(".vectors"), used)) static const void *const vectors[] = {
    _stack_top, (const void *)start, (const void *)fault, (const void *)fault,
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
