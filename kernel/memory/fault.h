/* SPDX-License-Identifier: MIT
 *
 * What the kernel does with a fault of the heap: tells it, and then panics or goes on (on_fault=report).
 */
#ifndef FAULT_H
#define FAULT_H

#include "base/context.h"
#include "kheap.h"

#include <stdbool.h>

/* The kernel's own rules, in the form of the heap's faults and behind them: I01 is 101. */
enum rule {
    RULE_BEGIN = 100,
#define RULE(code, name, title, happened, danger, find, fix) RULE_##name = RULE_BEGIN + code,
#include "memory/rules.def"
#undef RULE
    RULE_END
};

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

/* The code of the first fault since the policy was set; 0: there was none. */
unsigned fault_first(void);

/* "E04" or "I01". */
int fault_code(char *text, size_t size, unsigned code);

/* A rule of the kernel's own was broken: by whom, a return address or 0, and concerning which source, SOURCES for none. */
void fault_of_rule(enum rule rule, enum source source, uintptr_t owner);

/* While interrupts are off a fault of the heap is only kept; who turns them on again calls this. */
void fault_tell_kept(void);

/* The report as text: what happened, where, the three words, what to do next. */
void fault_print(const struct kheap_report *report);

/* Looks at every block of the kernel's heap; tells the first damage, if there is any, and gives false then. For what would
 * not expect that a block which fits is refused. */
bool fault_none_in_heap(void);

/* Is there such a code? The long explanation of one, and the list of all. */
bool fault_exists(unsigned code);
void fault_explain(unsigned code);
void fault_list(void);

#endif
