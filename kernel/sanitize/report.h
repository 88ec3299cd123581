/* SPDX-License-Identifier: MIT
 *
 * What follows a bad access: who tells it, and how it ends.
 */
#ifndef REPORT_H
#define REPORT_H

#include "base/instrument.h"

/* May a report be made now, or is one being made, or are they paused? From here on they are. */
bool report_begin(void);

/* Is it to be told, or only kept? */
bool report_is_told(void);

/* Back to instrument_catch, or a panic. `frame` is that of the function that was called to make the check. */
_Noreturn void report_end(const struct instrument_report *report, const void *frame);

/* A bad access of the heap, or to the null page: tells it and ends it. `bad` is its first bad byte. */
void report_access(const struct instrument_report *access, uintptr_t bad, const void *frame);

/* A byte of freed memory was changed by somebody who was not checked. */
void report_changed(uintptr_t address, const void *pc, const void *frame);

#endif
