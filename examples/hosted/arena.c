/* SPDX-License-Identifier: MIT
 *
 * An arena for a request handler: what belongs to the server is allocated once, what belongs to a request lies above a mark
 * and goes in one call when the request is answered. Nothing is freed block by block, and nothing can leak into the next
 * request.   Each line of the input is a request: words, which come back in reverse order.
 */
#include <kheap.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 64 * 1024, LINE_BYTES = 512 };

void kheap_fault(const struct kheap_report *report)
{
    fprintf(stderr, "E%02d at %p, asked by %p\n", report->fault, report->address, report->caller);
    abort();
}

struct word {
    struct word *before;
    char text[];
};

/* The words of a line, last one first. The caller releases them. */
static struct word *split(struct kheap *arena, const char *line)
{
    struct word *last = NULL;

    while (*(line += strspn(line, " \n")) != '\0') {
        size_t length = strcspn(line, " \n");
        struct word *word = kheap_alloc(arena, sizeof(*word) + length + 1);

        word->before = last;
        memcpy(word->text, line, length);
        word->text[length] = '\0';
        last = word;
        line += length;
    }
    return last;
}

static void answer(struct kheap *arena, const char *line)
{
    struct kheap_mark mark = kheap_mark(arena);

    for (const struct word *word = split(arena, line); word != NULL; word = word->before)
        printf("%s%s", word->text, word->before != NULL ? " " : "");
    printf("   (%zu bytes for this request)\n", kheap_stats(arena).used);
    kheap_release(arena, mark);
}

int main(void)
{
    static unsigned char memory[ARENA_BYTES];
    char line[LINE_BYTES];
    struct kheap arena;

    if (kheap_init(&arena, memory, sizeof(memory)) != KHEAP_OK)
        return EXIT_FAILURE;
    while (fgets(line, sizeof(line), stdin) != NULL)
        answer(&arena, line);
    printf("in use at the end: %zu bytes\n", kheap_stats(&arena).used);
    return EXIT_SUCCESS;
}
