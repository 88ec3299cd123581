/* SPDX-License-Identifier: MIT
 *
 * What is proved of heap/kheap.c: a contract for each of its functions, and programs that use them. `make prove`.
 */
#include "kheap.h"

#define W ((integer)sizeof(uintptr_t))
#define T ((integer)(4 * sizeof(uintptr_t)))
#define POISON (UINTPTR_MAX / 255 * KHEAP_SLACK_BYTE) /* SLACK_WORD */

/*@ axiomatic Unsigned {
  @    axiom below: \forall integer x; -UINTPTR_MAX - 1 <= x < 0 ==> (uintptr_t)x == x + UINTPTR_MAX + 1;
  @    axiom above: \forall integer x; UINTPTR_MAX < x <= 2 * UINTPTR_MAX + 1 ==> (uintptr_t)x == x - UINTPTR_MAX - 1;
  @ }
  @ axiomatic Memory {
  @    logic integer at(unsigned char *p);
  @    axiom steps: \forall unsigned char *p, *q; \base_addr(p) == \base_addr(q) ==> at(p) - at(q) == p - q;
  @    logic integer word_of{L}(unsigned char *p) reads p[0 .. sizeof(uintptr_t) - 1];
  @    axiom words{L}: \forall unsigned char *p; 0 <= word_of{L}(p) <= UINTPTR_MAX;
  @    axiom bytes{A, B}: \forall unsigned char *p;
  @       (\forall integer i; 0 <= i < sizeof(uintptr_t) ==> \at(p[i], A) == \at(p[i], B)) ==> word_of{A}(p) == word_of{B}(p);
  @ }
  @
  @ predicate in_one_memory(struct kheap *h) =
  @    \base_addr(h->heap_start) == \base_addr(h->heap_end) == \base_addr(h->free_memory_pointer);
  @
  @ predicate heap(struct kheap *h) = \valid(h) && in_one_memory(h) &&
  @    h->heap_start <= h->heap_end && at(h->heap_end) <= UINTPTR_MAX && at(h->heap_start) >= T + T &&
  @    0 <= at(h->free_memory_pointer) <= UINTPTR_MAX &&
  @    at(h->heap_start) % 16 == 0 && at(h->heap_end) % 16 == 0 &&
  @    \valid(h->heap_start + (-T .. h->heap_end - h->heap_start - 1)) &&
  @    \separated(h, h->heap_start + (-T .. h->heap_end - h->heap_start - 1));
  @
  @ predicate edge_in(struct kheap *h, unsigned char *b) = \base_addr(b) == \base_addr(h->heap_start) &&
  @    h->heap_start <= b <= h->heap_end && at(h->heap_start) <= at(b) <= at(h->heap_end) && at(b) % 16 == 0;
  @ predicate ordered(struct kheap *h) = edge_in(h, h->free_memory_pointer);
  @
  @ logic integer key = (uintptr_t)(-1 - 0x3C6EF372);
  @ logic integer place_for(struct kheap *h, unsigned char *b) =
  @    (uintptr_t)((uintptr_t)((h->heap_end - h->heap_start) + key) - at(b));
  @ logic integer size_for(integer size) = (uintptr_t)(size + key);
  @ logic integer size_told(integer w) = (uintptr_t)(w - key);
  @ logic integer gap_for(integer owner, integer gap) = (uintptr_t)(owner + gap);
  @ logic integer gap_told(integer owner, integer w) = (uintptr_t)(w - owner);
  @ logic integer seal_for(struct kheap *h, unsigned char *b, integer size) =
  @    (uintptr_t)(place_for(h, b) + size_for(size));
  @ predicate has_seal(struct kheap *h, unsigned char *b) =
  @    (uintptr_t)(word_of(b - W) - word_of(b - 4 * W)) == place_for(h, b);
  @ logic integer size_at(unsigned char *b) = size_told(word_of(b - 4 * W));
  @ logic integer gap_at(unsigned char *b) = gap_told(word_of(b - 3 * W), word_of(b - 2 * W));
  @
  @ lemma told_size: \forall integer size; 0 <= size <= UINTPTR_MAX ==> size_told(size_for(size)) == size;
  @ lemma told_gap: \forall integer owner, gap; 0 <= owner <= UINTPTR_MAX && 0 <= gap <= UINTPTR_MAX ==>
  @    gap_told(owner, gap_for(owner, gap)) == gap;
  @ lemma told_seal: \forall integer place, w; 0 <= place <= UINTPTR_MAX && 0 <= w <= UINTPTR_MAX ==>
  @    (uintptr_t)((uintptr_t)(place + w) - w) == place;
  @*/

