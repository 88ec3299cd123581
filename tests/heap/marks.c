/* SPDX-License-Identifier: MIT
 *
 * What a mark knows, and what a release looks at on its way down to it. */
#include "support.h"

enum { SMALL_HEAP = 1024 };

/* ---- The number of a mark --------------------------------------------------------------------------------------- */

/* One word of a tag takes up what the others gained, so that the tag keeps the equation. */
static void make_up(uintptr_t words[WORDS], enum word with, uintptr_t sum)
{
    uintptr_t off = words[SEAL] - words[FENCE] - words[SIZE] - words[OWNER] - sum;

    words[with] += with == SEAL ? 0 - off : off;
}

static uintptr_t number_of(const struct kheap *h, const uintptr_t words[WORDS])
{
    for (size_t n = 0; n < WORDS; n++)
        set_word(h->free_memory_pointer, (enum word)n, words[n]);
    return kheap_mark(h).seal;
}

/* From how far apart, around the word's end, two bits of two words may cancel in the number. SIZE is in it through the seal
 * alone: of its bits none may. */
static size_t may_cancel_from(enum word one, enum word other, enum word with)
{
    if (with != SIZE)
        return one == SIZE || other == SIZE ? WORD_BITS : 0;
    return one == OWNER || other == OWNER ? WORD_BITS / 4 : WORD_BITS / 2;
}

static size_t apart(size_t i, size_t j)
{
    size_t up = (i - j) % WORD_BITS, down = (j - i) % WORD_BITS;

    return up < down ? up : down;
}

/* Each two bits of two words change, and a third word makes up for it. */
static void change_two(const struct kheap *h, const uintptr_t tag[WORDS], enum word one, enum word other,
                       enum word with)
{
    const uintptr_t sum = tag[SEAL] - tag[FENCE] - tag[SIZE] - tag[OWNER], number = number_of(h, tag);

    for (size_t i = 0; i < WORD_BITS; i++)
        for (size_t j = 0; j < WORD_BITS; j++) {
            uintptr_t words[WORDS] = { tag[FENCE], tag[SIZE], tag[OWNER], tag[SEAL] };

            words[one] ^= (uintptr_t)1 << i;
            words[other] ^= (uintptr_t)1 << j;
            make_up(words, with, sum);
            case_note("bit %zu of word %d and bit %zu of word %d, made up by word %d", i, one, j, other, with);
            if (apart(i, j) < may_cancel_from(one, other, with))
                CHECK(number_of(h, words), !=, number);
        }
}

/* Two tags at one place whose words differ little do not get the same number, though the seal is the same or nearly so. */
CASE(mark_tells_a_tag_from_its_neighbours)
{
    struct kheap h = make_heap(SMALL_HEAP);
    uintptr_t tag[WORDS];

    CHECK_PTR(kheap_alloc(&h, 100), !=, NULL);
    for (uintptr_t owner = 0; owner <= 1; owner++) { /* as it is, and all ones */
        gain(h.free_memory_pointer, OWNER, owner == 0 ? 0 : UINTPTR_MAX - word_of(h.free_memory_pointer, OWNER));
        for (size_t n = 0; n < WORDS; n++)
            tag[n] = word_of(h.free_memory_pointer, (enum word)n);
        for (enum word one = FENCE; one < SEAL; one++)
            for (enum word other = one + 1; other < WORDS; other++)
                for (enum word with = FENCE; with < WORDS; with++)
                    if (with != one && with != other)
                        change_two(&h, tag, one, other, with);
        number_of(&h, tag);
    }
}

/* ---- The way down to it ----------------------------------------------------------------------------------------- */

enum { BLOCKS = 3, SIZE_OF_EACH = 25 };

struct scene {
    struct kheap h;
    struct kheap_mark empty, top;
    unsigned char *block[BLOCKS], *boundary[BLOCKS];
};

static struct scene make_scene(void)
{
    struct scene s = { .h = make_heap(SMALL_HEAP) };

    s.empty = kheap_mark(&s.h);
    for (size_t i = 0; i < BLOCKS; i++) {
        s.block[i] = kheap_alloc(&s.h, SIZE_OF_EACH);
        memset(s.block[i], 0, SIZE_OF_EACH);
        s.boundary[i] = s.h.free_memory_pointer;
    }
    s.top = kheap_mark(&s.h);
    return s;
}

static void check_refused(struct scene *s, struct kheap_mark mark)
{
    remember(&s->h);
    kheap_release(&s->h, mark);
    CHECK_DAMAGE_TOLD();
    CHECK_UNCHANGED(&s->h);
}

