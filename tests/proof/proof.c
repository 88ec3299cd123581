/* SPDX-License-Identifier: MIT
 *
 * What is proved of heap/kheap.c and of what it takes from heap/kheap_tag.h: a contract for each function, and a program that
 * uses them. `make prove`.
 */
#include "kheap.h"

#define W ((integer)sizeof(uintptr_t))
#define T ((integer)(4 * sizeof(uintptr_t)))
#define ALL_POISON (UINTPTR_MAX / 255 * KHEAP_SLACK_BYTE) /* POISON */

/*@ logic integer key = UINTPTR_MAX - 0x3C6EF36F;
  @ logic integer pad(integer address, integer align) = address % align == 0 ? 0 : align - address % align;
  @ logic integer takes(integer size) = size + pad(size, 16) + T;
  @ logic integer size_for(integer size) = (uintptr_t)(size + (uintptr_t)(T + 15 + key));
  @ logic integer size_in(integer w) = (uintptr_t)(w - (uintptr_t)(T + 15 + key));
  @ logic integer taken_in(integer w) = (uintptr_t)(w - w % 16 - key);
  @ logic integer fence_for(integer gap) = gap == 0 ? ALL_POISON : (uintptr_t)(UINTPTR_MAX - ALL_POISON + gap);
  @ logic integer gap_in(integer w) = w == ALL_POISON ? 0 : (uintptr_t)(w - (UINTPTR_MAX - ALL_POISON));
  @*/

/* Steps on the way to a lemma are not shown with the functions' goals: each one makes a prover slower. */
#ifdef STEPS
/*@ lemma alike: \forall integer x, y; 0 <= y && x == y + 0x3C6EF370 ==> x % 16 == y % 16;
  @ lemma past_sum: \forall integer a, s; 0 <= a && 0 <= s && a % 16 == 0 ==> s + T + 15 - (a + s + T + 15) % 16 == takes(s);
  @ lemma two: \forall integer g, x; 0 <= g && g % 16 == 0 && x == g + (UINTPTR_MAX - ALL_POISON) ==> x % 16 == 2;
  @ lemma two_high: \forall integer g, x; 0 <= g && 0 <= x && g % 16 == 0 && x + UINTPTR_MAX + 1 == g + (UINTPTR_MAX - ALL_POISON) ==>
  @    x % 16 == 2; */
#endif
/*@ axiomatic Unsigned {
  @    axiom below: \forall integer x; -UINTPTR_MAX - 1 <= x < 0 ==> (uintptr_t)x == x + UINTPTR_MAX + 1;
  @    axiom above: \forall integer x; UINTPTR_MAX < x <= 2 * UINTPTR_MAX + 1 ==> (uintptr_t)x == x - UINTPTR_MAX - 1;
  @ }
  @ lemma told_size: \forall integer size; 0 <= size <= UINTPTR_MAX ==> size_in(size_for(size)) == size; */
#ifdef STEPS
/*@ lemma low: \forall integer size; 0 <= size < 0x3C6EF36F + 1 - T - 15 ==> size_for(size) == size + T + 15 + key;
  @ lemma high: \forall integer size; 0x3C6EF36F + 1 - T - 15 <= size <= UINTPTR_MAX - T - 15 ==>
  @    size_for(size) == size + T + 15 - (0x3C6EF36F + 1);
  @ lemma told_low: \forall integer size; 0 <= size < 0x3C6EF36F + 1 - T - 15 ==> size_for(size) % 16 == (size + T + 15) % 16;
  @ lemma told_high: \forall integer size; 0x3C6EF36F + 1 - T - 15 <= size <= UINTPTR_MAX - T - 15 ==>
  @    size_for(size) % 16 == (size + T + 15) % 16;
  @ lemma taken_low: \forall integer w; key <= w - w % 16 && w <= UINTPTR_MAX ==> taken_in(w) == w - w % 16 - key;
  @ lemma taken_high: \forall integer w; 0 <= w && w - w % 16 < key ==> taken_in(w) == w - w % 16 - key + UINTPTR_MAX + 1; */
#endif
/*@ lemma cut: \forall integer e, x; 0 <= e && x == e - e % 16 ==> x % 16 == 0;
  @ lemma unkey: \forall integer x, t; 0 <= x && 0 <= t && x % 16 == 0 && (t == x - key || t == x - key + UINTPTR_MAX + 1) ==>
  @    t % 16 == 0;
  @ lemma last_whole: \forall integer x; x % 16 == 0 && 0 <= x <= UINTPTR_MAX ==> x + 15 <= UINTPTR_MAX;
  @ lemma next_whole: \forall integer x, y; x % 16 == 0 && y % 16 == 0 && 0 <= x < y ==> x + 16 <= y;
  @ lemma padded: \forall integer a, x; 0 <= a && x == a + pad(a, 16) ==> x % 16 == 0;
  @ lemma takes_whole: \forall integer s; 0 <= s ==> takes(s) % 16 == 0 && s + T <= takes(s) <= s + T + 15; */
