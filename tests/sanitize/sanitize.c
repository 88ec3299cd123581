/* SPDX-License-Identifier: MIT
 *
 * The run time of the instrumented build as a hosted program: its checks are called as the compiler would call them, over
 * a real kernel heap, and its reports are read as text.
 */
#include "base/console.h"
#include "base/context.h"
#include "base/instrument.h"
#include "base/memory_map.h"
#include "base/panic.h"
#include "base/ranges.h"
#include "base/symbols.h"
#include "case.h"
#include "machine.h"
#include "memory/events.h"
#include "memory/kmalloc.h"
#include "memory/numbers.h"
#include "sanitize/shadow.h"
#include "support.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAP_BYTES 8192u
#define LONGEST_LINE 80

/* ---- What the run time needs of the kernel ---------------------------------------------------------------------- */

static _Alignas(4096) unsigned char around[4 * HEAP_BYTES];
static unsigned char *const memory = around + HEAP_BYTES; /* the heap, its shadow, and something on either side */
char text[8192];
static size_t text_length;
static const char *options[4];
static unsigned long interrupts = 1;
static jmp_buf after_panic;
static uintptr_t panic_pc;

void console_put(char c)
{
    text[text_length] = c;
    text_length += text_length < sizeof text - 1;
}

void console_style(enum style style)
{
    (void)style;
}

void forget_text(void)
{
    text_length = 0;
    memset(text, 0, sizeof text);
}

const char *symbol_of(uintptr_t address, uintptr_t *offset)
{
    (void)address, (void)offset;
    return NULL;
}

bool option_size(const char *name, char *value, size_t *size)
{
    *size = HEAP_BYTES;
    return strcmp(name, "heap") == 0 && value[0] != '\0';
}

bool option_is(const char *name, const char *value)
{
    for (size_t i = 0; i < 4 && options[i] != NULL; i++)
        if (strncmp(options[i], name, strlen(name)) == 0 && strcmp(options[i] + strlen(name) + 1, value) == 0)
            return true;
    return false;
}

size_t memory_usable_bytes(void)
{
    return 2 * HEAP_BYTES;
}

void *memory_place(size_t size, size_t *largest)
{
    *largest = 2 * HEAP_BYTES;
    return size <= *largest ? memory : NULL;
}

unsigned long machine_interrupts_off(void)
{
    unsigned long before = interrupts;
    interrupts = 0;
    return before;
}

void machine_interrupts_restore(unsigned long before)
{
    interrupts = before;
}

uint64_t machine_cycles(void)
{
    return 0;
}

/* No handler is ever at work here, so nothing of this is called. */
void machine_acknowledge(enum source source)
{
    (void)source;
}

void print_backtrace(uintptr_t frame_pointer)
{
    (void)frame_pointer;
}

void fault_of_rule(enum rule rule, enum source source, uintptr_t owner)
{
    (void)rule, (void)source, (void)owner;
}

int fault_code(char *code, size_t size, unsigned number)
{
    return snprintf(code, size, "E%02u", number);
}

static unsigned refusals;

unsigned faults_seen(void)
{
    return refusals;
}

/* Nothing is kept: each is told at once. */
void fault_tell_kept(void)
{
}

void machine_moment(unsigned char number)
{
    (void)number;
}

void machine_stop(int status)
{
    exit(100 + status);
}

void panic_at(uintptr_t pc, uintptr_t frame, const char *format, ...)
{
    (void)frame, (void)format;
    panic_pc = pc;
    longjmp(after_panic, 1);
}

void kheap_fault(const struct kheap_report *report)
{
    (void)report;
    refusals++;
}

/* ---- What the compiler would call ------------------------------------------------------------------------------- */

void __asan_load1_noabort(uintptr_t address);
void __asan_load2_noabort(uintptr_t address);
void __asan_load4_noabort(uintptr_t address);
void __asan_load8_noabort(uintptr_t address);
void __asan_load16_noabort(uintptr_t address);
void __asan_store1_noabort(uintptr_t address);
void __asan_store8_noabort(uintptr_t address);
void __asan_storeN_noabort(uintptr_t address, size_t size);

