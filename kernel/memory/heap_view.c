/* SPDX-License-Identifier: MIT
 *
 * The heap for the eye. A block has four pieces, in memory order: padding (the gap), payload, padding (the slack), tag.
 */
#include "memory/heap_view.h"

#include "base/console.h"
#include "base/print.h"
#include "base/string.h"
#include "memory/kmalloc.h"
#include "memory/numbers.h"

#include <stdbool.h>

enum piece {
    PIECE_PAYLOAD_ODD,
    PIECE_PAYLOAD_EVEN,
    PIECE_PADDING,
    PIECE_TAG,
    PIECE_SEVERAL,
    PIECE_FREE,
    PIECE_UNKNOWN
};

static const struct {
    char sign;
    enum style style;
    const char *meaning;
} pieces[] = {
    [PIECE_PAYLOAD_ODD] = { '=', STYLE_BLOCK_ODD, "" },
    [PIECE_PAYLOAD_EVEN] = { '-', STYLE_BLOCK_EVEN, "payload" },
    [PIECE_PADDING] = { '~', STYLE_PADDING, "padding" },
    [PIECE_TAG] = { '+', STYLE_TAG, "tag" },
    [PIECE_SEVERAL] = { '*', STYLE_TITLE, "several blocks" },
    [PIECE_FREE] = { '.', STYLE_FREE, "free" },
    [PIECE_UNKNOWN] = { '?', STYLE_ERROR, "cannot be read" },
};

static uintptr_t rounded(uintptr_t address)
{
    return (address + KHEAP_ALIGN - 1) & ~(uintptr_t)(KHEAP_ALIGN - 1);
}

static void put_times(char c, int times)
{
    while (times-- > 0)
        console_put(c);
}

/* The heap that is looked at. */
static const struct kheap *shown = &kernel_heap;

void heap_view_of(const struct kheap *heap)
{
    shown = heap;
}

/* ---- The map ---------------------------------------------------------------------------------------------------- */

#define COLUMNS 78

/* One bar of the map: so many bytes from heap_start on, and what most of each column's bytes are. */
struct bar {
    size_t bytes_a_column;
    int columns;
    size_t height; /* of the block that is being drawn, counted from the bottom: the lowest is 1 */
    struct {
        enum piece piece; /* the one with most bytes in this column */
        size_t bytes;     /* of that piece */
        size_t owner;     /* the height of its block; 0 for none */
        size_t low, high; /* the heights of all blocks that touch the column */
    } column[COLUMNS];
};

static void draw_piece(struct bar *bar, enum piece piece, uintptr_t from, uintptr_t to)
{
    uintptr_t start = (uintptr_t)shown->heap_start;

    while (from < to) {
        size_t at = (from - start) / bar->bytes_a_column;
        uintptr_t end = start + (at + 1) * bar->bytes_a_column;
        size_t bytes = (end < to ? end : to) - from;
        if (at >= (size_t)bar->columns)
            return;
        bar->column[at].low = bar->height;
        if (bar->column[at].high == 0)
            bar->column[at].high = bar->height;
        if (bytes > bar->column[at].bytes) {
            bar->column[at].bytes = bytes;
            bar->column[at].piece = piece;
            bar->column[at].owner = bar->height;
        }
        from += bytes;
    }
}

static bool draw_block(const struct kheap_block *block, void *context)
{
    struct bar *bar = context;
    uintptr_t payload = (uintptr_t)block->payload, end = payload + block->size;

    draw_piece(bar, PIECE_PADDING, payload - block->gap, payload);
    draw_piece(bar, bar->height % 2 ? PIECE_PAYLOAD_ODD : PIECE_PAYLOAD_EVEN, payload, end);
    if (block->size >= KHEAP_ALIGN) /* a smaller block is one column at best, and that one shows that it is there */
        draw_piece(bar, PIECE_PADDING, end, rounded(end));
    draw_piece(bar, PIECE_TAG, rounded(end), rounded(end) + KHEAP_TAG_BYTES);
    bar->height--;
    return true;
}

