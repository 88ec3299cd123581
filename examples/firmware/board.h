/* SPDX-License-Identifier: MIT
 *
 * What the two programs ask of their board: to be started, to say something, to end.
 */
#ifndef BOARD_H
#define BOARD_H

void say(const char *text);
void say_number(const char *before, unsigned long number, const char *after);
_Noreturn void finish(int status);

/* The program's: it begins at main, and its status is what main gives. on_tick is the handler of SysTick, for who starts it. */
int main(void);
void on_tick(void);

#endif