static uintptr_t target;
static size_t target_size;
static bool carried_out;

static void load(void)
{
    switch (target_size) {
    case 1: __asan_load1_noabort(target); break;
    case 2: __asan_load2_noabort(target); break;
    case 4: __asan_load4_noabort(target); break;
    case 8: __asan_load8_noabort(target); break;
    case 16: __asan_load16_noabort(target); break;
    default: check_read((void *)target, target_size); break;
    }
    carried_out = true;
}

static void store(void)
{
    if (target_size == 1)
        __asan_store1_noabort(target);
    else if (target_size == 8)
        __asan_store8_noabort(target);
    else
        __asan_storeN_noabort(target, target_size);
    carried_out = true;
}

static struct instrument_report report;

/* Tries it; says whether it was refused, and sees to it that it was then not carried out. */
static bool refused(void (*act)(void), const void *address, size_t size)
{
    target = (uintptr_t)address;
    target_size = size;
    carried_out = false;
    forget_text();
    bool caught = instrument_catch(act, false, &report);
    CHECK(caught, ==, !carried_out);
    CHECK(caught, ==, report.kind != NULL);
    CHECK(interrupts, ==, 1);
    return caught;
}

static void start(const char *first, const char *second)
{
    options[0] = first;
    options[1] = second;
    init_heap();
}

void case_end(void)
{
}

/* ---- The shadow against a model --------------------------------------------------------------------------------- */

static bool allowed[2 * HEAP_BYTES];

static bool allow(const struct kheap_block *block, void *context)
{
    (void)context;
    memset(allowed + ((unsigned char *)block->payload - memory), true, block->size);
    return true;
}

/* Only the payloads of live blocks may be touched, and all that lies outside of the heap. */
static void make_model(void)
{
    uintptr_t floor = (uintptr_t)kernel_heap.heap_start - KHEAP_TAG_BYTES;

    for (size_t i = 0; i < sizeof allowed; i++)
        allowed[i] = (uintptr_t)(memory + i) < floor || memory + i >= kernel_heap.heap_end;
    kheap_walk(&kernel_heap, allow, NULL);
}

static void check_shadow(void)
{
    make_model();
    for (size_t i = 0; i < HEAP_BYTES; i++) {
        case_note("byte %zu", i);
        CHECK(shadow_first_bad((uintptr_t)(memory + i), 1) == 0, ==, allowed[i]);
    }
}

static void one_step(void)
{
    static unsigned char *blocks[64];
    static size_t depth;
    int what = rand() % 8;
    size_t size = (size_t)(rand() % 100);

    while (depth > 0 && blocks[depth - 1] >= kernel_heap.free_memory_pointer)
        depth--;
    if (what < 4 && depth < 64) {
        void *block = what == 0   ? kmalloc_aligned(size, (size_t)16 << rand() % 5)
                      : what == 1 ? kcalloc(size, 3)
                                  : kmalloc(size);
        if (block != NULL)
            blocks[depth++] = block;
    } else if (what < 6 && depth > 0) {
        kfree(blocks[depth - 1]);
    } else if (what == 6 && depth > 0) {
        kresize(blocks[depth - 1], size);
    } else if (what == 7) {
        struct kheap_mark mark = kmark();
        kmalloc(10);
        kmalloc(size);
        krelease(mark);
    }
}

CASE(the_shadow_follows_the_heap)
{
    start(NULL, NULL);
    srand(1);
    check_shadow();
    for (int i = 0; i < 300; i++) {
        one_step();
        check_shadow();
    }
}

CASE(a_heap_that_was_put_back_is_learnt_anew)
{
    static unsigned char kept[HEAP_BYTES];

    start(NULL, NULL);
    kmalloc(30);
    const struct kheap words = kernel_heap;
    memcpy(kept, memory, sizeof kept);
    kmalloc(100);
    kmalloc(7);
    kernel_heap = words;
    memcpy(memory, kept, sizeof kept);
    instrument_resync();
    check_shadow();
}

static bool all_allowed(size_t at, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!allowed[at + i])
            return false;
    return true;
}

