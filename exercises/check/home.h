/* SPDX-License-Identifier: MIT
 *
 * What the checks need of the place where they run, their home: a process of Linux (check/linux/), or the kernel with a
 * hole (kernel/hole/). Nothing else of the checks knows which one it is.
 */
#ifndef HOME_H
#define HOME_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE 4096u
#define LOW_BYTES PAGE
#define ROOM_BYTES (8u << 20)

/* ROOM_BYTES for the heaps, always at the same address, between two pages that nobody may touch. They end a page behind a
 * multiple of ROOM_BYTES, so that no alignment is had for nothing. */
unsigned char *home_room(void);

#if UINTPTR_MAX > UINT32_MAX
/* VAST_BYTES that nobody may touch, from a multiple of 16 GiB plus 4 GiB on, of which pages can be opened; LOW_BYTES whose
 * address fits into 32 bits. NULL and false where there is no room for that. */
#define VAST_BYTES ((size_t)15 << 30)
unsigned char *home_vast_room(void);
bool home_opens(unsigned char *pages, size_t bytes);
unsigned char *home_low_room(void);
#endif

/* Puts out a text at once, so that no crash can lose it. */
void home_puts(const char *text, size_t length);

/* As vsnprintf, of which the conversions d, u, x, s and c are used, with widths and the sizes l and z. */
int home_format(char *text, size_t size, const char *format, va_list values) __attribute__((format(printf, 3, 0)));

/* The next check begins: what it may take of the processor's time is counted anew. */
void home_starts_check(void);

/* Tells the calls that led to a place, `frame ADDRESS` each: where they return to. */
struct place {
    uintptr_t pc, stack, frame;
};
void home_prints_frames(const struct place *place);

/* The report is whole. */
_Noreturn void home_ends(bool passed);

/* The four functions of the C library that every home has. */
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memset(void *to, int byte, size_t size);
size_t strlen(const char *text);
int strcmp(const char *a, const char *b);

#endif
