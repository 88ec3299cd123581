/* SPDX-License-Identifier: MIT
 *
 * A voice, fifth stage: a format, with the values behind it.
 */
#include <stdarg.h>

/* A letter is a byte that the serial port takes, at 0x3f8. */
static void say_letter(char letter)
{
    __asm__ volatile("outb %0, %1" : : "a"(letter), "d"((unsigned short)0x3f8));
}

static void say_string(const char *text)
{
    while (*text != '\0')
        say_letter(*text++);
}

/* The last digit is known first: they wait in a row until the first one is there. */
static void say_number(int number)
{
    unsigned rest = number < 0 ? -(unsigned)number : (unsigned)number; /* the smallest int has no positive twin */
    char digits[10];
    int count = 0;

    do {
        digits[count++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (number < 0)
        say_letter('-');
    while (count > 0)
        say_letter(digits[--count]);
}

/* Four bits are a digit of base 16. The uppermost four come first; zeros are said, too. */
static void say_address(unsigned address)
{
    say_string("0x");
    for (int shift = 28; shift >= 0; shift -= 4)
        say_letter("0123456789abcdef"[address >> shift & 0xf]);
}

/* %s is a string, %d a number, %x an address, %% a percent sign. Another letter is told: what it wants is not known. */
static void say(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    for (; *format != '\0'; format++) {
        if (*format != '%' || format[1] == '\0') {
            say_letter(*format);
            continue;
        }
        switch (*++format) {
        case 's': say_string(va_arg(values, const char *)); break;
        case 'd': say_number(va_arg(values, int)); break;
        case 'x': say_address(va_arg(values, unsigned)); break;
        case '%': say_letter('%'); break;
        default:
            say_string("[no such %");
            say_letter(*format);
            say_letter(']');
        }
    }
    va_end(values);
}

void kmain(void)
{
    say("The %s: %d columns, %d lines, at %x.\n", "screen", 80, 25, 0xb8000u);
    say("The stack: %d bytes, 100%% mine.\n", 4096);
    say("And what is this: %q?\n");
}
