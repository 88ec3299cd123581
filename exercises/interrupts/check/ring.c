/* SPDX-License-Identifier: MIT
 *
 * The checks of step 2: a ring into which one hand puts and out of which the other one takes.
 */
#include "scene.h"
#include "say.h"

#define STALE '?'     /* in slots that nobody has written */
#define UNTOUCHED '-' /* in a byte that nobody has written */

/* At the end of the room: behind the last slot nobody may write. */
static struct my_ring *r;
static unsigned char next_put;   /* the byte that my_put is given next: 'a', 'b', ... */
static unsigned char next_taken; /* the oldest byte that waits */
static bool took, did_put;       /* what the call in the middle of a sweep answered */
static unsigned char byte;

static void draw_ring(void)
{
    char slots[MY_SLOTS * 2 + 1];

    for (unsigned i = 0; i < MY_SLOTS; i++)
        format_text(slots + 2 * i, 3, " %c", r->slots[i]);
    say("picture slots%s   put %u   taken %u   lost %u\n", slots, r->put, r->taken, r->lost);
}

static void ring_at(unsigned number)
{
    r = (struct my_ring *)(void *)(home_room() + ROOM_BYTES - sizeof *r);
    *r = (struct my_ring){ .put = number, .taken = number };
    memset(r->slots, STALE, sizeof r->slots);
    next_put = next_taken = 'a';
    blame("slot-not-wrapped");
    draw_with(draw_ring);
    know("r", r, sizeof *r);
    know("r->slots", r->slots, sizeof r->slots);
}

static bool put(void)
{
    struct call *call = enter("my_put(r, '%c')", next_put);

    did_put = my_put(r, next_put);
    leave();
    answer(call, "%s", did_put ? "true" : "false");
    next_put = (unsigned char)(next_put + did_put);
    return did_put;
}

static bool take(void)
{
    struct call *call = enter("my_take(r, &byte)");

    byte = UNTOUCHED;
    took = my_take(r, &byte);
    leave();
    answer(call, took ? "true, '%c'" : "false", byte);
    return took;
}

/* A byte that was never put, or not now. */
static void expect_taken(const char *otherwise)
{
    EXPECT(BYTE, "byte", byte, next_taken, otherwise, );
    next_taken++;
}

/* ---- One hand alone ----------------------------------------------------------------------------------------------- */

static void in_order(void)
{
    fresh_scene();
    ring_at(0);
    EXPECT(TRUTH, "my_put(r, 'a')", put(), true, "put-unwritten", );
    EXPECT(NUMBER, "r->put", r->put, 1, "put-uncounted", );
    put();
    put();
    EXPECT(TRUTH, "my_take(r, &byte)", take(), true, "take-unwritten", );
    expect_taken(byte == 'c' ? "takes-newest" : "take-wrong");
    EXPECT(NUMBER, "r->taken", r->taken, 1, "taken-uncounted", );
    for (int i = 0; i < 2; i++) {
        take();
        expect_taken("take-wrong");
    }
}

static void empty(void)
{
    fresh_scene();
    ring_at(0);
    put();
    take();
    EXPECT(TRUTH, "my_take(r, &byte)", take(), false, "empty-takes", );
    EXPECT(BYTE, "byte", byte, UNTOUCHED, "empty-writes", );
}