#ifdef STEPS
/*@ lemma rest: \forall integer s, p; 0 <= s && p == s + T + 15 ==> p - p % 16 == takes(s); */
#endif
/*@ lemma past: \forall integer a, s, p; 0 <= a && 0 <= s && a % 16 == 0 && p == a + s + T + 15 ==>
  @    s + T + 15 - p % 16 == takes(s);
  @ lemma apart: \forall integer a, t, d; 0 <= t && 0 <= d && a == t + d && a % 16 == 0 && t % 16 == 0 ==> d % 16 == 0;
  @ lemma further: \forall integer a, t, d; 0 <= t && 0 <= d && a == t + d && d % 16 == 0 && t % 16 == 0 ==> a % 16 == 0; */
#ifdef STEPS
/*@ lemma told_taken_low: \forall integer size; 0 <= size < 0x3C6EF36F + 1 - T - 15 ==> taken_in(size_for(size)) == takes(size);
  @ lemma told_taken_high: \forall integer size; 0x3C6EF36F + 1 - T - 15 <= size <= UINTPTR_MAX - T - 15 ==>
  @    taken_in(size_for(size)) == takes(size); */
#endif
/*@ lemma told_taken: \forall integer size; 0 <= size <= UINTPTR_MAX - T - 15 ==> taken_in(size_for(size)) == takes(size); */
#ifdef STEPS
/*@ lemma end_told: \forall integer w; 0 <= w <= UINTPTR_MAX ==>
  @    size_in(w) == (uintptr_t)(taken_in(w) - (T + 15 - w % 16));
  @ lemma end_within: \forall integer w; 0 <= w <= UINTPTR_MAX && T + 15 - w % 16 <= taken_in(w) ==>
  @    size_in(w) == taken_in(w) - (T + 15 - w % 16);
  @ lemma end_before: \forall integer w; 0 <= w <= UINTPTR_MAX && taken_in(w) < T + 15 - w % 16 ==>
  @    size_in(w) == taken_in(w) - (T + 15 - w % 16) + UINTPTR_MAX + 1; */
#endif
/*@ lemma end_either: \forall integer w; 0 <= w <= UINTPTR_MAX ==> 0 <= taken_in(w) && 0 <= w % 16 < 16 &&
  @    (size_in(w) == taken_in(w) - (T + 15 - w % 16) || size_in(w) == taken_in(w) - (T + 15 - w % 16) + UINTPTR_MAX + 1);
  @ lemma told_gap: \forall integer gap; 0 <= gap <= UINTPTR_MAX && gap % 16 == 0 ==> gap_in(fence_for(gap)) == gap; */
#ifdef STEPS
/*@ lemma fence_low: \forall integer gap; 0 < gap <= ALL_POISON && gap % 16 == 0 ==> fence_for(gap) % 16 == 2;
  @ lemma fence_over: \forall integer gap; ALL_POISON < gap <= UINTPTR_MAX ==> fence_for(gap) == gap - ALL_POISON - 1;
  @ lemma fence_high: \forall integer gap; ALL_POISON < gap <= UINTPTR_MAX && gap % 16 == 0 ==> fence_for(gap) % 16 == 2; */
#endif
/*@ lemma fence_byte: \forall integer gap, w; 0 < gap <= UINTPTR_MAX && gap % 16 == 0 && w == fence_for(gap) ==>
  @    w % 256 != KHEAP_SLACK_BYTE; */

