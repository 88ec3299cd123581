/* SPDX-License-Identifier: MIT
 *
 * WebAssembly has no longjmp. TCC calls it only to give up after an error that it has told, so that is the end here: an
 * instance compiles one file.
 */
#ifndef SETJMP_H
#define SETJMP_H

#include <stdlib.h>

typedef int jmp_buf[1];

#define setjmp(place) 0
#define longjmp(place, value) _Exit(value)

#endif
