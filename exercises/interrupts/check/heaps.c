/* SPDX-License-Identifier: MIT
 *
 * The checks of step 4: a heap for each hand.
 */
#include "scene.h"
#include "say.h"

#define PROMPTS 256u
#define HANDLERS 96u

/* One behind the other, and behind them a page that nobody may touch. */
static struct my_heaps h;
static unsigned char *prompts, *handlers;
static void *got;

static void draw_heap(const char *name, const struct my_bump *bump)
{
    say("picture %-7s  used %4zd of %u\n", name, bump->free_memory_pointer - bump->heap_start,
        (unsigned)(bump->heap_end - bump->heap_start));
}

static void draw_heaps(void)
{
    draw_heap("prompt", &h.prompt);
    draw_heap("handler", &h.handler);
}

static void two_heaps(void)
{
    handlers = home_room() + ROOM_BYTES - HANDLERS;
    prompts = handlers - PROMPTS;
    memset(prompts, 0, PROMPTS + HANDLERS);
    h.prompt = (struct my_bump){ prompts, prompts + PROMPTS, prompts };
    h.handler = (struct my_bump){ handlers, handlers + HANDLERS, handlers };
    know("h.prompt.heap_start", prompts, PROMPTS);
    know("h.handler.heap_start", handlers, HANDLERS);
    know("h", &h, sizeof h);
    draw_with(draw_heaps);
}

static void begin(void)
{
    fresh_scene();
    two_heaps();
}

static void *get(size_t size)
{
    char place[40];
    struct call *call = size > SIZE_MAX / 2 ? enter("my_get(&h, SIZE_MAX - %u)", (unsigned)(SIZE_MAX - size))
                                            : enter("my_get(&h, %u)", (unsigned)size);

    got = my_get(&h, size);
    leave();
    name_address(place, sizeof place, (uintptr_t)got);
    answer(call, "%s", place);
    return got;
}

static enum my_answer give(void *block)
{
    static const char *const names[] = { "MY_WELL", "MY_OTHERS", "MY_NOT_LIVE" };
    char place[40];

    name_address(place, sizeof place, (uintptr_t)block);
    struct call *call = enter("my_give(&h, %s)", place);
    enum my_answer answered = my_give(&h, block);
    leave();
    answer(call, "%s", (unsigned)answered < 3 ? names[answered] : "?");
    return answered;
}

static void expect_words(const unsigned char *of_prompt, const unsigned char *of_handler, const char *otherwise)
{
    EXPECT(ADDRESS, "h.prompt.free_memory_pointer", POINTER(h.prompt.free_memory_pointer), POINTER(of_prompt),
           otherwise, );
    EXPECT(ADDRESS, "h.handler.free_memory_pointer", POINTER(h.handler.free_memory_pointer), POINTER(of_handler),
           otherwise, );
    EXPECT(ADDRESS, "h.prompt.heap_start", POINTER(h.prompt.heap_start), POINTER(prompts), otherwise, );
    EXPECT(ADDRESS, "h.handler.heap_start", POINTER(h.handler.heap_start), POINTER(handlers), otherwise, );
}

/* ---- Getting ------------------------------------------------------------------------------------------------------ */

static void one_hand(void)
{
    begin();
    EXPECT(ADDRESS, "my_get(&h, 20)", POINTER(get(20)), POINTER(prompts), "get-wrong", GUESS(0, "get-unwritten"));
    expect_words(prompts + 32, handlers,
                 h.prompt.free_memory_pointer == prompts + 20 ? "size-not-rounded" : "get-wrong");
    EXPECT(ADDRESS, "my_get(&h, 16)", POINTER(get(16)), POINTER(prompts + 32), "get-wrong", );
    expect_words(prompts + 48, handlers, "get-wrong");
}

static void get_in_handler(void)
{
    get(16);
}

static void other_hand(void)
{
    begin();
    get(20);
    interrupt(get_in_handler);
    EXPECT(ADDRESS, "my_get(&h, 16) in the handler", POINTER(got), POINTER(handlers), "get-wrong",
           GUESS(POINTER(prompts + 32), "handler-in-prompts-heap"));
    expect_words(prompts + 32, handlers + 16, "get-wrong");
    EXPECT(ADDRESS, "my_get(&h, 16)", POINTER(get(16)), POINTER(prompts + 32), "get-wrong", );
}

/* What does not fit into one's own heap fits nowhere. */
static void expect_no_room(size_t size, const char *otherwise)
{
    const unsigned char *of_prompt = h.prompt.free_memory_pointer, *of_handler = h.handler.free_memory_pointer;
    const unsigned char *mine = in_handler() ? of_handler : of_prompt, *others = in_handler() ? of_prompt : of_handler;

    get(size);
    bool moved_others = others != (in_handler() ? h.prompt.free_memory_pointer : h.handler.free_memory_pointer);
    EXPECT(ADDRESS, "my_get(...)", POINTER(got), 0, moved_others ? "borrows-from-other" : otherwise,
           GUESS(POINTER(mine), moved_others ? "borrows-from-other" : otherwise));
    expect_words(of_prompt, of_handler, "refused-but-taken");
}

