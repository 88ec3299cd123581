/* SPDX-License-Identifier: MIT
 *
 * What the parts of the host machine give each other. The kernel never includes this file.
 */
#ifndef SIGNALS_H
#define SIGNALS_H

#include "machine.h"

/* The timer's signal, from now on or no more. */
void signals_start(void);
void signals_stop(void);

/* Where a signal came in, from what its handler is given. */
struct interrupted interrupted_place(const void *context);

#endif
