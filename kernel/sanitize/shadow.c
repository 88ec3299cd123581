/* SPDX-License-Identifier: MIT
 *
 * The shadow: writing it block by block, reading it byte by byte.
 */
#include "sanitize/shadow.h"

#include "base/string.h"
#include "kheap.h"

struct shadow shadow;

static uint8_t *shadow_of(uintptr_t address)
{
    return shadow.bytes + (address - shadow.start) / GRANULE;
}

uint8_t shadow_at(uintptr_t address)
{
    return *shadow_of(address);
}

void shadow_set(const void *from, const void *to, uint8_t value)
{
    if ((uintptr_t)to > (uintptr_t)from)
        memset(shadow_of((uintptr_t)from), value, ((uintptr_t)to - (uintptr_t)from) / GRANULE);
}

void shadow_set_block(const void *gap, const void *payload, size_t size)
{
    const unsigned char *end = (const unsigned char *)payload + size;
    const unsigned char *slack = end - size % GRANULE;
    const unsigned char *tag = (const unsigned char *)payload + (size + KHEAP_ALIGN - 1) / KHEAP_ALIGN * KHEAP_ALIGN;

    shadow_set(gap, payload, SHADOW_GAP);
    shadow_set(payload, slack, 0);
    shadow_set(slack, tag, SHADOW_SLACK);
    if (slack != end)
        *shadow_of((uintptr_t)slack) = (uint8_t)(end - slack);
    shadow_set(tag, tag + KHEAP_TAG_BYTES, SHADOW_TAG);
}

/* `at` and the bytes behind it up to the end of its granule: the first that may not be touched, or `stop`. */
static uintptr_t bad_in_granule(uintptr_t at, uintptr_t stop)
{
    uint8_t value = shadow_at(at);
    uintptr_t good_end = at / GRANULE * GRANULE + (value < GRANULE ? value : 0);

    if (value == 0)
        return stop;
    return at > good_end ? at : good_end < stop ? good_end : stop;
}

uintptr_t shadow_first_bad(uintptr_t address, size_t size)
{
    uintptr_t end = shadow.start + shadow.length;
    uintptr_t stop = size < UINTPTR_MAX - address ? address + size : UINTPTR_MAX;
    uintptr_t at = address > shadow.start ? address : shadow.start;

    stop = stop < end ? stop : end;
    while (at < stop) {
        uintptr_t next = at / GRANULE * GRANULE + GRANULE;
        next = next < stop ? next : stop;
        uintptr_t bad = bad_in_granule(at, next);
        if (bad != next)
            return bad;
        at = next;
    }
    return 0;
}
