/* SPDX-License-Identifier: MIT
 *
 * Whose is this address?
 */
#ifndef WHOSE_H
#define WHOSE_H

#include <stdint.h>

/* One line of it. Looks only at what is written about the address, never at the byte itself; so any address will do. */
void whose_tell(uintptr_t address);

#endif
