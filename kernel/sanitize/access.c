/* SPDX-License-Identifier: MIT
 *
 * What the compiler calls in front of each access: is it allowed? The way for the good ones is short.
 */
#include "base/ranges.h"
#include "sanitize/report.h"
#include "sanitize/shadow.h"

/* The names are the compiler's. */
#define FOR_EACH_SIZE(X) X(1) X(2) X(4) X(8) X(16)
#define DECLARE(size)                                                                                                  \
    void __asan_load##size##_noabort(uintptr_t address);                                                               \
    void __asan_store##size##_noabort(uintptr_t address);
FOR_EACH_SIZE(DECLARE)
void __asan_loadN_noabort(uintptr_t address, size_t size);
void __asan_storeN_noabort(uintptr_t address, size_t size);
void __asan_handle_no_return(void);
void __asan_init(void);

static __attribute__((noinline)) void check_slowly(uintptr_t address, size_t size, bool write, const void *pc,
                                                   const void *frame)
{
    uintptr_t bad = address < NULL_PAGE_END ? address : shadow_first_bad(address, size);

    if ((bad != 0 || address == 0) && report_begin()) {
        struct instrument_report access = { NULL, address, size, write, (uintptr_t)pc };
        report_access(&access, bad, frame);
    }
}

/* Eight bytes or fewer lie in one granule or in two, and mostly both may be touched as a whole. */
static inline __attribute__((always_inline)) bool clearly_good(uintptr_t address, size_t size)
{
    uintptr_t offset = address - shadow.start;

    if (offset >= shadow.length)
        return address >= NULL_PAGE_END;
    return (shadow.bytes[offset / GRANULE] | shadow.bytes[(offset + size - 1) / GRANULE]) == 0;
}

#define CHECKED(name, size, write)                                                                                     \
    void name(uintptr_t address)                                                                                       \
    {                                                                                                                  \
        if (__builtin_expect(!clearly_good(address, size), 0))                                                         \
            check_slowly(address, size, write, __builtin_return_address(0), __builtin_frame_address(0));               \
    }
#define DEFINE(size)                                                                                                   \
    CHECKED(__asan_load##size##_noabort, size, false)                                                                  \
    CHECKED(__asan_store##size##_noabort, size, true)
FOR_EACH_SIZE(DEFINE)

void check_range(uintptr_t address, size_t size, bool write, const void *pc, const void *frame)
{
    bool outside = address >= shadow.start ? address - shadow.start >= shadow.length : shadow.start - address >= size;

    if (size != 0 && (!outside || address < NULL_PAGE_END))
        check_slowly(address, size, write, pc, frame);
}

void __asan_loadN_noabort(uintptr_t address, size_t size)
{
    check_range(address, size, false, __builtin_return_address(0), __builtin_frame_address(0));
}

void __asan_storeN_noabort(uintptr_t address, size_t size)
{
    check_range(address, size, true, __builtin_return_address(0), __builtin_frame_address(0));
}

/* The stack is not watched, so there is nothing to forget in front of a call that does not return. */
void __asan_handle_no_return(void)
{
}

/* For compilers that call it before anything else; the shadow is made with the heap. */
void __asan_init(void)
{
}
