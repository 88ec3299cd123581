/* SPDX-License-Identifier: MIT
 *
 * Who is at work, whether somebody may come in, and what is told of it.
 */
#include "scene.h"
#include "say.h"
#include "stepping.h"

int level;

/* ---- Calls -------------------------------------------------------------------------------------------------------- */

#define CALLS_SHOWN 8

static struct call {
    char called[80], answered[60];
    bool in_handler;
} calls[CALLS_SHOWN];

static unsigned call_count;
static const char *blame_now;
static void (*draw)(void);

static struct {
    const char *name;
    uintptr_t at;
    size_t bytes;
} places[4];

static unsigned place_count;

void blame(const char *diagnosis)
{
    blame_now = diagnosis;
}

const char *blamed(const char *general)
{
    return blame_now != NULL ? blame_now : general;
}

void know(const char *name, const void *at, size_t bytes)
{
    places[place_count].name = name;
    places[place_count].at = (uintptr_t)at;
    places[place_count++].bytes = bytes;
}

void draw_with(void (*how)(void))
{
    draw = how;
}

/* ---- Interrupts --------------------------------------------------------------------------------------------------- */

static bool may_come, waits, handling;
static bool could_come; /* when the learner's call at work began */
static unsigned off_count;
static void (*handler_now)(void);

static unsigned aim;    /* in front of which instruction of the next call; 0: none */
static unsigned number; /* the same, until the scene is fresh */
static bool has_come;
static uintptr_t let_in; /* where one that had waited came in; 0: it did not wait */

static void arrive(void)
{
    bool could = could_come;

    waits = !may_come;
    if (waits)
        return;
    has_come = handling = true;
    may_come = false;
    handler_now();
    handling = false;
    may_come = true;
    could_come = could;
}

bool interrupts_off(void)
{
    bool before = may_come;

    off_count += !handling;
    may_come = false;
    return before;
}

void interrupts_restore(bool before)
{
    if (before && !could_come)
        end_report("interrupts-turned-on");
    may_come = before;
    if (!may_come || !waits)
        return;
    let_in = (uintptr_t)__builtin_return_address(0) - 1;
    arrive();
}

bool in_handler(void)
{
    return handling;
}

unsigned times_off(void)
{
    return off_count;
}

void interrupt(void (*handler)(void))
{
    handler_now = handler;
    arrive();
}

void with_interrupts_off(void (*work)(void))
{
    may_come = false;
    work();
    may_come = true;
}

/* ---- Around a call ------------------------------------------------------------------------------------------------ */

void fresh_scene(void)
{
    call_count = place_count = off_count = 0;
    blame_now = NULL;
    draw = NULL;
    aim = number = 0;
    may_come = true;
    waits = handling = has_come = false;
    let_in = 0;
}

struct call *enter(const char *format, ...)
{
    struct call *call = &calls[call_count++ % CALLS_SHOWN];
    va_list values;

    va_start(values, format);
    home_format(call->called, sizeof call->called, format, values);
    va_end(values);
    call->answered[0] = '\0';
    call->in_handler = handling;
    could_come = may_come;
    if (aim != 0 && !handling)
        step_from_here(aim, arrive);
    return call;
}

void leave(void)
{
    if (!handling)
        step_no_more();
    if (may_come != could_come)
        end_report("interrupts-left-off");
}

void answer(struct call *call, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    home_format(call->answered, sizeof call->answered, format, values);
    va_end(values);
}

/* ---- The sweep ---------------------------------------------------------------------------------------------------- */

#define MOST_INSTRUCTIONS 20000u /* of a call that had come to its end without an interrupt */

static void sweep_once(const struct sweep *s, unsigned at)
{
    fresh_scene();
    s->before();
    off_count = 0;
    handler_now = s->handler;
    aim = number = at;
    s->call();
    aim = 0;
    s->after();
}

void sweep(const struct sweep *s)
{
    sweep_once(s, 0);
    unsigned at = 0;
    do
        sweep_once(s, ++at);
    while (stepped_to() != 0 && at < MOST_INSTRUCTIONS);
    if (at == 1)
        say("left-out stepping\n"); /* there is no call without an instruction */
    else
        say("swept %u\n", at - 1);
}

bool came_in(void)
{
    return has_come;
}

/* ---- The report --------------------------------------------------------------------------------------------------- */

#define NEAR 65536u

bool address_was_cut(uintptr_t address)
{
    (void)address;
    return false;
}

/* In one of the things that are known, or behind it. */
void name_address(char *text, size_t size, uintptr_t address)
{
    unsigned best = place_count;

    for (unsigned i = 0; i < place_count; i++)
        if (address >= places[i].at && address - places[i].at < places[i].bytes + NEAR &&
            (best == place_count || places[i].at > places[best].at))
            best = i;
    if (address == 0)
        format_text(text, size, "NULL");
    else if (best == place_count)
        format_text(text, size, "0x%zx", (size_t)address);
    else if (address == places[best].at)
        format_text(text, size, "%s", places[best].name);
    else
        format_text(text, size, "%s + %zu", places[best].name, (size_t)(address - places[best].at));
}

static void print_calls(void)
{
    unsigned first = call_count > CALLS_SHOWN ? call_count - CALLS_SHOWN : 0;

    if (first > 0)
        say("call ... (%u)\n", first);
    for (unsigned i = first; i < call_count; i++) {
        const struct call *call = &calls[i % CALLS_SHOWN];
        say("call %s%s%s%s\n", call->in_handler ? "    handler: " : "", call->called,
            call->answered[0] != '\0' ? "   -> " : "", call->answered);
    }
}

void end_report(const char *diagnosis)
{
    if (number != 0 && has_come)
        say("interrupt 0x%zx %u %s\n", (size_t)(let_in != 0 ? let_in : stepped_to()), number,
            let_in != 0 ? "waited" : "came");
    print_calls();
    if (draw != NULL)
        draw();
    say("diagnosis %s\n", diagnosis);
    say("end\n");
    home_ends(false);
}

static void name_value(char *text, size_t size, enum kind kind, uint64_t value)
{
    static const char *const answers[] = { "MY_WELL", "MY_OTHERS", "MY_NOT_LIVE" };

    switch (kind) {
    case TRUTH: format_text(text, size, "%s", value != 0 ? "true" : "false"); break;
    case BYTE: format_text(text, size, "'%c'", (char)value); break;
    case ADDRESS: name_address(text, size, (uintptr_t)value); break;
    case ANSWER: format_text(text, size, "%s", value < 3 ? answers[value] : "?"); break;
    case NUMBER:
        if (value > UINT32_MAX / 2)
            format_text(text, size, "0x%llx", (unsigned long long)value);
        else
            format_text(text, size, "%u", (unsigned)value);
    }
}

void unmet(const char *look, const char *came, const char *wanted, const char *diagnosis)
{
    say("look %s\n", look);
    say("wanted %s\n", wanted);
    say("came %s\n", came);
    end_report(diagnosis);
}

void expect(const char *look, enum kind kind, uint64_t came, uint64_t wanted, const char *otherwise,
            const struct guess *guesses)
{
    char came_text[64], wanted_text[64];

    if (came == wanted)
        return;
    name_value(came_text, sizeof came_text, kind, came);
    name_value(wanted_text, sizeof wanted_text, kind, wanted);
    while (guesses->diagnosis != NULL && guesses->value != came)
        guesses++;
    unmet(look, came_text, wanted_text, guesses->diagnosis != NULL ? guesses->diagnosis : otherwise);
}

/* Nothing of it is as wide as the terminal. */
void draw_within(size_t width)
{
    (void)width;
}