/* Each byte from the end of a block to the end of its tag, of the last block and of those below it. */
CASE(release_looks_at_each_block_that_goes)
{
    struct scene s = make_scene();

    for (size_t i = 0; i < BLOCKS; i++)
        for (unsigned char *at = s.block[i] + SIZE_OF_EACH; at < s.boundary[i]; at++)
            for (unsigned change = 1; change < 256; change *= 2) {
                case_note("block %zu, %zu below its boundary, changed by %#x", i, (size_t)(s.boundary[i] - at), change);
                *at ^= (unsigned char)change;
                check_refused(&s, s.empty);
                *at ^= (unsigned char)change;
            }
    kheap_release(&s.h, s.empty);
    CHECK(used(&s.h), ==, 0);
}

/* A release that would give nothing back looks at the last tag, all of it. */
CASE(release_to_the_top_looks_at_the_last_tag)
{
    struct scene s = make_scene();

    for (size_t n = 0; n < WORDS; n++) {
        uintptr_t right = word_of(s.h.free_memory_pointer, (enum word)n);

        case_note("word %zu", n);
        set_word(s.h.free_memory_pointer, (enum word)n, right ^ 1);
        check_refused(&s, s.top);
        set_word(s.h.free_memory_pointer, (enum word)n, right);
    }
    kheap_release(&s.h, s.top);
    s.h.heap_start = NULL;
    kheap_release(&s.h, s.top);
    CHECK_FAULT(KHEAP_E_NOT_INITIALISED);
}

/* The mark that a refused kheap_mark gives leads below everything, and the walk ends at the damage. */
CASE(release_of_no_mark_above_damage)
{
    struct scene s = make_scene();
    const struct kheap_mark none = { 0 };

    kheap_release(&s.h, none);
    CHECK_FAULT(KHEAP_E_BAD_MARK);
    s.block[1][SIZE_OF_EACH] ^= 1;
    check_refused(&s, none);
}

/* A size that is less than nothing, told by a tag that keeps the equation, leads to a boundary within that very tag. It is
 * sealed as well, and marked: from a heap whose free pointer stands there, which looks like any other. */
CASE(release_over_a_block_smaller_than_its_tag)
{
    struct scene s = make_scene();
    const struct scene whole = s;
    unsigned char *top = s.h.free_memory_pointer;
    size_t takes = (size_t)(top - s.block[BLOCKS - 1]);
    uintptr_t slack = (KHEAP_ALIGN - SIZE_OF_EACH % KHEAP_ALIGN) % KHEAP_ALIGN;

    for (size_t less = TAG - KHEAP_ALIGN; less < TAG; less -= KHEAP_ALIGN) { /* down to 0 */
        struct kheap within = s.h;

        case_note("%zu bytes with the tag", less);
        gain(top, SIZE, less - takes + slack); /* and no slack */
        within.free_memory_pointer = top - less;
        if (less != 0) { /* the words of the lower tag that the upper one leaves free make its seal right */
            unsigned char *lower = within.free_memory_pointer;
            uintptr_t seal = word_of(lower, SEAL), sum = size_of(&s.h) + (uintptr_t)lower;
            set_word(lower, SIZE, 0);
            set_word(lower, FENCE, seal - sum - word_of(lower, OWNER));
            check_refused(&s, kheap_mark(&within));
        }
        check_refused(&s, s.empty);
        gain(top, SIZE, takes - less - slack);
    }
    CHECK_MEM(&s.h, &whole.h, sizeof(s.h));
}

/* A size that leads down out of the heap, to where nothing may be read. */
CASE(release_over_a_block_that_begins_below_the_heap)
{
    enum { PAGE = 4096 };
    struct kheap h = make_heap(PAGE - TAG);
    struct kheap_mark mark = kheap_mark(&h);

    CHECK_PTR(kheap_alloc(&h, 64), !=, NULL);
    for (size_t below = TAG; below < PAGE; below += 16) {
        gain(h.free_memory_pointer, SIZE, below);
        remember(&h);
        case_note("%zu bytes below heap_start", below);
        kheap_release(&h, mark);
        CHECK_FAULT(KHEAP_E_DAMAGED);
        CHECK_UNCHANGED(&h);
        gain(h.free_memory_pointer, SIZE, 0 - below);
    }
    kheap_release(&h, mark);
    CHECK(used(&h), ==, 0);
}
