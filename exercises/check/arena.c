/* SPDX-License-Identifier: MIT
 *
 * The memory that a heap is made in, the calls on it, and the blocks that came out. Around the memory lie bytes of
 * somebody else, then pages that nobody may touch: a write outside is found after the call, or stops it.
 */
#include "check.h"
#include "say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* The same in each run, so that reports can be compared; with something in its upper half, where an address has one. */
#if UINTPTR_MAX > UINT32_MAX
#define ROOM_START ((unsigned char *)0x2000000000)
#define LOW_START ((unsigned char *)0x10000000)
#define VAST_START ((unsigned char *)0x4100000000)
#define VAST_BYTES ((size_t)15 << 30)
#else
#define ROOM_START ((unsigned char *)0x20000000)
#endif
#define ROOM_BYTES (8u << 20)
#define PAGE 4096u
#define FOREIGN_BYTE 0xC3u /* somebody else's memory, around the heap */
#define FOREIGN_BYTES 1024u
#define UNTOUCHED ((unsigned char *)(UINTPTR_MAX / 255 * 0x5A)) /* a word that was not written */

struct my_heap heap, other_heap;
unsigned char *memory, *start, *end;
size_t memory_bytes;
static unsigned char *memory_top; /* up to here lies what is somebody else's */
int level;
struct my_block culprit;

/* ---- Blocks: A, B, C ... ------------------------------------------------------------------------------------------ */

#define MOST_BLOCKS 26

static struct {
    unsigned char *payload;
    size_t size;
    bool live;
} blocks[MOST_BLOCKS];

static int block_count;
static bool watching;

void watch(bool yes)
{
    watching = yes;
}

/* ---- The log ------------------------------------------------------------------------------------------------------ */

#define MOST_CALLS 400
#define CALL_LENGTH 160

static char calls[MOST_CALLS][CALL_LENGTH];
static int call_count;
static const char *blame_now;

static void log_call(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    vsnprintf(calls[call_count % MOST_CALLS], CALL_LENGTH, format, values);
    va_end(values);
    call_count++;
}

/* What came out, behind the call. */
static void log_result(const char *result)
{
    char *call = calls[(call_count - 1) % MOST_CALLS];
    size_t length = strlen(call);

    snprintf(call + length, CALL_LENGTH - length, "   -> %s", result);
}

void blame(const char *diagnosis)
{
    blame_now = diagnosis;
}

const char *blamed(const char *general)
{
    return blame_now != NULL ? blame_now : general;
}

/* ---- Memory ------------------------------------------------------------------------------------------------------- */

size_t rounded(size_t size)
{
    return (size + KHEAP_ALIGN - 1) / KHEAP_ALIGN * KHEAP_ALIGN;
}

size_t tag_bytes(void)
{
    return level >= 6 ? TAG : 0;
}

static unsigned char *room(void)
{
    static unsigned char *mapped;

    if (mapped == NULL) {
        mapped = mmap(ROOM_START, ROOM_BYTES + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
                      -1, 0);
        if (mapped != ROOM_START || mprotect(mapped + PAGE, ROOM_BYTES, PROT_READ | PROT_WRITE) != 0) {
            perror("no memory for the check");
            _Exit(9);
        }
    }
    return mapped + PAGE;
}

static void forget(unsigned char *at, size_t bytes, size_t tail)
{
    memory = at;
    memory_bytes = bytes;
    memory_top = at + bytes + tail;
    memset(memory - FOREIGN_BYTES, FOREIGN_BYTE, FOREIGN_BYTES);
    heap = (struct my_heap){ UNTOUCHED, UNTOUCHED, UNTOUCHED };
    start = end = NULL;
    block_count = call_count = 0;
    watching = true;
    blame_now = NULL;
}

void fresh_memory(size_t bytes, size_t tail)
{
    forget(room() + ROOM_BYTES - tail - bytes, bytes, tail);
    memset(memory, (int)FRESH_BYTE, bytes);
    memset(memory + bytes, FOREIGN_BYTE, tail);
}