/* From a number on: eight have room, the ninth has not, and those that wait are not harmed. */
static void fill(unsigned number, const char *otherwise)
{
    fresh_scene();
    ring_at(number);
    for (unsigned i = 0; i < MY_SLOTS; i++) {
        bool last = i == MY_SLOTS - 1;
        EXPECT(TRUTH, last ? "the eighth my_put" : "my_put", put(), true,
               otherwise != NULL ? otherwise
               : last            ? "slot-wasted"
                                 : "put-wrong", );
        EXPECT(NUMBER, "r->put", r->put, number + i + 1, "put-uncounted", GUESS(0, "counters-wrapped"));
    }
    EXPECT(TRUTH, "the ninth my_put", put(), false, otherwise != NULL ? otherwise : "full-overwrites", );
    EXPECT(NUMBER, "r->lost", r->lost, 1, "lost-uncounted", );
    for (unsigned i = 0; i < MY_SLOTS; i++) {
        EXPECT(TRUTH, "my_take(r, &byte)", take(), true, otherwise != NULL ? otherwise : "take-wrong", );
        expect_taken("take-wrong");
    }
    EXPECT(NUMBER, "r->lost", r->lost, 1, "lost-uncounted", );
}

static void full(void)
{
    fill(0, NULL);
}

static void around(void)
{
    fresh_scene();
    ring_at(0);
    for (int i = 0; i < 20; i++) {
        EXPECT(TRUTH, "my_put", put(), true, "put-wrong", );
        EXPECT(TRUTH, "my_take(r, &byte)", take(), true, "take-wrong", );
        expect_taken("take-wrong");
    }
}

/* The numbers begin again at 0 in the midst of it. */
static void begin_again(void)
{
    fill(0u - 3, "compares-order");
}

/* ---- The handler puts --------------------------------------------------------------------------------------------- */

static unsigned waiting;
static bool handler_put;

static void some_wait(void)
{
    ring_at(0);
    for (unsigned i = 0; i < waiting; i++)
        put();
}

static void put_in_handler(void)
{
    handler_put = put();
}

static void take_one(void)
{
    handler_put = false;
    take();
}

/* The oldest came out, and then, in their order, all that were put. */
static void oldest_came_out(void)
{
    const char *torn = "released-too-early";

    if (took)
        expect_taken(torn);
    EXPECT(TRUTH, "my_take(r, &byte)", took, waiting > 0 || took, "take-wrong", );
    EXPECT(NUMBER, "r->lost", r->lost, came_in() && !handler_put, "lost-uncounted", );
    while (next_taken < next_put) {
        EXPECT(TRUTH, "my_take(r, &byte)", take(), true, torn, );
        expect_taken(torn);
    }
    EXPECT(TRUTH, "my_take(r, &byte)", take(), false, torn, );
}

static void handler_puts(void)
{
    static const unsigned many[] = { 0, 1, MY_SLOTS };
    const struct sweep taking = { some_wait, take_one, put_in_handler, oldest_came_out };

    for (unsigned i = 0; i < sizeof many / sizeof many[0]; i++) {
        waiting = many[i];
        sweep(&taking);
    }
}

/* ---- The handler takes -------------------------------------------------------------------------------------------- */

static void take_in_handler(void)
{
    take();
    if (took)
        expect_taken("published-too-early");
}

static void put_one(void)
{
    put();
}

static void nothing_stale_came_out(void)
{
    while (next_taken < next_put) {
        EXPECT(TRUTH, "my_take(r, &byte)", take(), true, "published-too-early", );
        expect_taken("published-too-early");
    }
}

static void handler_takes(void)
{
    static const unsigned many[] = { 0, 1, MY_SLOTS };
    const struct sweep putting = { some_wait, put_one, take_in_handler, nothing_stale_came_out };

    for (unsigned i = 0; i < sizeof many / sizeof many[0]; i++) {
        waiting = many[i];
        sweep(&putting);
    }
}

static void no_lock(void)
{
    fresh_scene();
    ring_at(0);
    put();
    take();
    EXPECT(NUMBER, "calls of interrupts_off", times_off(), 0, "needs-no-lock", );
}

const struct check checks_ring[] = { { "in-order", in_order },
                                     { "empty", empty },
                                     { "full", full },
                                     { "around", around },
                                     { "begin-again", begin_again },
                                     { "handler-puts", handler_puts },
                                     { "handler-takes", handler_takes },
                                     { "no-lock", no_lock },
                                     { NULL, NULL } };
