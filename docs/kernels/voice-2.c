/* SPDX-License-Identifier: MIT
 *
 * A voice, second stage: a string, letter by letter up to its 0.
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

void kmain(void)
{
    say_string("I am MiniOS.\n");
    say_string("");
    say_string("And I can talk.\n");
}
