/* SPDX-License-Identifier: MIT
 *
 * The hole, the calls of my_heap.h that lead into it, and what the kernel knows of it.
 */
#include "hole.h"
#include "asked.h"
#include "base/symbols.h"
#include "contained.h"
#include "kernel.h"

/* ---- The way in --------------------------------------------------------------------------------------------------- */

static _Noreturn void nobody_there(const char *name)
{
    kprintf("Nothing in this kernel's hole answers %s().\n"
            "Next: link a my_heap.c into it.\n",
            name);
    machine_stop_contained(EXIT_NO_START);
}

#define WAY_IN(gives, name, takes, given)                                                                              \
    gives name takes                                                                                                   \
    {                                                                                                                  \
        if (hole_of_##name == NULL)                                                                                    \
            nobody_there(#name);                                                                                       \
        return hole_of_##name given;                                                                                   \
    }
HOLES(WAY_IN)

/* ---- Names -------------------------------------------------------------------------------------------------------- */

static const struct hole_symbol *symbol_in_hole(uintptr_t address)
{
    const struct hole_symbol *found = NULL;

    if (address - (uintptr_t)hole_code >= HOLE_BYTES)
        return NULL;
    for (int i = 0; i < HOLE_SYMBOLS && hole_symbols[i].address != 0 && hole_symbols[i].address <= address; i++)
        found = &hole_symbols[i];
    return found;
}

const char *__real_symbol_of(uintptr_t address, uintptr_t *offset);
const char *__wrap_symbol_of(uintptr_t address, uintptr_t *offset);

const char *__wrap_symbol_of(uintptr_t address, uintptr_t *offset)
{
    static char name[HOLE_NAME];
    const struct hole_symbol *symbol = symbol_in_hole(address);

    if (symbol == NULL)
        return __real_symbol_of(address, offset);
    for (int i = 0; i < HOLE_NAME - 1; i++)
        name[i] = symbol->name[i];
    *offset = address - symbol->address;
    return name;
}

/* ---- The start ---------------------------------------------------------------------------------------------------- */

_Noreturn void __real_kmain(void);
_Noreturn void __wrap_kmain(void);

/* Before there is a heap: a learner who begins has none that could start. */
void __wrap_kmain(void)
{
    check_as_asked();
    __real_kmain();
}
