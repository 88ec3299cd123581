/* SPDX-License-Identifier: MIT
 *
 * What support.h promises. kheap_fault records, looks at the heap as an embedder may, and returns. */
#define _GNU_SOURCE
#include "support.h"

#include <sys/mman.h>

enum { PAGE = 4096, SNAPSHOT_MAX = 1 << 17 };

struct kheap_report told;
bool look_when_told = true;
const char any_caller[] = "any";
static unsigned faults;
static struct kheap words_then;
static unsigned char bytes_then[SNAPSHOT_MAX];

static size_t pages_for(size_t size)
{
    return (size + PAGE - 1) / PAGE * PAGE;
}

unsigned char *fenced(size_t size)
{
    size_t inner = pages_for(size);
    unsigned char *outer = mmap(NULL, inner + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    CHECK_PTR(outer, !=, MAP_FAILED);
    if (inner != 0)
        CHECK(mprotect(outer + PAGE, inner, PROT_READ | PROT_WRITE), ==, 0);
    return outer + PAGE + inner - size;
}

void give_back(unsigned char *memory, size_t size)
{
    size_t inner = pages_for(size);

    CHECK(munmap(memory + size - inner - PAGE, inner + 2 * PAGE), ==, 0);
}

static struct kheap heap_in(unsigned char *memory, size_t bytes)
{
    struct kheap h = { 0 };

    CHECK(kheap_init(&h, memory, bytes + TAG), ==, KHEAP_OK);
    CHECK(size_of(&h), ==, bytes);
    return h;
}

struct kheap make_heap(size_t bytes)
{
    return heap_in(fenced(bytes + TAG), bytes);
}

struct kheap make_heap_at(size_t bytes, size_t offset)
{
    return heap_in(fenced(pages_for(PAGE + offset + bytes)) + PAGE + offset - TAG, bytes);
}

static bool look_and_go_on(const struct kheap_block *block, void *context)
{
    size_t *seen = context;

    *seen += block->size != 0;
    return true;
}

/* The header allows these three calls here, whatever the damage: so each fault of each case tries them. */
void kheap_fault(const struct kheap_report *report)
{
    size_t seen = 0;

    memcpy(&told, report, sizeof(told));
    if (look_when_told) {
        kheap_check(report->heap, NULL);
        kheap_walk(report->heap, look_and_go_on, &seen);
        kheap_stats(report->heap);
        CHECK_MEM(report, &told, sizeof(told));
    }
    faults++;
}

unsigned take_fault(void)
{
    unsigned count = faults;

    faults = 0;
    return count == 0 ? KHEAP_E_NONE : count == 1 ? (unsigned)told.fault : 100 + count;
}

void case_end(void)
{
    CHECK_SILENT();
}

#define AT(name) offsetof(struct kheap_report, name)

static const struct field {
    const char *name;
    size_t offset;
} fields[] = {
    { "heap", AT(heap) },
    { "address", AT(address) },
    { "wanted", AT(wanted) },
    { "align", AT(align) },
    { "missing", AT(missing) },
    { "block.payload", AT(block.payload) },
    { "block.size", AT(block.size) },
    { "block.gap", AT(block.gap) },
    { "block.owner", AT(block.owner) },
    { "newest.payload", AT(newest.payload) },
    { "newest.size", AT(newest.size) },
    { "newest.gap", AT(newest.gap) },
    { "newest.owner", AT(newest.owner) },
    { "above", AT(above) },
    { "changed", AT(changed) },
};

static uintptr_t field_of(const struct kheap_report *report, const struct field *field)
{
    uintptr_t value;

    memcpy(&value, (const unsigned char *)report + field->offset, sizeof(value));
    return value;
}

void check_report(const char *file, int line, const struct kheap_report *got, const struct kheap_report *want)
{
    case_check();
    if (got->fault != want->fault)
        case_fail(file, line, "report.fault", got->fault, want->fault);
    for (size_t i = 0; i < COUNT(fields); i++)
        if (field_of(got, &fields[i]) != field_of(want, &fields[i]))
            case_fail(file, line, fields[i].name, field_of(got, &fields[i]), field_of(want, &fields[i]));
    if ((got->caller != NULL) != (want->caller == any_caller))
        case_fail(file, line, "report.caller is there", got->caller != NULL, want->caller == any_caller);
}

void remember(const struct kheap *h)
{
    words_then = *h;
    CHECK(used(h) + TAG, <=, SNAPSHOT_MAX);
    memcpy(bytes_then, h->heap_start - TAG, used(h) + TAG);
}

void check_unchanged(const char *file, int line, const struct kheap *h)
{
    const unsigned char *floor = words_then.heap_start - TAG;

    case_memory(file, line, "the three words", h, &words_then, sizeof(words_then));
    case_memory(file, line, "floor and blocks", floor, bytes_then, used(&words_then) + TAG);
}

static unsigned char *place_of(const unsigned char *boundary, enum word n)
{
    return (unsigned char *)((uintptr_t)boundary - (WORDS - n) * sizeof(uintptr_t));
}

uintptr_t word_of(const unsigned char *boundary, enum word n)
{
    uintptr_t value;

    memcpy(&value, place_of(boundary, n), sizeof(value));
    return value;
}

void set_word(unsigned char *boundary, enum word n, uintptr_t value)
{
    memcpy(place_of(boundary, n), &value, sizeof(value));
}

void gain(unsigned char *boundary, enum word n, uintptr_t by)
{
    set_word(boundary, n, word_of(boundary, n) + by);
    set_word(boundary, SEAL, word_of(boundary, SEAL) + by);
}

void copy_tag(const unsigned char *from, unsigned char *to)
{
    memmove(place_of(to, FENCE), place_of(from, FENCE), TAG);
    set_word(to, SEAL, word_of(to, SEAL) + ((uintptr_t)to - (uintptr_t)from));
}

static bool note_block(const struct kheap_block *block, void *context)
{
    struct blocks *blocks = context;

    CHECK(blocks->count, <, BLOCKS_MAX);
    blocks->at[blocks->count++] = *block;
    return true;
}

struct blocks blocks_of(const struct kheap *h)
{
    struct blocks blocks = { 0 };

    CHECK(kheap_walk(h, note_block, &blocks), ==, KHEAP_E_NONE);
    return blocks;
}

struct kheap_block block_at(const struct kheap *h, const void *payload)
{
    const struct blocks blocks = blocks_of(h);

    for (size_t i = 0; i < blocks.count; i++)
        if (blocks.at[i].payload == payload)
            return blocks.at[i];
    CHECK_PTR(payload, ==, "the payload of a live block");
    return blocks.at[0];
}

/* Not by subtracting pointers: a heap may be larger than PTRDIFF_MAX. */
size_t size_of(const struct kheap *h)
{
    return (uintptr_t)h->heap_end - (uintptr_t)h->heap_start;
}

size_t used(const struct kheap *h)
{
    return (uintptr_t)h->free_memory_pointer - (uintptr_t)h->heap_start;
}

size_t unused(const struct kheap *h)
{
    return (uintptr_t)h->heap_end - (uintptr_t)h->free_memory_pointer;
}

size_t round_up(size_t size)
{
    return size % KHEAP_ALIGN == 0 ? size : size + KHEAP_ALIGN - size % KHEAP_ALIGN;
}

unsigned char *byte_at(const void *from, size_t bytes)
{
    return (unsigned char *)((uintptr_t)from + bytes);
}

static unsigned char colour_at(size_t i, unsigned colour)
{
    return (unsigned char)(colour * 37u + i * 11u + 1u);
}

void paint(void *payload, size_t size, unsigned colour)
{
    unsigned char *bytes = payload;

    for (size_t i = 0; i < size; i++)
        bytes[i] = colour_at(i, colour);
}

void check_paint(const void *payload, size_t size, unsigned colour)
{
    const unsigned char *bytes = payload;

    case_check();
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != colour_at(i, colour))
            case_fail(__FILE__, __LINE__, "painted byte", bytes[i], colour_at(i, colour));
}