/* The pieces of the first `bytes` of the heap, on at most COLUMNS columns of whole 16 bytes. */
static void draw_bar(struct bar *bar, size_t bytes)
{
    size_t used = (size_t)(shown->free_memory_pointer - shown->heap_start);

    *bar = (struct bar){ .bytes_a_column = rounded((bytes + COLUMNS - 1) / COLUMNS) };
    bar->columns = (int)((bytes + bar->bytes_a_column - 1) / bar->bytes_a_column);
    bar->height = kheap_stats(shown).blocks;
    for (int i = 0; i < bar->columns; i++)
        bar->column[i].piece = (size_t)i * bar->bytes_a_column < used ? PIECE_UNKNOWN : PIECE_FREE;
    kheap_walk(shown, draw_block, bar);
    for (int i = 0; i < bar->columns; i++)
        if (bar->column[i].high > bar->column[i].low + 1)
            bar->column[i].piece = PIECE_SEVERAL;
}

static void print_pieces(const struct bar *bar)
{
    for (int i = 0; i < bar->columns; i++) {
        enum piece piece = bar->column[i].piece;
        if (i == 0 || piece != bar->column[i - 1].piece)
            console_style(pieces[piece].style);
        console_put(pieces[piece].sign);
    }
    console_style(STYLE_PLAIN);
    console_put('\n');
}

struct at_height {
    size_t height;
    size_t wanted;
    struct kheap_block block;
};

static bool find_height(const struct kheap_block *block, void *context)
{
    struct at_height *at = context;

    at->block = *block;
    return at->height-- != at->wanted;
}

static struct kheap_block block_at(size_t height)
{
    struct at_height at = { .height = kheap_stats(shown).blocks, .wanted = height };

    kheap_walk(shown, find_height, &at);
    return at.block;
}

/* The first column behind `from` that belongs to another block; several blocks in a column count as one run. */
static int end_of_run(const struct bar *bar, int from)
{
    bool several = bar->column[from].piece == PIECE_SEVERAL;
    int to = from + 1;

    while (to < bar->columns && (bar->column[to].piece == PIECE_SEVERAL) == several &&
           (several || bar->column[to].owner == bar->column[from].owner))
        to++;
    return to;
}

/* "12 blocks", or "#7: 100" (its number and size), or as much of that as the columns have room for. */
static void make_label(char *label, size_t size, const struct bar *bar, int from, int to)
{
    if (bar->column[from].piece == PIECE_SEVERAL) {
        ksnprintf(label, size, "%zu blocks", bar->column[to - 1].high - bar->column[from].low + 1);
        return;
    }
    struct kheap_block block = block_at(bar->column[from].owner);
    unsigned number = number_of(block.payload);
    int length = ksnprintf(label, size, number != 0 ? "#%u: %zu" : "-", number, block.size);
    if (number != 0 && length >= to - from)
        ksnprintf(label, size, "#%u", number);
}

/* A label under each run of columns that is wide enough for it. */
static void print_labels(const struct bar *bar)
{
    int printed = 0;

    for (int from = 0, to; from < bar->columns; from = to) {
        char label[40];
        to = end_of_run(bar, from);
        if (bar->column[from].owner == 0)
            continue;
        make_label(label, sizeof label, bar, from, to);
        if ((int)strlen(label) > to - from)
            continue;
        put_times(' ', from - printed);
        kprintf("%s", label);
        printed = from + (int)strlen(label);
    }
    console_put('\n');
}

/* The arrow, its words to the right of it, or to the left where they would not fit. */
static void print_arrow(size_t column)
{
    char words[48];
    int length = ksnprintf(words, sizeof words, "free_memory_pointer %p", (void *)shown->free_memory_pointer);
    int at = column < COLUMNS ? (int)column : COLUMNS - 1;

    if (at + 2 + length <= COLUMNS) {
        put_times(' ', at);
        kprintf("^ %s\n", words);
    } else {
        put_times(' ', at - length - 1);
        kprintf("%s ^\n", words);
    }
}

static bool pass_on(const struct kheap_block *block, void *context)
{
    (void)block, (void)context;
    return true;
}

/* What the signs mean; the one for damage only where there is some. */
static void print_legend(void)
{
    bool damaged = kheap_walk(shown, pass_on, NULL) != KHEAP_E_NONE;

    for (size_t i = 0; i < PIECE_UNKNOWN + (size_t)damaged; i++) {
        console_style(pieces[i].style);
        kprintf("%s%c", i >= PIECE_PADDING ? "   " : "", pieces[i].sign);
        console_style(STYLE_PLAIN);
        kprintf(" %s", pieces[i].meaning);
    }
    kprintf("\n");
}