/*@ axiomatic Memory {
  @    logic integer at(unsigned char *p);
  @    axiom nowhere: at(\null) == 0;
  @    axiom steps: \forall unsigned char *p, *q; \base_addr(p) == \base_addr(q) ==> at(p) - at(q) == p - q;
  @    lemma steps_up: \forall unsigned char *p, integer n; at(p + n) == at(p) + n;
  @    logic integer word_of{L}(unsigned char *p) reads p[0 .. sizeof(uintptr_t) - 1];
  @    axiom words{L}: \forall unsigned char *p; 0 <= word_of{L}(p) <= UINTPTR_MAX;
  @    axiom bytes{A, B}: \forall unsigned char *p;
  @       (\forall integer i; 0 <= i < sizeof(uintptr_t) ==> \at(p[i], A) == \at(p[i], B)) ==> word_of{A}(p) == word_of{B}(p);
  @    predicate poisoned{L}(unsigned char *from, unsigned char *to) =
  @       \forall unsigned char *p; \base_addr(p) == \base_addr(from) && from <= p < to ==> *p == KHEAP_SLACK_BYTE;
  @    axiom poison_is_a_word{L}: \forall unsigned char *p;
  @       poisoned{L}(p, p + sizeof(uintptr_t)) <==> word_of{L}(p) == ALL_POISON;
  @    axiom first_byte{L}: \forall unsigned char *p; *p == word_of{L}(p) % 256;
  @    predicate untouched{A, B}(unsigned char *from, unsigned char *to) = \forall unsigned char *p;
  @       \base_addr{A}(p) == \base_addr{A}(from) && (p + sizeof(uintptr_t) <= from || to <= p) ==> word_of{A}(p) == word_of{B}(p);
  @ }
  @ axiomatic Bytes {
  @    predicate alike{L}(unsigned char *p, unsigned char *q) = \forall integer i; 0 <= i < sizeof(uintptr_t) ==> p[i] == q[i];
  @    axiom words_alike{L}: \forall unsigned char *p, *q; alike(p, q) <==> word_of(p) == word_of(q);
  @ }
  @
  @ predicate ends(struct kheap *h) = \valid(h) && \base_addr(h->heap_start) == \base_addr(h->heap_end) &&
  @    h->heap_start <= h->heap_end && at(h->heap_end) <= UINTPTR_MAX && at(h->heap_start) >= T + T &&
  @    at(h->heap_start) % 16 == 0 && at(h->heap_end) % 16 == 0 &&
  @    \valid(h->heap_start + (-T .. h->heap_end - h->heap_start - 1)) &&
  @    \separated(h, h->heap_start + (-T .. h->heap_end - h->heap_start - 1));
  @ predicate heap(struct kheap *h) = ends(h) && \base_addr(h->free_memory_pointer) == \base_addr(h->heap_start) &&
  @    0 <= at(h->free_memory_pointer) <= UINTPTR_MAX;
  @
  @ predicate edge_in(struct kheap *h, unsigned char *b) = \base_addr(b) == \base_addr(h->heap_start) &&
  @    h->heap_start <= b <= h->heap_end && at(h->heap_start) <= at(b) <= at(h->heap_end) && at(b) % 16 == 0;
  @ predicate somewhere(struct kheap *h, unsigned char *p) =
  @    \base_addr(p) == \base_addr(h->heap_start) && 0 <= at(p) <= UINTPTR_MAX;
  @
  @ logic integer seal_of(integer bytes, unsigned char *b, integer size, integer owner, integer fence) =
  @    (uintptr_t)((uintptr_t)(bytes + at(b)) + (uintptr_t)((uintptr_t)(size + owner) + fence));
  @ predicate has_seal_in(integer bytes, unsigned char *b) =
  @    word_of(b - W) == seal_of(bytes, b, word_of(b - 3 * W), word_of(b - 2 * W), word_of(b - 4 * W));
  @ predicate has_seal(struct kheap *h, unsigned char *b) = has_seal_in(h->heap_end - h->heap_start, b);
  @ logic integer size_at(unsigned char *b) = size_in(word_of(b - 3 * W));
  @ logic integer taken_at(unsigned char *b) = taken_in(word_of(b - 3 * W));
  @ logic integer gap_at(unsigned char *b) = gap_in(word_of(b - 4 * W));
  @
  @ predicate whole_to_size(unsigned char *payload, unsigned char *b) = size_at(b) + T <= b - payload &&
  @    poisoned(payload + size_at(b), b - 3 * W);
  @ logic unsigned char *end_at(unsigned char *b) = b - (T + 15 - word_of(b - 3 * W) % 16);
  @
  @ predicate power(integer align) = align == 16 || \exists integer k; 0 <= k < 8 * sizeof(uintptr_t) && align == (1 << k);
  @ predicate ready(struct kheap *h) = edge_in(h, h->free_memory_pointer) && has_seal(h, h->free_memory_pointer);
  @ predicate room(struct kheap *h, integer gap, integer size) =
  @    gap + takes(size) <= h->heap_end - h->free_memory_pointer;
  @
  @ predicate gap_fill(unsigned char *payload, integer gap) =
  @    word_of(payload - W) == (uintptr_t)(ALL_POISON + gap) && poisoned(payload - 16, payload - W);
  @ predicate block(struct kheap *h, unsigned char *b, unsigned char *payload, integer size, integer gap) =
  @    \base_addr(payload) == \base_addr(b) && h->heap_start <= payload - gap && gap >= 0 && size >= 0 &&
  @    at(payload) % 16 == 0 && gap % 16 == 0 && b == payload + takes(size) && has_seal(h, b) &&
  @    word_of(b - 3 * W) == size_for(size) && word_of(b - 4 * W) == fence_for(gap) &&
  @    poisoned(payload + size, b - T) && (gap != 0 ==> gap_fill(payload, gap));
  @ predicate last(struct kheap *h, unsigned char *payload) = edge_in(h, h->free_memory_pointer) &&
  @    block(h, h->free_memory_pointer, payload, size_at(h->free_memory_pointer), gap_at(h->free_memory_pointer)) &&
  @    has_seal(h, payload - gap_at(h->free_memory_pointer));
  @*/

/*@ requires 0 <= at((unsigned char *)pointer) <= UINTPTR_MAX;
  @ assigns \nothing; ensures \result == at((unsigned char *)pointer); */
static uintptr_t address_of(const void *pointer);
/*@ assigns \nothing;
  @ ensures at((unsigned char *)from) + bytes <= UINTPTR_MAX ==> \result == from + bytes;
  @ ensures at((unsigned char *)from) + bytes > UINTPTR_MAX ==> \result == from + (bytes - UINTPTR_MAX - 1); */
