/* SPDX-License-Identifier: MIT
 *
 * The comparison of a heap with its model. Positions are bytes from heap_start. */
#include "world.h"

#include <stdlib.h>
#include <string.h>

enum { TAG = KHEAP_TAG_BYTES, AROUND = 0xA5 };

/* Notes the first difference only: those that follow from it tell less. */
static bool expect(struct world *w, const char *what, size_t expected, size_t got)
{
    if (expected != got && w->what == NULL) {
        w->what = what;
        w->expected = expected;
        w->got = got;
    }
    return expected == got;
}

/* ---- Reports ---------------------------------------------------------------------------------------------------- */

static struct kheap_report report_of(const struct world *w, enum kheap_fault fault)
{
    return (struct kheap_report){ .heap = &w->heap, .fault = fault };
}

/* Everything behind the code, word by word. */
enum { WORDS = (sizeof(struct kheap_report) - offsetof(struct kheap_report, heap)) / sizeof(size_t), CALLER = 2 };

static const char *const word_names[] = { "report: heap",
                                          "report: address",
                                          "report: caller is there",
                                          "report: wanted",
                                          "report: align",
                                          "report: missing",
                                          "report: payload of the block",
                                          "report: size of the block",
                                          "report: gap of the block",
                                          "report: owner of the block",
                                          "report: payload of the newest",
                                          "report: size of the newest",
                                          "report: gap of the newest",
                                          "report: owner of the newest",
                                          "report: blocks above",
                                          "report: changed" };

_Static_assert(sizeof word_names / sizeof word_names[0] == WORDS, "each word of the report has a name");

/* The fault of this step, and all that it told. */
static bool expect_report(struct world *w, const struct kheap_report *want, unsigned code)
{
    size_t expected[WORDS], got[WORDS];

    if (!expect(w, "fault", want->fault, code) || code == KHEAP_E_NONE)
        return w->what == NULL;
    memcpy(expected, &want->heap, sizeof expected);
    memcpy(got, &told.heap, sizeof got);
    expected[CALLER] = 1;
    got[CALLER] = got[CALLER] != 0;
    for (size_t i = 0; i < WORDS; i++)
        expect(w, word_names[i], expected[i], got[i]);
    return w->what == NULL;
}

static struct kheap_block public_block(const struct model *m, size_t i)
{
    const struct model_block *block = &m->block[i];

    return (struct kheap_block){ (unsigned char *)(m->start + block->payload), block->size, block->gap, block->owner };
}

/* What a free of this address has to tell; KHEAP_E_NONE for the last block. */
static struct kheap_report verdict(const struct world *w, uintptr_t address)
{
    const struct model *m = &w->model;
    struct kheap_report r = report_of(w, KHEAP_E_NOT_A_BLOCK);
    size_t at = address - m->start, i = 0;

    r.address = (const void *)address;
    if (address < m->start || at >= m->total)
        return r;
    if (at >= model_top(m)) {
        r.fault = at % 16 == 0 ? KHEAP_E_DOUBLE_FREE : KHEAP_E_NOT_A_BLOCK;
        return r;
    }
    while (at >= model_end_of(&m->block[i]))
        i++;
    r.block = public_block(m, i);
    if (at != m->block[i].payload)
        return r;
    r.above = m->count - 1 - i;
    r.fault = r.above == 0 ? KHEAP_E_NONE : KHEAP_E_OUT_OF_ORDER;
    r.newest = public_block(m, m->count - 1);
    return r;
}

/* What an allocation has to tell: nothing, why it does not fit, or that the alignment is none. */
static struct kheap_report verdict_on(const struct world *w, const struct step *step, bool served)
{
    const bool good = model_power_of_two(model_align(step));
    struct kheap_report r = report_of(w, good ? KHEAP_E_OUT_OF_MEMORY : KHEAP_E_BAD_ALIGNMENT);

