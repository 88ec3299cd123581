/* SPDX-License-Identifier: MIT
 *
 * What a misaligned number costs here: one is rewritten many times where it is aligned, within a cache line, across two of
 * them, and across two pages. Ends with 0 where the last of these is at least twice as slow as the first, as the book says of
 * a PC; and on processors that are no PC's, of which it says nothing.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define PAGE 4096
#define TIMES 2000000
#define ROUNDS 15 /* the quickest one counts, so other programs do not */

static unsigned char memory[2 * PAGE] __attribute__((aligned(PAGE)));

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* memcpy is how C may touch a number anywhere; the compiler makes one load and one store of it. */
static double nanoseconds(unsigned char *at)
{
    double least = 1e9;

    for (int round = 0; round < ROUNDS; round++) {
        double start = now();
        for (int n = 0; n < TIMES; n++) {
            uint32_t number;
            memcpy(&number, at, sizeof number);
            number++;
            memcpy(at, &number, sizeof number);
            __asm__ volatile("" : : "r"(at) : "memory"); /* really each time */
        }
        double each = (now() - start) / TIMES;
        least = each < least ? each : least;
    }
    return least;
}

int main(void)
{
    const struct place {
        const char *name;
        size_t offset;
    } places[] = {
        { "aligned", 0 }, { "within a cache line", 1 }, { "across two lines", 62 }, { "across two pages", PAGE - 2 }
    };
    double first = nanoseconds(memory), last = first;

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        last = nanoseconds(memory + places[i].offset);
        printf("%-20s %6.2f ns, %5.1f times\n", places[i].name, last, last / first);
    }
#if defined(__x86_64__) || defined(__i386__)
    return last < 2 * first;
#else
    return 0;
#endif
}
