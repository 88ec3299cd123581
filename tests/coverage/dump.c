/* SPDX-License-Identifier: MIT
 *
 * Writes the counters of the whole kernel down when the machine ends: a line for each object, `FILE:HEX`, where HEX are
 * the bytes of the .gcda file; then the line `end`, without which the rest counts for nothing.
 */
#include "dump.h"

#include "machine.h"

#include <gcov.h>
#include <stddef.h>

/* The linker's bounds of the section that holds a pointer to each object's counters. */
extern const struct gcov_info *const __start_gcov_info[], *const __stop_gcov_info[];

_Noreturn void __real_machine_stop(int status);
_Noreturn void __wrap_machine_stop(int status);
_Noreturn void __real_machine_restart(void);
_Noreturn void __wrap_machine_restart(void);
void __gcov_merge_add(void *counters, unsigned count);

/* Named by each object, for programs that add to a file; nobody calls it here. */
void __gcov_merge_add(void *counters, unsigned count)
{
    (void)counters, (void)count;
}

static void put_text(const char *text)
{
    while (*text != '\0')
        coverage_put(*text++);
}

static void put_name(const char *name, void *context)
{
    (void)context;
    put_text(name);
    coverage_put(':');
}

static void put_hex(const void *bytes, unsigned size, void *context)
{
    const unsigned char *byte = bytes;

    (void)context;
    for (unsigned i = 0; i < size; i++) {
        coverage_put("0123456789abcdef"[byte[i] >> 4]);
        coverage_put("0123456789abcdef"[byte[i] & 15]);
    }
}

/* Asked for only by kinds of counters that --coverage does not have. */
static void *no_memory(unsigned size, void *context)
{
    (void)size, (void)context;
    return NULL;
}

static void dump(void)
{
    for (const struct gcov_info *const *info = __start_gcov_info; info != __stop_gcov_info; info++) {
        __gcov_info_to_gcda(*info, put_name, put_hex, no_memory, NULL);
        coverage_put('\n');
    }
    put_text("end\n");
}

void __wrap_machine_stop(int status)
{
    dump();
    __real_machine_stop(status);
}

void __wrap_machine_restart(void)
{
    dump();
    __real_machine_restart();
}
