/* SPDX-License-Identifier: MIT
 *
 * Panic: print what is known, then stop. Nothing here allocates.
 */
#include "base/panic.h"

#include "base/console.h"
#include "base/context.h"
#include "base/instrument.h"
#include "base/print.h"
#include "base/symbols.h"
#include "kernel.h"
#include "machine.h"

#include <stdarg.h>

#define MOST_FRAMES 24

/* What every function that keeps a frame pointer leaves on the stack. */
struct frame {
    const struct frame *caller;
    uintptr_t return_address;
};

/* Callers lie higher on the stack; what does not, or lies far away, is not a frame any more. */
static bool leads_up(const struct frame *from, const struct frame *to)
{
    return (uintptr_t)to > (uintptr_t)from && (uintptr_t)to - (uintptr_t)from < 0x10000 &&
           (uintptr_t)to % sizeof(uintptr_t) == 0;
}

/* Up to the first caller that is none of the kernel's functions. */
void print_backtrace(uintptr_t frame_pointer)
{
    const struct frame *frame = (const struct frame *)frame_pointer;
    uintptr_t offset;

    if (frame_pointer % sizeof(uintptr_t) != 0) /* no frame pointer at all: code that is not ours uses the register */
        return;
    for (int i = 0; i < MOST_FRAMES; i++) {
        if (frame == NULL || symbol_of(frame->return_address - 1, &offset) == NULL)
            return;
        kprintf("    called from %pB\n", (void *)frame->return_address);
        if (!leads_up(frame, frame->caller))
            return;
        frame = frame->caller;
    }
    kprintf("    and so on\n");
}

/* A function's frame lies below the two words that it was called with, and those belong to it. What is above the last frame is
 * of the one that called it. */
uintptr_t frame_holder(uintptr_t address)
{
    const struct frame *frame = __builtin_frame_address(0);
    uintptr_t pc = 0;

    for (; address >= (uintptr_t)(frame + 1); frame = frame->caller) {
        pc = frame->return_address - 1;
        if (!leads_up(frame, frame->caller))
            break;
    }
    return pc;
}

static void (*show_memory)(void);

void panic_shows(void (*picture)(void))
{
    show_memory = picture;
}

/* Where panic_caught goes on. */
static struct {
    void *place[5];
    bool armed, quiet;
    bool open; /* others might come in */
} escape;

bool panic_caught(void (*act)(void), bool quiet)
{
    if (__builtin_setjmp(escape.place) != 0)
        return true;
    escape.armed = true;
    escape.quiet = quiet;
    escape.open = context_is_open();
    act();
    escape.armed = false;
    return false;
}

static _Noreturn void escape_from_panic(const char *format, va_list arguments)
{
    escape.armed = false;
    if (!escape.quiet) {
        kprintf("    the machine stopped it: ");
        kvprintf(format, arguments);
        kprintf("\n");
    }
    instrument_end_catch();
    context_escaped(escape.open);
    __builtin_longjmp(escape.place, 1);
}

/* What a panic prints, in order. Each part is begun once: a panic in the midst of one goes on behind it. */
static enum part { NOTHING, MESSAGE, WAY, INTERRUPTED, PICTURE, LAST_WORD } begun;

static bool begin(enum part part)
{
    if (begun >= part)
        return false;
    begun = part;
    return true;
}

static void print_message(const char *title, uintptr_t pc, const char *format, va_list arguments)
{
    console_style(STYLE_ERROR);
    kprintf("\n%s ", title);
    console_style(STYLE_PLAIN);
    kvprintf(format, arguments);
    kprintf("\n    at %pS\n", (void *)pc);
}

/* The first panic, and what went wrong while it was told. A third one is not told, for then it is telling that fails. */
static void tell(uintptr_t pc, uintptr_t frame_pointer, const char *format, va_list arguments)
{
    static unsigned panics;

    panics++;
    if (panics == 1 && begin(MESSAGE))
        print_message("PANIC", pc, format, arguments);
    if (panics != 2)
        return;
    print_message("PANIC in the midst of a panic:", pc, format, arguments);
    if (begun > WAY)
        print_backtrace(frame_pointer);
}

static _Noreturn void stop(uintptr_t pc, uintptr_t frame_pointer, const char *format, va_list arguments)
{
    if (escape.armed)
        escape_from_panic(format, arguments);
    machine_interrupts_off();
    tell(pc, frame_pointer, format, arguments);
    if (begin(WAY))
        print_backtrace(frame_pointer);
    if (begin(INTERRUPTED))
        context_print();
    if (begin(PICTURE) && show_memory != NULL)
        show_memory();
    if (begin(LAST_WORD))
        kprintf("The machine stops with status %d.\n", EXIT_PANIC);
    machine_stop(EXIT_PANIC);
}

void panic_at(uintptr_t pc, uintptr_t frame_pointer, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    stop(pc, frame_pointer, format, arguments);
}

void panic(const char *format, ...)
{
    const struct frame *frame = __builtin_frame_address(0);
    va_list arguments;

    va_start(arguments, format);
    stop(frame->return_address - 1, (uintptr_t)frame->caller, format, arguments); /* within the call, not behind it */
}
