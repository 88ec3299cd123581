/* SPDX-License-Identifier: MIT
 *
 * Every small damage: each byte that guards a block, and each of the three words, with each other value that the byte
 * can have (the eight single bits are among them), in heaps of 0 to 20 blocks. kheap_check has to tell it. After that
 * each call, on a heap restored for it, either refuses and changes nothing, or does what it would have done without the
 * damage, to the byte; and the frees downwards come to a refusal before they give back the damaged block. */
#include "support.h"

enum { MEMORY = 4096, BLOCKS = 20, ROOM = 512 };

/* A sound heap, and what is known about it. `bytes` is all of it up to a little above the free pointer; what a call
 * needs lies there. Of block i: words[i] and marks[i] are from before it was made. */
struct scene {
    struct kheap h;
    unsigned char *memory;
    size_t count, extent;
    struct kheap_block blocks[BLOCKS], last;
    struct kheap words[BLOCKS + 1];
    struct kheap_mark marks[BLOCKS + 1];
    unsigned char bytes[MEMORY];
};

/* One byte that is not as the heap left it: of the memory, or of the three words. */
struct damage {
    bool in_words;
    size_t at;
    unsigned char value;
    size_t block;              /* the one that it guards; the floor guards the first */
    enum kheap_fault expected; /* E07 in slack, E08 in a gap, else either: KHEAP_E_NONE */
};

enum verdict { REPORTED, HARMLESS, ANOTHER_HEAP, MISSED, VERDICTS };

static size_t size_at(size_t i, size_t count)
{
    return (i * 11 + count * 7) % 37;
}

static size_t align_at(size_t i, size_t count)
{
    return (i + count) % 4 == 3 ? (size_t)64 << i % 3 : KHEAP_ALIGN;
}

static void make_scene(struct scene *s, size_t count)
{
    static const unsigned char rubbish[] = { 0, 0x30, KHEAP_FREED_BYTE };

    *s = (struct scene){ .memory = fenced(MEMORY), .count = count };
    memset(s->memory, rubbish[count % COUNT(rubbish)], MEMORY);
    CHECK(kheap_init(&s->h, s->memory, MEMORY), ==, KHEAP_OK);
    for (size_t i = 0; i < count; i++) {
        s->words[i] = s->h;
        s->marks[i] = kheap_mark(&s->h);
        paint(kheap_alloc_aligned(&s->h, size_at(i, count), align_at(i, count)), size_at(i, count), (unsigned)i);
        s->blocks[i] = s->last = blocks_of(&s->h).at[0];
    }
    s->words[count] = s->h;
    s->marks[count] = kheap_mark(&s->h);
    s->extent = TAG + used(&s->h) + ROOM;
    CHECK(s->extent, <=, MEMORY);
    memcpy(s->bytes, s->memory, MEMORY);
}

/* ---- The calls -------------------------------------------------------------------------------------------------- */

/* Each gives what the call gave: a pointer, a bool, the position of a mark; the words and the memory stand beside. The
 * counting keeps the calls from being tail calls: the owner in the tag has to be the same on both heaps. */
static volatile unsigned asked;

#define ASKS(name, ...)                                                                                                \
    __attribute__((noinline)) static uintptr_t name(const struct scene *s, struct kheap *h)                            \
    {                                                                                                                  \
        uintptr_t given = 0;                                                                                           \
        __VA_ARGS__;                                                                                                   \
        asked += s != NULL;                                                                                            \
        return given;                                                                                                  \
    }

ASKS(ask_alloc, given = (uintptr_t)kheap_alloc(h, 20))
ASKS(ask_aligned, given = (uintptr_t)kheap_alloc_aligned(h, 9, 64))
ASKS(ask_try, given = (uintptr_t)kheap_try_alloc(h, 20, 64))
ASKS(ask_larger, given = kheap_resize(h, s->last.payload, s->last.size + 21))
ASKS(ask_smaller, given = kheap_resize(h, s->last.payload, s->last.size / 2))
ASKS(ask_mark, given = (uintptr_t)kheap_mark(h).position)
ASKS(ask_release_all, kheap_release(h, s->marks[0]))
ASKS(ask_release_half, kheap_release(h, s->marks[s->count / 2]))
ASKS(ask_release_none, kheap_release(h, s->marks[s->count]))
ASKS(ask_mark_release, struct kheap_mark mark = kheap_mark(h); if (mark.position != NULL) kheap_release(h, mark))

