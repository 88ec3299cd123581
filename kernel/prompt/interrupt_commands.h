/* SPDX-License-Identifier: MIT
 *
 * The commands that speak of interrupts and of time, and the commands that wait for their time.
 */
#ifndef INTERRUPT_COMMANDS_H
#define INTERRUPT_COMMANDS_H

#include <stdbool.h>

bool cmd_interrupts(int count, char **words);
bool cmd_timer(int count, char **words);
bool cmd_every(int count, char **words);
bool cmd_after(int count, char **words);
bool cmd_cancel(int count, char **words);
bool cmd_wait(int count, char **words);
bool cmd_latency(int count, char **words);
bool cmd_sweep(int count, char **words);
bool cmd_storm(int count, char **words);

#endif