/* Every size at every place, over blocks of every rest and an aligned one. */
CASE(each_access_is_refused_just_when_a_byte_of_it_is_bad)
{
    static const size_t sizes[] = { 1, 2, 4, 8, 16, 3, 24, 100 };

    start(NULL, NULL);
    for (size_t size = 0; size <= 40; size++)
        kmalloc(size);
    kmalloc_aligned(60, 256);
    make_model();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (size_t at = KHEAP_TAG_BYTES; at < HEAP_BYTES - 100; at++) {
            case_note("%zu bytes at %zu", sizes[i], at);
            CHECK(refused(load, memory + at, sizes[i]), ==, !all_allowed(at, sizes[i]));
        }
}

CASE(outside_of_the_heap_only_the_null_page_is_refused)
{
    static const size_t sizes[] = { 1, 2, 4, 8, 16, 3 };

    start(NULL, NULL);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        CHECK(refused(load, (void *)4095, sizes[i]), ==, true);
        CHECK(strcmp(report.kind, "null pointer"), ==, 0);
        CHECK(refused(load, NULL, sizes[i]), ==, true);
        CHECK(refused(load, (void *)4096, sizes[i]), ==, false);
        CHECK(refused(load, kernel_heap.heap_end, sizes[i]), ==, false);
        CHECK(refused(load, (void *)(UINTPTR_MAX - 15), sizes[i]), ==, false);
    }
    CHECK(refused(load, NULL, 0), ==, false);
    CHECK(refused(store, memory - 64, 64), ==, false);
    CHECK(refused(store, memory - 64, 65), ==, true);
}

/* ---- The reports ------------------------------------------------------------------------------------------------ */

/* The kind, and what the report has to say, with the address of the block in it. */
static void expect(const char *kind, const char *says, const void *block)
{
    char wanted[120];

    CHECK(strcmp(report.kind, kind), ==, 0);
    CHECK(report.address, ==, target);
    CHECK(report.size, ==, target_size);
    snprintf(wanted, sizeof wanted, says, (uintmax_t)(uintptr_t)block);
    case_note("wanted: %s\n%s", wanted, text);
    CHECK(strstr(text, wanted) != NULL, ==, true);
}

/* The pictured bytes: at most five lines that begin with an address; the bad one marked once; no line too long. */
static void expect_picture(uintptr_t bad)
{
    char marked[8];
    int lines = 0, marks = 0;

    snprintf(marked, sizeof marked, "[%02x]", *(unsigned char *)bad);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        CHECK(strlen(line), <=, LONGEST_LINE);
        char *behind;
        unsigned long address = strtoul(line, &behind, 16);
        if (strncmp(line, "  ", 2) != 0 || line[2] == ' ')
            continue;
        lines++;
        if (address != bad / 16 * 16)
            continue;
        marks++;
        CHECK_PTR(strstr(line, marked), ==, behind + 1 + bad % 16 * 3);
    }
    CHECK(lines, <=, 5);
    CHECK(lines, >=, 1);
    CHECK(marks, ==, 1);
}

CASE(an_overflow_is_told_with_its_block)
{
    start(NULL, NULL);
    unsigned char *below = kmalloc(100), *block = kmalloc(13);
    event_number_block(below);
    event_number_block(block);
    CHECK(refused(store, block + 13, 1), ==, true);
    expect("overflow", "    block     #2 0x%08jx, 13 bytes of ", block);
    expect("overflow", "    there     1 byte past its end\n", NULL);
    expect("overflow", "KASAN overflow: write of 1 byte at 0x%08jx in ", block + 13);
    expect_picture((uintptr_t)block + 13);
    CHECK(refused(load, block + 10, 8), ==, true);
    expect("overflow", "KASAN overflow: read of 8 bytes at 0x%08jx in ", block + 10);
    CHECK(refused(store, block + 18, 1), ==, true);
    expect("overflow", "    there     6 bytes past its end\n", NULL);
    expect_picture((uintptr_t)block + 18);
    CHECK(block[13], ==, KHEAP_SLACK_BYTE);
}

