/* SPDX-License-Identifier: MIT
 *
 * Formatted output. One pass over the format; each conversion becomes a text that is padded to its width.
 */
#include "base/print.h"

#include "base/console.h"
#include "base/string.h"
#include "base/symbols.h"

#include <stdbool.h>
#include <stdint.h>

/* Where characters go: into a buffer while there is room, or to the console when there is no buffer. */
struct sink {
    char *buffer;
    size_t size;
    size_t length;
    bool console;
};

#define WIDEST 100000 /* more digits of a width or a precision are passed over */

struct conversion {
    bool left;     /* '-' */
    bool zeros;    /* '0' */
    int width;     /* 0 when none is given */
    int precision; /* -1 when none is given */
    int size;      /* -2 hh, -1 h, 0 int, 1 l or z, 2 ll */
};

static void put(struct sink *sink, char c)
{
    if (sink->console)
        console_put(c);
    else if (sink->length + 1 < sink->size)
        sink->buffer[sink->length] = c;
    sink->length++;
}

static void put_times(struct sink *sink, char c, int times)
{
    while (times-- > 0)
        put(sink, c);
}

/* Prefix (a sign or 0x), then zeros up to the precision or width, then the text; blanks around it up to the width. */
static void put_padded(struct sink *sink, const struct conversion *how, const char *prefix, const char *text,
                       int length, int zeros)
{
    int before = (int)strlen(prefix);
    int blanks = how->width - before - length;

    if (how->zeros && !how->left && how->precision < 0 && blanks > zeros)
        zeros = blanks;
    blanks -= zeros;
    if (!how->left)
        put_times(sink, ' ', blanks);
    for (; *prefix != '\0'; prefix++)
        put(sink, *prefix);
    put_times(sink, '0', zeros);
    for (int i = 0; i < length; i++)
        put(sink, text[i]);
    if (how->left)
        put_times(sink, ' ', blanks);
}

static void put_number(struct sink *sink, const struct conversion *how, const char *prefix, uint64_t value,
                       unsigned base, const char *digits)
{
    char text[20]; /* 2^64 has 20 decimal digits */
    int at = (int)sizeof text;

    for (; value != 0; value /= base)
        text[--at] = digits[value % base];
    int length = (int)sizeof text - at;
    int least = how->precision < 0 ? 1 : how->precision;
    put_padded(sink, how, prefix, text + at, length, least > length ? least - length : 0);
}

static void put_text(struct sink *sink, const struct conversion *how, const char *text)
{
    struct conversion plain = *how;
    int length = 0;

    while ((how->precision < 0 || length < how->precision) && text[length] != '\0')
        length++;
    plain.zeros = false;
    put_padded(sink, &plain, "", text, length, 0);
}

static void put_address(struct sink *sink, uintptr_t address)
{
    const struct conversion how = { .precision = 8 };
    put_number(sink, &how, "0x", address, 16, "0123456789abcdef");
}

/* cmd_alloc+0x2c, or the bare address where no symbol is known. A return address may lie behind the last instruction of
 * its function, so the function is looked up `back` bytes before it. */
static void put_symbol(struct sink *sink, const struct conversion *how, uintptr_t address, uintptr_t back)
{
    const struct conversion hex = { .precision = 1 };
    uintptr_t offset;
    const char *name = symbol_of(address - back, &offset);

    if (name == NULL) {
        put_address(sink, address);
        return;
    }
    put_text(sink, how, name);
    put_number(sink, &hex, "+0x", offset + back, 16, "0123456789abcdef");
}

/* A number, or an argument where it stands as '*'. */
static int read_number(const char **at, va_list *arguments)
{
    int number = 0;

    if (**at == '*') {
        (*at)++;
        return va_arg(*arguments, int);
    }
    for (; **at >= '0' && **at <= '9'; (*at)++)
        number = number < WIDEST ? number * 10 + (**at - '0') : number;
    return number;
}

static struct conversion read_conversion(const char **at, va_list *arguments)
{
    struct conversion how = { .precision = -1 };

    for (; **at == '-' || **at == '0'; (*at)++)
        *(**at == '-' ? &how.left : &how.zeros) = true;
    how.width = read_number(at, arguments);
    if (how.width < 0) {
        how.left = true;
        how.width = -how.width;
    }
    if (**at == '.') {
        (*at)++;
        how.precision = read_number(at, arguments);
    }
    for (; **at == 'l' || **at == 'h'; (*at)++)
        how.size += **at == 'l' ? 1 : -1;
    if (**at == 'z') {
        (*at)++;
        how.size = 1;
    }
    return how;
}

