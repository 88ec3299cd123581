/* SPDX-License-Identifier: MIT
 *
 * The checks of step 3: work that is done at a tick, once or every so often.
 */
#include "scene.h"
#include "say.h"

#define MOST 4
#define MOST_SEEN 12

static struct my_timers list;
static struct my_timer timers[MOST]; /* A, B, C, D */
static unsigned ticks;               /* that came */
static char came[MOST_SEEN * 5 + 1]; /* "A@2 B@3": whose work was done, at which tick */

static char letter(const struct my_timer *timer)
{
    return (char)('A' + (timer - timers));
}

static void write_down(char *text, size_t size, char name, unsigned at)
{
    size_t length = strlen(text);

    format_text(text + length, size - length, "%s%c@%u", length > 0 ? " " : "", name, at);
}

/* ---- Calls -------------------------------------------------------------------------------------------------------- */

static void note(struct my_timer *timer)
{
    write_down(came, sizeof came, letter(timer), ticks);
}

static void add(unsigned which, uint32_t after)
{
    struct my_timer *timer = &timers[which];

    enter("my_timer_add(&t, %c, %u)%s", letter(timer), (unsigned)after, timer->period != 0 ? " again and again" : "");
    my_timer_add(&list, timer, after);
    leave();
}

static bool cancel(unsigned which)
{
    struct call *call = enter("my_timer_cancel(&t, %c)", letter(&timers[which]));
    bool was = my_timer_cancel(&list, &timers[which]);

    leave();
    answer(call, "%s", was ? "true" : "false");
    return was;
}

static void tick(void)
{
    ticks++;
    enter("my_tick(&t)   tick %u", ticks);
    my_tick(&list);
    leave();
}

/* As its handler is called: with interrupts off. */
static void run(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        interrupt(tick);
}

static void fresh_timers(uint32_t now)
{
    list = (struct my_timers){ .now = now };
    for (unsigned i = 0; i < MOST; i++)
        timers[i] = (struct my_timer){ .work = note };
    ticks = 0;
    came[0] = '\0';
    know("t", &list, sizeof list);
    know("a timer", timers, sizeof timers);
}

static void begin(void)
{
    fresh_scene();
    fresh_timers(0);
}

struct mistake {
    const char *came, *diagnosis;
};

static void expect_came(const char *wanted, const char *otherwise, const struct mistake *mistakes)
{
    if (strcmp(came, wanted) == 0)
        return;
    while (mistakes->diagnosis != NULL && strcmp(mistakes->came, came) != 0)
        mistakes++;
    unmet("what was done, and when", came[0] != '\0' ? came : "nothing", wanted,
          mistakes->diagnosis != NULL ? mistakes->diagnosis : otherwise);
}

#define EXPECT_CAME(wanted, otherwise, ...)                                                                            \
    expect_came(wanted, otherwise, (const struct mistake[]){ __VA_ARGS__{ NULL, NULL } })
#define MISTAKE(came, diagnosis) { came, diagnosis },

/* ---- One hand alone ----------------------------------------------------------------------------------------------- */

static void once(void)
{
    begin();
    add(0, 2);
    run(5);
    EXPECT_CAME("A@2", "timer-wrong",
                MISTAKE("", "timer-unwritten") MISTAKE("A@3", "one-tick-late") MISTAKE("A@1", "one-tick-early")
                    MISTAKE("A@2 A@3 A@4 A@5", "stays-on-list"));
    EXPECT(NUMBER, "t.now", list.now, 5, "timer-wrong", );
}

static void sorted(void)
{
    begin();
    add(0, 3);
    add(1, 1);
    add(2, 2);
    run(5);
    EXPECT_CAME("B@1 C@2 A@3", "not-sorted", );
}

static void same_tick(void)
{
    begin();
    for (unsigned i = 0; i < 3; i++)
        add(i, 2);
    run(6);
    EXPECT_CAME("A@2 B@2 C@2", "same-tick-wrong",
                MISTAKE("C@2 B@2 A@2", "same-tick-backwards") MISTAKE("A@2 B@3 C@4", "one-a-tick")
                    MISTAKE("A@2", "one-a-tick"));
}

static void again(void)
{
    begin();
    timers[0].period = 2;
    add(0, 1);
    run(6);
    EXPECT_CAME("A@1 A@3 A@5", "period-wrong", MISTAKE("A@1", "period-forgotten"));
}

static void cancelled(void)
{
    begin();
    add(0, 2);
    add(1, 2);
    add(2, 3);
    EXPECT(TRUTH, "my_timer_cancel(&t, B)", cancel(1), true, "cancel-unwritten", );
    run(4);
    EXPECT_CAME("A@2 C@3", "cancel-wrong",
                MISTAKE("A@2 B@2 C@3", "cancel-unwritten") MISTAKE("A@2", "cancel-drops-rest"));
    EXPECT(TRUTH, "my_timer_cancel(&t, B)", cancel(1), false, "cancel-lies", );
    EXPECT(TRUTH, "my_timer_cancel(&t, A)", cancel(0), false, "cancel-lies", );
}