/*@ requires 0 <= at((unsigned char *)pointer) <= UINTPTR_MAX;
  @ assigns \nothing; ensures \result == at((unsigned char *)pointer); */
static uintptr_t address_of(const void *pointer);
/*@ requires at((unsigned char *)from) + bytes <= UINTPTR_MAX; assigns \nothing; ensures \result == from + bytes; */
static unsigned char *up(const unsigned char *from, size_t bytes);
/*@ requires bytes <= at((unsigned char *)from); assigns \nothing; ensures \result == from - bytes; */
static unsigned char *down(const unsigned char *from, size_t bytes);
/*@ requires \valid_read(edge - n * W + (0 .. W - 1)); requires at((unsigned char *)edge) % W == 0;
  @ assigns \nothing; ensures \result == word_of((unsigned char *)edge - n * W); */
static uintptr_t word_below(const unsigned char *edge, size_t n);
/*@ requires \valid(edge - n * W + (0 .. W - 1)); requires at(edge) % W == 0;
  @ assigns edge[-n * W .. -n * W + W - 1];
  @ ensures word_of(edge - n * W) == value;
  @ ensures \forall unsigned char *p; \base_addr(p) == \base_addr(edge) &&
  @    (p + W <= edge - n * W || edge - n * W + W <= p) ==> word_of(p) == \old(word_of(p)); */
static void set_below(unsigned char *edge, size_t n, uintptr_t value);

/*@ requires 0 <= at((unsigned char *)from) <= UINTPTR_MAX && 0 <= at((unsigned char *)to) <= UINTPTR_MAX;
  @ requires \base_addr(from) == \base_addr(to); assigns \nothing;
  @ ensures from <= to ==> \result == to - from;
  @ ensures \result == (uintptr_t)(to - from); */
static size_t distance(const unsigned char *from, const unsigned char *to);
/*@ requires heap(h); assigns \nothing; ensures \result == h->heap_end - h->heap_start; */
static size_t size_of_heap(const struct kheap *h);
/*@ requires heap(h); assigns \nothing;
  @ ensures \result == (uintptr_t)(h->heap_end - h->free_memory_pointer); */
static size_t free_bytes(const struct kheap *h);
/*@ assigns \nothing; ensures \result == w; */
static uintptr_t lowest_byte_first(uintptr_t w);
/*@ assigns \nothing; ensures \result == w; */
static uintptr_t lowest_byte_last(uintptr_t w);
/*@ assigns \nothing; ensures \result == size_for(size); */
static uintptr_t size_word(size_t size);
/*@ requires \valid_read(boundary + (-T .. -1)) && at((unsigned char *)boundary) % 16 == 0;
  @ assigns \nothing; ensures \result == size_at((unsigned char *)boundary); */
static inline size_t size_of(const unsigned char *boundary);
/*@ requires \valid_read(boundary + (-T .. -1)) && at((unsigned char *)boundary) % 16 == 0;
  @ assigns \nothing; ensures \result == gap_at((unsigned char *)boundary); */
static inline size_t gap_of(const unsigned char *boundary);
/*@ requires heap(h) && edge_in(h, (unsigned char *)boundary); assigns \nothing;
  @ ensures \result == place_for(h, (unsigned char *)boundary); */
static uintptr_t place_of(const struct kheap *h, const unsigned char *boundary);
/*@ requires heap(h) && edge_in(h, (unsigned char *)boundary); assigns \nothing;
  @ ensures \result == seal_for(h, (unsigned char *)boundary, size); */
static uintptr_t seal_of(const struct kheap *h, const unsigned char *boundary, size_t size);
/*@ requires heap(h); requires edge_in(h, (unsigned char *)boundary);
  @ assigns \nothing; ensures \result <==> has_seal(h, (unsigned char *)boundary); */
static inline bool sealed(const struct kheap *h, const unsigned char *boundary);
/*@ assigns \nothing;
  @ ensures size <= UINTPTR_MAX - 15 ==> size <= \result < size + 16;
  @ ensures size > UINTPTR_MAX - 15 ==> \result == 0;
  @ ensures \result % 16 == 0; */
