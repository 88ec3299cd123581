/* SPDX-License-Identifier: MIT
 *
 * The checks as the command line asks for them.
 */
#ifndef ASKED_H
#define ASKED_H

/* Comes back when nobody asks. */
void check_as_asked(void);

#endif