static unsigned char *up(const unsigned char *from, size_t bytes);
/*@ requires bytes <= at((unsigned char *)from); assigns \nothing; ensures \result == from - bytes; */
static unsigned char *down(const unsigned char *from, size_t bytes);
/*@ requires \valid_read(edge - n * W + (0 .. W - 1)); requires at((unsigned char *)edge) % W == 0;
  @ assigns \nothing; ensures \result == word_of((unsigned char *)edge - n * W); */
static uintptr_t word_below(const unsigned char *edge, size_t n);
/*@ requires \valid(edge - n * W + (0 .. W - 1)); requires at(edge) % W == 0;
  @ assigns edge[-n * W .. -n * W + W - 1];
  @ ensures word_of(edge - n * W) == value;
  @ ensures untouched{Old, Post}(edge - n * W, edge - n * W + W); */
static void set_below(unsigned char *edge, size_t n, uintptr_t value);
/*@ requires \valid_read(anywhere + (0 .. W - 1)); assigns \nothing; ensures \result == word_of((unsigned char *)anywhere); */
static uintptr_t word_at(const unsigned char *anywhere);
/*@ requires \valid(anywhere + (0 .. W - 1));
  @ assigns anywhere[0 .. W - 1];
  @ ensures word_of(anywhere) == value;
  @ ensures untouched{Old, Post}(anywhere, anywhere + W);
  @ ensures 0 <= at(anywhere) && at(anywhere) + W <= UINTPTR_MAX; */
static void set_at(unsigned char *anywhere, uintptr_t value);

/*@ requires 0 <= at((unsigned char *)from) <= UINTPTR_MAX && 0 <= at((unsigned char *)to) <= UINTPTR_MAX;
  @ requires \base_addr(from) == \base_addr(to); assigns \nothing;
  @ ensures from <= to ==> \result == to - from;
  @ ensures \result == (uintptr_t)(to - from); */
static size_t distance(const unsigned char *from, const unsigned char *to);
/*@ requires ends(h); assigns \nothing; ensures \result == h->heap_end - h->heap_start; */
static size_t size_of_heap(const struct kheap *h);
/*@ requires heap(h); assigns \nothing; ensures \result == (uintptr_t)(h->heap_end - h->free_memory_pointer); */
static size_t free_bytes(const struct kheap *h);
/*@ assigns \nothing; ensures \result == pad(number, 16); */
static size_t to_multiple(uintptr_t number);
/*@ requires at((unsigned char *)payload) % 16 == 0 && 0 <= at((unsigned char *)payload);
  @ requires at((unsigned char *)payload) + size + T + 15 <= UINTPTR_MAX;
  @ assigns \nothing; ensures \result == payload + takes(size);
  @ ensures at(\result) == at((unsigned char *)payload) + takes(size) && at(\result) % 16 == 0;
  @ ensures size + T <= takes(size) <= size + T + 15; */
static unsigned char *boundary_of(const unsigned char *payload, size_t size);
/*@ assigns \nothing; ensures \result == size_for(size); */
static uintptr_t size_word(size_t size);
/*@ assigns \nothing; ensures \result == size_in(size_word); */
static size_t size_told(uintptr_t size_word);
/*@ assigns \nothing; ensures \result == taken_in(size_word) && \result % 16 == 0; */
static size_t taken_told(uintptr_t size_word);
/*@ requires T + T <= at((unsigned char *)payload) && at((unsigned char *)payload) + taken_in(size_word) <= UINTPTR_MAX;
  @ assigns \nothing;
  @ ensures \result == payload + (taken_in(size_word) - (T + 15 - size_word % 16)); */
static unsigned char *end_of(const unsigned char *payload, uintptr_t size_word);
/*@ assigns \nothing; ensures \result == fence_for(gap); */
static uintptr_t fence_word(size_t gap);
/*@ assigns \nothing; ensures \result == gap_in(fence); */
static size_t gap_told(uintptr_t fence);
/*@ requires 0 <= at((unsigned char *)boundary) <= UINTPTR_MAX;
  @ assigns \nothing; ensures \result == seal_of(heap_bytes, (unsigned char *)boundary, size, owner, fence); */
static inline uintptr_t seal_for(size_t heap_bytes, const unsigned char *boundary, uintptr_t size, uintptr_t owner,
                                 uintptr_t fence);
/*@ requires \valid_read(boundary + (-T .. -1)) && at((unsigned char *)boundary) % 16 == 0;
  @ requires T <= at((unsigned char *)boundary) <= UINTPTR_MAX;
  @ assigns \nothing; ensures \result <==> has_seal_in(heap_bytes, (unsigned char *)boundary); */
static inline bool sealed(size_t heap_bytes, const unsigned char *boundary);
/*@ assigns \nothing; ensures \result <==> gap + takes(size) <= left; */
static inline bool fits(size_t left, size_t gap, size_t size);
/*@ assigns \nothing; ensures \result <==> power(align); */
static bool power_of_two(size_t align);
/*@ assigns \nothing; ensures power(align) ==> \result == pad(address, align);
  @ ensures power(align) ==> (address + \result) % align == 0;
  @ ensures power(align) && address % 16 == 0 ==> \result % 16 == 0; */
