/* SPDX-License-Identifier: MIT
 *
 * The instructions that C has no words for: port input and output, the interrupt flag, the time stamp counter.
 */
#ifndef IO_H
#define IO_H

#include <stdint.h>

static inline void outb(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void outl(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint8_t inb(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline void interrupts_enable(void)
{
    __asm__ volatile("sti" : : : "memory");
}

static inline void interrupts_disable(void)
{
    __asm__ volatile("cli" : : : "memory");
}

/* sti takes effect after the instruction that follows it, so no interrupt can slip in between the two and leave the
 * processor asleep on something that has already happened. */
static inline void interrupts_enable_and_halt(void)
{
    __asm__ volatile("sti\n\thlt" : : : "memory");
}

enum { FLAG_STEP = 0x100, FLAG_INTERRUPTS = 0x200 };

static inline uint32_t read_flags(void)
{
    uint32_t flags;
    __asm__ volatile("pushfl\n\tpopl %0" : "=r"(flags) : : "memory");
    return flags;
}

static inline void write_flags(uint32_t flags)
{
    __asm__ volatile("pushl %0\n\tpopfl" : : "r"(flags) : "cc", "memory");
}

/* The address of the last page fault. */
static inline uint32_t read_cr2(void)
{
    uint32_t address;
    __asm__ volatile("movl %%cr2, %0" : "=r"(address));
    return address;
}

static inline uint64_t read_time_stamp(void)
{
    uint64_t count;
    __asm__ volatile("rdtsc" : "=A"(count));
    return count;
}

#endif
