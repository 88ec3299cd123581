/* SPDX-License-Identifier: MIT
 *
 * Formatted output, a subset of printf with the same meaning:
 *
 *     %[-0][width or *][.precision or .*][hh h l ll z]conversion    precision for s and integers
 *     d i u x X c s %
 *
 * and three of our own: %p prints 0x and at least eight digits; %pS the function that an address lies in, as
 * cmd_alloc+0x2c; %pB the same for a return address, which may lie just behind its function.
 */
#ifndef PRINT_H
#define PRINT_H

#include <stdarg.h>
#include <stddef.h>

/* To the console. */
void kprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
void kvprintf(const char *format, va_list arguments);

/* A text behind what stands on the line already, up to `column`; broken at blanks, the further lines indented alike. */
void print_wrapped(const char *text, int column);

/* Into a buffer, as snprintf: always ended by 0 when size is not 0; gives the length that all of it would have. */
int ksnprintf(char *buffer, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
int kvsnprintf(char *buffer, size_t size, const char *format, va_list arguments);

#endif