static size_t rounded(size_t size);
/*@ requires heap(h); assigns \nothing; ensures \result <==> ordered(h); */
static inline bool in_order(const struct kheap *h);
/*@ assigns \nothing; ensures \result <==> size + gap + T <= left; */
static bool fits(size_t left, size_t gap, size_t size);

/*@ predicate possible(struct kheap *h, unsigned char *edge, integer gap) =
  @    gap % 16 == 0 && gap <= edge - h->heap_start;
  @ predicate fill(unsigned char *edge) = word_of(edge - W) == POISON && word_of(edge - 2 * W) == POISON;
  @ predicate gap_fill(unsigned char *payload, integer gap) =
  @    word_of(payload - W) == (uintptr_t)(POISON + gap) && word_of(payload - 2 * W) == POISON;
  @
  @ predicate sound_at(struct kheap *h, unsigned char *b) = has_seal(h, b) && (gap_at(b) != 0 ==>
  @    size_at(b) + T <= b - h->heap_start &&
  @    \let payload = b - T - (size_at(b) + 15) / 16 * 16;
  @    gap_fill(payload, gap_at(b)) && possible(h, payload, gap_at(b)));
  @
  @ predicate block(struct kheap *h, unsigned char *b, unsigned char *payload, integer size, integer gap) =
  @    \base_addr(payload) == \base_addr(b) && h->heap_start <= payload - gap && gap >= 0 &&
  @    at(payload) % 16 == 0 && gap % 16 == 0 && payload + size + T <= b < payload + size + T + 16 &&
  @    has_seal(h, b) && size_at(b) == size && gap_at(b) == gap && size >= 0 &&
  @    (size % 16 != 0 ==> fill(b - T)) && (gap != 0 ==> gap_fill(payload, gap));
  @
  @ predicate last(struct kheap *h, unsigned char *payload) = ordered(h) &&
  @    block(h, h->free_memory_pointer, payload, size_at(h->free_memory_pointer), gap_at(h->free_memory_pointer)) &&
  @    sound_at(h, payload - gap_at(h->free_memory_pointer));
  @
  @ logic integer pad(integer address, integer align) = (align - address % align) % align;
  @ predicate power(integer align) = \exists integer k; 0 <= k < 8 * sizeof(uintptr_t) && align == (1 << k);
  @
  @ predicate room(struct kheap *h, integer gap, integer size) =
  @    gap + size + T <= h->heap_end - h->free_memory_pointer;
  @ predicate ready(struct kheap *h) = ordered(h) && has_seal(h, h->free_memory_pointer);
  @*/

/*@ requires heap(h); requires edge_in(h, (unsigned char *)edge); assigns \nothing;
  @ ensures \result <==> possible(h, (unsigned char *)edge, gap); */
static bool possible_gap(const struct kheap *h, const unsigned char *edge, size_t gap);
/*@ requires heap(h) && edge_in(h, (unsigned char *)boundary); assigns \nothing;
  @ ensures \result <==> sound_at(h, (unsigned char *)boundary); */
static inline bool sound(const struct kheap *h, const unsigned char *boundary);

/*@ requires \valid(edge + (-16 .. -1)) && at(edge) % 16 == 0;
  @ assigns edge[-16 .. -1]; ensures fill(edge);
  @ ensures \forall unsigned char *p; \base_addr(p) == \base_addr(edge) &&
  @    (p + W <= edge - 16 || edge <= p) ==> word_of(p) == \old(word_of(p)); */
static void fill_below(unsigned char *edge);
/*@ requires bits < 8 * W; assigns \nothing; ensures \result == (w >> bits); */
static uintptr_t without_first(uintptr_t w, size_t bits);
/*@ requires \base_addr(end) == \base_addr(tag) && \valid_read(tag + (-16 .. -1)) && at((unsigned char *)tag) % 16 == 0;
  @ requires tag - 16 < end < tag && tag - end == at((unsigned char *)tag) - at((unsigned char *)end);
  @ requires 16 <= at((unsigned char *)tag) <= UINTPTR_MAX;
  @ assigns \nothing; ensures fill((unsigned char *)tag) ==> \result; */
static inline bool intact(const unsigned char *end, const unsigned char *tag);

