/* SPDX-License-Identifier: MIT
 *
 * The checks of step 1: a counter that both hands count on.
 */
#include "scene.h"

#define BOTH(low, high) ((uint64_t)(high) << 32 | (low))

static struct my_counter counter;
static uint64_t told, seen; /* what my_read told the prompt, and the handler before it counted */

static void counter_is(uint32_t low, uint32_t high)
{
    counter = (struct my_counter){ low, high };
    know("c", &counter, sizeof counter);
}

static void count(void)
{
    enter("my_count(&c)");
    my_count(&counter);
    leave();
}

static uint64_t whole(void)
{
    struct call *call = enter("my_read(&c)");
    uint64_t read = my_read(&counter);

    leave();
    answer(call, read > UINT32_MAX / 2 ? "0x%llx" : "%llu", (unsigned long long)read);
    return read;
}

static void read_it(void)
{
    told = whole();
}

/* ---- One hand alone ----------------------------------------------------------------------------------------------- */

static void one_hand(void)
{
    fresh_scene();
    counter_is(0, 0);
    for (int i = 0; i < 3; i++)
        count();
    EXPECT(NUMBER, "c.low", counter.low, 3, "count-wrong", GUESS(0, "count-unwritten"));
    EXPECT(NUMBER, "my_read(&c)", whole(), 3, "read-wrong",
           GUESS(0, "read-unwritten") GUESS(BOTH(0, 3), "halves-swapped"));
}

static void both_words(void)
{
    fresh_scene();
    counter_is(5, 2);
    EXPECT(NUMBER, "my_read(&c)", whole(), BOTH(5, 2), "read-wrong", GUESS(5, "high-unread") GUESS(7, "halves-added"));
}

static void carry(void)
{
    fresh_scene();
    counter_is(UINT32_MAX - 1, 7);
    count();
    EXPECT(NUMBER, "c.high", counter.high, 7, "carry-wrong", GUESS(8, "carry-early"));
    count();
    EXPECT(NUMBER, "c.low", counter.low, 0, "count-wrong", );
    EXPECT(NUMBER, "c.high", counter.high, 8, "carry-wrong", GUESS(7, "carry-forgotten"));
}

/* ---- Both hands --------------------------------------------------------------------------------------------------- */

static void look_and_count(void)
{
    seen = whole();
    count();
}

static void with_off(void)
{
    with_interrupts_off(count);
    with_interrupts_off(read_it);
}

static void at_three(void)
{
    counter_is(3, 0);
}

static void at_the_carry(void)
{
    counter_is(UINT32_MAX, 0);
}

/* Somebody who turned interrupts off, but not around all of it, knows the way already. */
static void none_is_lost(uint64_t before)
{
    uint64_t now = BOTH(counter.low, counter.high), wanted = before + 1 + came_in();

    if (came_in() && seen != before)
        EXPECT(NUMBER, "my_read(&c) in the handler", seen, before + 1, "seen-half-done", );
    EXPECT(NUMBER, "c", now, wanted, times_off() > 0 ? "off-too-short" : "update-lost", );
}

static void none_of_three_is_lost(void)
{
    none_is_lost(3);
}

static void none_at_the_carry_is_lost(void)
{
    none_is_lost(UINT32_MAX);
}

static void read_is_whole(void)
{
    if (!came_in() || told != UINT32_MAX)
        EXPECT(NUMBER, "my_read(&c)", told, (uint64_t)UINT32_MAX + came_in(), "read-torn", );
}

static void between(void)
{
    const struct sweep three = { at_three, count, look_and_count, none_of_three_is_lost };
    const struct sweep at_carry = { at_the_carry, count, look_and_count, none_at_the_carry_is_lost };

    sweep(&three);
    sweep(&at_carry);
}

static void while_read(void)
{
    const struct sweep reading = { at_the_carry, read_it, count, read_is_whole };

    sweep(&reading);
}

/* As a handler is called, and as a prompt calls that has turned interrupts off itself. */
static void while_off(void)
{
    fresh_scene();
    counter_is(3, 0);
    with_off();
    interrupt(look_and_count);
}

const struct check checks_count[] = {
    { "one-hand", one_hand }, { "both-words", both_words }, { "carry", carry }, { "while-off", while_off },
    { "between", between },   { "while-read", while_read }, { NULL, NULL }
};