void heap_print_map(void)
{
    size_t size = (size_t)(shown->heap_end - shown->heap_start);
    size_t used = (size_t)(shown->free_memory_pointer - shown->heap_start);
    static struct bar bar; /* a map is drawn in a panic too, when the stack may be short */

    if (shown->heap_start == NULL || shown->heap_start > shown->heap_end || used > size) {
        kprintf("no map: the three words do not describe a heap\n");
        return;
    }
    kprintf("heap_start %p%*sheap_end %p\n", (void *)shown->heap_start, COLUMNS - 21 - 19, "", (void *)shown->heap_end);
    draw_bar(&bar, size);
    print_pieces(&bar);
    print_arrow(used / bar.bytes_a_column);
    kprintf("all %zu bytes, %zu a column\n", size, bar.bytes_a_column);
    if (used != 0 && used < size / 2) {
        draw_bar(&bar, used);
        kprintf("\n");
        print_pieces(&bar);
        print_labels(&bar);
        kprintf("the used %zu bytes, %zu a column\n", used, bar.bytes_a_column);
    } else if (used != 0) {
        print_labels(&bar);
    }
    print_legend();
}

/* ---- The table and the figures ---------------------------------------------------------------------------------- */

static bool print_row(const struct kheap_block *block, void *context)
{
    size_t *left = context;
    unsigned number = number_of(block->payload);
    uintptr_t end = (uintptr_t)block->payload + block->size;

    if (number != 0)
        kprintf("%6s%-6u", "#", number);
    else
        kprintf("%6s%-6s", "", "-");
    kprintf("%p %10zu %8zu %6zu  %pB\n", block->payload, block->size, block->gap, (size_t)(rounded(end) - end),
            block->owner);
    return --*left != 0;
}

void heap_tell_none(const char *empty)
{
    bool damaged = shown->free_memory_pointer != shown->heap_start;

    kprintf("%s\n", damaged ? "no block can be read; `check` tells where" : empty);
}

void heap_print_blocks(size_t most)
{
    size_t count = kheap_stats(shown).blocks, left = most;

    if (count == 0) {
        heap_tell_none("no live blocks");
        return;
    }
    kprintf("%6s%-6s%-10s %10s %8s %6s  %s\n", "", "block", "payload", "size", "gap", "slack", "owner");
    kheap_walk(shown, print_row, &left);
    if (count > most)
        kprintf("and %zu older blocks below; `blocks all` shows them\n", count - most);
}

/* A bar of used and free, and the used part in tenths of a percent. */
static void print_fill(size_t used, size_t size)
{
    const int width = 60;
    uint64_t tenths = (uint64_t)used * 1000 / size;
    int filled = (int)(((uint64_t)used * (unsigned)width + size - 1) / size);

    kprintf("[");
    console_style(STYLE_BLOCK_ODD);
    put_times('#', filled);
    console_style(STYLE_FREE);
    put_times('.', width - filled);
    console_style(STYLE_PLAIN);
    kprintf("] %llu.%llu %% used\n", (unsigned long long)tenths / 10, (unsigned long long)tenths % 10);
}

