/* SPDX-License-Identifier: MIT
 *
 * The second half of a handler: what takes long is handed on, and done when nobody is interrupted by it.
 */
#ifndef LATER_H
#define LATER_H

#include <stdbool.h>

/* From a handler. False: there is no room, and it will not be done. */
bool later_do(void (*work)(unsigned argument), unsigned argument);

/* Is anything waiting? */
bool later_waits(void);

/* Does what waits, in the order in which it came, but not what is handed on meanwhile; from the ordinary code. */
void later_run(void);

#endif
