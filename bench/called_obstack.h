/* SPDX-License-Identifier: MIT
 *
 * GNU obstack, whose users have it in line, behind calls: so that it is measured as the others are. */
#ifndef CALLED_OBSTACK_H
#define CALLED_OBSTACK_H

#include <stddef.h>

void called_obstack_start(size_t bytes);
void *called_obstack_alloc(size_t size);
void called_obstack_free(void *block);

#endif
