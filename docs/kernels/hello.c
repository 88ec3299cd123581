/* SPDX-License-Identifier: MIT
 *
 * Says hello: a letter is a byte given to a device.
 */

/* The serial port takes it. A real line needs more: its speed is set first, and port 0x3fd tells when there is room. */
static void put(char letter)
{
    __asm__ volatile("outb %0, %1" : : "a"(letter), "d"((unsigned short)0x3f8));
}

void kmain(void)
{
    put('h');
    put('e');
    put('l');
    put('l');
    put('o');
    put('\n');
}
