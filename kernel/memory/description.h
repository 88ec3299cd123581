/* SPDX-License-Identifier: MIT
 *
 * For those who look into this machine's memory from outside, as a debugger does or a page around an emulator: where the
 * things lie that they want to see. They find it by its name, minios_description, among the symbols of the image.
 *
 * After the magic text come words, of the width of a pointer. The first holds the address of a text with the names of all
 * of them in their order, so a reader needs to know no more than this, and new ones may come anywhere.
 */
#ifndef DESCRIPTION_H
#define DESCRIPTION_H

#include <stdint.h>

#define DESCRIPTION_MAGIC "MiniOS, look in"
#define DESCRIPTION_VERSION 2

/* "Texts" are addresses of texts; names in one are separated by blanks. The sums of tag_words are of a block's size and owner,
 * of key, of heap_start and heap_end, of boundary, the address behind the tag, and of fence: slack_byte in each byte, or, of
 * a block with a gap, the complement of that plus the gap. */
#define DESCRIPTION_FIELDS(FIELD)                                                                                      \
    FIELD(fields)  /* text: the names of these words */                                                                \
    FIELD(version) /* changes when a word changes its meaning */                                                       \
    FIELD(bytes)   /* of all of this */                                                                                \
    FIELD(heap)    /* address of the three words: heap_start, heap_end, free_memory_pointer */                         \
    FIELD(align)                                                                                                       \
    FIELD(tag_bytes)                                                                                                   \
    FIELD(tag_words) /* text: a sum for each word of a tag, the lowest first; see above */                             \
    FIELD(key)                                                                                                         \
    FIELD(fresh_byte)                                                                                                  \
    FIELD(freed_byte)                                                                                                  \
    FIELD(slack_byte)                                                                                                  \
    FIELD(event_fields) /* text: the names of an event's words */                                                      \
    FIELD(event_kinds)  /* text: what a kind of 0, 1, ... means */                                                     \
    FIELD(events)       /* address of the ring; event n stands at n % event_room */                                    \
    FIELD(event_bytes)                                                                                                 \
    FIELD(event_room)                                                                                                  \
    FIELD(event_count)  /* the number of the newest event */                                                           \
    FIELD(sources)      /* address of addresses of texts: whom the align of an interrupt's event means */              \
    FIELD(ticks)        /* of the timer, all that came; most of them are no event */                                   \
    FIELD(numbers)      /* address of pairs of words: payload, N of #N; lowest block first */                          \
    FIELD(number_count) /* address of how many there are; those at or above the free pointer are freed */              \
    FIELD(symbols)      /* address of the packed table of functions, see symbols.h */                                  \
    FIELD(symbol_pairs)                                                                                                \
    FIELD(symbols_start)                                                                                               \
    FIELD(command) /* how many were given at the prompt, the running one included */                                   \
    FIELD(state)   /* as enum machine_state */                                                                         \
    FIELD(status)  /* the exit status, once it has stopped */

enum machine_state { STATE_BOOTING, STATE_WAITING, STATE_RUNNING, STATE_STOPPED };

struct minios_description {
    char magic[16];
#define FIELD(name) uintptr_t name;
    DESCRIPTION_FIELDS(FIELD)
#undef FIELD
};

extern struct minios_description minios_description;

/* Once the heap is there. */
void description_learn_key(void);

/* Each machine calls it when it ends. */
void description_stopped(int status);

#endif