    if (served || (good && step->deed == TRY))
        return report_of(w, KHEAP_E_NONE);
    r.wanted = model_bytes(&w->model, step);
    r.align = model_align(step);
    r.missing = good ? model_missing(&w->model, step) : 0;
    return r;
}

/* ---- What has to hold after each step --------------------------------------------------------------------------- */

struct visit {
    struct world *world;
    size_t left;
};

static bool compare_block(const struct kheap_block *block, void *context)
{
    struct visit *visit = context;
    struct world *w = visit->world;

    if (!expect(w, "a block is there to visit", true, visit->left > 0))
        return false;
    const struct kheap_block want = public_block(&w->model, --visit->left);
    expect(w, "payload of a block", (uintptr_t)want.payload, (uintptr_t)block->payload);
    expect(w, "size of a block", want.size, block->size);
    expect(w, "gap of a block", want.gap, block->gap);
    return expect(w, "owner of a block", (uintptr_t)want.owner, (uintptr_t)block->owner);
}

/* The three words, and that nothing changed but from `kept` up to heap_end. */
static bool compare_bytes(struct world *w, size_t kept)
{
    const struct model *m = &w->model;
    size_t low = (size_t)(m->start - (uintptr_t)w->memory), high = low + m->total;

    return expect(w, "heap_start", m->start, (uintptr_t)w->heap.heap_start) &&
           expect(w, "heap_end", m->start + m->total, (uintptr_t)w->heap.heap_end) &&
           expect(w, "free_memory_pointer", m->start + model_top(m), (uintptr_t)w->heap.free_memory_pointer) &&
           expect(w, "a live byte changed", 0, memcmp(w->memory, w->before, low + kept) != 0) &&
           expect(w, "a byte behind the heap changed", 0,
                  memcmp(w->memory + high, w->before + high, w->size - high) != 0);
}

/* Everything that the heap says about itself, computed again from the array. */
static bool compare_looks(struct world *w)
{
    const struct model *m = &w->model;
    const struct kheap_stats stats = kheap_stats(&w->heap);
    size_t payload = 0, top = model_top(m), left = m->total - top;
    struct visit visit = { w, m->count };

    expect(w, "kheap_walk", KHEAP_E_NONE, kheap_walk(&w->heap, compare_block, &visit));
    expect(w, "blocks not visited", 0, visit.left);
    expect(w, "kheap_check", KHEAP_E_NONE, kheap_check(&w->heap, NULL));
    for (size_t i = 0; i < m->count; i++)
        payload += m->block[i].size;
    expect(w, "stats: used", top, stats.used);
    expect(w, "stats: free", left, stats.free);
    expect(w, "stats: blocks", m->count, stats.blocks);
    expect(w, "stats: payload", payload, stats.payload);
    expect(w, "stats: tags", m->count * TAG, stats.tags);
    expect(w, "stats: padding", top - payload - m->count * TAG, stats.padding);
    return expect(w, "stats: largest", left >= TAG ? left - TAG : 0, stats.largest);
}

/* A refused call has kept everything below the free pointer; the heap then says what it said before. */
static bool compare(struct world *w, bool changed, size_t kept)
{
    w->changed = changed;
    return compare_bytes(w, kept) && (!changed || compare_looks(w));
}

static bool unchanged(struct world *w)
{
    return compare(w, false, model_top(&w->model));
}

/* ---- The steps -------------------------------------------------------------------------------------------------- */

/* Each way to ask has a place of its own in the program. The empty statement keeps the calls from becoming jumps. */
static __attribute__((noinline)) void *ask(struct kheap *h, const struct step *step, size_t size)
{
    void *payload = NULL;

    switch (step->deed) {
    case ALLOC: payload = kheap_alloc(h, size); break;
    case ALIGNED: payload = kheap_alloc_aligned(h, size, step->align); break;
    case TRY: payload = kheap_try_alloc(h, size, step->align); break;
    default: payload = kheap_calloc(h, step->align, size); break;
    }
    __asm__ volatile("" : "+r"(payload));
    return payload;
}

