/* SPDX-License-Identifier: MIT
 *
 * What is told of a bad access: what it is, whose block is near, and the bytes around it with their shadow.
 */
#include "sanitize/report.h"

#include "base/console.h"
#include "base/context.h"
#include "base/panic.h"
#include "base/print.h"
#include "machine.h"
#include "memory/kmalloc.h"
#include "memory/numbers.h"
#include "sanitize/freed.h"
#include "sanitize/shadow.h"

/* ---- Begin, end, catch ------------------------------------------------------------------------------------------ */

static unsigned paused;

static struct {
    void *place[5];
    bool armed, quiet;
    unsigned paused; /* as it was */
    bool open;       /* others might come in */
    struct instrument_report report;
} catcher;

bool instrument_is_on(void)
{
    return true;
}

const char *instrument_story(void)
{
    return "every access to the heap is checked (instrumented build)";
}

void instrument_pause(void)
{
    paused++;
}

void instrument_resume(void)
{
    paused--;
}

bool instrument_catch(void (*act)(void), bool quiet, struct instrument_report *report)
{
    catcher.report = (struct instrument_report){ 0 };
    catcher.quiet = quiet;
    catcher.paused = paused;
    catcher.open = context_is_open();
    catcher.armed = true;
    if (__builtin_setjmp(catcher.place) == 0)
        act();
    catcher.armed = false;
    *report = catcher.report;
    return catcher.report.kind != NULL;
}

void instrument_end_catch(void)
{
    catcher.armed = false;
}

bool instrument_listens(void)
{
    return paused == 0;
}

bool report_begin(void)
{
    if (paused != 0)
        return false;
    paused++;
    return true;
}

bool report_is_told(void)
{
    return !catcher.armed || !catcher.quiet;
}

void report_end(const struct instrument_report *report, const void *frame)
{
    if (catcher.armed) {
        catcher.armed = false;
        catcher.report = *report;
        paused = catcher.paused;
        context_escaped(catcher.open);
        __builtin_longjmp(catcher.place, 1);
    }
    paused--; /* a panic can be caught, too */
    panic_at(report->pc, *(const uintptr_t *)frame, "%s, reported above", report->kind);
}

/* ---- What lies around the bad byte ------------------------------------------------------------------------------ */

struct finding {
    const struct instrument_report *access;
    uintptr_t bad;                   /* its first byte that may not be touched */
    struct kheap_block below, above; /* the live blocks around that; without payload where there is none */
    const struct freed *freed;       /* who had it last, if it is free and that is known */
};

/* Newest first: the last one above the bad byte, and then the first one below it. */
static bool find_neighbours(const struct kheap_block *block, void *context)
{
    struct finding *finding = context;
    bool is_above = (uintptr_t)block->payload > finding->bad;

    *(is_above ? &finding->above : &finding->below) = *block;
    return is_above;
}

static uintptr_t past_end(const struct finding *finding)
{
    return finding->bad - ((uintptr_t)finding->below.payload + finding->below.size) + 1;
}

static uintptr_t in_front(const struct finding *finding)
{
    return (uintptr_t)finding->above.payload - finding->bad;
}

/* Between two blocks it belongs to the nearer one. */
static bool is_underflow(const struct finding *finding)
{
    if (finding->below.payload == NULL || finding->above.payload == NULL)
        return finding->above.payload != NULL;
    return in_front(finding) < past_end(finding);
}

/* ---- Its kinds -------------------------------------------------------------------------------------------------- */

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static void tell_block(const struct kheap_block *block, unsigned number)
{
    kprintf("    block     ");
    if (number != 0)
        kprintf("#%u ", number);
    kprintf("%p, %zu byte%s of %pB\n", block->payload, block->size, plural(block->size), block->owner);
}

static void tell_overflow(const struct finding *finding)
{
    tell_block(&finding->below, number_of(finding->below.payload));
    kprintf("    there     %zu byte%s past its end\n", (size_t)past_end(finding), plural(past_end(finding)));
}

static void tell_underflow(const struct finding *finding)
{
    tell_block(&finding->above, number_of(finding->above.payload));
    kprintf("    there     %zu byte%s in front of it\n", (size_t)in_front(finding), plural(in_front(finding)));
}

static void tell_freed(const struct finding *finding)
{
    const struct freed *freed = finding->freed;

    if (freed == NULL) {
        kprintf("    there     freed, but no longer known by whom\n");
        return;
    }
    size_t offset = finding->bad - (uintptr_t)freed->block.payload, ago = heap_calls - freed->heap_call;
    tell_block(&freed->block, freed->number);
    if (offset < freed->block.size)
        kprintf("    there     byte %zu of it, counted from 0\n", offset);
    else
        kprintf("    there     its tag or its padding\n");
    kprintf("    freed by  %pB, %zu heap call%s ago\n", freed->by, ago + 1, plural(ago + 1));
}