static size_t padding(uintptr_t address, size_t align);
/*@ requires 0 < bits < 8 * W; assigns \nothing; */
static uintptr_t turned(uintptr_t w, unsigned bits);
/*@ requires \valid_read(boundary + (-T .. -1)) && at((unsigned char *)boundary) % 16 == 0; assigns \nothing; */
static uintptr_t fingerprint(const unsigned char *boundary);

/*@ requires ends(h) && \valid(boundary + (-T .. -1)) && at(boundary) % 16 == 0 && T <= at(boundary) <= UINTPTR_MAX;
  @ requires \separated(h, boundary + (-T .. -1));
  @ assigns boundary[-T .. -1];
  @ ensures \result == boundary;
  @ ensures word_of(boundary - 4 * W) == fence_for(gap) && word_of(boundary - 3 * W) == size_for(size);
  @ ensures has_seal(h, boundary);
  @ ensures untouched{Old, Post}(boundary - T, boundary); */
static unsigned char *put_tag(const struct kheap *h, unsigned char *boundary, const void *owner, size_t size,
                              size_t gap);

/*@ requires \valid(h) && T <= at((unsigned char *)memory) <= UINTPTR_MAX;
  @ requires memory != \null && at((unsigned char *)memory) + size <= UINTPTR_MAX ==>
  @    \valid((unsigned char *)memory + (0 .. size - 1)) && \separated(h, (unsigned char *)memory + (0 .. size - 1));
  @ assigns *h, ((unsigned char *)memory)[0 .. size - 1];
  @ ensures \result == KHEAP_OK ==> heap(h) && ready(h) && h->free_memory_pointer == h->heap_start;
  @ ensures \result == KHEAP_OK ==> (unsigned char *)memory <= h->heap_start - T && h->heap_end <= (unsigned char *)memory + size;
  @ ensures \result != KHEAP_OK ==> *h == \old(*h); */
enum kheap_status kheap_init(struct kheap *h, void *memory, size_t size);

/*@ requires heap(h) && somewhere(h, (unsigned char *)boundary); assigns \nothing;
  @ ensures \result <==> edge_in(h, (unsigned char *)boundary) && has_seal(h, (unsigned char *)boundary); */
static bool stands(const struct kheap *h, const unsigned char *boundary);

/*@ requires \valid(from + (0 .. 15)) && 0 <= at(from) && at(from) + 16 <= UINTPTR_MAX;
  @ assigns from[0 .. 15];
  @ ensures poisoned(from, from + 16) && untouched{Old, Post}(from, from + 16); */
static void poison(unsigned char *from);

/* What each way to ask for a block gives, and what a refused one changes: nothing. */
/* clang-format off */
#define TAKEN(GAP)                                                                                                     \
    ensures \old(GAP) >= 0 && \old(GAP) % 16 == 0;                                                                     \
    ensures block(h, h->free_memory_pointer, \old(h->free_memory_pointer) + \old(GAP), size, \old(GAP));               \
    ensures ready(h) && \old(h->free_memory_pointer) < h->free_memory_pointer;                                         \
    ensures untouched{Old, Post}(\old(h->free_memory_pointer), h->heap_end);

#define REFUSED                                                                                                        \
    ensures h->free_memory_pointer == \old(h->free_memory_pointer);                                                    \
    ensures \forall integer i; 0 <= i < h->heap_end - h->free_memory_pointer ==>                                       \
            h->free_memory_pointer[i] == \old(h->free_memory_pointer[i]);

#define WRITES assigns h->free_memory_pointer, h->free_memory_pointer[0 .. h->heap_end - h->free_memory_pointer - 1];
/* clang-format on */

/*@ requires heap(h) && total == h->heap_end - h->heap_start && from == h->free_memory_pointer; assigns \nothing;
  @ ensures \result <==> edge_in(h, (unsigned char *)from) && from + size + T + 15 <= h->heap_end; */
static inline bool quick_room(const struct kheap *h, const unsigned char *from, size_t total, size_t size);
/*@ requires at(from) % 16 == 0 && T <= at(from) && at(from) + size + T + 15 <= UINTPTR_MAX;
  @ requires \valid(from + (0 .. size + T + 14)) && total <= UINTPTR_MAX;
  @ assigns from[0 .. size + T + 14];
  @ ensures \result == from + takes(size) && poisoned(from + size, \result - T);
  @ ensures word_of(\result - 4 * W) == fence_for(0) && word_of(\result - 3 * W) == size_for(size);
  @ ensures has_seal_in(total, \result);
  @ ensures untouched{Old, Post}(from, from + size + T + 15); */
static inline unsigned char *put_quick(unsigned char *from, size_t total, size_t size);
/*@ requires heap(h) && from == h->free_memory_pointer;
  @ WRITES
  @ behavior taken:
  @    assumes ready(h) && from + size + T + 15 <= h->heap_end;
  @    ensures \result;
  @    TAKEN(0)
  @ behavior refused:
  @    assumes !(ready(h) && from + size + T + 15 <= h->heap_end);
  @    ensures !\result && h->free_memory_pointer == from;
  @    ensures \forall unsigned char *p; *p == \old(*p) && word_of(p) == \old(word_of(p));
  @ complete behaviors; disjoint behaviors; */
