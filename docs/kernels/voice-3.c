/* SPDX-License-Identifier: MIT
 *
 * A voice, third stage: a number; its digits come out backwards.
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

void kmain(void)
{
    const int numbers[] = { 0, 7, 1024, -35, 2147483647, -2147483647 - 1 };

    for (int i = 0; i < 6; i++) {
        say_number(numbers[i]);
        say_string("\n");
    }
}
