/* SPDX-License-Identifier: MIT
 *
 * The memory that a heap is made in, the calls on it, and the blocks that came out. Around the memory lie bytes of
 * somebody else, then pages that nobody may touch: a write outside is found after the call, or stops it.
 */
#include "check.h"
#include "home.h"
#include "say.h"

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

/* As it came. Words are made of it only for a report, so that a call costs next to nothing. */
struct value {
    enum { NOTHING, OF_KIND, NEW_BLOCK, IN_BLOCK, BITS, NAME } what;
    enum kind kind;   /* OF_KIND */
    int block;        /* NEW_BLOCK, IN_BLOCK */
    uintptr_t value;  /* IN_BLOCK: how far from its beginning */
    const char *name; /* NAME */
};

#define CALLS_SHOWN 8

static struct call {
    const char *format, *answer;
    struct value arguments[3], results[3];
} calls[CALLS_SHOWN];

static int call_count;
static const char *blame_now;

static struct value of_kind(enum kind kind, uintptr_t value)
{
    return (struct value){ .what = OF_KIND, .kind = kind, .value = value };
}

static struct value named(const char *name)
{
    return (struct value){ .what = NAME, .name = name };
}

static struct value address_of(const void *address)
{
    return of_kind(ADDRESS, (uintptr_t)address);
}

/* What the call gives, if it is watched. */
static struct value new_block(void)
{
    return (struct value){ .what = NEW_BLOCK, .block = watching && block_count < MOST_BLOCKS ? block_count : -1 };
}

/* "A", "A + 4", or where it lies. */
static struct value pointer_to(const unsigned char *pointer)
{
    for (int i = 0; i < block_count; i++)
        if (pointer >= blocks[i].payload && pointer <= blocks[i].payload + blocks[i].size)
            return (struct value){ .what = IN_BLOCK, .block = i, .value = (uintptr_t)(pointer - blocks[i].payload) };
    return address_of(pointer);
}

static struct call *last_call(void)
{
    return &calls[(call_count - 1) % CALLS_SHOWN];
}

static const struct value nothing;

static void log_call(const char *format, struct value first, struct value second, struct value third)
{
    call_count++;
    *last_call() = (struct call){ .format = format, .arguments = { first, second, third } };
}

/* What came out, behind the call. */
static void log_result(enum kind kind, uintptr_t value)
{
    last_call()->answer = "%s";
    last_call()->results[0] = of_kind(kind, value);
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
    forget(home_room() + ROOM_BYTES - tail - bytes, bytes, tail);
    memset(memory, (int)FRESH_BYTE, bytes);
    memset(memory + bytes, FOREIGN_BYTE, tail);
}

#if UINTPTR_MAX > UINT32_MAX
bool vast_memory(size_t bytes)
{
    unsigned char *vast = home_vast_room();

    if (vast == NULL || !open_pages(vast + VAST_BEFORE))
        return false;
    forget(vast + VAST_BEFORE, bytes, 0);
    watching = false;
    return true;
}

