/* SPDX-License-Identifier: MIT
 *
 * Faults of the heap as text. The texts come from the heap's own list, so code, message and explanation cannot drift.
 */
#include "memory/fault.h"

#include "base/console.h"
#include "base/panic.h"
#include "base/print.h"
#include "base/string.h"
#include "memory/events.h"
#include "memory/heap_view.h"
#include "memory/kmalloc.h"
#include "memory/numbers.h"

struct fault_text {
    const char *title, *happened, *danger, *find, *fix;
};

static const struct fault_text texts[RULE_END] = {
#define KHEAP_FAULT(code, name, title, happened, danger, find, fix) [code] = { title, happened, danger, find, fix },
#include "kheap_faults.def"
#undef KHEAP_FAULT
#define RULE(code, name, title, happened, danger, find, fix)                                                           \
    [RULE_BEGIN + code] = { title, happened, danger, find, fix },
#include "memory/rules.def"
#undef RULE
};

bool fault_exists(unsigned code)
{
    return code < RULE_END && texts[code].title != NULL;
}

int fault_code(char *text, size_t size, unsigned code)
{
    return ksnprintf(text, size, code > RULE_BEGIN ? "I%02u" : "E%02u", code > RULE_BEGIN ? code - RULE_BEGIN : code);
}

/* "#3 0x0010c020, 100 bytes of cmd_alloc+0x2c" */
static void print_block(const struct kheap_block *block)
{
    unsigned number = number_of(block->payload);

    if (number != 0)
        kprintf("#%u ", number);
    kprintf("%p, %zu byte%s of ", block->payload, block->size, block->size == 1 ? "" : "s");
    if (block->owner != NULL)
        kprintf("%pB", block->owner);
    else
        kprintf("an owner that is overwritten");
}

/* Each row prints what stands behind the title, to the end of the report's own lines. */

static void tell_not_initialised(const struct kheap_report *r)
{
    kprintf(": all three words are zero\n    heap      %p\n", (const void *)r->heap);
}

static void tell_out_of_memory(const struct kheap_report *r)
{
    size_t left = (size_t)(r->heap->heap_end - r->heap->free_memory_pointer);

    if (r->missing == SIZE_MAX)
        kprintf(": wanted more than any address can reach, free %zu bytes\n", left);
    else
        kprintf(": wanted %zu bytes, free %zu, missing %zu\n", r->wanted, left, r->missing);
}

static void tell_bad_alignment(const struct kheap_report *r)
{
    kprintf(": %zu (0x%zx)\n    wanted    %zu byte%s\n", r->align, r->align, r->wanted, r->wanted == 1 ? "" : "s");
}

static void tell_out_of_order(const struct kheap_report *r)
{
    kprintf(": %p is not the last block\n    block     ", r->address);
    print_block(&r->block);
    kprintf("\n    newest    ");
    print_block(&r->newest);
    kprintf(": free it first\n    %zu block%s above the one asked for\n", r->above,
            r->above == 1 ? " stands" : "s stand");
}

static void tell_double_free(const struct kheap_report *r)
{
    size_t above = (size_t)((const unsigned char *)r->address - r->heap->free_memory_pointer);
    kprintf(": %p is free already\n    it lies %zu bytes above the free pointer\n", r->address, above);
}

static void tell_not_a_block(const struct kheap_report *r)
{
    uintptr_t address = (uintptr_t)r->address, payload = (uintptr_t)r->block.payload;

    kprintf(": %p was never handed out\n", r->address);
    if (payload == 0) {
        bool free = address >= (uintptr_t)r->heap->heap_start && address < (uintptr_t)r->heap->heap_end;
        kprintf("    it lies %s\n",
                free ? "in the free part, and not where a block could start" : "outside of this heap");
        return;
    }
    size_t distance = address > payload ? address - payload : payload - address;
    kprintf("    it points %zu byte%s %s the payload at %p\n", distance, distance == 1 ? "" : "s",
            address > payload ? "into" : "in front of", r->block.payload);
    kprintf("    block     ");
    print_block(&r->block);
    kprintf("\n");
}

static void print_bytes(const unsigned char *at, size_t count)
{
    for (size_t i = 0; i < count; i++)
        kprintf(" %02x", at[i]);
}

static void tell_overflow(const struct kheap_report *r)
{
    kprintf(": a write of %zu byte%s past the end of a block\n", r->changed, r->changed == 1 ? "" : "s");
    kprintf("    block     ");
    print_block(&r->block);
    if (r->block.owner == NULL)
        kprintf("\n    size      the most that fitted: its tag is gone");
    kprintf("\n    first     %p, which holds", r->address);
    print_bytes(r->address, r->changed < 8 ? r->changed : 8);
    kprintf("\n");
}

static void tell_damaged(const struct kheap_report *r)
{
    const unsigned char *address = r->address;

    if (r->address == (const void *)r->heap) {
        kprintf(": the three words do not add up\n");
        return;
    }
    if (r->changed != 0)
        kprintf(": a write of %zu byte%s in front of a block, from above", r->changed, r->changed == 1 ? "" : "s");
    else
        kprintf(": the tag at %p%s does not add up", r->address,
                (const unsigned char *)r->block.payload > address ? ", in front of a block," : "");
    if (r->block.payload != NULL) {
        kprintf("\n    block     ");
        print_block(&r->block);
    }
    kprintf("\n    there now:");
    print_bytes(address, 16);
    kprintf("\n");
}

static void tell_bad_mark(const struct kheap_report *r)
{
    kprintf(": %p is no boundary, or not the same one\n", r->address);
}