/*@ requires \valid(tag + (0 .. T - 1)) && at(tag) % 16 == 0 && 0 <= at(tag) && at(tag) + T <= UINTPTR_MAX;
  @ assigns tag[0 .. T - 1];
  @ ensures \result == tag + T;
  @ ensures word_of(\result - 4 * W) == size_for(size) && word_of(\result - W) == seal;
  @ ensures size_at(\result) == size;
  @ ensures gap_at(\result) == gap;
  @ ensures \forall unsigned char *p; \base_addr(p) == \base_addr(tag) && p + W <= tag ==> word_of(p) == \old(word_of(p)); */
static inline unsigned char *put_tag(unsigned char *tag, size_t size, size_t gap, const void *owner, uintptr_t seal);

/* What each way to ask for a block gives, and what a refused one changes: nothing. */
/* clang-format off */
#define TAKEN(GAP)                                                                                                     \
    ensures \result == \old(h->free_memory_pointer) + \old(GAP);                                                       \
    ensures \old(GAP) >= 0 && \old(GAP) % 16 == 0;                                                                     \
    ensures ordered(h) && \old(at(h->free_memory_pointer)) <= at((unsigned char *)\result) <= at(h->free_memory_pointer); \
    ensures at((unsigned char *)\result) % 16 == 0 && (unsigned char *)\result + size + T <= h->free_memory_pointer    \
            < (unsigned char *)\result + size + T + 16;                                                                \
    ensures has_seal(h, h->free_memory_pointer) && size_at(h->free_memory_pointer) == size;                            \
    ensures gap_at(h->free_memory_pointer) == \old(GAP);                                                               \
    ensures size % 16 != 0 ==> fill(h->free_memory_pointer - T);                                                       \
    ensures \old(GAP) != 0 ==> gap_fill((unsigned char *)\result, \old(GAP));

#define REFUSED                                                                                                        \
    ensures \result == \null && h->free_memory_pointer == \old(h->free_memory_pointer);                                \
    ensures \forall integer i; 0 <= i < h->heap_end - h->free_memory_pointer ==>                                       \
            h->free_memory_pointer[i] == \old(h->free_memory_pointer[i]);
/* clang-format on */

/*@ requires heap(h); requires ordered(h) ==> gap % 16 == 0;
  @ assigns h->free_memory_pointer, h->free_memory_pointer[0 .. h->heap_end - h->free_memory_pointer - 1];
  @ behavior taken:
  @    assumes ready(h) && room(h, gap, size);
  @    TAKEN(gap)
  @ behavior refused:
  @    assumes !(ready(h) && room(h, gap, size));
  @    REFUSED
  @ complete behaviors; disjoint behaviors; */
static inline void *take(struct kheap *h, size_t size, size_t gap, const void *owner);

/*@ assigns \nothing; */
void *__builtin_return_address(unsigned int level);
/*@ assigns \nothing; */
void kheap_fault(const struct kheap_report *report);
/*@ requires heap(h); assigns \nothing; ensures \result == \null; */
static void *refuse_alloc(const struct kheap *h, size_t size, size_t align, bool polite, const void *caller);
/*@ requires heap(h); assigns \nothing; */
static void refuse_free(const struct kheap *h, const void *block, const void *caller);

/*@ assigns \nothing; ensures \result <==> power(align); */
static bool power_of_two(size_t align);
/*@ requires power(align); assigns \nothing; ensures \result == pad(address, align);
  @ ensures (address + \result) % align == 0; ensures address % 16 == 0 ==> \result % 16 == 0; */
static size_t padding(uintptr_t address, size_t align);

/* clang-format off */
#define WAY_TO_ASK(GAP, FITS)                                                                                          \
    requires heap(h);                                                                                                  \
    assigns h->free_memory_pointer, h->free_memory_pointer[0 .. h->heap_end - h->free_memory_pointer - 1];             \
    behavior taken:                                                                                                    \
       assumes ready(h) && (FITS) && room(h, GAP, size);                                                               \
       TAKEN(GAP)                                                                                                      \
    behavior refused:                                                                                                  \
       assumes !(ready(h) && (FITS) && room(h, GAP, size));                                                            \
       REFUSED                                                                                                         \
    complete behaviors;                                                                                                \
    disjoint behaviors;
/* clang-format on */

#define PAD pad(at(h->free_memory_pointer), align)