static inline bool take_quick(struct kheap *h, unsigned char *from, size_t size);

/*@ assigns \nothing; */
void *__builtin_return_address(unsigned int level);
/*@ assigns \nothing; */
void __builtin_prefetch(const void *, ...);
/*@ requires 0 <= at((unsigned char *)at) <= UINTPTR_MAX; assigns \nothing; */
static inline void look_ahead(const unsigned char *at);
/*@ assigns \nothing; */
void kheap_fault(const struct kheap_report *report);
/*@ requires heap(h); assigns \nothing; ensures \result == \null; */
void *kheap_refuse_alloc(const struct kheap *h, size_t size, size_t align, bool polite, const void *caller);
/*@ requires heap(h); assigns \nothing; */
void kheap_refuse_free(const struct kheap *h, const void *block, const void *caller);
/*@ requires heap(h); assigns \nothing; */
void kheap_refuse_mark(const struct kheap *h, const void *caller);
/*@ requires heap(h); assigns \nothing; */
void kheap_refuse_release(const struct kheap *h, struct kheap_mark mark, const void *caller);

/* clang-format off */
#define WAY_TO_ASK(GAP, FITS)                                                                                          \
    requires heap(h);                                                                                                  \
    WRITES                                                                                                             \
    behavior taken:                                                                                                    \
       assumes ready(h) && (FITS) && room(h, GAP, size);                                                               \
       ensures \result == \old(h->free_memory_pointer) + \old(GAP);                                                    \
       TAKEN(GAP)                                                                                                      \
    behavior refused:                                                                                                  \
       assumes !(ready(h) && (FITS) && room(h, GAP, size));                                                            \
       ensures \result == \null;                                                                                       \
       REFUSED                                                                                                         \
    complete behaviors;                                                                                                \
    disjoint behaviors;
/* clang-format on */

#define PAD pad(at(h->free_memory_pointer), align)

/*@ WAY_TO_ASK(PAD, power(align)) */
static void *take(struct kheap *h, size_t size, size_t align, bool polite, const void *owner);
/*@ WAY_TO_ASK(0, \true) */
void *kheap_alloc(struct kheap *h, size_t size);
/*@ requires 0 <= at((unsigned char *)from) <= UINTPTR_MAX; assigns \nothing;
  @ ensures \result && at((unsigned char *)from) != 0 ==> power(align) && pad(at((unsigned char *)from), align) == 0; */
static inline bool no_gap(const unsigned char *from, size_t align);
/*@ WAY_TO_ASK(PAD, power(align)) */
void *kheap_alloc_aligned(struct kheap *h, size_t size, size_t align);
/*@ WAY_TO_ASK(PAD, power(align)) */
void *kheap_try_alloc(struct kheap *h, size_t size, size_t align);

/*@ requires \valid(from + (0 .. bytes - 1)) && 0 <= at(from) && at(from) + bytes <= UINTPTR_MAX;
  @ assigns from[0 .. bytes - 1];
  @ ensures \forall integer i; 0 <= i < bytes ==> from[i] == 0;
  @ ensures untouched{Old, Post}(from, from + bytes); */
static void clear(unsigned char *from, size_t bytes);
/*@ assigns \nothing;
  @ ensures count * size <= SIZE_MAX ==> \result == count * size;
  @ ensures count * size > SIZE_MAX ==> \result == SIZE_MAX; */
static size_t product(size_t count, size_t size);
/*@ requires heap(h);
  @ WRITES
  @ behavior taken:
  @    assumes ready(h) && room(h, 0, count * size);
  @    ensures \result == \old(h->free_memory_pointer);
  @    ensures \forall integer i; 0 <= i < count * size ==> ((unsigned char *)\result)[i] == 0;
  @    ensures block(h, h->free_memory_pointer, (unsigned char *)\result, count * size, 0) && ready(h);
  @ behavior refused:
  @    assumes !(ready(h) && room(h, 0, count * size));
  @    ensures \result == \null;
  @    REFUSED
  @ complete behaviors; disjoint behaviors; */
void *kheap_calloc(struct kheap *h, size_t count, size_t size);

/*@ predicate ends_there(struct kheap *h, unsigned char *p) = ready(h) && edge_in(h, p) && p < h->free_memory_pointer &&
  @    h->free_memory_pointer - p == taken_at(h->free_memory_pointer); */

/*@ requires heap(h) && somewhere(h, (unsigned char *)block); assigns \nothing;
  @ ensures \result ==> ends_there(h, (unsigned char *)block);
  @ ensures ends_there(h, (unsigned char *)block) ==> \result; */
static inline bool ends_last(const struct kheap *h, const unsigned char *block);
/*@ requires \base_addr(payload) == \base_addr(boundary) && at((unsigned char *)payload) >= T + T;
  @ requires at((unsigned char *)payload) % 16 == 0 && at((unsigned char *)boundary) % 16 == 0;
  @ requires at((unsigned char *)boundary) <= UINTPTR_MAX && payload < boundary;
  @ requires \valid_read(payload + (-T .. boundary - payload - 1));
  @ requires boundary - payload == taken_at((unsigned char *)boundary);
  @ assigns \nothing;
  @ ensures whole_to_size((unsigned char *)payload, (unsigned char *)boundary) ==> \result;
  @ ensures \result ==> *(boundary - T) == KHEAP_SLACK_BYTE; */
