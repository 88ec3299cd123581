/* SPDX-License-Identifier: MIT
 *
 * A world is a heap beside its model: each step is asked of the heap, and every answer, every report and every byte that
 * may not change is compared with what the model says. */
#ifndef WORLD_H
#define WORLD_H

#include "model.h"

struct world {
    struct kheap heap;
    struct model model;
    unsigned char *memory, *before; /* the heap and what lies around it; the same bytes before the last step */
    size_t size;
    bool paint;       /* write the whole of each new payload, not only its ends: so stale tags in it vanish, or stay */
    bool changed;     /* by the last step, as the model sees it */
    size_t most;      /* blocks that were ever live */
    size_t asked;     /* the size that the last step came to */
    const char *what; /* the first difference; NULL while there is none */
    size_t expected, got;
};

/* What the program that runs worlds gives: the last report, and the code of the one fault since it was asked last,
 * KHEAP_E_NONE when there was none, 100 and more when there were several. */
extern struct kheap_report told;
unsigned take_fault(void);

/* Room for the model of a heap in `size` bytes of memory; false when there is none. */
bool world_make(struct world *w, unsigned char *memory, size_t size);

/* Fills the memory, and makes an empty heap of `bytes` bytes of it, `from` bytes behind its beginning; they have to
 * hold a heap. False for a difference. */
bool world_start(struct world *w, size_t from, size_t bytes, bool paint);

/* One step, with everything compared. False for a difference. */
bool world_do(struct world *w, const struct step *step);

/* The difference in one line. */
const char *world_text(const struct world *w, char text[TEXT_MAX]);

#endif
