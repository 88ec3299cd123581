/* SPDX-License-Identifier: MIT
 *
 * The description itself. What it says of a tag is private to the heap; the tests hold it against what the heap does.
 */
#include "memory/description.h"

#include "base/context.h"
#include "base/instrument.h"
#include "base/symbols.h"
#include "memory/events.h"
#include "memory/kmalloc.h"
#include "memory/numbers.h"

#define FIELD(name) #name " "
static const char fields[] = DESCRIPTION_FIELDS(FIELD);
static const char event_fields[] = EVENT_FIELDS(FIELD);
#undef FIELD
static const char tag_words[] = "fence size+key owner heap_end-heap_start+boundary+size+key+owner+fence";

struct minios_description minios_description = {
    .magic = DESCRIPTION_MAGIC,
    .fields = (uintptr_t)fields,
    .version = DESCRIPTION_VERSION,
    .bytes = sizeof minios_description,
    .heap = (uintptr_t)&kernel_heap,
    .align = KHEAP_ALIGN,
    .tag_bytes = KHEAP_TAG_BYTES,
    .tag_words = (uintptr_t)tag_words,
    .fresh_byte = KHEAP_FRESH_BYTE,
    .freed_byte = KHEAP_FREED_BYTE,
    .slack_byte = KHEAP_SLACK_BYTE,
    .event_fields = (uintptr_t)event_fields,
    .event_kinds = (uintptr_t)EVENT_KINDS,
    .events = (uintptr_t)events,
    .event_bytes = sizeof(struct event),
    .event_room = MOST_EVENTS,
    .sources = (uintptr_t)source_names,
    .numbers = (uintptr_t)number_stack,
    .number_count = (uintptr_t)&number_count,
    .symbols = (uintptr_t)kernel_symbols,
    .symbol_pairs = (uintptr_t)kernel_symbol_pairs,
    .symbols_start = (uintptr_t)&kernel_symbols_start,
};

/* The floor is a tag of a size that no block has: 64 below zero. The second of its words tells that, and the key with it. */
NO_SANITIZE void description_learn_key(void)
{
    const uintptr_t *floor = (const uintptr_t *)(const void *)(kernel_heap.heap_start - KHEAP_TAG_BYTES);

    minios_description.key = floor[1] + 64;
}

void description_stopped(int status)
{
    minios_description.status = (uintptr_t)status;
    minios_description.state = STATE_STOPPED;
}
