/* SPDX-License-Identifier: MIT
 *
 * Interrupts by software: see machine.h for what can be done with them. They are off at the beginning.
 */
#ifndef CONTROLLER_H
#define CONTROLLER_H

#include "machine.h"

/* One has come, from outside of the program. */
void controller_receive(enum source source, const struct interrupted *where);

#endif
