/* SPDX-License-Identifier: MIT
 *
 * kheap: the first heap of a kernel. Three words, one rule: only the last block may be freed.
 *
 *   heap_start                      free_memory_pointer           heap_end
 *       | [ payload | tag ][ payload | tag ] | ....... free .......  |
 *
 * Allocation moves the free pointer up, freeing moves it back. Each block ends in a tag that lies directly below
 * where the free pointer then stands, so the free pointer alone finds the last block and each tag leads to the block
 * below. A broken rule is refused out loud: kheap_fault, which you write, gets a report with the culprit in it, and
 * the heap stays as it was.
 *
 * Each call below says, in this order: what it is for, Needs, Gives, Fails iff, Cost, Misses. A step is one look at
 * one block. "Refused with E0n" means that kheap_fault is called and, should it return, the call gives NULL, false or
 * nothing and has changed nothing. The codes and their causes stand in kheap_faults.def.
 *
 * No call takes a lock. One heap that is used from two places at once (an interrupt handler, a second processor) needs
 * a lock around its calls, or a heap each.
 *
 * Where the ideas come from: stack allocation with marks is GNU obstack's and older; tags at the boundary are Knuth's
 * (The Art of Computer Programming 1, 2.5); the pair of a loud call and a polite one is bumpalo's; contracts written as
 * "fails iff" are o1heap's; the filled slack is Electric Fence's and the Microsoft debug heap's, whose three byte values
 * are used here too.
 */
#ifndef KHEAP_H
#define KHEAP_H

#define KHEAP_VERSION "1.0.0"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
/* A function may have the name of a structure, as in C: kheap_mark gives a struct kheap_mark. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#endif

/* Every payload starts at a multiple of this. */
#define KHEAP_ALIGN 16u

/* What a block costs beyond its payload, rounded up to KHEAP_ALIGN: one tag of four words (16 bytes where a pointer has
 * 32 bits, 32 where it has 64). */
#define KHEAP_TAG_BYTES (4u * sizeof(void *))

/* Poison. The heap itself writes only the slack; the other two are for the layer above, so that all dumps agree. */
#define KHEAP_FRESH_BYTE 0xCDu /* handed out, not written yet ("clean") */
#define KHEAP_FREED_BYTE 0xDDu /* given back ("dead") */
#define KHEAP_SLACK_BYTE                                                                                               \
    0xFDu /* from the last requested byte on into the tag ("fence"), and in the KHEAP_ALIGN bytes in front of a payload  \
           * with a gap, where the gap itself is added to the topmost word */

/* The heap: three words and no fourth. Read them freely; only the calls below may write them.
 * used = free_memory_pointer - heap_start, free = heap_end - free_memory_pointer, always, to the byte.
 *
 * They may be copied to another place, and the copy used from then on: nothing points to them. Use one of them only; of two,
 * each would hand out what the other has handed out. The memory of the heap may not be moved: each tag knows its address.
 *
 * A heap does not grow. The seal of every tag knows both ends, so growing would mean one write a block, and a heap that is
 * broken as long as that takes. Give kheap_init all addresses that the heap may ever reach: no call reads or writes above the
 * tag of the newest block, so the memory there may be put in place later. Or start a second heap; or, while this one is empty,
 * call kheap_init again. */
struct kheap {
    unsigned char *heap_start;
    unsigned char *heap_end;
    unsigned char *free_memory_pointer;
};

enum kheap_status {
    KHEAP_OK = 0,
    KHEAP_NULL,      /* the handle or the memory is a null pointer */
    KHEAP_TOO_SMALL, /* no room for the floor and one block of KHEAP_ALIGN bytes */
    KHEAP_WRAPS      /* memory + size reaches past the last address, or just to it */
};

/* KHEAP_E_NOT_INITIALISED = 1 (E01) ... KHEAP_E_BAD_MARK = 9 (E09). */
enum kheap_fault {
    KHEAP_E_NONE = 0,
#define KHEAP_FAULT(code, name, title, happened, danger, find, fix) KHEAP_E_##name = code,
#include "kheap_faults.def"
#undef KHEAP_FAULT
    KHEAP_FAULT_COUNT
};

struct kheap_block {
    void *payload;     /* what the call returned */
    size_t size;       /* what it was asked for */
    size_t gap;        /* bytes in front of the payload that its alignment cost */
    const void *owner; /* who asked: the return address of the call (so wrap the calls in inline functions) */
};

/* Everything that is known about a refusal. What a code does not use is zero.
 *
 * E07: block is the one that was written past, address the lowest byte behind it that is not as it was left, and changed how
 * many there are up to the end of its tag's SIZE, or of FENCE alone where OWNER may be overwritten too.
 * E08: address is the lowest damaged byte; of the upper half of a tag, where it cannot be told which of its two words is
 * damaged, the beginning; of the three words, heap. block is the damaged one; or, if its payload lies above address, the one
 * that was written in front of, from above, and changed how many bytes; or nothing, where that cannot be told. */