/* The numbers of the ticks begin again at 0 in the midst of it. */
static void begin_again(void)
{
    fresh_scene();
    fresh_timers(UINT32_MAX - 2);
    add(0, 5);
    add(1, 1);
    run(7);
    EXPECT_CAME("B@1 A@5", "tick-wraps", );
}

/* ---- Work that adds and cancels ----------------------------------------------------------------------------------- */

static void note_and_stop(struct my_timer *timer)
{
    note(timer);
    if (ticks == 2)
        cancel(0);
}

static void own_cancel(void)
{
    begin();
    timers[0] = (struct my_timer){ .period = 1, .work = note_and_stop };
    add(0, 1);
    run(4);
    EXPECT_CAME("A@1 A@2", "rearmed-after-work", );
}

static void note_and_stop_next(struct my_timer *timer)
{
    note(timer);
    cancel(1);
}

static void cancels_next(void)
{
    begin();
    timers[0].work = note_and_stop_next;
    add(0, 2);
    add(1, 2);
    add(2, 2);
    run(4);
    EXPECT_CAME("A@2 C@2", "next-kept", );
}

static void note_and_add_self(struct my_timer *timer)
{
    note(timer);
    add(0, 2);
}

static void adds_itself(void)
{
    begin();
    blame("linked-while-running");
    timers[0].work = note_and_add_self;
    add(0, 1);
    run(6);
    EXPECT_CAME("A@1 A@3 A@5", "linked-while-running", );
}

static void note_and_add_other(struct my_timer *timer)
{
    note(timer);
    add(1, 0);
}

static void at_once(void)
{
    begin();
    timers[0].work = note_and_add_other;
    add(0, 1);
    run(4);
    EXPECT_CAME("A@1 B@2", "zero-ticks", );
}

/* ---- Both hands --------------------------------------------------------------------------------------------------- */

static unsigned which;    /* the timer that the prompt adds or cancels */
static uint32_t distance; /* and when it is to come */
static bool answered;

static void two_wait(void)
{
    fresh_timers(0);
    add(0, 1);
    add(1, 3);
    blame("add-torn");
}

static void add_third(void)
{
    add(2, distance);
}

/* With A at 1 and B at 3: what comes if C is due at a tick. */
static void with_third(char *text, size_t size, unsigned due)
{
    text[0] = '\0';
    for (unsigned at = 1; at <= 6; at++) {
        if (at == 1)
            write_down(text, size, 'A', at);
        if (at == 3)
            write_down(text, size, 'B', at);
        if (at == due)
            write_down(text, size, 'C', at);
    }
}

static const char *torn(const char *diagnosis)
{
    return times_off() > 0 ? "off-too-short" : diagnosis;
}

/* The tick came before C was added, or after it. */
static void third_comes(void)
{
    char before[40], after[40];

    run(6 - ticks);
    with_third(after, sizeof after, distance);
    with_third(before, sizeof before, distance + 1);
    if (!came_in() || strcmp(came, before) != 0)
        EXPECT_CAME(after, torn("add-torn"), );
}

static void tick_while_added(void)
{
    const struct sweep adding = { two_wait, add_third, tick, third_comes };

    for (distance = 1; distance <= 4; distance++)
        sweep(&adding);
}

static void three_wait(void)
{
    fresh_timers(0);
    for (unsigned i = 0; i < 3; i++)
        add(i, i + 1);
    blame("cancel-torn");
}

static void cancel_one(void)
{
    answered = cancel(which);
}

/* A comes with the tick, or it was cancelled before; the others are as they were. */
static void all_but_one_come(void)
{
    char wanted[40] = "";

    run(4 - ticks);
    for (unsigned i = 0; i < 3; i++)
        if (i != which || !answered)
            write_down(wanted, sizeof wanted, letter(&timers[i]), i + 1);
    EXPECT_CAME(wanted, torn("cancel-torn"), );
}

static void tick_while_cancelled(void)
{
    const struct sweep cancelling = { three_wait, cancel_one, tick, all_but_one_come };

    for (which = 0; which < 3; which++)
        sweep(&cancelling);
}

static void add_and_cancel(void)
{
    add(0, 1);
    add(1, 2);
    cancel(0);
    cancel(0);
}

static void while_off(void)
{
    begin();
    with_interrupts_off(add_and_cancel);
    begin();
    add_and_cancel();
}

const struct check checks_timers[] = { { "once", once },
                                       { "sorted", sorted },
                                       { "same-tick", same_tick },
                                       { "again", again },
                                       { "cancelled", cancelled },
                                       { "adds-itself", adds_itself },
                                       { "own-cancel", own_cancel },
                                       { "cancels-next", cancels_next },
                                       { "at-once", at_once },
                                       { "begin-again", begin_again },
                                       { "while-off", while_off },
                                       { "tick-while-added", tick_while_added },
                                       { "tick-while-cancelled", tick_while_cancelled },
                                       { NULL, NULL } };
