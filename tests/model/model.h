/* SPDX-License-Identifier: MIT
 *
 * A model of the heap that is obviously right: an array of blocks, from which everything else is computed.
 *
 * A step tells its sizes and addresses from where things lie ("the largest that fits, and one more"; "the newest block
 * but one"), so it keeps its sense when steps before it are dropped. Each step can be asked for in each state: a block
 * that is not there is a null pointer, a mark that was not taken one that no heap takes.
 */
#ifndef MODEL_H
#define MODEL_H

#include "../../heap/kheap.h"

enum { TEXT_MAX = 200 };

enum { MODEL_MARKS = 8, MODEL_FOREIGN = MODEL_MARKS }; /* slots for marks; one more holds another heap's */

enum deed { ALLOC, ALIGNED, TRY, CALLOC, RESIZE, FREE, MARK, RELEASE, DEEDS };

struct amount {
    bool from_largest; /* counts from the largest that fits just now; it may wrap */
    size_t bytes;
};

enum from { NOTHING, START, TOP, END, NEWEST, OLDEST };

/* offset bytes (they may wrap) from a word of the heap, or from the payload of the nth block from one end. */
struct place {
    enum from from;
    size_t nth, offset;
};

struct step {
    enum deed deed;
    struct amount size; /* ALLOC to RESIZE */
    size_t align;       /* ALIGNED, TRY; for CALLOC how many of that size */
    struct place place; /* RESIZE, FREE */
    size_t slot;        /* MARK: below MODEL_MARKS; RELEASE: MODEL_FOREIGN too */
};

struct model_block {
    size_t payload, size, gap; /* payload: bytes from heap_start */
    const void *owner;
};

/* A mark, alive or dead: the blocks that lay below it when it was taken. */
struct model_mark {
    bool taken;
    struct kheap_mark mark;
    size_t count;
    struct model_block *below;
};

struct model {
    uintptr_t start;
    size_t total, count;
    struct model_block *block; /* from the bottom up */
    struct model_mark mark[MODEL_MARKS + 1];
};

/* Room for so many blocks; false when there is none. The copy is of what is in use, and both have the same room. */
bool model_make(struct model *m, size_t most_blocks);
void model_copy(struct model *to, const struct model *from);
void model_copy_blocks(struct model_block *to, const struct model_block *from, size_t count);

/* Bytes from heap_start to the free pointer. */
size_t model_top(const struct model *m);
size_t model_end_of(const struct model_block *block);

/* What a step comes to just now: the size and the alignment that it asks for, and the address that it names. A product
 * that wraps is SIZE_MAX, which never fits. */
size_t model_size(const struct model *m, const struct step *step);
size_t model_bytes(const struct model *m, const struct step *step);
size_t model_align(const struct step *step);
uintptr_t model_address(const struct model *m, const struct place *place);

bool model_power_of_two(size_t align);

/* Do a payload of `size` bytes at this position and its tag fit? */
bool model_fits(const struct model *m, size_t payload, size_t size);

/* The block that an allocation gives now; false when it is refused. */
bool model_next(const struct model *m, const struct step *step, struct model_block *block);

/* How many bytes more an allocation would need; SIZE_MAX where the heap would end behind the last address. */
size_t model_missing(const struct model *m, const struct step *step);

/* How many blocks lie as they lay below the mark, from the bottom up; and the number of blocks up to one exactly like
 * the one right below the mark, SIZE_MAX when there is none. */
size_t model_common(const struct model *m, const struct model_mark *mark);
size_t model_likeness(const struct model *m, const struct model_mark *mark);

const char *step_text(const struct step *step, char text[TEXT_MAX]);

#endif