struct kheap_report {
    enum kheap_fault fault;
    const struct kheap *heap;
    const void *address;       /* the pointer or mark that was given; E07, E08: see above */
    const void *caller;        /* return address of the refused call; null from kheap_check */
    size_t wanted;             /* E02, E03: the request in bytes; SIZE_MAX when count * size wraps */
    size_t align;              /* E02, E03: the alignment asked for */
    size_t missing;            /* E02: with this many bytes more it would fit; SIZE_MAX when no number is enough */
    struct kheap_block block;  /* E04: the block asked for; E06: the one pointed into; E07, E08: see above */
    struct kheap_block newest; /* E04: the last block, which has to go first */
    size_t above;              /* E04: how many blocks stand above the one asked for */
    size_t changed;            /* E07, E08: see above; 0 where it is not known */
};

/* used == payload + padding + tags, used + free == heap_end - heap_start. */
struct kheap_stats {
    size_t used;
    size_t free;
    size_t largest; /* this request fits, one byte more does not; 0 also when not even 0 bytes fit */
    size_t blocks;
    size_t payload; /* as requested */
    size_t padding; /* gaps and slack */
    size_t tags;
};

/* A boundary between blocks. Opaque: hand it back to kheap_release. */
struct kheap_mark {
    unsigned char *position;
    uintptr_t seal;
};

/* You write this one: print, log, halt, unwind. The report lives until it returns.
 * Needs:     nothing of the heap; it may call kheap_check, kheap_walk and kheap_stats, whatever the damage.
 * Gives:     if it returns, the call is refused. */
void kheap_fault(const struct kheap_report *report);

/* Make a heap out of a piece of memory.
 * Needs:     memory that nobody else uses, size bytes of it.
 * Gives:     KHEAP_OK. Both ends are aligned inwards and a floor tag is put below heap_start, so that a write in front
 *            of the first block is noticed like any other.
 * Fails iff: h or memory is null (KHEAP_NULL); memory + size does not fit into an address
 *            (KHEAP_WRAPS); the floor and a block of KHEAP_ALIGN
 *            bytes do not fit (KHEAP_TOO_SMALL). The three words are then as they were.
 * Cost:      constant.
 * Misses:    memory that is not there, or that is somebody else's. */
enum kheap_status kheap_init(struct kheap *h, void *memory, size_t size);

/* Get size bytes, aligned to KHEAP_ALIGN.
 * Needs:     h not null; all zero before kheap_init.
 * Gives:     the payload, its bytes as they happen to be. 0 bytes is a real block with an address of its own.
 * Fails iff: refused with E01, E02, or E07/E08 when the last block's seal or one of the three words is damaged.
 * Cost:      constant, whatever the size.
 * Misses:    damage below the last tag (the frees find it, and kheap_check); a free pointer that was overwritten with the
 *            exact address of another boundary, also of one that lives no more but whose tag still lies in a payload: that
 *            is another valid heap. And two changes at once that leave the last tag in agreement, as both ends that gain or
 *            lose alike, or one end and a word of that tag: what is handed out may then lie outside of the memory. */
void *kheap_alloc(struct kheap *h, size_t size);

/* Get size bytes at a multiple of align.
 * Needs:     as kheap_alloc.
 * Gives:     as kheap_alloc. An align below KHEAP_ALIGN counts as KHEAP_ALIGN. The padding comes back with the block.
 * Fails iff: as kheap_alloc, or refused with E03 when align is not a power of two (0 is none); damage is told first.
 * Cost:      constant. A page-aligned block costs up to a page of padding: ask for several pages at once.
 * Misses:    as kheap_alloc. */
void *kheap_alloc_aligned(struct kheap *h, size_t size, size_t align);

/* Get size bytes at a multiple of align, if there is room: the polite one.
 * Needs:     as kheap_alloc.
 * Gives:     as kheap_alloc_aligned; NULL, and no fault, when it does not fit.
 * Fails iff: as kheap_alloc_aligned, without E02.
 * Cost:      constant.
 * Misses:    as kheap_alloc. */
void *kheap_try_alloc(struct kheap *h, size_t size, size_t align);

/* Get count * size bytes, all zero.
 * Needs:     as kheap_alloc.
 * Gives:     as kheap_alloc.
 * Fails iff: as kheap_alloc; a product that wraps is refused with E02.
 * Cost:      one write a byte.
 * Misses:    as kheap_alloc. */
void *kheap_calloc(struct kheap *h, size_t count, size_t size);

