/* SPDX-License-Identifier: MIT
 *
 * The check of the learner's heap: a step is a list of checks, a check makes calls and says what it expects of them. The
 * first expectation that is not met ends the program, after a report of `key value` lines for learn: what was called,
 * what was looked at, what was expected, what came, the picture of the heap, and the name of the likely mistake.
 */
#ifndef CHECK_H
#define CHECK_H

#include "home.h"
#include "my_heap.h"
#include "track.h"

/* ---- Memory for the heap, between two walls --------------------------------------------------------------------- */

#define FRESH_BYTE 0xA5u /* in memory that the heap never wrote */

extern struct my_heap heap, other_heap;
extern unsigned char *memory;
extern size_t memory_bytes;

/* Where the heap began and ended when it was made. */
extern unsigned char *start, *end;

/* What a tag costs under the rules that hold. */
size_t tag_bytes(void);
size_t rounded(size_t size);

/* New memory of so many bytes, and `tail` bytes of somebody else behind it, up to a page that nobody may touch. All
 * blocks are forgotten. */
void fresh_memory(size_t bytes, size_t tail);

/* The same, and a heap in it, which has to be as step 1 makes it. It starts at a multiple of 4096 minus bytes. */
void fresh_heap(size_t bytes);

#if UINTPTR_MAX > UINT32_MAX
/* More than 32 bits can count, none of it touchable but the pages that are opened: two, the one with an address in it and
 * the one in front. It starts 4 GiB and VAST_BEFORE bytes behind a multiple of 16 GiB. False where there is no room for that. */
#define VAST_BEFORE 65536u
bool vast_memory(size_t bytes);
bool open_pages(unsigned char *around);
#endif

/* ---- Calls of the learner's code: written down, watched, and looked after --------------------------------------- */

bool do_init(struct my_heap *h, void *where, size_t size);
void *get(size_t size);
void *get_aligned(size_t size, size_t align);
struct my_stats stats(void);
bool block_below(const unsigned char *boundary, struct my_block *b);
enum my_fault check_below(const unsigned char *boundary);

extern struct my_block culprit;
enum my_fault give(void *block);

/* Until the next fresh memory: are new blocks filled, and looked at after each call? The caller may do that better. */
void watch(bool yes);

/* Writes a byte, as a program with a mistake would. */
void poke(unsigned char *at, unsigned char byte);
void poke_size(struct my_tag *tag, uintptr_t size);
void poke_gap(struct my_tag *tag, uintptr_t gap);

/* Should a call crash, run in circles or write where it may not: the name of the likely mistake. NULL: the general one. */
void blame(const char *diagnosis);

/* ---- Expectations ------------------------------------------------------------------------------------------------ */

/* What a likely mistake would have brought instead. */
struct guess {
    uintptr_t value;
    const char *diagnosis;
};

enum kind { ADDRESS, IN_MEMORY, BYTES, TRUTH, FAULT, HEX };

/* The last guess has no diagnosis; `otherwise` is what no guess fits. */
void expect(const char *look, enum kind kind, uintptr_t came, uintptr_t wanted, const char *otherwise,
            const struct guess *guesses);

#define EXPECT(kind, look, came, wanted, otherwise, ...)                                                               \
    expect(look, kind, (uintptr_t)(came), (uintptr_t)(wanted), otherwise,                                              \
           (const struct guess[]){ __VA_ARGS__{ 0, NULL } })
#define GUESS(value, diagnosis) { (uintptr_t)(value), diagnosis },

/* The three words, kept and compared. */
void keep_words(void);
void expect_words_kept(const char *otherwise, const struct guess *of_free_pointer);
void expect_nothing_changed(const char *otherwise);

/* ---- The tables ------------------------------------------------------------------------------------------------- */

extern const struct check checks_init[], checks_bump[], checks_align[], checks_boundary[], checks_stats[], checks_tag[],
    checks_free[], checks_refuse[], checks_padding[], checks_overflow[], checks_boss[];

/* ---- The report ------------------------------------------------------------------------------------------------- */

void print_picture(void);

#endif