static bool note_owner(const struct kheap_block *block, void *context)
{
    *(const void **)context = block->owner;
    return false;
}

/* Who asked: for one way always the same, and another for each. The first time it is believed. */
static const void *owner_of_newest(struct world *w, enum deed deed)
{
    static const void *owners[DEEDS];
    const void *owner = NULL;

    kheap_walk(&w->heap, note_owner, &owner);
    if (owners[deed] == NULL)
        owners[deed] = owner;
    expect(w, "owner of the new block", (uintptr_t)owners[deed], (uintptr_t)owner);
    expect(w, "owner is there", true, owner != NULL);
    for (size_t i = 0; i < DEEDS; i++)
        expect(w, "owner is another way's", false, i != deed && owners[i] == owner);
    return owner;
}

/* Writes a payload from `from` on: all of it, or only its ends. */
static void write_payload(struct world *w, unsigned char *payload, size_t from, size_t size)
{
    if (w->paint)
        for (size_t i = from; i < size; i++)
            payload[i] = (unsigned char)(i * 11 + w->model.count * 37 + 1);
    else if (from < size)
        payload[from] = payload[size - 1] = 1;
}

/* What was served: the model gets the block, and its owner from the heap. */
static bool add(struct world *w, const struct step *step, unsigned char *payload, const struct model_block *block)
{
    struct model *m = &w->model;
    size_t top = model_top(m);

    m->block[m->count++] = *block;
    w->most = m->count > w->most ? m->count : w->most;
    if (!expect(w, "free_memory_pointer", m->start + model_top(m), (uintptr_t)w->heap.free_memory_pointer))
        return false;
    for (size_t i = 0; step->deed == CALLOC && i < block->size; i++)
        expect(w, "a byte of zeros", 0, payload[i]);
    m->block[m->count - 1].owner = owner_of_newest(w, step->deed);
    write_payload(w, payload, 0, block->size);
    return compare(w, true, top);
}

static bool allocate(struct world *w, const struct step *step)
{
    struct model_block block;
    bool served = model_next(&w->model, step, &block);
    const struct kheap_report want = verdict_on(w, step, served);
    unsigned char *payload = ask(&w->heap, step, model_size(&w->model, step));

    if (!expect(w, "payload", served ? w->model.start + block.payload : 0, (uintptr_t)payload) ||
        !expect_report(w, &want, take_fault()))
        return false;
    return served ? add(w, step, payload, &block) : unchanged(w);
}

static bool resize(struct world *w, const struct step *step)
{
    struct model *m = &w->model;
    uintptr_t address = model_address(m, &step->place);
    const struct kheap_report want = verdict(w, address);
    struct model_block *last = want.fault == KHEAP_E_NONE ? &m->block[m->count - 1] : NULL;
    size_t size = model_size(m, step);
    bool served = last != NULL && model_fits(m, last->payload, size);

    if (!expect(w, "answer", served, kheap_resize(&w->heap, (void *)address, size)) ||
        !expect_report(w, &want, take_fault()))
        return false;
    if (!served)
        return unchanged(w);
    size_t old = last->size;
    last->size = size;
    write_payload(w, (unsigned char *)address, old, size);
    return compare(w, true, last->payload + (size < old ? size : old));
}

static bool give_back(struct world *w, const struct step *step)
{
    struct model *m = &w->model;
    uintptr_t address = model_address(m, &step->place);
    const struct kheap_report want = address == 0 ? report_of(w, KHEAP_E_NONE) : verdict(w, address);

    kheap_free(&w->heap, (void *)address);
    if (!expect_report(w, &want, take_fault()))
        return false;
    if (address == 0 || want.fault != KHEAP_E_NONE)
        return unchanged(w);
    m->count--;
    return compare(w, true, model_top(m));
}