#if UINTPTR_MAX > UINT32_MAX
bool vast_memory(size_t bytes)
{
    static unsigned char *mapped;

    if (mapped == NULL)
        mapped = mmap(VAST_START, VAST_BYTES, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (mapped != VAST_START || !open_pages(mapped + VAST_BEFORE))
        return false;
    forget(mapped + VAST_BEFORE, bytes, 0);
    watching = false;
    return true;
}

unsigned char *low_page(void)
{
    static unsigned char *mapped;

    if (mapped == NULL)
        mapped =
            mmap(LOW_START, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    return mapped == LOW_START ? mapped : NULL;
}

bool open_pages(unsigned char *around)
{
    unsigned char *page = around - (uintptr_t)around % PAGE;

    return mprotect(page - PAGE, 2 * PAGE, PROT_READ | PROT_WRITE) == 0;
}
#endif

void fresh_heap(size_t bytes)
{
    fresh_memory(bytes, 0);
    if (!do_init(&heap, memory, bytes) || heap.heap_start != memory || heap.heap_end != memory + bytes ||
        heap.free_memory_pointer != memory)
        end_report("init-broken");
    start = heap.heap_start;
    end = heap.heap_end;
}

static const unsigned char *changed_in(const unsigned char *from, const unsigned char *to, unsigned char byte)
{
    for (; from < to; from++)
        if (*from != byte)
            return from;
    return NULL;
}

static void end_with_place(const char *key, const unsigned char *at, const char *diagnosis)
{
    char text[64];

    name_address(text, sizeof text, (uintptr_t)at);
    say("%s %s\n", key, text);
    end_report(blamed(diagnosis));
}

/* After each call: nobody else's bytes changed, neither around the heap nor in the blocks that live. */
static void look_around(void)
{
    const unsigned char *at = changed_in(memory - FOREIGN_BYTES, memory, FOREIGN_BYTE);

    at = at != NULL ? at : changed_in(memory + memory_bytes, memory_top, FOREIGN_BYTE);
    if (at != NULL)
        end_with_place("wrote", at, "wrote-outside");
    for (int i = 0; i < block_count; i++) {
        at = blocks[i].live
                 ? changed_in(blocks[i].payload, blocks[i].payload + blocks[i].size, (unsigned char)('A' + i))
                 : NULL;
        if (at != NULL) {
            say("owner %c\n", 'A' + i);
            end_with_place("wrote", at, "wrote-into-block");
        }
    }
}

/* ---- Calls -------------------------------------------------------------------------------------------------------- */

/* Within its heap, below the free pointer, and over no other block? Only then it is filled and watched. */
static bool is_sound(const unsigned char *payload, size_t size)
{
    if (payload < start || payload >= end || size > (size_t)(end - payload) ||
        payload + size > heap.free_memory_pointer)
        return false;
    for (int i = 0; i < block_count; i++)
        if (blocks[i].live && payload < blocks[i].payload + blocks[i].size && blocks[i].payload < payload + size)
            return false;
    return true;
}

static void note_block(unsigned char *payload, size_t size)
{
    if (!watching || payload == NULL || block_count == MOST_BLOCKS)
        return;
    bool sound = is_sound(payload, size);
    if (sound)
        memset(payload, 'A' + block_count, size);
    blocks[block_count].payload = payload;
    blocks[block_count].size = size;
    blocks[block_count++].live = sound;
}

static void name_size(char *text, size_t length, size_t size)
{
    if (size == SIZE_MAX)
        snprintf(text, length, "SIZE_MAX");
    else if (size == SIZE_MAX / 2 + 1)
        snprintf(text, length, "SIZE_MAX / 2 + 1");
    else if (size == SIZE_MAX / 4 * 3)
        snprintf(text, length, "SIZE_MAX / 4 * 3");
    else if (size > SIZE_MAX - 4096)
        snprintf(text, length, "SIZE_MAX - %zu", SIZE_MAX - size);
    else
        snprintf(text, length, "%zu", size);
}

static void log_address(const void *address)
{
    char text[64];

    name_address(text, sizeof text, (uintptr_t)address);
    log_result(text);
}

bool do_init(struct my_heap *h, void *where, size_t size)
{
    char text[64] = "NULL";

    if (where != NULL)
        snprintf(text, sizeof text, "memory");
    log_call("my_init(%s, %s, %zu)", h == NULL ? "NULL" : h == &heap ? "&heap" : "&other_heap", text, size);
    bool done = my_init(h, where, size);
    log_result(done ? "true" : "false");
    look_around();
    return done;
}

void *get(size_t size)
{
    char text[64];

    name_size(text, sizeof text, size);
    log_call("%c = my_alloc(&heap, %s)", watching && block_count < MOST_BLOCKS ? 'A' + block_count : '*', text);
    void *payload = my_alloc(&heap, size);
    log_address(payload);
    look_around();
    note_block(payload, size);
    return payload;
}

void *get_aligned(size_t size, size_t align)
{
    char text[64];

    name_size(text, sizeof text, size);
    log_call("%c = my_alloc_aligned(&heap, %s, %zu)", watching && block_count < MOST_BLOCKS ? 'A' + block_count : '*',
             text, align);
    void *payload = my_alloc_aligned(&heap, size, align);
    log_address(payload);
    look_around();
    note_block(payload, size);
    return payload;
}

struct my_stats stats(void)
{
    char used[32], left[32], largest[32], text[128];

    log_call("my_stats(&heap)");
    struct my_stats s = my_stats(&heap);
    name_size(used, sizeof used, s.used);
    name_size(left, sizeof left, s.free);
    name_size(largest, sizeof largest, s.largest);
    snprintf(text, sizeof text, "used %s, free %s, largest %s", used, left, largest);
    log_result(text);
    look_around();
    return s;
}

bool block_below(const unsigned char *boundary, struct my_block *b)
{
    char text[64];

    name_address(text, sizeof text, (uintptr_t)boundary);
    log_call("my_block_below(&heap, %s, &b)", text);
    *b = (struct my_block){ UNTOUCHED, (size_t)(uintptr_t)UNTOUCHED, (size_t)(uintptr_t)UNTOUCHED };
    bool found = my_block_below(&heap, boundary, b);
    log_result(found ? "true" : "false");
    look_around();
    return found;
}

static const char *const fault_names[] = { "ALL_WELL",    NULL,          NULL,       NULL,     "OUT_OF_ORDER",
                                           "DOUBLE_FREE", "NOT_A_BLOCK", "OVERFLOW", "DAMAGED" };

static const char *fault_name(enum my_fault fault)
{
    static char number[16];

    if ((size_t)fault < sizeof fault_names / sizeof fault_names[0] && fault_names[fault] != NULL)
        return fault_names[fault];
    snprintf(number, sizeof number, "%d", (int)fault);
    return number;
}

enum my_fault check_below(const unsigned char *boundary)
{
    char text[64];

    name_address(text, sizeof text, (uintptr_t)boundary);
    log_call("my_check(&heap, %s)", text);
    enum my_fault fault = my_check(&heap, boundary);
    log_result(fault_name(fault));
    look_around();
    return fault;
}

/* "A", "A + 4", or where it lies. */
static void name_pointer(char *text, size_t size, const unsigned char *pointer)
{
    for (int i = 0; i < block_count; i++)
        if (pointer >= blocks[i].payload && pointer <= blocks[i].payload + blocks[i].size) {
            long offset = pointer - blocks[i].payload;
            snprintf(text, size, offset != 0 ? "%c + %ld" : "%c", 'A' + i, offset);
            return;
        }
    name_address(text, size, (uintptr_t)pointer);
}

enum my_fault give(void *block)
{
    char text[64];

    name_pointer(text, sizeof text, block);
    log_call("my_free(&heap, %s, &culprit)", text);
    culprit = (struct my_block){ UNTOUCHED, 0, 0 };
    enum my_fault fault = my_free(&heap, block, &culprit);
    log_result(fault_name(fault));
    look_around();
    for (int i = 0; i < block_count; i++)
        blocks[i].live = blocks[i].live && blocks[i].payload < heap.free_memory_pointer;
    return fault;
}

void poke(unsigned char *at, unsigned char byte)
{
    char text[64];

    name_pointer(text, sizeof text, at);
    log_call("*(%s) = 0x%02x", text, byte);
    *at = byte;
}

static void poke_word(const struct my_tag *tag, const char *name, uintptr_t *word, uintptr_t value)
{
    char text[64];

    name_address(text, sizeof text, (uintptr_t)tag);
    log_call("((struct my_tag *)(%s))->%s = 0x%zx", text, name, (size_t)value);
    memcpy(word, &value, sizeof value);
}

void poke_size(struct my_tag *tag, uintptr_t size)
{
    poke_word(tag, "size", &tag->size, size);
}

void poke_gap(struct my_tag *tag, uintptr_t gap)
{
    poke_word(tag, "gap", &tag->gap, gap);
}

/* ---- Words -------------------------------------------------------------------------------------------------------- */

static struct my_heap kept;
static unsigned char kept_bytes[4096];

void keep_words(void)
{
    kept = heap;
    if (memory_bytes <= sizeof kept_bytes)
        memcpy(kept_bytes, memory, memory_bytes);
}

void expect_words_kept(const char *otherwise, const struct guess *of_free_pointer)
{
    expect("heap.free_memory_pointer", ADDRESS, (uintptr_t)heap.free_memory_pointer,
           (uintptr_t)kept.free_memory_pointer, otherwise, of_free_pointer);
    EXPECT(ADDRESS, "heap.heap_start", heap.heap_start, kept.heap_start, otherwise, );
    EXPECT(ADDRESS, "heap.heap_end", heap.heap_end, kept.heap_end, otherwise, );
}

void expect_nothing_changed(const char *otherwise)
{
    expect_words_kept(otherwise, (const struct guess[]){ { 0, NULL } });
    for (size_t i = 0; i < memory_bytes && memory_bytes <= sizeof kept_bytes; i++)
        if (memory[i] != kept_bytes[i])
            end_with_place("wrote", memory + i, otherwise);
}

/* ---- The report --------------------------------------------------------------------------------------------------- */

#define CALLS_SHOWN 8

static void print_calls(void)
{
    int first = call_count > CALLS_SHOWN ? call_count - CALLS_SHOWN : 0;

    if (first > 0)
        say("call ... (%d)\n", first);
    for (int i = first; i < call_count; i++)
        say("call %s\n", calls[i % MOST_CALLS]);
}

void end_report(const char *diagnosis)
{
    print_calls();
    print_picture();
    say("diagnosis %s\n", diagnosis);
    say("end\n");
    _Exit(1);
}

#define NEAR 65536u

/* Told from the nearest known place. */
void name_address(char *text, size_t size, uintptr_t address)
{
    const struct {
        const char *name;
        uintptr_t at;
    } places[] = { { start != NULL ? "heap_start" : "memory", (uintptr_t)(start != NULL ? start : memory) },
                   { end != NULL ? "heap_end" : "memory", (uintptr_t)(end != NULL ? end : memory) } };
    bool above = end != NULL && address >= (uintptr_t)end;
    uintptr_t from = places[above].at;

    if (address == 0)
        snprintf(text, size, "NULL");
    else if (address == (uintptr_t)UNTOUCHED)
        snprintf(text, size, "?"); /* was never written */
    else if (address >= from && address - from <= (above ? NEAR : memory_bytes + NEAR))
        snprintf(text, size, address == from ? "%s" : "%s + %zu", places[above].name, (size_t)(address - from));
    else if (address < from && from - address <= NEAR)
        snprintf(text, size, "%s - %zu", places[above].name, (size_t)(from - address));
    else
        snprintf(text, size, "0x%zx", (size_t)address);
}

static void name_value(char *text, size_t size, enum kind kind, uintptr_t value)
{
    switch (kind) {
    case ADDRESS: name_address(text, size, value); break;
    case IN_MEMORY:
        if (value >= (uintptr_t)memory && value - (uintptr_t)memory <= NEAR)
            snprintf(text, size, "memory + %zu", (size_t)(value - (uintptr_t)memory));
        else
            name_address(text, size, value);
        break;
    case TRUTH: snprintf(text, size, value != 0 ? "true" : "false"); break;
    case FAULT: snprintf(text, size, "%s", fault_name((enum my_fault)value)); break;
    case HEX: snprintf(text, size, "0x%02zx", (size_t)value); break;
    case BYTES: name_size(text, size, value);
    }
}

/* The lower half of an address that is near, as a mask or a number of 32 bits leaves it? */
bool is_cut(uintptr_t address, uintptr_t whole)
{
    uintptr_t low = (uint32_t)whole;

    return whole != low && address <= UINT32_MAX && address + NEAR >= low && address <= low + NEAR;
}

void expect(const char *look, enum kind kind, uintptr_t came, uintptr_t wanted, const char *otherwise,
            const struct guess *guesses)
{
    char text[64];

    if (came == wanted)
        return;
    say("look %s\n", look);
    name_value(text, sizeof text, kind, wanted);
    say("wanted %s\n", text);
    name_value(text, sizeof text, kind, came);
    say("came %s\n", text);
    if ((kind == ADDRESS || kind == IN_MEMORY) && came != 0 && is_cut(came, wanted))
        end_report("address-cut-short");
    for (; guesses->diagnosis != NULL; guesses++)
        if (came == guesses->value)
            end_report(guesses->diagnosis);
    end_report(otherwise);
}

/* ---- The picture -------------------------------------------------------------------------------------------------- */

#define COLUMNS 64
#define MARGIN 2

static size_t columns = COLUMNS; /* between the margins */

void draw_within(size_t width)
{
    if (width > 8 * MARGIN && width < COLUMNS + 2 * MARGIN)
        columns = width - 2 * MARGIN;
}

static char sign_of(const unsigned char *at)
{
    char sign = at < heap.free_memory_pointer ? '~' : '.';

    if (at < memory || at >= memory + memory_bytes)
        return '#';
    if (start == NULL)
        return '.';
    for (int i = 0; i < block_count; i++) {
        const unsigned char *payload = blocks[i].payload, *tag = payload + rounded(blocks[i].size);
        if (!blocks[i].live || at < payload)
            continue;
        if (at < payload + blocks[i].size)
            return (char)('A' + i);
        if (at >= tag && at < tag + tag_bytes() && at < heap.free_memory_pointer)
            sign = '+';
    }
    return sign;
}

/* The name stands behind its arrow, in front of it where it would run out of the picture, else below it. */
static void print_arrow(const char *name, const unsigned char *word, size_t a_column)
{
    const unsigned char *first = memory - MARGIN * a_column;
    int length = (int)strlen(name), width = (int)columns + 2 * MARGIN;
    int column = (int)((size_t)(word - first) / a_column);
    char text[64];

    if (word < first || (size_t)(word - first) / a_column > columns + 2 * MARGIN) {
        name_address(text, sizeof text, (uintptr_t)word);
        say("picture %s = %s\n", name, text);
    } else if (column + 2 + length <= width) {
        say("picture %*s^ %s\n", column, "", name);
    } else if (column > length) {
        say("picture %*s%s ^\n", column - length - 1, "", name);
    } else {
        say("picture %*s^\n", column, "");
        say("picture %*s\n", width, name);
    }
}

void print_picture(void)
{
    char bar[COLUMNS + 2 * MARGIN + 1];
    size_t a_column = (memory_bytes + columns - 1) / columns, width = 2 * MARGIN;

    if (memory == NULL)
        return;
    a_column = a_column < 4 ? 4 : a_column;
    width += (memory_bytes + a_column - 1) / a_column;
    for (size_t i = 0; i < width; i++)
        bar[i] = sign_of(memory + i * a_column - MARGIN * a_column);
    bar[width] = '\0';
    say("scale %zu\n", a_column);
    say("picture %s\n", bar);
    print_arrow("heap_start", heap.heap_start, a_column);
    print_arrow("free_memory_pointer", heap.free_memory_pointer, a_column);
    print_arrow("heap_end", heap.heap_end, a_column);
}
