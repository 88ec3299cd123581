/* SPDX-License-Identifier: MIT
 *
 * What the files of this test share: the console as text, and the wish for it to be empty.
 */
#ifndef SUPPORT_H
#define SUPPORT_H

extern char text[8192];

void forget_text(void);

#endif