/* A release may also say that the mark is not one of this heap (any more): who can tell which of the two is damaged? The
 * release of all looks at every block, so it has to refuse whatever kheap_check tells. */
static const struct {
    const char *name;
    uintptr_t (*ask)(const struct scene *s, struct kheap *h);
    bool of_a_block, looks_at_all;
    unsigned most;
} calls[] = {
    { "alloc", ask_alloc, false, false, KHEAP_E_DAMAGED },
    { "alloc_aligned", ask_aligned, false, false, KHEAP_E_DAMAGED },
    { "try_alloc", ask_try, false, false, KHEAP_E_DAMAGED },
    { "resize to more", ask_larger, true, false, KHEAP_E_DAMAGED },
    { "resize to less", ask_smaller, true, false, KHEAP_E_DAMAGED },
    { "mark", ask_mark, false, false, KHEAP_E_DAMAGED },
    { "release of all", ask_release_all, false, true, KHEAP_E_BAD_MARK },
    { "release of half", ask_release_half, false, false, KHEAP_E_BAD_MARK },
    { "release of nothing", ask_release_none, false, false, KHEAP_E_BAD_MARK },
    { "mark and release", ask_mark_release, false, false, KHEAP_E_BAD_MARK },
};

/* What each call does on the sound heap. */
struct outcome {
    uintptr_t given;
    struct kheap words;
    unsigned char bytes[MEMORY];
};

static struct scene scene;
static struct outcome sound[COUNT(calls)];

static void ask_the_sound_heap(void)
{
    for (size_t i = 0; i < COUNT(calls); i++) {
        sound[i].words = scene.h;
        if (!calls[i].of_a_block || scene.count > 0)
            sound[i].given = calls[i].ask(&scene, &sound[i].words);
        CHECK_SILENT();
        memcpy(sound[i].bytes, scene.memory, MEMORY);
        memcpy(scene.memory, scene.bytes, MEMORY);
    }
}

/* ---- One damage ------------------------------------------------------------------------------------------------- */

/* The heap as it is with the damage and before any call. */
static struct kheap put(const struct damage *d)
{
    struct kheap h = scene.h;

    memcpy(scene.memory, scene.bytes, scene.extent);
    *((d->in_words ? (unsigned char *)&h : scene.memory) + d->at) = d->value;
    return h;
}

/* The memory is `bytes`, and the damaged byte is still what it was. */
static bool memory_is(const unsigned char *bytes, const struct damage *d)
{
    size_t before = d->in_words ? scene.extent : d->at, after = before + 1;

    if (memcmp(scene.memory, bytes, before) != 0)
        return false;
    return d->in_words ||
           (scene.memory[d->at] == d->value && memcmp(scene.memory + after, bytes + after, scene.extent - after) == 0);
}

