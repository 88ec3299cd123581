/* SPDX-License-Identifier: MIT
 *
 * The memory map. All addresses from 0 to the last one are cut into pieces of one kind each; whoever tells of memory cuts
 * the pieces at both its ends and raises what lies between:
 *
 *      before   | nothing      | usable                                | nothing ...
 *      reserved                          [---------------)
 *      after    | nothing      | usable  | reserved      | usable      | nothing ...
 *
 * So the order in which it is told does not matter, and the same byte told twice counts once.
 */
#include "base/memory_map.h"

#include "base/print.h"
#include "base/string.h"

#define MOST_PIECES 256
#define MOST_RAW 128
#define PAGE_BYTES 4096u

/* Each piece reaches to the start of the next one, the last one to the last address. */
static struct {
    uintptr_t start;
    enum memory_kind kind;
} pieces[MOST_PIECES];
static size_t piece_count = 1;

/* As it was told, for people to look at; nothing else uses it. */
static struct {
    uint64_t start, length;
    enum memory_kind kind;
} raw[MOST_RAW];
static size_t raw_count; /* all that were told; the first MOST_RAW of them are kept */

static size_t unknown, given_up;

static const char *const kind_names[] = {
    [MEMORY_USABLE] = "usable",
    [MEMORY_RESERVED] = "reserved",
    [MEMORY_MODULE] = "module from the boot loader",
    [MEMORY_KERNEL] = "this kernel, up to _kernel_end",
};

bool memory_piece(size_t n, struct memory_piece *piece)
{
    if (n >= piece_count)
        return false;
    *piece = (struct memory_piece){ pieces[n].start, n + 1 < piece_count ? pieces[n + 1].start : UINTPTR_MAX,
                                    pieces[n].kind };
    return true;
}

/* ---- Making it tidy --------------------------------------------------------------------------------------------- */

/* A piece begins at this address from now on; gives its number. */
static size_t cut(uintptr_t at)
{
    size_t n = piece_count;

    while (pieces[n - 1].start > at)
        n--;
    if (pieces[n - 1].start == at)
        return n - 1;
    memmove(pieces + n + 1, pieces + n, (piece_count++ - n) * sizeof pieces[0]);
    pieces[n] = pieces[n - 1];
    pieces[n].start = at;
    return n;
}

static void join(void)
{
    size_t kept = 1;

    for (size_t n = 1; n < piece_count; n++)
        if (pieces[n].kind != pieces[kept - 1].kind)
            pieces[kept++] = pieces[n];
    piece_count = kept;
}

/* What the table has no room for counts as taken: the smallest piece that is not the kernel does, with its neighbours. */
static void give_up_smallest(void)
{
    size_t smallest = 0;
    uintptr_t least = UINTPTR_MAX;
    struct memory_piece piece;

    for (size_t n = 0; memory_piece(n, &piece); n++)
        if (piece.kind != MEMORY_RESERVED && piece.kind != MEMORY_KERNEL && piece.end - piece.start <= least) {
            smallest = n;
            least = piece.end - piece.start;
        }
    pieces[smallest].kind = MEMORY_RESERVED;
    join();
    given_up++;
}

static void raise_between(uintptr_t start, uintptr_t end, enum memory_kind kind)
{
    while (piece_count > MOST_PIECES - 2)
        give_up_smallest();
    size_t n = cut(start), stop = cut(end);
    for (; n < stop; n++)
        if (pieces[n].kind < kind)
            pieces[n].kind = kind;
    join();
}

void memory_add(uint64_t start, uint64_t length, enum memory_kind kind)
{
    bool wraps = length > UINT64_MAX - start;
    uint64_t end = wraps ? UINT64_MAX : start + length;

    if (raw_count < MOST_RAW) {
        raw[raw_count].start = start;
        raw[raw_count].length = length;
        raw[raw_count].kind = kind;
    }
    raw_count++;
    if (wraps && kind != MEMORY_RESERVED) {
        memory_add_unknown();
        return;
    }
    start = start > PAGE_BYTES ? start : PAGE_BYTES;
    end = end < UINTPTR_MAX ? end : UINTPTR_MAX;
    if (start < end)
        raise_between((uintptr_t)start, (uintptr_t)end, kind);
}

void memory_add_unknown(void)
{
    unknown++;
}

/* ---- Asking it -------------------------------------------------------------------------------------------------- */

struct memory_piece memory_kernel(void)
{
    struct memory_piece piece = { 0 };

    for (size_t n = 0; memory_piece(n, &piece) && piece.kind != MEMORY_KERNEL; n++) {
    }
    return piece;
}

size_t memory_usable_bytes(void)
{
    size_t sum = 0;
    struct memory_piece piece;

    for (size_t n = 0; memory_piece(n, &piece); n++)
        if (piece.kind == MEMORY_USABLE)
            sum += piece.end - piece.start;
    return sum;
}

void *memory_place(size_t size, size_t *largest)
{
    uintptr_t kernel_end = memory_kernel().end;
    struct memory_piece piece;

    *largest = 0;
    for (size_t n = 0; memory_piece(n, &piece); n++) {
        uintptr_t start = piece.start > kernel_end ? piece.start : kernel_end;
        uintptr_t from =
            start + -start % PAGE_BYTES; /* the next page; in the last one there is none, and it wraps to 0 */
        if (piece.kind != MEMORY_USABLE || from < start || from >= piece.end)
            continue;
        if (size <= piece.end - from)
            return (void *)from;
        *largest = *largest > piece.end - from ? *largest : piece.end - from;
    }
    return NULL;
}

bool memory_readable(uintptr_t address, size_t size)
{
    struct memory_piece piece;

    if (size - 1 > UINTPTR_MAX - address) /* it would run past the last address; nor is nothing readable */
        return false;
    for (size_t n = 0; memory_piece(n, &piece); n++)
        if (piece.end > address && piece.start <= address + (size - 1) &&
            (piece.kind == MEMORY_NOTHING || piece.kind == MEMORY_RESERVED))
            return false;
    return address + (size - 1) < UINTPTR_MAX;
}

/* ---- Showing it ------------------------------------------------------------------------------------------------- */

static void print_row(uint64_t start, uint64_t length, int digits, enum memory_kind kind)
{
    kprintf("  0x%0*llx - 0x%0*llx %9llu KiB  %s\n", digits, (unsigned long long)start, digits,
            (unsigned long long)(start + length), (unsigned long long)(length / 1024 + (length % 1024 != 0)),
            kind_names[kind]);
}

void memory_print(void)
{
    struct memory_piece piece;

    for (size_t n = 0; memory_piece(n, &piece); n++)
        if (piece.kind != MEMORY_NOTHING)
            print_row(piece.start, piece.end - piece.start, 8, piece.kind);
}

void memory_print_raw(void)
{
    for (size_t n = 0; n < raw_count && n < MOST_RAW; n++)
        print_row(raw[n].start, raw[n].length, 10, raw[n].kind);
    if (raw_count > MOST_RAW)
        kprintf("and %zu more, which count like these\n", raw_count - MOST_RAW);
}

void memory_tell_losses(void)
{
    if (given_up > 0)
        kprintf("          %zu pieces of it found no room in the map, and count as taken\n", given_up);
    if (unknown > 0)
        kprintf("          %zu entries of the boot loader's map made no sense\n", unknown);
}
