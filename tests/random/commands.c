/* SPDX-License-Identifier: MIT
 *
 * A program as commands of the kernel's prompt. It is run meanwhile, in a process, since sizes and addresses depend on
 * where things lie; twice, since what there is to say in front of the commands comes out on the way. */
#include "random.h"

#include <stdio.h>
#include <string.h>

enum { PROMPT_MARKS = 16, PROMPT_NUMBERS = 1024 };

/* What the prompt remembers: the numbers of the live blocks, and a stack of marks. */
struct session {
    const struct program *p;
    uintptr_t kernel_start;
    bool remarks; /* first run: only the remarks */
    unsigned given, number[PROGRAM_STEPS];
    size_t marks, mark_of[MODEL_MARKS + 1]; /* 0: none */
};

static void remark(const struct session *s, size_t i, const char *text)
{
    char step[TEXT_MAX];

    if (s->remarks)
        printf("# step %zu, %s: %s\n", i + 1, step_text(&s->p->step[i], step), text);
}

/* #N for a live block, else an address as the kernel has it. */
static void print_place(const struct session *s, const struct place *place)
{
    const struct model *m = &random_world.model;
    uintptr_t address = model_address(m, place);

    for (size_t i = 0; i < m->count && m->count <= PROMPT_NUMBERS; i++)
        if (address == m->start + m->block[i].payload) {
            printf("#%u", s->number[i]);
            return;
        }
    if (address == 0)
        printf("0");
    else
        printf("%#zx", (size_t)(address - m->start + s->kernel_start));
}

static void print_request(const struct session *s, size_t i)
{
    const struct step *step = &s->p->step[i];
    size_t size = model_bytes(&random_world.model, step);

    if (step->deed == TRY)
        remark(s, i, "the prompt asks loudly, by alloc");
    if (s->remarks)
        return;
    if (step->deed == CALLOC)
        printf("zalloc %zu\n", size);
    else if (step->deed == ALLOC)
        printf("alloc %zu\n", size);
    else
        printf("alloc %zu %zu\n", size, step->align);
}

static void print_mark(struct session *s, size_t i)
{
    size_t *mark = &s->mark_of[s->p->step[i].slot];

    if (s->marks == PROMPT_MARKS) {
        *mark = 0;
        remark(s, i, "the prompt keeps no more marks; left out");
        return;
    }
    *mark = ++s->marks;
    if (!s->remarks)
        printf("mark\n");
}

/* The prompt forgets the marks above the one that it releases. */
static void print_release(struct session *s, size_t i)
{
    size_t mark = s->mark_of[s->p->step[i].slot];

    if (mark == 0) {
        remark(s, i, "the prompt has no such mark; left out");
        return;
    }
    s->marks = mark - 1;
    for (size_t slot = 0; slot < MODEL_MARKS; slot++)
        if (s->mark_of[slot] > s->marks)
            s->mark_of[slot] = 0;
    if (!s->remarks)
        printf("release %zu\n", mark);
}

static void print_step(struct session *s, size_t i)
{
    const struct step *step = &s->p->step[i];

    if (step->deed == MARK)
        print_mark(s, i);
    else if (step->deed == RELEASE)
        print_release(s, i);
    else if (step->deed <= CALLOC)
        print_request(s, i);
    else if (!s->remarks) {
        printf(step->deed == FREE ? "free " : "resize ");
        print_place(s, &step->place);
        if (step->deed == RESIZE)
            printf(" %zu", model_size(&random_world.model, step));
        printf("\n");
    }
}

/* Each command goes out before its step is done, which may be the last thing that this process does. */
static void print_all(void *context, struct outcome *outcome)
{
    struct session *s = context;
    struct model *m = &random_world.model;
    bool same = world_start(&random_world, RANDOM_BEFORE + s->p->offset, s->p->bytes, s->p->paint);

    (void)outcome;
    for (size_t i = 0; same && i < s->p->count; i++) {
        size_t before = m->count;
        print_step(s, i);
        fflush(stdout);
        same = world_do(&random_world, &s->p->step[i]);
        if (m->count > before)
            s->number[before] = ++s->given;
    }
}

void print_commands(const struct program *p, uintptr_t kernel_start)
{
    static struct session s;

    s = (struct session){ .p = p, .kernel_start = kernel_start, .remarks = true };
    printf("# addresses are for a heap_start of %#zx\n", (size_t)kernel_start);
    if (p->offset != 0)
        printf("# here the heap began %zu bytes behind a page; the kernel's begins at one\n", p->offset);
    run_apart(print_all, &s, 1000);
    s.remarks = false;
    printf("./minios run %sheap=%zu\n", sizeof(void *) == 8 ? "host " : "", p->bytes);
    run_apart(print_all, &s, 1000);
}