static int64_t read_signed(int size, va_list *arguments)
{
    switch (size) {
    case -2: return (signed char)va_arg(*arguments, int);
    case -1: return (short)va_arg(*arguments, int);
    case 0: return va_arg(*arguments, int);
    case 1: return va_arg(*arguments, long);
    default: return va_arg(*arguments, long long);
    }
}

static uint64_t read_unsigned(int size, va_list *arguments)
{
    switch (size) {
    case -2: return (unsigned char)va_arg(*arguments, unsigned);
    case -1: return (unsigned short)va_arg(*arguments, unsigned);
    case 0: return va_arg(*arguments, unsigned);
    case 1: return va_arg(*arguments, unsigned long);
    default: return va_arg(*arguments, unsigned long long);
    }
}

static void put_signed(struct sink *sink, const struct conversion *how, int64_t value)
{
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    put_number(sink, how, value < 0 ? "-" : "", magnitude, 10, "0123456789");
}

static void put_char(struct sink *sink, const struct conversion *how, char c)
{
    const struct conversion plain = { .left = how->left, .width = how->width, .precision = -1 };
    put_padded(sink, &plain, "", &c, 1, 0);
}

/* One conversion, *at standing behind its '%'. What is none is printed as it stands. */
static void put_conversion(struct sink *sink, const char **at, va_list *arguments)
{
    struct conversion how = read_conversion(at, arguments);
    char kind = **at;

    if (kind != '\0')
        (*at)++;
    switch (kind) {
    case 'd':
    case 'i': put_signed(sink, &how, read_signed(how.size, arguments)); break;
    case 'u': put_number(sink, &how, "", read_unsigned(how.size, arguments), 10, "0123456789"); break;
    case 'x': put_number(sink, &how, "", read_unsigned(how.size, arguments), 16, "0123456789abcdef"); break;
    case 'X': put_number(sink, &how, "", read_unsigned(how.size, arguments), 16, "0123456789ABCDEF"); break;
    case 'c': put_char(sink, &how, (char)va_arg(*arguments, int)); break;
    case 's': put_text(sink, &how, va_arg(*arguments, const char *)); break;
    case 'p':
        if (**at == 'S' || **at == 'B')
            put_symbol(sink, &how, (uintptr_t)va_arg(*arguments, void *), *(*at)++ == 'B');
        else
            put_address(sink, (uintptr_t)va_arg(*arguments, void *));
        break;
    case '\0': put(sink, '%'); break;
    default: put(sink, kind); break; /* and so %% */
    }
}

static void put_format(struct sink *sink, const char *format, va_list arguments)
{
    va_list rest;

    va_copy(rest, arguments);
    while (*format != '\0') {
        char c = *format++;
        if (c == '%')
            put_conversion(sink, &format, &rest);
        else
            put(sink, c);
    }
    va_end(rest);
}

int kvsnprintf(char *buffer, size_t size, const char *format, va_list arguments)
{
    struct sink sink = { .buffer = buffer, .size = size };

    put_format(&sink, format, arguments);
    if (size > 0)
        buffer[sink.length < size ? sink.length : size - 1] = '\0';
    return (int)sink.length;
}

int ksnprintf(char *buffer, size_t size, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = kvsnprintf(buffer, size, format, arguments);
    va_end(arguments);
    return length;
}

void kvprintf(const char *format, va_list arguments)
{
    struct sink sink = { .console = true };
    put_format(&sink, format, arguments);
}

void kprintf(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    kvprintf(format, arguments);
    va_end(arguments);
}

#define COLUMNS 78

void print_wrapped(const char *text, int column)
{
    int indent = column + 1;

    while (*text != '\0') {
        int length = 0;
        while (text[length] != '\0' && text[length] != ' ')
            length++;
        bool breaks = column + 1 + length > COLUMNS;
        kprintf(breaks ? "\n%*s%.*s" : "%*s%.*s", breaks ? indent : 1, "", length, text);
        column = (breaks ? indent : column + 1) + length;
        text += length + (text[length] == ' ');
    }
    kprintf("\n");
}