static void tell_unallocated(const struct finding *finding)
{
    size_t above = finding->bad - (uintptr_t)kernel_heap.free_memory_pointer;

    kprintf("    there     %zu byte%s above the free pointer, never handed out\n", above, plural(above));
}

static void tell_floor(const struct finding *finding)
{
    size_t below = (uintptr_t)kernel_heap.heap_start - finding->bad;

    if (finding->above.payload != NULL)
        tell_underflow(finding);
    kprintf("    floor     %zu byte%s below heap_start\n", below, plural(below));
}

/* A walk over a damaged heap may end before it meets a block. */
static void tell_unknown(const struct finding *finding)
{
    (void)finding;
    kprintf("    there     a tag or padding; the heap is damaged, so nobody knows whose\n");
}

static void tell_null(const struct finding *finding)
{
    (void)finding;
    kprintf("    there     the first page, where null pointers lead; nothing lies there\n");
}

struct kind {
    const char *name;
    void (*tell)(const struct finding *finding);
};

/* clang-format off */
static const struct kind
    overflow = { "overflow", tell_overflow },
    underflow = { "underflow", tell_underflow },
    use_after_free = { "use after free", tell_freed },
    unallocated = { "unallocated", tell_unallocated },
    floor_tag = { "floor", tell_floor },
    unknown = { "damaged heap", tell_unknown },
    null_pointer = { "null pointer", tell_null };
/* clang-format on */

static const struct kind *kind_of(const struct finding *finding)
{
    if (finding->bad < NULL_PAGE_END)
        return &null_pointer;
    if (shadow_at(finding->bad) == SHADOW_FLOOR)
        return &floor_tag;
    if (shadow_at(finding->bad) == SHADOW_FREE)
        return finding->freed != NULL || finding->bad < (uintptr_t)high_water ? &use_after_free : &unallocated;
    if (finding->below.payload == NULL && finding->above.payload == NULL)
        return &unknown;
    return is_underflow(finding) ? &underflow : &overflow;
}

/* ---- The picture ------------------------------------------------------------------------------------------------ */

#define LINE 16u
#define LINES_AROUND 2u

/* "  0010c020  cd cd[cd]cd ...   00 05": the bytes, and the shadow of both halves. */
static void print_line(uintptr_t line, uintptr_t bad)
{
    kprintf("  %08lx ", (unsigned long)line);
    for (uintptr_t at = line; at < line + LINE; at++)
        kprintf("%c%02x", at == bad ? '[' : at == bad + 1 && at != line ? ']' : ' ', *(const unsigned char *)at);
    kprintf("%c  %02x %02x\n", bad == line + LINE - 1 ? ']' : ' ', shadow_at(line), shadow_at(line + GRANULE));
}

static void print_picture(uintptr_t bad)
{
    uintptr_t middle = bad / LINE * LINE;

    console_style(STYLE_FAINT);
    kprintf("    16 bytes a line, and the shadow of each 8: 00 all may be touched, 01 to 07\n"
            "    the first so many, none of fa gap, fb slack, fc tag, fd free, fe floor\n");
    console_style(STYLE_PLAIN);
    for (uintptr_t line = middle - LINES_AROUND * LINE; line <= middle + LINES_AROUND * LINE; line += LINE)
        if (in_heap(line))
            print_line(line, bad);
}

/* ---- The reports ------------------------------------------------------------------------------------------------ */

static void print_title(const struct instrument_report *report)
{
    console_style(STYLE_ERROR);
    kprintf("KASAN %s", report->kind);
    console_style(STYLE_PLAIN);
    kprintf(": %s of %zu byte%s at %p in %pB\n", report->write ? "write" : "read", report->size, plural(report->size),
            (void *)report->address, (void *)report->pc);
}

void report_access(const struct instrument_report *access, uintptr_t bad, const void *frame)
{
    struct instrument_report report = *access;
    struct finding finding = { .access = access, .bad = bad };

    if (bad >= NULL_PAGE_END) {
        kheap_walk(&kernel_heap, find_neighbours, &finding);
        finding.freed = freed_at(bad);
    }
    const struct kind *kind = kind_of(&finding);
    report.kind = kind->name;
    if (report_is_told()) {
        print_title(&report);
        kind->tell(&finding);
        if (bad >= NULL_PAGE_END)
            print_picture(bad);
    }
    report_end(&report, frame);
}

void report_changed(uintptr_t address, const void *pc, const void *frame)
{
    const struct instrument_report report = { "freed memory changed", address, 1, true, (uintptr_t)pc };
    const struct finding finding = { .access = &report, .bad = address, .freed = freed_at(address) };

    if (report_is_told()) {
        console_style(STYLE_ERROR);
        kprintf("KASAN %s", report.kind);
        console_style(STYLE_PLAIN);
        kprintf(": %p holds %02x, found by %pB\n", (void *)address, *(const unsigned char *)address, pc);
        tell_freed(&finding);
        print_picture(address);
    }
    report_end(&report, frame);
}