static void (*const tell[KHEAP_FAULT_COUNT])(const struct kheap_report *) = {
    [KHEAP_E_NOT_INITIALISED] = tell_not_initialised,
    [KHEAP_E_OUT_OF_MEMORY] = tell_out_of_memory,
    [KHEAP_E_BAD_ALIGNMENT] = tell_bad_alignment,
    [KHEAP_E_OUT_OF_ORDER] = tell_out_of_order,
    [KHEAP_E_DOUBLE_FREE] = tell_double_free,
    [KHEAP_E_NOT_A_BLOCK] = tell_not_a_block,
    [KHEAP_E_OVERFLOW] = tell_overflow,
    [KHEAP_E_DAMAGED] = tell_damaged,
    [KHEAP_E_BAD_MARK] = tell_bad_mark,
};

void fault_print(const struct kheap_report *r)
{
    console_style(STYLE_ERROR);
    kprintf("E%02d %s", r->fault, texts[r->fault].title);
    console_style(STYLE_PLAIN);
    tell[r->fault](r);
    if (r->caller != NULL)
        kprintf("    asked by  %pB\n", r->caller);
    kprintf("    heap_start %p  free_memory_pointer %p  heap_end %p\n", (void *)r->heap->heap_start,
            (void *)r->heap->free_memory_pointer, (void *)r->heap->heap_end);
    kprintf("    next: explain E%02d\n", r->fault);
}

bool fault_none_in_heap(void)
{
    struct kheap_report report;

    if (kheap_check(&kernel_heap, &report) == KHEAP_E_NONE)
        return true;
    fault_print(&report);
    return false;
}

/* ---- The kernel's own rules ------------------------------------------------------------------------------------- */

static void tell_heap_in_handler(void)
{
    const struct handler_at_work *work = context_handler();

    kprintf(": the call is refused, and nothing was changed\n    handler   %pS, of %s\n    came in   at %pS\n",
            (void *)work->handler, source_names[work->source], (void *)work->interrupted.pc);
}

static void fault_print_rule(enum rule rule, enum source source, uintptr_t owner)
{
    char code[8];

    fault_code(code, sizeof code, rule);
    console_style(STYLE_ERROR);
    kprintf("%s %s", code, texts[rule].title);
    console_style(STYLE_PLAIN);
    if (rule == RULE_HEAP_IN_HANDLER)
        tell_heap_in_handler();
    else if (rule == RULE_NOT_ACKNOWLEDGED)
        kprintf(": %s\n    handler   %pS\n    now it is acknowledged\n", source_names[source], (void *)owner),
            owner = 0;
    else
        kprintf(": when the command had ended\n    now they are on again\n");
    if (owner != 0)
        kprintf("    asked by  %pB\n", (void *)owner);
    kprintf("    next: explain %s\n", code);
}

/* ---- What follows a fault --------------------------------------------------------------------------------------- */

static enum fault_policy policy;
static unsigned first, seen;

unsigned faults_seen(void)
{
    return seen;
}

unsigned fault_first(void)
{
    return first;
}

enum fault_policy fault_set_policy(enum fault_policy wanted)
{
    enum fault_policy before = policy;

    policy = wanted;
    first = 0;
    return before;
}

/* Notes a fault. True: it is to be told. */
static bool note(unsigned code)
{
    bool is_first = first == 0;

    seen++;
    first = is_first ? code : first;
    return policy < FAULT_TELLS_FIRST || (policy == FAULT_TELLS_FIRST && is_first);
}

/* A report takes longer than anybody should be kept out. */
static struct kheap_report kept;

void fault_tell_kept(void)
{
    if (kept.fault == KHEAP_E_NONE)
        return;
    struct kheap_report report = kept;
    kept.fault = KHEAP_E_NONE;
    fault_print(&report);
}

/* The function that kheap.h asks of its embedder. */
void kheap_fault(const struct kheap_report *report)
{
    event_add_fault(report);
    if (note(report->fault)) {
        if (context_is_open() || policy == FAULT_PANICS)
            fault_print(report);
        else
            kept = *report;
    }
    if (policy == FAULT_PANICS)
        panic("E%02d %s", report->fault, texts[report->fault].title);
}

void fault_of_rule(enum rule rule, enum source source, uintptr_t owner)
{
    event_add_rule(rule, owner);
    if (note(rule))
        fault_print_rule(rule, source, owner);
    if (policy == FAULT_PANICS)
        panic("I%02d %s", rule - RULE_BEGIN, texts[rule].title);
}

/* ---- explain ---------------------------------------------------------------------------------------------------- */

/* A heading in eight columns and its paragraph behind it. */
static void print_paragraph(const char *heading, const char *text)
{
    kprintf("  %-7s", heading);
    print_wrapped(text, 9);
}

void fault_explain(unsigned code)
{
    const struct fault_text *text = &texts[code];
    char name[8];

    fault_code(name, sizeof name, code);
    console_style(STYLE_TITLE);
    kprintf("%s %s\n", name, text->title);
    console_style(STYLE_PLAIN);
    print_paragraph("what", text->happened);
    print_paragraph("danger", text->danger);
    print_paragraph("find", text->find);
    print_paragraph("fix", text->fix);
}

void fault_list(void)
{
    char name[8];

    for (unsigned code = 1; code < RULE_END; code++)
        if (fault_exists(code)) {
            fault_code(name, sizeof name, code);
            kprintf("  %s  %s\n", name, texts[code].title);
        }
}