/*@ WAY_TO_ASK(0, \true) */
void *kheap_alloc(struct kheap *h, size_t size);
/*@ WAY_TO_ASK(PAD, power(align)) */
static void *take_aligned(struct kheap *h, size_t size, size_t align, bool polite, const void *owner);
/*@ WAY_TO_ASK(PAD, power(align)) */
void *kheap_alloc_aligned(struct kheap *h, size_t size, size_t align);
/*@ WAY_TO_ASK(PAD, power(align)) */
void *kheap_try_alloc(struct kheap *h, size_t size, size_t align);

/*@ requires heap(h) && edge_in(h, (unsigned char *)payload); assigns \nothing;
  @ ensures \result <==> gap_fill((unsigned char *)payload, gap) && possible(h, (unsigned char *)payload, gap); */
static bool sound_gap(const struct kheap *h, const unsigned char *payload, size_t gap);
/*@ requires heap(h) && edge_in(h, (unsigned char *)boundary); assigns \nothing;
  @ ensures \result <==> sound_at(h, (unsigned char *)boundary); */
static bool sound(const struct kheap *h, const unsigned char *boundary);

/*@ requires heap(h) && \base_addr(block) == \base_addr(h->heap_start) && 0 <= at((unsigned char *)block) <= UINTPTR_MAX;
  @ assigns \nothing;
  @ ensures \result ==> ready(h) && edge_in(h, (unsigned char *)block) && block < h->free_memory_pointer;
  @ ensures last(h, (unsigned char *)block) ==> \result; */
static inline bool is_last(const struct kheap *h, const unsigned char *block);
/*@ requires heap(h) && edge_in(h, (unsigned char *)boundary); assigns \nothing;
  @ ensures \result != \null ==> has_seal(h, (unsigned char *)boundary) && edge_in(h, \result) && has_seal(h, \result) &&
  @    \result + gap_at((unsigned char *)boundary) + T <= boundary && gap_at((unsigned char *)boundary) % 16 == 0;
  @ ensures \forall unsigned char *payload; block(h, (unsigned char *)boundary, payload, size_at((unsigned char *)boundary),
  @    gap_at((unsigned char *)boundary)) && has_seal(h, payload - gap_at((unsigned char *)boundary)) ==>
  @    \result == payload - gap_at((unsigned char *)boundary); */
static unsigned char *sound_begin(const struct kheap *h, const unsigned char *boundary);
/*@ requires heap(h) && \base_addr(block) == \base_addr(h->heap_start) && 0 <= at(block) <= UINTPTR_MAX;
  @ assigns \nothing;
  @ ensures \result != \null ==> ready(h) && edge_in(h, \result) && sound_at(h, \result) &&
  @    \result <= block < h->free_memory_pointer && block - \result == gap_at(h->free_memory_pointer) &&
  @    at(block) % 16 == 0;
  @ ensures last(h, block) ==> \result == block - gap_at(h->free_memory_pointer); */
static unsigned char *begin_of_last(const struct kheap *h, unsigned char *block);

/* What the free of a block gives. */
/* clang-format off */
#define FREED                                                                                                          \
    assigns h->free_memory_pointer;                                                                                    \
    ensures h->free_memory_pointer == \old(h->free_memory_pointer) ||                                                  \
       (ordered(h) && sound_at(h, h->free_memory_pointer) &&                                                           \
        h->free_memory_pointer <= (unsigned char *)block < \old(h->free_memory_pointer));                               \
    ensures \old(block != \null && last(h, (unsigned char *)block)) ==>                                                \
       h->free_memory_pointer == (unsigned char *)block - \old(gap_at(h->free_memory_pointer));
/* clang-format on */

/*@ requires heap(h) && \base_addr(block) == \base_addr(h->heap_start) && 0 <= at(block) <= UINTPTR_MAX;
  @ FREED */
static void free_last(struct kheap *h, unsigned char *block, const void *caller);
/*@ requires heap(h);
  @ requires block != \null ==> \base_addr((unsigned char *)block) == \base_addr(h->heap_start) && 0 <= at((unsigned char *)block) <= UINTPTR_MAX;
  @ FREED */
void kheap_free(struct kheap *h, void *block);