void heap_print_stats(void)
{
    struct kheap_stats s = kheap_stats(shown);
    const struct {
        const char *name;
        size_t value;
        const char *meaning;
    } rows[] = {
        { "used", s.used, "bytes = free_memory_pointer - heap_start" },
        { "free", s.free, "bytes = heap_end - free_memory_pointer" },
        { "blocks", s.blocks, "live" },
        { "payload", s.payload, "bytes as requested" },
        { "padding", s.padding, "bytes of gaps and slack" },
        { "tags", s.tags, "bytes; payload + padding + tags = used" },
        { "largest", s.largest, "bytes: this request fits, one more does not" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        kprintf("%-8s %10zu %s\n", rows[i].name, rows[i].value, rows[i].meaning);
    if (s.used + s.free != 0)
        print_fill(s.used, s.used + s.free);
}

/* ---- The dump --------------------------------------------------------------------------------------------------- */

/* What lies at an address, and from where to where. */
struct place {
    uintptr_t address;
    uintptr_t start, end; /* start 0: nobody knows it */
    const char *name;
    struct kheap_block block; /* its owner, where there is one */
};

static const char *const block_parts[] = { "padding before", "payload of", "slack of", "tag of" };
enum { PART_TAG = 3 }; /* the last one */

/* Walks down; the first block that begins at or below the address holds it. */
static bool find_place(const struct kheap_block *block, void *context)
{
    struct place *place = context;
    uintptr_t payload = (uintptr_t)block->payload, end = payload + block->size, tag = rounded(end);
    const uintptr_t bounds[] = { payload - block->gap, payload, end, tag, tag + KHEAP_TAG_BYTES };
    size_t n = 0;

    if (place->address < bounds[0])
        return true;
    while (n < PART_TAG && place->address >= bounds[n + 1])
        n++;
    place->block = *block;
    place->name = block_parts[n];
    place->start = bounds[n];
    place->end = bounds[n + 1];
    return false;
}

static struct place place_of(uintptr_t address)
{
    uintptr_t start = (uintptr_t)shown->heap_start, end = (uintptr_t)shown->heap_end;
    uintptr_t pointer = (uintptr_t)shown->free_memory_pointer, floor = start - KHEAP_TAG_BYTES;
    struct place place = { .address = address, .end = pointer };

    if (address >= end)
        return (struct place){ address, end, UINTPTR_MAX, "outside of the heap", { 0 } };
    if (address >= pointer)
        return (struct place){ address, pointer, end, "free", { 0 } };
    if (address < floor)
        return (struct place){ address, 0, floor, "outside of the heap", { 0 } };
    if (address < start)
        return (struct place){ address, floor, start, "floor tag", { 0 } };
    kheap_walk(shown, find_place, &place);
    if (place.name == NULL)
        place.name = "behind the damage, unknown";
    return place;
}

/* In the order in which they lie there. */
static void print_tag_words(const struct kheap_block *block)
{
    kprintf(": fence");
    if (block->gap != 0)
        kprintf(" (gap %zu)", block->gap);
    kprintf(", size %zu, owner %pB, seal", block->size, block->owner);
}

static void print_name(const struct place *place)
{
    const void *payload = place->block.payload;

    kprintf("%s", place->name);
    if (payload != NULL && number_of(payload) != 0)
        kprintf(" #%u", number_of(payload));
    else if (payload != NULL)
        kprintf(" %p", payload);
}

void heap_tell_place(uintptr_t address)
{
    static const char *const tag_words[] = { "fence", "size", "owner", "seal" };
    struct place place = place_of(address);
    size_t offset = address - place.start;

    print_name(&place);
    if (place.name == block_parts[PART_TAG])
        kprintf(", its %s", tag_words[offset / sizeof(uintptr_t)]);
    else if (place.start != 0)
        kprintf(", byte %zu of %zu", offset, place.end - place.start);
}

static void print_heading(const struct place *place)
{
    console_style(STYLE_FAINT);
    print_name(place);
    if (place->name == block_parts[PART_TAG])
        print_tag_words(&place->block);
    console_style(STYLE_PLAIN);
    kprintf("\n");
}

/* One line of up to 16 bytes, each in the column that its address gives it. */
static void print_line(uintptr_t from, uintptr_t to)
{
    uintptr_t line = from & ~(uintptr_t)15;

    kprintf("  %08lx ", (unsigned long)line);
    for (uintptr_t at = line; at < line + 16; at++)
        if (at >= from && at < to)
            kprintf(" %02x", *(const unsigned char *)at);
        else
            kprintf("   ");
    kprintf("  ");
    for (uintptr_t at = line; at < to; at++) {
        unsigned char c = at < from ? ' ' : *(const unsigned char *)at;
        console_put(c >= ' ' && c < 127 ? (char)c : '.');
    }
    kprintf("\n");
}

/* Not memcmp: in the instrumented build that one objects to tags and free bytes. */
static bool same_line(uintptr_t at, uintptr_t other)
{
    for (uintptr_t i = 0; i < 16; i++)
        if (*(const unsigned char *)(at + i) != *(const unsigned char *)(other + i))
            return false;
    return true;
}

/* Whole lines that repeat the one before are told by a single '*'. */
static void print_lines(uintptr_t from, uintptr_t to)
{
    bool told = false;

    for (uintptr_t at = from, next; at < to; at = next) {
        next = (at | 15) + 1;
        bool repeats = at % 16 == 0 && at >= from + 16 && next < to && same_line(at, at - 16);
        if (!repeats)
            print_line(at, next < to ? next : to);
        else if (!told)
            kprintf("  *\n");
        told = repeats;
    }
}

void heap_print_bytes(uintptr_t address, size_t length)
{
    uintptr_t stop = address + length;

    while (address < stop) {
        struct place place = place_of(address);
        uintptr_t end = place.end < stop ? place.end : stop;
        print_heading(&place);
        print_lines(address, end);
        address = end;
    }
}
