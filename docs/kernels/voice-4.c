/* SPDX-License-Identifier: MIT
 *
 * A voice, fourth stage: an address, as eight digits of base 16.
 */

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

void kmain(void)
{
    const unsigned addresses[] = { 10, 4096, 0xb8000, 1024 * 1024 };

    for (int i = 0; i < 4; i++) {
        say_number((int)addresses[i]);
        say_string(" is ");
        say_address(addresses[i]);
        say_string("\n");
    }
    say_address(0xffffffff);
    say_string(" is the last one\n");
}