static void fill_handlers(void)
{
    get(HANDLERS - 16);
    expect_no_room(17, "runs-over-end");
    get(16);
    EXPECT(ADDRESS, "my_get(&h, 16) in the handler", POINTER(got), POINTER(handlers + HANDLERS - 16),
           "last-bytes-refused", );
    expect_no_room(1, "runs-over-end");
}

static void boundary(void)
{
    begin();
    get(PROMPTS - 32);
    expect_no_room(33, "runs-over-end");
    EXPECT(ADDRESS, "my_get(&h, 32)", POINTER(get(32)), POINTER(prompts + PROMPTS - 32), "last-bytes-refused", );
    expect_no_room(1, "runs-over-end");
    interrupt(fill_handlers);
    begin();
    get(16);
    expect_no_room(SIZE_MAX, "size-wraps");
    expect_no_room(SIZE_MAX - 20, "size-wraps");
}

/* ---- Giving ------------------------------------------------------------------------------------------------------- */

static void give_back(void)
{
    begin();
    unsigned char *a = get(20), *b = get(30);
    get(16);
    EXPECT(ANSWER, "my_give(&h, ...)", give(b), MY_WELL, "give-wrong", );
    expect_words(b, handlers, h.prompt.free_memory_pointer == b + 48 ? "give-unwritten" : "give-wrong");
    EXPECT(ANSWER, "my_give(&h, ...)", give(b), MY_NOT_LIVE, "give-wrong", GUESS(MY_WELL, "free-part-accepted"));
    EXPECT(ANSWER, "my_give(&h, ...)", give(a), MY_WELL, "give-wrong", );
    expect_words(a, handlers, "give-wrong");
    EXPECT(ANSWER, "my_give(&h, ...)", give(&h), MY_NOT_LIVE, "give-wrong", GUESS(MY_WELL, "free-part-accepted"));
    expect_words(a, handlers, "refused-but-given");
}

static unsigned char *prompts_block;

static void expect_others(void *block)
{
    const unsigned char *of_prompt = h.prompt.free_memory_pointer, *of_handler = h.handler.free_memory_pointer;

    EXPECT(ANSWER, "my_give(&h, ...)", give(block), MY_OTHERS, "give-wrong",
           GUESS(MY_WELL, "others-block-taken") GUESS(MY_NOT_LIVE, "others-not-told"));
    expect_words(of_prompt, of_handler, "refused-but-given");
}

static void give_prompts(void)
{
    expect_others(prompts_block);
    EXPECT(ANSWER, "my_give(&h, ...) in the handler", give(handlers), MY_WELL, "give-wrong", );
    get(40);
}

static void give_others(void)
{
    begin();
    get(16);
    prompts_block = get(16);
    interrupt(get_in_handler);
    expect_others(handlers);
    interrupt(give_prompts);
    expect_words(prompts + 32, handlers + 48, "give-wrong");
}

/* ---- Both hands --------------------------------------------------------------------------------------------------- */

static void one_lives(void)
{
    two_heaps();
    prompts_block = get(16);
}

static void get_forty(void)
{
    prompts_block = get(40);
}

static void give_one(void)
{
    give(prompts_block);
}

static void get_and_give(void)
{
    EXPECT(ADDRESS, "my_get(&h, 80) in the handler", POINTER(get(80)), POINTER(handlers), "shared-between-hands", );
    EXPECT(ANSWER, "my_give(&h, ...) in the handler", give(handlers), MY_WELL, "shared-between-hands", );
    get(16);
}

static const unsigned char *handlers_mark(void)
{
    return handlers + (came_in() ? 16 : 0);
}

static void forty_are_whole(void)
{
    EXPECT(ADDRESS, "my_get(&h, 40)", POINTER(prompts_block), POINTER(prompts + 16), "shared-between-hands", );
    expect_words(prompts + 64, handlers_mark(), "shared-between-hands");
}

static void none_lives(void)
{
    expect_words(prompts, handlers_mark(), "shared-between-hands");
}

static void while_got(void)
{
    const struct sweep getting = { one_lives, get_forty, get_and_give, forty_are_whole };
    const struct sweep giving = { one_lives, give_one, get_and_give, none_lives };

    sweep(&getting);
    sweep(&giving);
}

static void no_lock(void)
{
    begin();
    give(get(16));
    EXPECT(NUMBER, "calls of interrupts_off", times_off(), 0, "needs-no-lock", );
}

const struct check checks_heaps[] = { { "one-hand", one_hand },       { "other-hand", other_hand },
                                      { "boundary", boundary },       { "give-back", give_back },
                                      { "give-others", give_others }, { "while-got", while_got },
                                      { "no-lock", no_lock },         { NULL, NULL } };