bool open_pages(unsigned char *around)
{
    return home_opens(around - (uintptr_t)around % PAGE - PAGE, 2 * PAGE);
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

typedef uintptr_t any_word __attribute__((may_alias));

/* Eight words that are all alike? */
static inline bool eight_alike(const any_word *w, uintptr_t alike)
{
    return w[0] == alike && w[1] == alike && w[2] == alike && w[3] == alike && w[4] == alike && w[5] == alike &&
           w[6] == alike && w[7] == alike;
}

/* This is done around each call, so it takes large steps as long as nothing is found. */
static const unsigned char *changed_in(const unsigned char *from, const unsigned char *to, unsigned char byte)
{
    const size_t step = 8 * sizeof(any_word);

    while (from < to && *from == byte && (uintptr_t)from % sizeof(any_word) != 0)
        from++;
    if ((uintptr_t)from % sizeof(any_word) == 0)
        while (from < to && (size_t)(to - from) >= step &&
               eight_alike((const any_word *)(const void *)from, UINTPTR_MAX / 255 * byte))
            from += step;
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

bool do_init(struct my_heap *h, void *where, size_t size)
{
    const char *handle = h == NULL ? "NULL" : h == &heap ? "&heap" : "&other_heap";

    log_call("my_init(%s, %s, %s)", named(handle), named(where != NULL ? "memory" : "NULL"), of_kind(BYTES, size));
    bool done = my_init(h, where, size);
    log_result(TRUTH, done);
    look_around();
    return done;
}

static void *got(void *payload, size_t size)
{
    log_result(ADDRESS, (uintptr_t)payload);
    look_around();
    note_block(payload, size);
    return payload;
}

void *get(size_t size)
{
    log_call("%s = my_alloc(&heap, %s)", new_block(), of_kind(BYTES, size), nothing);
    return got(my_alloc(&heap, size), size);
}

void *get_aligned(size_t size, size_t align)
{
    log_call("%s = my_alloc_aligned(&heap, %s, %s)", new_block(), of_kind(BYTES, size), of_kind(BYTES, align));
    return got(my_alloc_aligned(&heap, size, align), size);
}

struct my_stats stats(void)
{
    log_call("my_stats(&heap)", nothing, nothing, nothing);
    struct my_stats s = my_stats(&heap);
    log_result(BYTES, s.used);
    last_call()->answer = "used %s, free %s, largest %s";
    last_call()->results[1] = of_kind(BYTES, s.free);
    last_call()->results[2] = of_kind(BYTES, s.largest);
    look_around();
    return s;
}

bool block_below(const unsigned char *boundary, struct my_block *b)
{
    log_call("my_block_below(&heap, %s, &b)", address_of(boundary), nothing, nothing);
    *b = (struct my_block){ UNTOUCHED, (size_t)(uintptr_t)UNTOUCHED, (size_t)(uintptr_t)UNTOUCHED };
    bool found = my_block_below(&heap, boundary, b);
    log_result(TRUTH, found);
    look_around();
    return found;
}

enum my_fault check_below(const unsigned char *boundary)
{
    log_call("my_check(&heap, %s)", address_of(boundary), nothing, nothing);
    enum my_fault fault = my_check(&heap, boundary);
    log_result(FAULT, fault);
    look_around();
    return fault;
}

enum my_fault give(void *block)
{
    log_call("my_free(&heap, %s, &culprit)", pointer_to(block), nothing, nothing);
    culprit = (struct my_block){ UNTOUCHED, 0, 0 };
    enum my_fault fault = my_free(&heap, block, &culprit);
    log_result(FAULT, fault);
    look_around();
    for (int i = 0; i < block_count; i++)
        blocks[i].live = blocks[i].live && blocks[i].payload < heap.free_memory_pointer;
    return fault;
}

void poke(unsigned char *at, unsigned char byte)
{
    log_call("*(%s) = %s", pointer_to(at), of_kind(HEX, byte), nothing);
    *at = byte;
}

static void poke_word(const char *format, const struct my_tag *tag, uintptr_t *word, uintptr_t value)
{
    log_call(format, address_of(tag), (struct value){ .what = BITS, .value = value }, nothing);
    memcpy(word, &value, sizeof value);
}

void poke_size(struct my_tag *tag, uintptr_t size)
{
    poke_word("((struct my_tag *)(%s))->size = %s", tag, &tag->size, size);
}

void poke_gap(struct my_tag *tag, uintptr_t gap)
{
    poke_word("((struct my_tag *)(%s))->gap = %s", tag, &tag->gap, gap);
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
        format_text(text, size, "NULL");
    else if (address == (uintptr_t)UNTOUCHED)
        format_text(text, size, "?"); /* was never written */
    else if (address >= from && address - from <= (above ? NEAR : memory_bytes + NEAR))
        format_text(text, size, address == from ? "%s" : "%s + %zu", places[above].name, (size_t)(address - from));
    else if (address < from && from - address <= NEAR)
        format_text(text, size, "%s - %zu", places[above].name, (size_t)(from - address));
    else
        format_text(text, size, "0x%zx", (size_t)address);
}

static void name_size(char *text, size_t length, size_t size)
{
    if (size == SIZE_MAX)
        format_text(text, length, "SIZE_MAX");
    else if (size == SIZE_MAX / 2 + 1)
        format_text(text, length, "SIZE_MAX / 2 + 1");
    else if (size == SIZE_MAX / 4 * 3)
        format_text(text, length, "SIZE_MAX / 4 * 3");
    else if (size > SIZE_MAX - 4096)
        format_text(text, length, "SIZE_MAX - %zu", SIZE_MAX - size);
    else
        format_text(text, length, "%zu", size);
}

static void name_fault(char *text, size_t size, enum my_fault fault)
{
    static const char *const names[] = { "ALL_WELL",    NULL,          NULL,       NULL,     "OUT_OF_ORDER",
                                         "DOUBLE_FREE", "NOT_A_BLOCK", "OVERFLOW", "DAMAGED" };

    if ((size_t)fault < sizeof names / sizeof names[0] && names[fault] != NULL)
        format_text(text, size, "%s", names[fault]);
    else
        format_text(text, size, "%d", (int)fault);
}

static void name_value(char *text, size_t size, enum kind kind, uintptr_t value)
{
    switch (kind) {
    case ADDRESS: name_address(text, size, value); break;
    case IN_MEMORY:
        if (value >= (uintptr_t)memory && value - (uintptr_t)memory <= NEAR)
            format_text(text, size, "memory + %zu", (size_t)(value - (uintptr_t)memory));
        else
            name_address(text, size, value);
        break;
    case TRUTH: format_text(text, size, "%s", value != 0 ? "true" : "false"); break;
    case FAULT: name_fault(text, size, (enum my_fault)value); break;
    case HEX: format_text(text, size, "0x%02zx", (size_t)value); break;
    case BYTES: name_size(text, size, value);
    }
}

static void name_logged(char *text, size_t size, const struct value *v)
{
    char letter = (char)(v->block < 0 ? '*' : 'A' + v->block);

    switch (v->what) {
    case NOTHING: text[0] = '\0'; break;
    case OF_KIND: name_value(text, size, v->kind, v->value); break;
    case NEW_BLOCK: format_text(text, size, "%c", letter); break;
    case IN_BLOCK: format_text(text, size, v->value != 0 ? "%c + %zu" : "%c", letter, (size_t)v->value); break;
    case BITS: format_text(text, size, "0x%zx", (size_t)v->value); break;
    case NAME: format_text(text, size, "%s", v->name);
    }
}

#define MOST_VALUES 3
#define VALUE_LENGTH 64

static void put_values(char *text, size_t size, const char *format, const struct value *values)
{
    char words[MOST_VALUES][VALUE_LENGTH];

    for (int i = 0; i < MOST_VALUES; i++)
        name_logged(words[i], VALUE_LENGTH, &values[i]);
    format_text(text, size, format, words[0], words[1], words[2]);
}

static void print_call(const struct call *call)
{
    char called[160], answer[160];

    put_values(called, sizeof called, call->format, call->arguments);
    if (call->answer == NULL) {
        say("call %s\n", called);
        return;
    }
    put_values(answer, sizeof answer, call->answer, call->results);
    say("call %s   -> %s\n", called, answer);
}

static void print_calls(void)
{
    int first = call_count > CALLS_SHOWN ? call_count - CALLS_SHOWN : 0;

    if (first > 0)
        say("call ... (%d)\n", first);
    for (int i = first; i < call_count; i++)
        print_call(&calls[i % CALLS_SHOWN]);
}

void end_report(const char *diagnosis)
{
    print_calls();
    print_picture();
    say("diagnosis %s\n", diagnosis);
    say("end\n");
    home_ends(false);
}

/* The lower half of an address that is near? */
static bool is_cut(uintptr_t address, uintptr_t whole)
{
    uintptr_t low = (uint32_t)whole;

    return whole != low && address <= UINT32_MAX && address + NEAR >= low && address <= low + NEAR;
}

bool address_was_cut(uintptr_t address)
{
    return is_cut(address, (uintptr_t)memory);
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