static bool same_words(const struct kheap *a, const struct kheap *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

static bool is_damage(unsigned code, unsigned most)
{
    return code >= KHEAP_E_OVERFLOW && code <= most;
}

/* Refused with nothing changed, or as on the sound heap. */
static bool call_is_right(size_t i, const struct damage *d, bool noticed)
{
    struct kheap h = put(d), before = h;
    uintptr_t given = calls[i].ask(&scene, &h);
    unsigned code = take_fault();

    if (code == KHEAP_E_NONE)
        return !(noticed && calls[i].looks_at_all) && given == sound[i].given && same_words(&h, &sound[i].words) &&
               memory_is(sound[i].bytes, d);
    return noticed && is_damage(code, calls[i].most) && given == 0 && same_words(&h, &before) &&
           memory_is(scene.bytes, d);
}

static bool starts_at_boundary(const struct kheap_block *block)
{
    uintptr_t begin = (uintptr_t)block->payload - block->gap;

    for (size_t i = 0; i <= scene.count; i++)
        if (begin == (uintptr_t)scene.words[i].free_memory_pointer)
            return true;
    return block->payload == NULL;
}

/* In slack and gap it says exactly what was damaged; in a tag, a place in this heap, and a block that begins at a
 * boundary or none: which bytes of the tag are right nobody can know. Of the words nothing more is known. */
static bool report_is_right(const struct damage *d, const struct kheap *h, const struct kheap_report *r)
{
    const unsigned char *address = r->address;
    const struct kheap_block *block = &scene.blocks[d->block];

    if (!is_damage(r->fault, KHEAP_E_DAMAGED) || r->heap != h)
        return false;
    if (d->expected == KHEAP_E_NONE)
        return d->in_words ||
               (address >= scene.memory && address < scene.memory + scene.extent && starts_at_boundary(&r->block));
    return r->fault == d->expected && address == scene.memory + d->at && r->changed == 1 &&
           r->block.payload == block->payload && r->block.size == block->size && r->block.gap == block->gap &&
           r->block.owner == block->owner;
}

/* From the last block down to the first refusal, which comes at the damaged block or above it; none where nothing was
 * noticed. */
static bool frees_are_right(const struct damage *d, bool noticed)
{
    struct kheap h = put(d), before;
    size_t left = scene.count;
    unsigned code = KHEAP_E_NONE;

    while (left > 0 && code == KHEAP_E_NONE) {
        before = h;
        kheap_free(&h, scene.blocks[--left].payload);
        code = take_fault();
        if (!same_words(&h, code == KHEAP_E_NONE ? &scene.words[left] : &before))
            return false;
    }
    if (code != KHEAP_E_NONE && (left < d->block || !report_is_right(d, &h, &told)))
        return false;
    return (code != KHEAP_E_NONE) == (noticed && scene.count > 0) && memory_is(scene.bytes, d);
}

static bool count_visit(const struct kheap_block *block, void *context)
{
    size_t *visited = context;

    *visited += block->payload != NULL;
    return true;
}

/* Looking at it goes well, whatever the damage, and changes nothing. A free pointer that stands too high may show a block
 * that is none: it looks like one whose seal was overwritten. */
static bool looking_is_right(const struct damage *d, const struct kheap *h)
{
    const struct kheap before = *h;
    const struct kheap_stats stats = kheap_stats(h);
    size_t visited = 0;

    kheap_walk(h, count_visit, &visited);
    return (d->in_words || visited <= scene.count) && stats.blocks == visited &&
           stats.payload + stats.padding + stats.tags == stats.used && same_words(h, &before) &&
           memory_is(scene.bytes, d);
}

/* The free pointer, overwritten with the address of another boundary. */
static bool another_heap(const struct kheap *h)
{
    for (size_t i = 0; i < scene.count; i++)
        if (same_words(h, &scene.words[i]))
            return true;
    return false;
}

static const char *wrong_call;

static enum verdict judge(const struct damage *d)
{
    struct kheap h = put(d);
    struct kheap_report report;
    bool noticed = kheap_check(&h, &report) != KHEAP_E_NONE;

    wrong_call = "check";
    if (another_heap(&h))
        return noticed ? MISSED : ANOTHER_HEAP;
    if (noticed && (!report_is_right(d, &h, &report) || report.caller != NULL))
        return MISSED;
    wrong_call = "walk and stats";
    if (!looking_is_right(d, &h))
        return MISSED;
    for (size_t i = 0; i < COUNT(calls); i++) {
        wrong_call = calls[i].name;
        if ((!calls[i].of_a_block || scene.count > 0) && !call_is_right(i, d, noticed))
            return MISSED;
    }
    wrong_call = "frees downwards";
    if (!frees_are_right(d, noticed))
        return MISSED;
    return noticed ? REPORTED : HARMLESS;
}

/* ---- All damages ------------------------------------------------------------------------------------------------ */

struct tally {
    size_t bytes, values, bits, of[VERDICTS];
};

/* A byte with each value that it does not have; with the sanitizers each bit and the two ends only. */
static void each_value(struct damage d, struct tally *t)
{
    unsigned char good = d.in_words ? ((unsigned char *)&scene.h)[d.at] : scene.bytes[d.at];

    case_note("%zu blocks, %s, byte %zu, block %zu", scene.count, d.in_words ? "words" : "memory", d.at, d.block);
    t->bytes++;
    for (unsigned change = 1; change < 256; change++) {
        bool one_bit = (change & (change - 1)) == 0;
        enum verdict verdict;

        d.value = (unsigned char)(good ^ change);
        if (INSTRUMENTED && !one_bit && d.value != 0 && d.value != 0xFF)
            continue;
        verdict = judge(&d);
        if (verdict == MISSED && t->of[MISSED] == 0)
            printf("missed by %s: %zu blocks, %s, byte %zu (block %zu), %#x instead of %#x\n", wrong_call, scene.count,
                   d.in_words ? "words" : "memory", d.at, d.block, d.value, good);
        t->values++;
        t->bits += one_bit;
        t->of[verdict]++;
    }
}

static void each_byte(const unsigned char *from, const unsigned char *to, size_t block, unsigned code, struct tally *t)
{
    for (const unsigned char *at = from; at < to; at++)
        each_value((struct damage){ .at = (size_t)(at - scene.memory), .block = block, .expected = code }, t);
}

static void start(size_t count)
{
    look_when_told = false;
    make_scene(&scene, count);
    ask_the_sound_heap();
}

/* Nothing was written beyond what is restored for each call. */
static void finish(void)
{
    CHECK_MEM(scene.memory + scene.extent, scene.bytes + scene.extent, MEMORY - scene.extent);
    give_back(scene.memory, MEMORY);
}

static void judge_all(const char *what, const struct tally *t)
{
    FIGURE("damage of %s, %d bits: %zu bytes, %zu damages (%zu single bits): %zu reported, %zu harmless, "
           "%zu another valid heap, %zu missed",
           what, WORD_BITS, t->bytes, t->values, t->bits, t->of[REPORTED], t->of[HARMLESS], t->of[ANOTHER_HEAP],
           t->of[MISSED]);
    CHECK(t->bits, ==, 8 * t->bytes);
    CHECK(t->of[MISSED], ==, 0);
    CHECK(t->of[REPORTED], >, 0);
}

CASE(damage_of_every_tag)
{
    struct tally t = { 0 };

    for (size_t count = 0; count <= BLOCKS; count++) {
        start(count);
        each_byte(scene.memory, scene.memory + TAG, 0, KHEAP_E_NONE, &t);
        for (size_t i = 0; i < count; i++) {
            const unsigned char *boundary = scene.words[i + 1].free_memory_pointer;

            each_byte(boundary - TAG, boundary, i, KHEAP_E_NONE, &t);
        }
        finish();
    }
    CHECK(t.bytes, ==, TAG * (BLOCKS + 1) * (BLOCKS + 2) / 2);
    judge_all("tags and floors", &t);
}

CASE(damage_of_all_slack)
{
    struct tally t = { 0 };

    for (size_t count = 1; count <= BLOCKS; count++) {
        start(count);
        for (size_t i = 0; i < count; i++) {
            const unsigned char *payload = scene.blocks[i].payload, *end = payload + scene.blocks[i].size;

            each_byte(end, payload + round_up(scene.blocks[i].size), i, KHEAP_E_OVERFLOW, &t);
        }
        finish();
    }
    judge_all("slack", &t);
}

CASE(damage_in_front_of_every_aligned_block)
{
    struct tally t = { 0 };

    for (size_t count = 1; count <= BLOCKS; count++) {
        start(count);
        for (size_t i = 0; i < count; i++) {
            const unsigned char *payload = scene.blocks[i].payload;

            if (scene.blocks[i].gap != 0)
                each_byte(payload - KHEAP_ALIGN, payload, i, KHEAP_E_DAMAGED, &t);
        }
        finish();
    }
    judge_all("filled gaps", &t);
}

CASE(damage_of_every_word)
{
    struct tally t = { 0 };

    for (size_t count = 0; count <= BLOCKS; count++) {
        start(count);
        for (size_t at = 0; at < sizeof(struct kheap); at++)
            each_value((struct damage){ .in_words = true, .at = at }, &t);
        finish();
    }
    CHECK(t.bytes, ==, sizeof(struct kheap) * (BLOCKS + 1));
    CHECK(t.of[ANOTHER_HEAP], >, 0);
    judge_all("the three words", &t);
}