static bool mark(struct world *w, const struct step *step)
{
    struct model_mark *mark = &w->model.mark[step->slot];

    mark->mark = kheap_mark(&w->heap);
    mark->taken = true;
    mark->count = w->model.count;
    model_copy_blocks(mark->below, w->model.block, mark->count);
    if (!expect(w, "fault", KHEAP_E_NONE, take_fault()) || !unchanged(w))
        return false;
    w->changed = true; /* not the heap, but what can follow */
    return true;
}

/* A mark is good while every block below it lies as it did, or again exactly alike. It is none when the block right
 * below it is another. Between the two, where only something deeper is another, the heap may take it or not. */
static bool release(struct world *w, const struct step *step)
{
    struct model *m = &w->model;
    const struct model_mark *mark = &m->mark[step->slot];
    bool good = mark->taken && model_common(m, mark) == mark->count;
    size_t left = good ? mark->count : model_likeness(m, mark);
    struct kheap_report want = report_of(w, KHEAP_E_NONE);

    kheap_release(&w->heap, mark->mark);
    unsigned code = take_fault();
    if (left == SIZE_MAX || (!good && code != KHEAP_E_NONE)) {
        want.fault = KHEAP_E_BAD_MARK;
        want.address = mark->mark.position;
    }
    if (!expect_report(w, &want, code))
        return false;
    if (want.fault != KHEAP_E_NONE)
        return unchanged(w);
    m->count = left;
    return compare(w, true, model_top(m));
}

/* ---- Worlds ----------------------------------------------------------------------------------------------------- */

bool world_make(struct world *w, unsigned char *memory, size_t size)
{
    *w = (struct world){ .memory = memory, .size = size, .before = malloc(size) };
    return model_make(&w->model, size / TAG) && w->before != NULL;
}

/* A mark of another heap, which has a block. */
static struct kheap_mark foreign_mark(void)
{
    static unsigned char memory[8 * TAG];
    struct kheap other = { 0 };

    kheap_init(&other, memory, sizeof memory);
    kheap_try_alloc(&other, 1, 16);
    return kheap_mark(&other);
}

bool world_start(struct world *w, size_t from, size_t bytes, bool paint)
{
    struct model *m = &w->model;
    uintptr_t first = (uintptr_t)w->memory + from, last = first + bytes;

    memset(w->memory, AROUND, w->size);
    memset(w->before, AROUND, w->size);
    w->heap = (struct kheap){ 0 };
    w->paint = paint;
    w->what = NULL;
    m->start = first + (0 - first) % 16 + TAG;
    m->total = last - last % 16 - m->start;
    m->count = 0;
    for (size_t i = 0; i <= MODEL_MARKS; i++) {
        m->mark[i].taken = false;
        m->mark[i].count = 0;
        m->mark[i].mark = (struct kheap_mark){ 0 };
    }
    m->mark[MODEL_FOREIGN].mark = foreign_mark();
    expect(w, "kheap_init", KHEAP_OK, kheap_init(&w->heap, w->memory + from, bytes));
    memcpy(w->before + (m->start - (uintptr_t)w->memory) - TAG, (unsigned char *)m->start - TAG, TAG); /* the floor */
    return compare(w, true, 0) && expect(w, "fault", KHEAP_E_NONE, take_fault());
}

bool world_do(struct world *w, const struct step *step)
{
    size_t live = (size_t)(w->model.start - (uintptr_t)w->memory) + model_top(&w->model);

    memcpy(w->before, w->memory, live);
    w->asked = model_size(&w->model, step);
    switch (step->deed) {
    case RESIZE: return resize(w, step) && w->what == NULL;
    case FREE: return give_back(w, step) && w->what == NULL;
    case MARK: return mark(w, step) && w->what == NULL;
    case RELEASE: return release(w, step) && w->what == NULL;
    default: return allocate(w, step) && w->what == NULL;
    }
}