static inline bool fenced(const unsigned char *payload, const unsigned char *boundary);
/*@ requires \base_addr(from) == \base_addr(fence) && from <= fence && \valid_read(from + (0 .. fence - from + W - 1));
  @ requires 0 <= at((unsigned char *)from) && at((unsigned char *)fence) % 16 == 0 && at((unsigned char *)fence) <= UINTPTR_MAX;
  @ assigns \nothing; ensures \result <==> poisoned((unsigned char *)from, (unsigned char *)fence); */
static inline bool slack_whole(const unsigned char *from, const unsigned char *fence);
/*@ requires \valid_read(payload + (-16 .. -1)) && at((unsigned char *)payload) % 16 == 0;
  @ requires 16 <= at((unsigned char *)payload) <= UINTPTR_MAX;
  @ assigns \nothing; ensures \result <==> gap_fill((unsigned char *)payload, gap); */
static bool filled(const unsigned char *payload, size_t gap);
/*@ requires heap(h) && edge_in(h, (unsigned char *)payload) && edge_in(h, (unsigned char *)boundary) && payload < boundary;
  @ requires boundary - payload == taken_at((unsigned char *)boundary);
  @ assigns \nothing;
  @ ensures \result ==> gap <= payload - h->heap_start && edge_in(h, (unsigned char *)payload - gap) &&
  @    has_seal(h, (unsigned char *)payload - gap);
  @ ensures block(h, (unsigned char *)boundary, (unsigned char *)payload, size_at((unsigned char *)boundary), gap) &&
  @    has_seal(h, (unsigned char *)payload - gap) ==> \result; */
static inline bool whole(const struct kheap *h, const unsigned char *payload, const unsigned char *boundary,
                         size_t gap);
/* clang-format off */
#define BEGIN                                                                                                          \
    requires heap(h) && edge_in(h, (unsigned char *)boundary);                                                         \
    assigns \nothing;                                                                                                  \
    ensures \result != \null ==> edge_in(h, (unsigned char *)\result) && has_seal(h, (unsigned char *)\result) &&      \
       \result < boundary;                                                                                             \
    ensures \forall unsigned char *payload; block(h, (unsigned char *)boundary, payload,                               \
       size_at((unsigned char *)boundary), gap_at((unsigned char *)boundary)) &&                                       \
       has_seal(h, payload - gap_at((unsigned char *)boundary)) ==>                                                    \
       \result == payload - gap_at((unsigned char *)boundary);
/* clang-format on */
/*@ BEGIN */
unsigned char *kheap_begin_of(const struct kheap *h, const unsigned char *boundary);
/*@ BEGIN */
static inline const unsigned char *begin_quickly(const struct kheap *h, const unsigned char *boundary);

/* What the free of a block gives. For pointers with the base of the heap: NULL and foreign ones are covered by tests. */
/* clang-format off */
#define FREED                                                                                                          \
    assigns h->free_memory_pointer;                                                                                    \
    ensures h->free_memory_pointer == \old(h->free_memory_pointer) ||                                                  \
       (ready(h) && h->free_memory_pointer <= (unsigned char *)block < \old(h->free_memory_pointer));                  \
    ensures \old(block != \null && last(h, (unsigned char *)block)) ==>                                                \
       h->free_memory_pointer == (unsigned char *)block - \old(gap_at(h->free_memory_pointer));
/* clang-format on */

/*@ requires heap(h) && ends_there(h, (unsigned char *)block);
  @ FREED */
static void free_last(struct kheap *h, const unsigned char *block, const void *caller);
/*@ requires heap(h) && somewhere(h, (unsigned char *)block);
  @ FREED */
void kheap_free(struct kheap *h, void *block);
/*@ requires heap(h) && somewhere(h, (unsigned char *)block);
  @ assigns h->free_memory_pointer, ((unsigned char *)block)[size .. h->heap_end - (unsigned char *)block - 1];
  @ ensures \result ==> ready(h) && h->free_memory_pointer == (unsigned char *)block + takes(size) &&
  @    word_of(h->free_memory_pointer - 3 * W) == size_for(size) &&
  @    word_of(h->free_memory_pointer - 4 * W) == fence_for(\old(gap_at(h->free_memory_pointer))) &&
  @    poisoned((unsigned char *)block + size, h->free_memory_pointer - T);
  @ ensures \old(block != \null && last(h, (unsigned char *)block)) && takes(size) <= h->heap_end - (unsigned char *)block ==>
  @    \result;
  @ ensures \result ==> \old(ends_there(h, (unsigned char *)block)) && takes(size) <= h->heap_end - (unsigned char *)block;
  @ ensures !\result ==> h->free_memory_pointer == \old(h->free_memory_pointer) &&
  @    \forall unsigned char *p; *p == \old(*p) && word_of(p) == \old(word_of(p)); */
