/* SPDX-License-Identifier: MIT
 *
 * What the heap's cases share: memory between two forbidden pages, the recording kheap_fault, snapshots, reports. */
#ifndef SUPPORT_H
#define SUPPORT_H

#include "../../heap/kheap.h"
#include "../case.h"

#include <stdio.h>
#include <string.h>

enum { TAG = KHEAP_TAG_BYTES, WORD_BITS = 8 * sizeof(void *) };

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* The sanitizers make everything several times slower: the longest cases then do a part, and say so. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CLANG_INSTRUMENTS
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(CLANG_INSTRUMENTS)
enum { INSTRUMENTED = 1 };
#else
enum { INSTRUMENTED = 0 };
#endif

/* Built for size the heap has the careful way only. */
#ifdef __OPTIMIZE_SIZE__
enum { BUILT_FOR_SIZE = 1 };
#else
enum { BUILT_FOR_SIZE = 0 };
#endif

/* What a case did, in figures, for the end of the tests' output. */
#define FIGURE(...) (printf("figure: " __VA_ARGS__), printf("\n"))

/* size zero bytes whose end lies against a forbidden page; so does their start when size is a multiple of 4096. */
unsigned char *fenced(size_t size);
void give_back(unsigned char *memory, size_t size);

/* A heap with exactly `bytes` between heap_start and heap_end, in fenced memory: heap_end lies against the forbidden
 * page, or heap_start lies at a multiple of 4096 plus `offset`, which is a multiple of KHEAP_ALIGN. */
struct kheap make_heap(size_t bytes);
struct kheap make_heap_at(size_t bytes, size_t offset);

/* The last report. take_fault gives the code of the one fault since it was asked last, KHEAP_E_NONE when there was
 * none, and 100 more than their number when there were several. A fault that no case takes fails the case. */
extern struct kheap_report told;
extern bool look_when_told; /* kheap_fault makes the three calls that it may make; off where a case makes them itself */
unsigned take_fault(void);
#define CHECK_FAULT(code) CHECK(take_fault(), ==, (code))
#define CHECK_SILENT() CHECK(take_fault(), ==, KHEAP_E_NONE)

/* E07 or E08: where the code of the damage depends on what the damaged bytes happen to look like. */
#define CHECK_DAMAGE_TOLD()                                                                                            \
    do {                                                                                                               \
        unsigned damage_code = take_fault();                                                                           \
        CHECK(damage_code, >=, KHEAP_E_OVERFLOW);                                                                      \
        CHECK(damage_code, <=, KHEAP_E_DAMAGED);                                                                       \
    } while (0)

/* Compares every field of a report with what is given; what is not given has to be zero. */
#define CHECK_REPORT(report, ...)                                                                                      \
    check_report(__FILE__, __LINE__, (report), &(const struct kheap_report){ __VA_ARGS__ })
#define CHECK_TOLD(...) CHECK_REPORT(&told, __VA_ARGS__)
void check_report(const char *file, int line, const struct kheap_report *got, const struct kheap_report *want);

/* Stands for any return address in the caller of an expected report. */
extern const char any_caller[];

/* The three words and every byte from the floor to the free pointer. */
void remember(const struct kheap *h);
#define CHECK_UNCHANGED(h) check_unchanged(__FILE__, __LINE__, (h))
void check_unchanged(const char *file, int line, const struct kheap *h);

/* The words of the tag below a boundary, as they lie in memory, and what its seal grows by when one of them does: so a case
 * makes tags that are wrong and keep the equation. A seal that is right moves with its boundary, too. */
enum word { FENCE, SIZE, OWNER, SEAL, WORDS };
uintptr_t word_of(const unsigned char *boundary, enum word n);
void set_word(unsigned char *boundary, enum word n, uintptr_t value);
void gain(unsigned char *boundary, enum word n, uintptr_t by); /* and the seal alike */
void copy_tag(const unsigned char *from, unsigned char *to);

/* The live blocks as kheap_walk shows them, newest first; 0 is the newest. */
enum { BLOCKS_MAX = 128 };
struct blocks {
    size_t count;
    struct kheap_block at[BLOCKS_MAX];
};
struct blocks blocks_of(const struct kheap *h);
struct kheap_block block_at(const struct kheap *h, const void *payload);

size_t size_of(const struct kheap *h);
size_t used(const struct kheap *h);
size_t unused(const struct kheap *h);
size_t round_up(size_t size);

/* So many bytes above: a heap may be larger than PTRDIFF_MAX, where C's own pointers cannot count. */
unsigned char *byte_at(const void *from, size_t bytes);

/* Fills and recognises a payload. */
void paint(void *payload, size_t size, unsigned colour);
void check_paint(const void *payload, size_t size, unsigned colour);

#endif