CASE(an_underflow_is_told_with_its_block)
{
    start(NULL, NULL);
    kmalloc(20);
    unsigned char *block = kmalloc(8), *aligned = kmalloc_aligned(8, 256);
    CHECK(refused(store, block - 1, 1), ==, true);
    expect("underflow", "    block     0x%08jx, 8 bytes of ", block);
    expect("underflow", "    there     1 byte in front of it\n", NULL);
    expect_picture((uintptr_t)block - 1);
    CHECK(refused(store, aligned - 5, 1), ==, true);
    expect("underflow", "    there     5 bytes in front of it\n", NULL);
    expect_picture((uintptr_t)aligned - 5);
}

CASE(a_write_in_front_of_the_first_block_is_the_floors)
{
    start(NULL, NULL);
    unsigned char *block = kmalloc(8);
    CHECK(refused(store, block - 3, 1), ==, true);
    expect("floor", "    there     3 bytes in front of it\n    floor     3 bytes below heap_start\n", NULL);
    expect_picture((uintptr_t)block - 3);
}

CASE(a_use_after_free_is_told_with_who_freed_it)
{
    start(NULL, NULL);
    unsigned char *first = kmalloc(20), *second = kmalloc(30);
    event_number_block(first);
    event_number_block(second);
    kfree(second);
    kfree(first);
    CHECK(refused(store, second + 4, 1), ==, true);
    expect("use after free", "    block     #2 0x%08jx, 30 bytes of ", second);
    expect("use after free", "    there     byte 4 of it, counted from 0\n    freed by  ", NULL);
    expect("use after free", ", 2 heap calls ago\n", NULL);
    expect_picture((uintptr_t)second + 4);
    CHECK(refused(load, first, 4), ==, true);
    expect("use after free", "    block     #1 0x%08jx, 20 bytes of ", first);
    expect("use after free", ", 1 heap call ago\n", NULL);
}

CASE(the_tag_of_a_freed_block_is_told_as_such)
{
    start(NULL, NULL);
    unsigned char *block = kmalloc(20);
    kfree(block);
    CHECK(refused(load, block + 33, 1), ==, true);
    expect("use after free", "    block     0x%08jx, 20 bytes of ", block);
    expect("use after free", "    there     its tag or its padding\n    freed by  ", NULL);
}

CASE(a_number_does_not_outlive_its_block)
{
    start(NULL, NULL);
    unsigned char *first = kmalloc(20);
    event_number_block(first);
    kfree(first);
    CHECK_PTR(kmalloc(13), ==, first);
    CHECK(refused(load, first + 13, 1), ==, true);
    expect("overflow", "    block     0x%08jx, 13 bytes of ", first);
}

CASE(what_a_release_or_a_resize_gives_back_is_free)
{
    start(NULL, NULL);
    unsigned char *kept = kmalloc(200);
    struct kheap_mark mark = kmark();
    unsigned char *first = kmalloc(20), *second = kmalloc(30);
    krelease(mark);
    CHECK(refused(load, second, 1), ==, true);
    expect("use after free", "    block     0x%08jx, 30 bytes of ", second);
    CHECK(refused(load, first, 1), ==, true);
    expect("use after free", "    block     0x%08jx, 20 bytes of ", first);
    CHECK(kresize(kept, 10), ==, true);
    CHECK(refused(load, kept + 10, 1), ==, true);
    expect("overflow", "    there     1 byte past its end\n", NULL);
    CHECK(refused(load, kept + 150, 1), ==, true);
    expect("use after free", "    there     freed, but no longer known by whom\n", NULL);
}

CASE(what_was_never_handed_out_is_told_so)
{
    start(NULL, NULL);
    unsigned char *block = kmalloc(20);
    CHECK(refused(store, block + 1000, 8), ==, true);
    expect("unallocated", " bytes above the free pointer, never handed out\n", NULL);
    expect_picture((uintptr_t)block + 1000);
}

