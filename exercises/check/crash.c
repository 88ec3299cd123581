/* SPDX-License-Identifier: MIT
 *
 * What is told of a crash and of a loop.
 */
#include "crash.h"
#include "say.h"
#include "track.h"

#define NEAR_STACK 65536u

/* Where the stack ran out in the first instruction of a function, the call tells more. Above the frame pointer's own
 * place lies where the function returns to. */
static void print_caller(const struct place *place)
{
    if (place->frame - place->stack < NEAR_STACK && place->frame % sizeof(void *) == 0)
        say("caller 0x%zx\n", (size_t)((uintptr_t *)place->frame)[1]);
}

static const char *crash_of(enum stop stop, uintptr_t address, uintptr_t stack)
{
    if (stop == BAD_DIVISION)
        return "crash-division";
    if (stop == BAD_INSTRUCTION)
        return "crash-abort";
    if (stop == BAD_ADDRESS && address + NEAR_STACK > stack && address < stack + NEAR_STACK)
        return "crash-stack";
    return stop == BAD_ADDRESS && address < NEAR_STACK ? "crash-null" : "crash-wild";
}

static _Noreturn void tell_crash(const char *crash, enum stop stop, const struct place *place, uintptr_t address)
{
    char text[64];
    bool told = stop == BAD_ADDRESS;

    say("crash %s\n", crash);
    if (strcmp(crash, "crash-stack") == 0)
        print_caller(place);
    say("pc 0x%zx\n", (size_t)place->pc);
    if (told) {
        name_address(text, sizeof text, address);
        say("wrote %s\n", text);
    }
    home_prints_frames(place);
    end_report(told && address_was_cut(address) ? "address-cut-short" : blamed(crash));
}

void tell_stop(enum stop stop, const struct place *place, uintptr_t address)
{
    tell_crash(crash_of(stop, address, place->stack), stop, place, address);
}

void tell_exit(void)
{
    const struct place here = { .stack = 0, .frame = (uintptr_t)__builtin_frame_address(0) };

    say("crash crash-abort\n");
    home_prints_frames(&here);
    end_report(blamed("crash-abort"));
}

/* The highest stack first; of the same height in the order in which they were met. */
static void sort_by_stack(struct place *looks, unsigned count)
{
    for (unsigned i = 1; i < count; i++) {
        const struct place look = looks[i];
        unsigned at = i;
        for (; at > 0 && looks[at - 1].stack < look.stack; at--)
            looks[at] = looks[at - 1];
        looks[at] = look;
    }
}

void tell_loop(struct place *looks, unsigned count)
{
    const struct place last = count > 0 ? looks[count - 1] : (struct place){ 0 };

    sort_by_stack(looks, count);
    for (unsigned i = 0; i < count; i++)
        say("loop 0x%zx %zx\n", (size_t)looks[i].pc, (size_t)looks[i].stack);
    tell_crash("crash-loop", REFUSED, &last, 0);
}