/* Make the last block larger or smaller, in place.
 * Needs:     block is the last live block.
 * Gives:     true; the payload stays where it is, with its bytes up to the smaller of both sizes, its owner and its gap.
 * Fails iff: false, and no fault, when it does not fit; refused as kheap_free refuses (NULL with E06).
 * Cost:      constant.
 * Misses:    as kheap_free. */
bool kheap_resize(struct kheap *h, void *block, size_t size);

/* Give back the last live block, and so on, to any depth.
 * Needs:     h as for kheap_alloc.
 * Gives:     the three words as they were before the block was allocated. NULL does nothing.
 * Fails iff: refused with E01; E04 the block is live and not the last; E05 it lies in the free part; E06 it is no block;
 *            E07 bytes behind it were written, be it one or all of its tag and more; E08 its tag, the padding in front of
 *            it, the tag below it or one of the three words is damaged in another way. Damage that the walk down to the
 *            block meets is told before its own E04 or E06, damage of the last tag or the words before everything.
 *            Where the tag is overwritten, the report's block is the one that was given, if the tag below it says that one
 *            begins there; if the write may have reached OWNER too, its owner is null and its size the most that fitted.
 *            (Where OWNER was overwritten and the last byte of SIZE with what it was, the size told is up to 15 bytes off.)
 * Cost:      constant; one step a block where a fault has to be told, and one for each KHEAP_ALIGN bytes of the block where
 *            its tag is overwritten.
 * Misses:    a pointer that was freed and whose address was handed out again; writes that leave the same byte as
 *            before, that stay within the block, or that hit the gap more than KHEAP_ALIGN bytes in front of the
 *            payload. A change of one word is always noticed. Of two words of a tag that gain or lose so that their sum
 *            stays: another owner (with any other word); a size that is off by less than KHEAP_ALIGN, if the byte at its
 *            end is poison by chance; a changed FENCE, which kheap_check finds. The block given back is the right one. */
void kheap_free(struct kheap *h, void *block);

/* Remember the boundary where the free pointer stands.
 * Needs:     h as for kheap_alloc.
 * Gives:     a mark for kheap_release.
 * Fails iff: refused with E01, or with E07/E08 when the last tag or the three words are damaged; the mark is then one
 *            that no heap takes.
 * Cost:      constant.
 * Misses:    as kheap_alloc. */
struct kheap_mark kheap_mark(const struct kheap *h);

/* Give back everything above a mark at once.
 * Needs:     a mark of this heap that was neither released past nor freed past.
 * Gives:     the three words as they were at kheap_mark.
 * Fails iff: refused with E01; E09 the mark is no boundary of this heap or no longer the same one; E07/E08 for damage
 *            in or below the blocks that it would give back.
 * Cost:      one step for each block given back.
 * Misses:    a boundary that was freed and then built again exactly alike: it is the same boundary. Otherwise as
 *            kheap_free. */
void kheap_release(struct kheap *h, struct kheap_mark mark);

/* How full the heap is.
 * Needs:     h not null.
 * Gives:     the figures; all zero before kheap_init and when the three words are out of order. What lies below a
 *            damaged tag counts as padding.
 * Fails iff: never.
 * Cost:      one step a block.
 * Misses:    slack that was written; ask kheap_check. */
struct kheap_stats kheap_stats(const struct kheap *h);

/* Look at every block and say what is wrong.
 * Needs:     h not null; report may be null.
 * Gives:     KHEAP_E_NONE, or the first damage from the newest block down (E01, E07, E08), and *report filled with it.
 * Fails iff: never; it does not call kheap_fault.
 * Cost:      one step a block.
 * Misses:    as kheap_free, but for FENCE; and a free pointer on another boundary, as kheap_alloc. Where two of the three words
 *            are damaged, or one of them and a word of a tag, so that the tags agree still, it may look outside of the
 *            memory, as may kheap_walk, kheap_stats and a refused call. */
enum kheap_fault kheap_check(const struct kheap *h, struct kheap_report *report);

/* Visit every live block, newest first.
 * Needs:     h and visit not null; visit must not change the heap.
 * Gives:     KHEAP_E_NONE when every block was visited or visit answered false, which ends the walk.
 * Fails iff: E01, or E07/E08 when the words are damaged, or a tag so that it cannot be told where its block begins: the
 *            walk ends there. It does not call kheap_fault.
 * Cost:      one step a block.
 * Misses:    damage that leaves the way down legible, as written slack or an overwritten seal: such a block is visited. */
enum kheap_fault kheap_walk(const struct kheap *h, bool (*visit)(const struct kheap_block *block, void *context),
                            void *context);

#ifdef __cplusplus
}
#pragma GCC diagnostic pop
#endif

#endif
