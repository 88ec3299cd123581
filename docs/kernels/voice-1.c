/* SPDX-License-Identifier: MIT
 *
 * A voice, first stage: one letter.
 */

/* A letter is a byte that the serial port takes, at 0x3f8. */
static void say_letter(char letter)
{
    __asm__ volatile("outb %0, %1" : : "a"(letter), "d"((unsigned short)0x3f8));
}

void kmain(void)
{
    say_letter('M');
    say_letter('\n');
}