/*@ requires \valid(h) && T <= at((unsigned char *)memory) <= UINTPTR_MAX;
  @ requires memory != \null && at((unsigned char *)memory) + size <= UINTPTR_MAX ==>
  @    \valid((unsigned char *)memory + (0 .. size - 1)) && \separated(h, (unsigned char *)memory + (0 .. size - 1));
  @ assigns *h, ((unsigned char *)memory)[0 .. size - 1];
  @ ensures \result == KHEAP_OK ==> heap(h) && ordered(h) && h->free_memory_pointer == h->heap_start &&
  @    sound_at(h, h->heap_start);
  @ ensures \result == KHEAP_OK ==> (unsigned char *)memory <= h->heap_start - T && h->heap_end <= (unsigned char *)memory + size;
  @ ensures \result != KHEAP_OK ==> *h == \old(*h); */
enum kheap_status kheap_init(struct kheap *h, void *memory, size_t size);

/*@ requires \valid(from + (0 .. bytes - 1)) && 0 <= at(from) && at(from) + bytes <= UINTPTR_MAX;
  @ assigns from[0 .. bytes - 1];
  @ ensures \forall integer i; 0 <= i < bytes ==> from[i] == 0; */
static void clear(unsigned char *from, size_t bytes);

/*@ assigns \nothing;
  @ ensures count * size <= SIZE_MAX ==> \result == count * size;
  @ ensures count * size > SIZE_MAX ==> \result == SIZE_MAX; */
static size_t product(size_t count, size_t size);

/*@ requires heap(h);
  @ assigns h->free_memory_pointer, h->free_memory_pointer[0 .. h->heap_end - h->free_memory_pointer - 1];
  @ ensures \result == \null ==> h->free_memory_pointer == \old(h->free_memory_pointer);
  @ ensures \result != \null ==> ordered(h) && (unsigned char *)\result >= \old(h->free_memory_pointer) &&
  @    (unsigned char *)\result + count * size + T <= h->free_memory_pointer;
  @ ensures \result != \null ==> \forall integer i; 0 <= i < count * size ==> ((unsigned char *)\result)[i] == 0; */
void *kheap_calloc(struct kheap *h, size_t count, size_t size);

/*@ requires heap(h) && \base_addr((unsigned char *)block) == \base_addr(h->heap_start);
  @ requires 0 <= at((unsigned char *)block) <= UINTPTR_MAX;
  @ assigns h->free_memory_pointer, ((unsigned char *)block)[size .. h->heap_end - (unsigned char *)block - 1];
  @ ensures !\result ==> h->free_memory_pointer == \old(h->free_memory_pointer);
  @ ensures \result ==> ordered(h) && has_seal(h, h->free_memory_pointer) && size_at(h->free_memory_pointer) == size &&
  @    (unsigned char *)block + size + T <= h->free_memory_pointer < (unsigned char *)block + size + T + 16; */
bool kheap_resize(struct kheap *h, void *block, size_t size);

#include "kheap.c"

/*@ requires heap(h) && ordered(h) && sound_at(h, h->free_memory_pointer);
  @ assigns h->free_memory_pointer, h->free_memory_pointer[0 .. h->heap_end - h->free_memory_pointer - 1];
  @ ensures h->free_memory_pointer == \old(h->free_memory_pointer);
  @*/
void there_and_back(struct kheap *h, size_t size, size_t align)
{
    void *block = kheap_try_alloc(h, size, align);

    if (block != NULL) {
        /*@ assert \forall unsigned char *p; \base_addr(p) == \base_addr(h->heap_start) &&
          @    p + W <= \at(h->free_memory_pointer, Pre) ==> word_of(p) == \at(word_of(p), Pre); */
        //@ assert size_at(\at(h->free_memory_pointer, Pre)) == \at(size_at(h->free_memory_pointer), Pre);
        //@ assert gap_at(\at(h->free_memory_pointer, Pre)) == \at(gap_at(h->free_memory_pointer), Pre);
        //@ assert has_seal(h, \at(h->free_memory_pointer, Pre));
        //@ assert sound_at(h, \at(h->free_memory_pointer, Pre));
        //@ assert (unsigned char *)block - gap_at(h->free_memory_pointer) == \at(h->free_memory_pointer, Pre);
        //@ assert sound_at(h, (unsigned char *)block - gap_at(h->free_memory_pointer));
        //@ assert block(h, h->free_memory_pointer, (unsigned char *)block, size, gap_at(h->free_memory_pointer));
        //@ assert last(h, (unsigned char *)block);
        kheap_free(h, block);
    }
}
