/* SPDX-License-Identifier: MIT
 *
 * Two words that change together, by equal or opposite differences: of the three words, of the last two tags, of the floor,
 * and of the fill in front of an aligned block. Each pair is noticed by the frees downwards, before one gives back what it
 * should not, or at least by kheap_check; or it is of a kind that the header names. A kind that is not named there, and one
 * that no pair is of any more, turn the case red. */
#include "support.h"

enum { MEMORY = 64 << 10, BEGIN = 32 << 10, HEAP = 8 << 10, BLOCKS = 3 };

enum place { START, END, POINTER, LAST, BELOW, FLOOR, FILL, PLACES };

/* One of the words that can change. */
struct at {
    enum place place;
    enum word word; /* of a tag */
    size_t offset;  /* in the memory or in struct kheap */
};

struct scene {
    struct kheap h;
    unsigned char *memory, bytes[MEMORY];
    unsigned char *payload[BLOCKS];
    struct kheap words[BLOCKS + 1];
    struct at at[32];
    size_t count;
};

static struct scene s;

static void add(enum place place, enum word word, size_t offset)
{
    s.at[s.count++] = (struct at){ place, word, offset };
}

static void add_tag(enum place place, const unsigned char *boundary)
{
    for (size_t n = 0; n < 4; n++)
        add(place, (enum word)n, (size_t)(boundary - TAG - s.memory) + n * sizeof(void *));
}

/* Three blocks; the last or the one below it may have a gap. Sizes with slack and without. */
static void make_scene(const size_t *sizes, const size_t *aligns)
{
    s.count = 0;
    memset(s.memory, 0, MEMORY);
    CHECK(kheap_init(&s.h, s.memory + BEGIN - TAG, HEAP + TAG), ==, KHEAP_OK);
    for (size_t i = 0; i < BLOCKS; i++) {
        s.words[i] = s.h;
        s.payload[i] = kheap_alloc_aligned(&s.h, sizes[i], aligns[i]);
        memset(s.payload[i], 0x77, sizes[i]);
    }
    s.words[BLOCKS] = s.h;
    memcpy(s.bytes, s.memory, MEMORY);
    add(START, FENCE, offsetof(struct kheap, heap_start));
    add(END, FENCE, offsetof(struct kheap, heap_end));
    add(POINTER, FENCE, offsetof(struct kheap, free_memory_pointer));
    add_tag(LAST, s.words[BLOCKS].free_memory_pointer);
    add_tag(BELOW, s.words[BLOCKS - 1].free_memory_pointer);
    add_tag(FLOOR, s.h.heap_start);
    for (size_t i = 0; i < BLOCKS; i++)
        if (s.payload[i] != s.words[i].free_memory_pointer) /* there is a gap */
            add(FILL, FENCE, (size_t)(s.payload[i] - s.memory) - sizeof(void *));
}

static bool is_word(const struct at *at)
{
    return at->place <= POINTER;
}

static void change(struct kheap *h, const struct at *at, uintptr_t difference)
{
    unsigned char *where = (is_word(at) ? (unsigned char *)h : s.memory) + at->offset;
    uintptr_t value;

    memcpy(&value, where, sizeof(value));
    value += difference;
    memcpy(where, &value, sizeof(value));
}

enum end { ALL_FREED, REFUSED, WRONG };

/* All blocks are given back, each to where it should be; or one is refused first. */
static enum end free_all(struct kheap h)
{
    for (size_t i = BLOCKS; i-- > 0;) {
        kheap_free(&h, s.payload[i]);
        if (take_fault() != KHEAP_E_NONE)
            return REFUSED;
        if (h.free_memory_pointer != s.words[i].free_memory_pointer)
            return WRONG;
    }
    return ALL_FREED;
}

/* ---- The kinds that are named ----------------------------------------------------------------------------------- */

enum kind { NOTICED, BY_CHECK, ANOTHER_OWNER, ANOTHER_SIZE, UNNAMED, KINDS };

static const char *const names[KINDS] = { "noticed by the frees", "by kheap_check alone", "missed, another owner",
                                          "missed, a size a few bytes off", "missed, and not in the header" };

static bool in_one_tag(const struct at *a, const struct at *b)
{
    return a->place >= LAST && a->place <= FLOOR && a->place == b->place;
}

/* Which of the header's lines a pair belongs to that nobody has noticed. */
static enum kind named(const struct at *a, const struct at *b)
{
    if (in_one_tag(a, b) && a->word == SIZE)
        return ANOTHER_SIZE;
    return in_one_tag(a, b) && a->word == OWNER && b->word == SEAL ? ANOTHER_OWNER : UNNAMED;
}

/* The frees notice at the latest where they would give back a wrong block. */
static enum kind judge(const struct at *a, uintptr_t by, const struct at *b, uintptr_t and_by)
{
    struct kheap h = s.h;

    memcpy(s.memory, s.bytes, MEMORY);
    change(&h, a, by);
    change(&h, b, and_by);
    bool checked = kheap_check(&h, NULL) != KHEAP_E_NONE;
    switch (free_all(h)) {
    case REFUSED: return NOTICED;
    case ALL_FREED: return checked ? BY_CHECK : named(a, b);
    default: return UNNAMED;
    }
}

static void each_pair(size_t *found)
{
    for (size_t i = 0; i < s.count; i++)
        for (size_t j = i + 1; j < s.count; j++)
            for (uintptr_t by = 1; by != 0 && (by <= HEAP || !is_word(&s.at[i])); by *= 2)
                for (unsigned signs = 0; signs < 4; signs++) {
                    enum kind kind = judge(&s.at[i], signs & 1 ? by : 0 - by, &s.at[j], signs & 2 ? by : 0 - by);

                    case_note("words %zu and %zu (places %d, %d), by %#zx, signs %u", i, j, s.at[i].place,
                              s.at[j].place, (size_t)by, signs);
                    CHECK(kind, !=, UNNAMED);
                    found[kind]++;
                }
}

CASE(pairs_of_words)
{
    static const size_t sizes[][BLOCKS] = { { 20, 32, 45 }, { 0, 17, 64 }, { 100, 31, 16 } };
    static const size_t aligns[][BLOCKS] = { { 16, 16, 16 }, { 16, 16, 512 }, { 16, 512, 16 }, { 256, 64, 128 } };
    size_t found[KINDS] = { 0 };

    look_when_told = false;
    s.memory = fenced(MEMORY);
    for (size_t i = 0; i < COUNT(sizes); i++)
        for (size_t j = 0; j < COUNT(aligns); j++) {
            make_scene(sizes[i], aligns[j]);
            each_pair(found);
        }
    for (int kind = 0; kind < UNNAMED; kind++) {
        FIGURE("pairs of changed words, %d bits, %s: %zu", WORD_BITS, names[kind], found[kind]);
        CHECK(found[kind], >, 0);
    }
}
