/* SPDX-License-Identifier: MIT
 *
 * What the kernel does with a fault of the heap: tells it, and then panics or goes on (on_fault=report).
 */
#ifndef FAULT_H
#define FAULT_H

#include "kheap.h"

#include <stdbool.h>

/* What follows a fault, once it is told. */
enum fault_policy {
    FAULT_PANICS,
    FAULT_RETURNS,     /* the call was refused, and its caller goes on */
    FAULT_TELLS_FIRST, /* the same, but only the first one is told */
    FAULT_IS_SILENT    /* the same, and nothing is told */
};

/* Gives the policy that held before. */
enum fault_policy fault_set_policy(enum fault_policy policy);

/* How many faults there were so far: a call in between that raised the number was refused. */
unsigned faults_seen(void);

/* The first fault since the policy was set. */
enum kheap_fault fault_first(void);

/* The report as text: what happened, where, the three words, what to do next. */
void fault_print(const struct kheap_report *report);

/* Looks at every block of the kernel's heap; tells the first damage, if there is any, and gives false then. For what would
 * not expect that a block which fits is refused. */
bool fault_none_in_heap(void);

/* The long explanation of one code, or the list of all. */
void fault_explain(enum kheap_fault fault);
void fault_list(void);

#endif
