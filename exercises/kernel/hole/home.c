/* SPDX-License-Identifier: MIT
 *
 * The home of the checks in the kernel, and the options that ask for them: check=LEVEL or check=LEVEL.STEP, and
 * columns=WIDTH for the pictures.
 */
#include "home.h"
#include "asked.h"
#include "base/console.h"
#include "base/memory_map.h"
#include "base/options.h"
#include "base/print.h"
#include "contained.h"
#include "crash.h"
#include "kernel.h"
#include "machine.h"
#include "run.h"
#include "say.h"
#include "track.h"

/* ---- Memory ------------------------------------------------------------------------------------------------------- */

/* The lowest page is the wall. */
#define STACK_BYTES (256u << 10)
static unsigned char stack[STACK_BYTES] __attribute__((aligned(PAGE)));

static uintptr_t room;

/* A wall, the room, a wall; the first begins at a multiple of the room's size. */
static void find_room(void)
{
    const size_t wanted = 2 * ROOM_BYTES + 2 * PAGE;
    size_t largest;
    uintptr_t place = (uintptr_t)memory_place(wanted, &largest);

    if (place == 0) {
        kernel_kprintf("The checks need %zu bytes of memory; %zu are there.\nNext: start the machine with more.\n",
                       wanted, largest);
        machine_stop(EXIT_NO_START);
    }
    room = (place + ROOM_BYTES - 1) / ROOM_BYTES * ROOM_BYTES + PAGE;
}

/* All memory but the room and what the kernel needs: a wild address is noticed as in a process. The walls come first. */
static void build_walls(void)
{
    struct memory_piece piece;

    machine_wall_off((uintptr_t)stack, (uintptr_t)stack + PAGE);
    machine_wall_off(room - PAGE, room);
    machine_wall_off(room + ROOM_BYTES, room + ROOM_BYTES + PAGE);
    for (size_t n = 0; memory_piece(n, &piece); n++) {
        if (piece.kind != MEMORY_USABLE)
            continue;
        machine_wall_off(piece.start, piece.end < room ? piece.end : room);
        machine_wall_off(piece.start > room + ROOM_BYTES ? piece.start : room + ROOM_BYTES, piece.end);
    }
}

unsigned char *home_room(void)
{
    return (unsigned char *)room;
}

/* ---- The report --------------------------------------------------------------------------------------------------- */

void home_puts(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        console_put(text[i]);
}

int home_format(char *text, size_t size, const char *format, va_list values)
{
    return kvsnprintf(text, size, format, values);
}

static bool checking;

/* The learner's. The kernel's own has another name in this flavour, see build.mk. */
#undef kprintf
int kprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

int kprintf(const char *format, ...)
{
    char text[LONGEST_SAID];
    va_list values;

    va_start(values, format);
    int length = kvsnprintf(text, sizeof text, format, values);
    va_end(values);
    if (checking) {
        say_for_learner(text);
        return length;
    }
    va_start(values, format);
    kvprintf(format, values);
    va_end(values);
    return length;
}

/* Whoever lets the machine run also counts its instructions. */
void home_starts_check(void)
{
}

#define MOST_FRAMES 32

/* What a function that keeps a frame pointer leaves on the stack: the caller's frame, and where it returns to. */
void home_prints_frames(const struct place *place)
{
    const uintptr_t low = (uintptr_t)stack + PAGE, top = (uintptr_t)stack + STACK_BYTES;
    uintptr_t frame = place->frame;

    for (int i = 0; i < MOST_FRAMES; i++) {
        if (frame < low || frame > top - 2 * sizeof(uintptr_t) || frame % sizeof(uintptr_t) != 0)
            return;
        const uintptr_t *words = (const uintptr_t *)frame;
        if (words[1] == 0) /* nobody called the first one */
            return;
        say("frame 0x%zx\n", (size_t)words[1]);
        if (words[0] <= frame)
            return;
        frame = words[0];
    }
}

void home_ends(bool passed)
{
    if (passed) /* else the report has said so */
        say("end\n");
    machine_stop_contained(passed ? EXIT_OK : EXIT_SCRIPT_FAILED);
}

void break_off_report(void)
{
    static bool tried;

    if (!tried) {
        tried = true;
        say("end\n");
    }
    machine_stop_contained(EXIT_PANIC);
}

/* ---- Loops -------------------------------------------------------------------------------------------------------- */

/* Whoever let the machine run and stopped it writes here where he saw it, and sets the processor to hole_loop_found with
 * its stack at hole_stack_end. */
struct place hole_looks[LOOKS];
unsigned hole_look_count;
unsigned char hole_stack[HOLE_STACK] __attribute__((aligned(16)));
_Noreturn void hole_loop_found(void);

void hole_loop_found(void)
{
    tell_loop(hole_looks, hole_look_count < LOOKS ? hole_look_count : LOOKS);
}

/* ---- The options -------------------------------------------------------------------------------------------------- */

/* The number at the beginning of a text; what follows it. */
static const char *read_number(const char *text, const char *end, unsigned *number)
{
    for (*number = 0; text < end && *text >= '0' && *text <= '9' && *number < 1000; text++)
        *number = *number * 10 + (unsigned)(*text - '0');
    return text;
}

static unsigned of_level, only;

/* LEVEL or LEVEL.STEP */
static bool read_check(const char *text, const char *end)
{
    text = read_number(text, end, &of_level);
    if (text < end && *text == '.' && text + 1 < end) {
        text = read_number(text + 1, end, &only);
        if (only == 0)
            return false;
    }
    return text == end && can_check(of_level, only);
}

static void check_it(void)
{
    run_checks(of_level, only);
}

void check_as_asked(void)
{
    size_t length, columns_length = 0;
    unsigned columns = 0;
    const char *text = option_text("check", &length), *width = option_text("columns", &columns_length);

    if (text == NULL)
        return;
    if (!read_check(text, text + length)) {
        kernel_kprintf(
            "check=%.*s: no such check.\nNext: check=LEVEL or check=LEVEL.STEP, LEVEL from 1 to %u, STEP up to it.\n",
            (int)length, text, step_count);
        machine_stop(EXIT_NO_START);
    }
    if (width != NULL)
        read_number(width, width + columns_length, &columns);
    draw_within(columns);
    find_room();
    build_walls();
    checking = true;
    machine_contains(check_it, stack + STACK_BYTES);
}
