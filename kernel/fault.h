/* SPDX-License-Identifier: MIT
 *
 * What the kernel does with a fault of the heap: tells it, and then panics or goes on (on_fault=report).
 */
#ifndef FAULT_H
#define FAULT_H

#include "kheap.h"

#include <stdbool.h>

/* Does a fault end in a panic, or only in its report? Gives what held before. */
bool faults_only_report(bool yes);

/* How many faults there were so far: a call in between that raised the number was refused. */
unsigned faults_seen(void);

/* The report as text: what happened, where, the three words, what to do next. */
void fault_print(const struct kheap_report *report);

/* The long explanation of one code, or the list of all. */
void fault_explain(enum kheap_fault fault);
void fault_list(void);

#endif