CASE(on_a_damaged_heap_nobody_knows_whose_byte_it_is)
{
    start(NULL, NULL);
    unsigned char *block = kmalloc(20);
    memset(kernel_heap.free_memory_pointer - KHEAP_TAG_BYTES, 0xFF, KHEAP_TAG_BYTES);
    CHECK(refused(load, block + 20, 1), ==, true);
    expect("damaged heap", "nobody knows whose\n", NULL);
    expect_picture((uintptr_t)block + 20);
}

/* ---- What follows a report -------------------------------------------------------------------------------------- */

CASE(without_a_catch_it_ends_in_a_panic)
{
    start(NULL, NULL);
    target = (uintptr_t)kmalloc(16) + 16;
    target_size = 1;
    if (setjmp(after_panic) == 0)
        store();
    CHECK(panic_pc, !=, 0);
    CHECK(carried_out, ==, false);
}

CASE(a_quiet_catch_prints_nothing)
{
    start(NULL, NULL);
    target = (uintptr_t)kmalloc(16) + 16;
    target_size = 1;
    CHECK(instrument_catch(store, true, &report), ==, true);
    CHECK(text_length, ==, 0);
    target -= 16;
    CHECK(instrument_catch(store, true, &report), ==, false);
    CHECK_PTR(report.kind, ==, NULL);
}

static void jump_out(void)
{
    instrument_end_catch();
    longjmp(after_panic, 1);
}

CASE(a_catch_that_was_jumped_out_of_is_over)
{
    start(NULL, NULL);
    target = (uintptr_t)kmalloc(16) + 16;
    target_size = 1;
    if (setjmp(after_panic) == 0)
        instrument_catch(jump_out, false, &report);
    panic_pc = 0;
    if (setjmp(after_panic) == 0)
        store();
    CHECK(panic_pc, !=, 0);
    CHECK(refused(store, (void *)target, 1), ==, true);
}

CASE(nothing_is_reported_in_a_pause)
{
    start(NULL, NULL);
    unsigned char *block = kmalloc(16);
    instrument_pause();
    instrument_pause();
    instrument_resume();
    CHECK(refused(store, block + 16, 1), ==, false);
    instrument_resume();
    CHECK(refused(store, block + 16, 1), ==, true);
    CHECK(refused(store, block + 16, 1), ==, true);
}

/* ---- poison=on -------------------------------------------------------------------------------------------------- */

static void allocate_20(void)
{
    kmalloc(20);
    carried_out = true;
}

CASE(a_changed_freed_byte_is_found)
{
    uintptr_t found = 0;

    start("poison=on", NULL);
    unsigned char *block = kmalloc(40);
    kfree(block);
    CHECK(instrument_check_free(&found), ==, true);
    CHECK(refused(allocate_20, NULL, 0), ==, false);
    kfree(block);
    block[3] = 'Z';
    CHECK(instrument_check_free(&found), ==, false);
    CHECK(found, ==, (uintptr_t)block + 3);
    CHECK(refused(allocate_20, NULL, 0), ==, true);
    CHECK(strcmp(report.kind, "freed memory changed"), ==, 0);
    CHECK(report.address, ==, found);
    CHECK(strstr(text, "holds 5a") != NULL, ==, true);
    expect_picture(found);
}

CASE(without_the_option_a_changed_freed_byte_is_not_looked_for)
{
    uintptr_t found = 0;

    start(NULL, NULL);
    unsigned char *block = kmalloc(40);
    kfree(block);
    block[3] = 'Z';
    CHECK(instrument_check_free(&found), ==, true);
    CHECK(refused(allocate_20, NULL, 0), ==, false);
}

/* ---- reuse=off -------------------------------------------------------------------------------------------------- */