bool kheap_resize(struct kheap *h, void *block, size_t size);

/*@ requires heap(h); assigns \nothing;
  @ ensures \result.position != \null ==> ready(h) && \result.position == h->free_memory_pointer; */
struct kheap_mark kheap_mark(const struct kheap *h);
/*@ requires heap(h) && somewhere(h, mark.position); assigns \nothing;
  @ ensures \result ==> edge_in(h, mark.position) && has_seal(h, mark.position) && mark.position <= h->free_memory_pointer; */
static bool leads_to(const struct kheap *h, struct kheap_mark mark);
/*@ requires heap(h) && somewhere(h, mark.position);
  @ assigns h->free_memory_pointer;
  @ ensures h->free_memory_pointer == \old(h->free_memory_pointer) ||
  @    (ready(h) && h->free_memory_pointer == mark.position <= \old(h->free_memory_pointer)); */
void kheap_release(struct kheap *h, struct kheap_mark mark);

/* The notes at the loops of heap/kheap.c: what holds each time round, what is written, what grows less. Hints on the way to a
 * proof, which need no place in the heart, stand in hints.txt. */
/* clang-format off */
#define POISONING \
    loop invariant (n == 0 || n == W || n == 16) && poisoned(from, from + n); \
    loop invariant untouched{LoopEntry, Here}(from, from + KHEAP_ALIGN); \
    loop assigns n, from[0 .. KHEAP_ALIGN - 1]; \
    loop variant KHEAP_ALIGN - n;
#define POISONING_FROM_ABOVE \
    loop invariant (n == 0 || n == 1) && poisoned(end + (n + 1) * W, end + 16); \
    loop invariant untouched{LoopEntry, Here}(end, end + KHEAP_ALIGN); \
    loop assigns n, end[0 .. KHEAP_ALIGN - 1]; \
    loop variant n;
#define CLEARING \
    loop invariant 0 <= i <= bytes; \
    loop invariant \forall integer k; 0 <= k < i ==> from[k] == 0; \
    loop invariant untouched{LoopEntry, Here}(from, from + bytes); \
    loop assigns i, from[0 .. bytes - 1]; \
    loop variant bytes - i;
#define DOUBLING \
    loop invariant sum + count * size == \at(count, Pre) * \at(size, Pre); \
    loop assigns sum, count, size; \
    loop variant count;
#define LOOKING_AT_SLACK \
    loop invariant \base_addr(at) == \base_addr(fence) && \at(at, Pre) <= at <= fence && left == fence - at; \
    loop invariant poisoned((unsigned char *)\at(at, Pre), (unsigned char *)at); \
    loop assigns left, at; \
    loop variant left;
#define LOOKING_DOWN \
    loop invariant n == 2 || (n == 3 && word_of((unsigned char *)payload - 16) == ALL_POISON); \
    loop assigns n; \
    loop variant 3 - n;
#define WALKING_DOWN \
    loop invariant at == \null || (edge_in(h, (unsigned char *)at) && has_seal(h, (unsigned char *)at) && at <= h->free_memory_pointer); \
    loop assigns at;
/* clang-format on */

#define __builtin_expect(condition, expected) (condition)
#include "kheap.c"

/*@ requires heap(h) && ready(h);
  @ WRITES
  @ ensures h->free_memory_pointer == \old(h->free_memory_pointer); */
void there_and_back(struct kheap *h, size_t size, size_t align)
{
    void *block = kheap_try_alloc(h, size, align);

    if (block != NULL) {
        //@ assert block == \at(h->free_memory_pointer, Pre) + pad(at(\at(h->free_memory_pointer, Pre)), align);
        //@ assert word_of(\at(h->free_memory_pointer, Pre) - W) == \at(word_of(h->free_memory_pointer - W), Pre);
        //@ assert word_of(\at(h->free_memory_pointer, Pre) - 2 * W) == \at(word_of(h->free_memory_pointer - 2 * W), Pre);
        //@ assert word_of(\at(h->free_memory_pointer, Pre) - 3 * W) == \at(word_of(h->free_memory_pointer - 3 * W), Pre);
        //@ assert word_of(\at(h->free_memory_pointer, Pre) - 4 * W) == \at(word_of(h->free_memory_pointer - 4 * W), Pre);
        //@ assert has_seal(h, \at(h->free_memory_pointer, Pre));
        //@ assert word_of(h->free_memory_pointer - 3 * W) == size_for(size) && size_in(size_for(size)) == size;
        //@ assert size_at(h->free_memory_pointer) == size;
        //@ assert word_of(h->free_memory_pointer - 4 * W) == fence_for((unsigned char *)block - \at(h->free_memory_pointer, Pre));
        //@ assert ((unsigned char *)block - \at(h->free_memory_pointer, Pre)) % 16 == 0;
        //@ assert gap_at(h->free_memory_pointer) == (unsigned char *)block - \at(h->free_memory_pointer, Pre);
        //@ assert last(h, (unsigned char *)block);
        //@ assert heap(h) && somewhere(h, (unsigned char *)block);
        kheap_free(h, block);
    }
}
