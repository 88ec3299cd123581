/* SPDX-License-Identifier: MIT
 *
 * The refusals in brief (package/kheap_brief.c): each way in which a call can go is refused or not as it is with the whole
 * ones, changes nothing then, and the report has what the brief ones promise and zero in the rest.
 */
#include "ways.h"

#include <stdio.h>
#include <string.h>

static struct kheap_report report;
static int reports;

void kheap_fault(const struct kheap_report *r)
{
    report = *r;
    reports++;
}

/* What the brief refusals say for a code of the whole ones. */
static enum kheap_fault in_brief(const struct way *way)
{
    return strstr(way->way, "inside of") != NULL ? KHEAP_E_OUT_OF_ORDER
           : way->fault == KHEAP_E_OVERFLOW      ? KHEAP_E_DAMAGED
                                                 : way->fault;
}

static bool rest_is_zero(bool of_request)
{
    static const struct kheap_block none;

    return report.missing == 0 && report.above == 0 && report.changed == 0 &&
           memcmp(&report.block, &none, sizeof(none)) == 0 && memcmp(&report.newest, &none, sizeof(none)) == 0 &&
           (of_request || (report.wanted == 0 && report.align == 0));
}

/* A line about what is not as it should be, or nothing. */
static const char *wrong_with(const struct way *way, size_t blocks)
{
    static struct stage s;
    static unsigned char before[64 * 1024];

    set_stage(&s, blocks);
    reports = 0;
    struct kheap words = s.heap;
    memcpy(before, s.memory, s.bytes);
    way->go(&s);
    bool refused = way->fault != KHEAP_E_NONE,
         request = way->fault == KHEAP_E_OUT_OF_MEMORY || way->fault == KHEAP_E_BAD_ALIGNMENT;
    if (reports != refused)
        return "is refused otherwise";
    if (!refused)
        return NULL;
    if (report.fault != in_brief(way) || report.heap != &s.heap || report.caller == NULL ||
        (report.address == NULL) != request)
        return "has another report";
    if (request && (report.wanted == 0 || report.align == 0))
        return "does not tell the request";
    if (!rest_is_zero(request))
        return "tells what nobody has looked up";
    if (way->fault == KHEAP_E_OVERFLOW)
        before[(unsigned char *)s.newest + BLOCK_BYTES - s.memory] ^= 1; /* its own doing */
    return memcmp(&words, &s.heap, sizeof(words)) != 0 || memcmp(before, s.memory, s.bytes) != 0
               ? "has changed something"
               : NULL;
}

static int others(void)
{
    struct kheap none = { 0 };
    struct stage s;

    set_stage(&s, 2);
    void *gone = s.newest;
    struct kheap_mark mark = kheap_mark(&s.heap);
    kheap_free(&s.heap, s.newest);
    kheap_release(&s.heap, mark);
    bool right = report.fault == KHEAP_E_BAD_MARK && report.address == mark.position;
    kheap_free(&s.heap, gone);
    right &= report.fault == KHEAP_E_DOUBLE_FREE && report.address == gone;
    s.heap.heap_end -= 16;
    right &= kheap_mark(&s.heap).position == NULL && report.fault == KHEAP_E_DAMAGED;
    right &= kheap_alloc(&none, 1) == NULL && report.fault == KHEAP_E_NOT_INITIALISED;
    kheap_free(&none, gone);
    return right && report.fault == KHEAP_E_NOT_INITIALISED ? 0 : 1;
}

int main(void)
{
    int wrong = others();

    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        for (size_t blocks = 2; blocks < 20; blocks += 7) {
            const char *what = wrong_with(&ways[i], blocks);

            if (what != NULL)
                wrong += printf("%s %s, %zu blocks: %s (E%02d)\n", ways[i].call, ways[i].way, blocks, what,
                                (int)report.fault);
        }
    puts(wrong == 0 ? "refused in brief" : "wrong");
    return wrong != 0;
}