CASE(no_address_is_handed_out_twice)
{
    static bool taken[2 * HEAP_BYTES];

    start("reuse=off", "poison=on");
    unsigned char *bottom = kmalloc(5);
    for (int round = 0; round < 40; round++) {
        const struct kheap words = kernel_heap;
        unsigned char *first = kmalloc(20), *second = kmalloc_aligned(9, 32);
        for (size_t i = 0; i < 20; i++) {
            CHECK(taken[first - memory + (ptrdiff_t)i], ==, false);
            taken[first - memory + (ptrdiff_t)i] = true;
        }
        kfree(second);
        CHECK(refused(load, second, 1), ==, true);
        CHECK(refused(load, first, 4), ==, false);
        kfree(first);
        CHECK_MEM(&kernel_heap, &words, sizeof words);
        CHECK(refused(load, first, 1), ==, true);
        expect("use after free", "    block     0x%08jx, 20 bytes of ", first);
        CHECK(kheap_check(&kernel_heap, NULL), ==, KHEAP_E_NONE);
        CHECK(instrument_check_free(&target), ==, true);
        CHECK(refused(load, bottom, 4), ==, false);
        for (unsigned char *at = kernel_heap.free_memory_pointer; at < kernel_heap.heap_end; at += GRANULE)
            CHECK(shadow_at((uintptr_t)at), ==, SHADOW_FREE);
    }
}

CASE(what_lies_in_a_quarantine_is_told_as_what_it_was)
{
    start("reuse=off", NULL);
    struct kheap_mark mark = kmark();
    unsigned char *stale = kmalloc(20);
    kfree(stale);
    kmalloc(50);
    krelease(mark);
    CHECK(refused(load, stale, 1), ==, true);
    expect("use after free", "    block     0x%08jx, 20 bytes of ", stale);
}

CASE(a_stale_pointer_is_caught_behind_a_new_allocation)
{
    start("reuse=off", NULL);
    unsigned char *stale = kmalloc(20);
    kfree(stale);
    unsigned char *fresh = kmalloc(20);
    CHECK_PTR(fresh, !=, stale);
    CHECK(refused(store, stale, 1), ==, true);
    CHECK(refused(store, fresh, 20), ==, false);
    CHECK(kheap_stats(&kernel_heap).blocks, ==, 2); /* the quarantine and the block */
    kfree(fresh);
    CHECK(kheap_stats(&kernel_heap).used, ==, 0);
}

CASE(a_refused_allocation_leaves_no_quarantine)
{
    start("reuse=off", NULL);
    kfree(kmalloc(20));
    const struct kheap words = kernel_heap;
    CHECK_PTR(kmalloc(HEAP_BYTES - 3 * KHEAP_TAG_BYTES), ==, NULL);
    CHECK_MEM(&kernel_heap, &words, sizeof words);
    kfree(kmalloc(HEAP_BYTES / 2));
    CHECK_PTR(kmalloc(HEAP_BYTES / 2), ==, NULL);
    CHECK_MEM(&kernel_heap, &words, sizeof words);
}

CASE(a_changed_byte_in_a_quarantine_is_found)
{
    uintptr_t found = 0;

    start("reuse=off", "poison=on");
    unsigned char *stale = kmalloc(20);
    kfree(stale);
    kmalloc(30);
    CHECK(instrument_check_free(&found), ==, true);
    stale[2] = 'Z';
    CHECK(instrument_check_free(&found), ==, false);
    CHECK(found, ==, (uintptr_t)stale + 2);
}

CASE(a_quarantine_and_freed_bytes_are_learnt_anew)
{
    uintptr_t found = 0;

    start("reuse=off", "poison=on");
    unsigned char *stale = kmalloc(20);
    kfree(stale);
    unsigned char *fresh = kmalloc(30), *freed = kmalloc(40);
    kfree(freed);
    freed[5] = 'Z';
    instrument_resync();
    CHECK(refused(load, stale, 1), ==, true);
    CHECK(refused(load, fresh, 30), ==, false);
    CHECK(refused(load, freed, 1), ==, true);
    CHECK(freed[5], ==, KHEAP_FREED_BYTE);
    CHECK(instrument_check_free(&found), ==, true);
}

CASE(on_a_damaged_heap_no_quarantine_is_made)
{
    start("reuse=off", NULL);
    kmalloc(8);
    kfree(kmalloc(20));
    memset(kernel_heap.free_memory_pointer - KHEAP_TAG_BYTES, 0xFF, KHEAP_TAG_BYTES);
    const struct kheap words = kernel_heap;
    CHECK_PTR(kmalloc(20), ==, NULL);
    CHECK_MEM(&kernel_heap, &words, sizeof words);
}
