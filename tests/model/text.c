/* SPDX-License-Identifier: MIT
 *
 * Steps and differences in words. */
#include "world.h"

#include <stdio.h>

enum { NUMBER_MAX = 24, PART_MAX = 80 };

/* Small numbers as they are, wrapped ones as what they are below zero, large ones in hex. */
static const char *number_text(size_t number, char text[NUMBER_MAX])
{
    if (number > SIZE_MAX - 4096)
        snprintf(text, NUMBER_MAX, "-%zu", 0 - number);
    else
        snprintf(text, NUMBER_MAX, number < 1 << 20 ? "%zu" : "%#zx", number);
    return text;
}

/* Behind something that it is added to: nothing for 0. */
static const char *offset_text(size_t offset, char text[NUMBER_MAX + 1])
{
    number_text(offset, text + 1);
    text[0] = offset == 0 ? '\0' : '+';
    return text[0] == '+' && text[1] == '-' ? text + 1 : text;
}

static const char *size_text(const struct amount *size, char text[PART_MAX])
{
    char number[NUMBER_MAX + 1];

    if (size->from_largest)
        snprintf(text, PART_MAX, "largest%s", offset_text(size->bytes, number));
    else
        snprintf(text, PART_MAX, "%s", number_text(size->bytes, number));
    return text;
}

static const char *place_text(const struct place *place, char text[PART_MAX])
{
    static const char *const names[] = { "NULL", "heap_start", "free pointer", "heap_end", "newest", "oldest" };
    const char *name = names[place->from];
    char offset[NUMBER_MAX + 1];

    if (place->from >= NEWEST && place->nth != 0)
        snprintf(text, PART_MAX, "%s but %zu%s", name, place->nth, offset_text(place->offset, offset));
    else
        snprintf(text, PART_MAX, "%s%s", name, place->from == NOTHING ? "" : offset_text(place->offset, offset));
    return text;
}

const char *step_text(const struct step *step, char text[TEXT_MAX])
{
    static const char *const names[] = { "alloc", "aligned", "try", "calloc", "resize", "free", "mark", "release" };
    const char *name = names[step->deed];
    char place[PART_MAX], size[PART_MAX], number[NUMBER_MAX];

    place_text(&step->place, place);
    size_text(&step->size, size);
    switch (step->deed) {
    case ALLOC: snprintf(text, TEXT_MAX, "%s(%s)", name, size); break;
    case RESIZE: snprintf(text, TEXT_MAX, "%s(%s, %s)", name, place, size); break;
    case FREE: snprintf(text, TEXT_MAX, "%s(%s)", name, place); break;
    case MARK:
    case RELEASE:
        snprintf(text, TEXT_MAX, step->slot == MODEL_FOREIGN ? "%s(foreign)" : "%s(%zu)", name, step->slot);
        break;
    default: snprintf(text, TEXT_MAX, "%s(%s, %s)", name, size, number_text(step->align, number)); break;
    }
    return text;
}

const char *world_text(const struct world *w, char text[TEXT_MAX])
{
    snprintf(text, TEXT_MAX, "%s should be %zu (%#zx) and is %zu (%#zx)", w->what, w->expected, w->expected, w->got,
             w->got);
    return text;
}
