/* SPDX-License-Identifier: MIT
 *
 * The checks of what two hands touch: a step is a list of checks, a check makes calls as the prompt, lets an interrupt come
 * in front of each instruction of them, and says what it expects. The first expectation that is not met ends the program,
 * after a report of `key value` lines for learn.
 */
#ifndef SCENE_H
#define SCENE_H

#include "home.h"
#include "my_interrupts.h"
#include "track.h"

/* All calls are forgotten, and interrupts may come in. */
void fresh_scene(void);

/* Around each call of the learner's code: how it is written, whether interrupts are as they were, and what came out. */
struct call;
struct call *enter(const char *format, ...) __attribute__((format(printf, 1, 2)));
void leave(void);
void answer(struct call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* How often the prompt turned interrupts off, since the scene was fresh or, in a sweep, in the call. */
unsigned times_off(void);

/* Should a call crash or run in circles: the name of the likely mistake. NULL: the general one. */
void blame(const char *diagnosis);

/* A thing that an address can be told from. */
void know(const char *name, const void *at, size_t bytes);

/* What is shown of how things lay, a line each. */
void draw_with(void (*draw)(void));

/* ---- What comes in between --------------------------------------------------------------------------------------- */

/* An interrupt, as from a device: its handler works, or waits until it may. */
void interrupt(void (*handler)(void));

/* Work that the prompt does with interrupts off. */
void with_interrupts_off(void (*work)(void));

/* The same all over again: with no interrupt, then with one in front of the first instruction of the learner's code in
 * `call`, which calls it once; then of the second, until there are no more. */
struct sweep {
    void (*before)(void);
    void (*call)(void);
    void (*handler)(void);
    void (*after)(void);
};
void sweep(const struct sweep *s);

/* Did the handler come in, in this one of them? */
bool came_in(void);

/* ---- Expectations ------------------------------------------------------------------------------------------------ */

/* What a likely mistake would have brought instead. */
struct guess {
    uint64_t value;
    const char *diagnosis;
};

enum kind { NUMBER, TRUTH, BYTE, ADDRESS, ANSWER };

/* The last guess has no diagnosis; `otherwise` is what no guess fits. */
void expect(const char *look, enum kind kind, uint64_t came, uint64_t wanted, const char *otherwise,
            const struct guess *guesses);

#define EXPECT(kind, look, came, wanted, otherwise, ...)                                                               \
    expect(look, kind, (uint64_t)(came), (uint64_t)(wanted), otherwise,                                                \
           (const struct guess[]){ __VA_ARGS__{ 0, NULL } })
#define GUESS(value, diagnosis) { (uint64_t)(value), diagnosis },
#define POINTER(pointer) ((uintptr_t)(pointer))

/* What did not come out as it should. */
_Noreturn void unmet(const char *look, const char *came, const char *wanted, const char *diagnosis);

/* ---- The tables --------------------------------------------------------------------------------------------------- */

extern const struct check checks_count[], checks_ring[], checks_timers[], checks_heaps[];

#endif
