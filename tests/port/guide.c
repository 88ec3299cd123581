/* SPDX-License-Identifier: MIT
 *
 * What the port guide says, tried: its listings run as they stand (listings.c is cut out of it), and its sentences about a
 * heap that grows, moves or is copied. MAPPED pages of 4 KiB may be touched; those above may not.
 */
#include "listings.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096, PAGES = 64 };

unsigned char _kernel_end[1 << 20];
static unsigned char *mapped, *given[2];
static char said[256];
static size_t length;
static int off;
static jmp_buf refused;

#define CHECK(condition)                                                                                               \
    do                                                                                                                 \
        if (!(condition))                                                                                              \
            exit((printf("guide.c:%d: %s; said: %s\n", __LINE__, #condition, said), 1));                               \
    while (0)

/* The code of the refusal that a call meets, as its panic tells it. */
#define CODE_OF(call) (said[length = 0] = '\0', setjmp(refused) == 0 ? ((void)(call), 0) : atoi(said + 1))

_Noreturn void panic(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    vsnprintf(said, sizeof(said), format, values);
    va_end(values);
    longjmp(refused, 1);
}

void put_byte(char byte)
{
    said[length++] = byte;
    said[length] = '\0';
}

/* The most that the heap gave back while nobody could come in. */
static unsigned char *pointer_when_off;
static size_t most_given_back;

unsigned long interrupts_off(void)
{
    pointer_when_off = heap.free_memory_pointer;
    return (unsigned long)off++;
}

void interrupts_back(unsigned long state)
{
    const ptrdiff_t given_back = pointer_when_off - heap.free_memory_pointer;

    if (given_back > (ptrdiff_t)most_given_back)
        most_given_back = (size_t)given_back;
    off = (int)state;
}

void map_up_to(unsigned char *end)
{
    CHECK(end <= heap.heap_end);
    for (; mapped < end; mapped += PAGE)
        CHECK(mprotect(mapped, PAGE, PROT_READ | PROT_WRITE) == 0);
}

void pages_add(unsigned char *from, unsigned char *to)
{
    given[0] = from;
    given[1] = to;
}

static void kernel(void)
{
    heap_start(_kernel_end + sizeof(_kernel_end));
    char *volatile name = kmalloc(13);
    CHECK(off == 0 && heap.free_memory_pointer - (unsigned char *)name == 16 + KHEAP_TAG_BYTES);
    void *packet = dma_alloc(100);
    CHECK((uintptr_t)packet % LINE == 0 &&
          heap.free_memory_pointer - (unsigned char *)packet >= 128 + (long)KHEAP_TAG_BYTES);
    CHECK(dma_alloc(SIZE_MAX) == NULL);
    CHECK(CODE_OF(kfree(name)) == KHEAP_E_OUT_OF_ORDER && strstr(said, titles[KHEAP_E_OUT_OF_ORDER]));
    off = 0;
    kfree(packet);
    kfree(name);
    heaps_start();
    CHECK(kheap_alloc(&heap_of[PROCESSORS - 1], 100) != NULL);
}

static void a_report_without_printf(void)
{
    const struct kheap_report report = { .fault = KHEAP_E_NOT_A_BLOCK,
                                         .address = (void *)0x20000130,
                                         .caller = (void *)0xABCDEF };
    char expected[80];
    const int digits = 2 * sizeof(void *);

    keep(&report);
    keep(&(struct kheap_report){ .fault = KHEAP_E_DAMAGED }); /* the first one counts */
    length = 0;
    tell_what_was_kept();
    snprintf(expected, sizeof(expected), "E06 %0*lx %0*lx\n", digits, 0x20000130L, digits, 0xABCDEFL);
    CHECK(strcmp(said, expected) == 0);
    length = 0, said[0] = '\0';
    tell_what_was_kept();
    CHECK(said[0] == '\0');
}

static void the_block_around_a_pointer(void)
{
    char *first = kmalloc(100), *second = kmalloc(0), *third = kmalloc(13);

    CHECK(block_around(first).payload == first && block_around(first + 99).payload == first);
    CHECK(block_around(first + 100).payload == NULL && block_around(first - 1).payload == NULL);
    CHECK(block_around(second).payload == second && block_around(third + 12).payload == third);
    CHECK(block_around(third + 13).payload == NULL && block_around(&first).payload == NULL);
    kfree(third);
    kfree(second);
    kfree(first);
}

/* Each block of one byte takes 16, and its tag. */
static void a_release_in_parts(void)
{
    static struct work work;
    unsigned char *before = heap.free_memory_pointer;

    static const unsigned counts[] = { 0, 1, PART - 1, PART, PART + 1, 2 * PART, 10 * PART + 7, PART * PARTS };

    for (unsigned n = 0; n < sizeof(counts) / sizeof(counts[0]); n++) {
        const unsigned blocks = counts[n];

        most_given_back = 0;
        for (unsigned i = 0; i < blocks; i++)
            CHECK(work_alloc(&work, 1) != NULL);
        CHECK(heap.free_memory_pointer == before + blocks * (16 + KHEAP_TAG_BYTES));
        CHECK(blocks < PART * PARTS || work_alloc(&work, 1) == NULL);
        work_end(&work);
        CHECK(heap.free_memory_pointer == before && off == 0);
        CHECK(most_given_back == (blocks < PART ? blocks : PART) * (16 + KHEAP_TAG_BYTES));
    }
    CHECK(CODE_OF(work_alloc(&work, SIZE_MAX)) == KHEAP_E_OUT_OF_MEMORY && work.blocks == 0);
    off = 0;
}

static void hand_over(void)
{
    unsigned char *from = heap.free_memory_pointer, *to = heap.heap_end;

    heap_hand_over();
    CHECK(given[0] == from && given[1] == to && from < to);
    CHECK(CODE_OF(kmalloc(1)) == KHEAP_E_NOT_INITIALISED);
}

/* Every size around a page, until the heap is full to the last byte: no page above is touched before it is asked for. */
static void growing_by_mapping(void)
{
    unsigned char *memory = mmap(NULL, PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(memory != MAP_FAILED);
    heap.heap_end = memory + PAGE; /* for map_up_to: the first page, where the floor goes */
    mapped = memory;
    map_up_to(memory + PAGE);
    CHECK(kheap_init(&heap, memory, PAGES * PAGE) == KHEAP_OK);
    for (size_t size = 0; kheap_stats(&heap).largest > size; size += 61)
        CHECK(kmalloc_mapped(size) != NULL && mapped < heap.free_memory_pointer + 2 * PAGE);
    CHECK(kmalloc_mapped(kheap_stats(&heap).largest) != NULL && heap.free_memory_pointer == heap.heap_end);
    CHECK(kheap_check(&heap, NULL) == KHEAP_E_NONE);
    CHECK(CODE_OF(kmalloc_mapped(0)) == KHEAP_E_OUT_OF_MEMORY);
}

static void growing_otherwise(void)
{
    static unsigned char memory[2048] __attribute__((aligned(16)));
    struct kheap small;

    CHECK(kheap_init(&small, memory, 1024) == KHEAP_OK);
    void *block = kheap_alloc(&small, 10);
    small.heap_end += 512;
    CHECK(CODE_OF(kheap_free(&small, block)) == KHEAP_E_DAMAGED);
    struct kheap_report report;
    CHECK(kheap_check(&small, &report) == KHEAP_E_DAMAGED && report.address == &small);
    small.heap_end -= 512;
    kheap_free(&small, block);
    CHECK(kheap_init(&small, memory, 2048) == KHEAP_OK && kheap_alloc(&small, 1500) != NULL);
}

static void copies(void)
{
    static unsigned char memory[1024] __attribute__((aligned(16))), elsewhere[1024] __attribute__((aligned(16)));
    struct kheap first, copy;

    CHECK(kheap_init(&first, memory, sizeof(memory)) == KHEAP_OK);
    void *block = kheap_alloc(&first, 10);
    struct kheap_mark mark = kheap_mark(&first);
    copy = first;
    memset(&first, 0xAA, sizeof(first));
    void *above = kheap_alloc(&copy, 20);
    kheap_free(&copy, above);
    kheap_release(&copy, mark);
    memcpy(elsewhere, memory, sizeof(memory));
    const ptrdiff_t moved = elsewhere - memory;
    struct kheap other = { copy.heap_start + moved, copy.heap_end + moved, copy.free_memory_pointer + moved };
    CHECK(CODE_OF(kheap_free(&other, (unsigned char *)block + moved)) == KHEAP_E_DAMAGED);
    CHECK(kheap_init(&other, elsewhere, sizeof(elsewhere)) == KHEAP_OK);
    CHECK(CODE_OF(kheap_release(&other, mark)) == KHEAP_E_BAD_MARK);
    kheap_free(&copy, block);
}

/* For valgrind: memory that nobody has written yet is not looked at. */
static void memory_as_it_comes(void)
{
    unsigned char *memory = malloc(PAGE);
    struct kheap fresh;

    CHECK(memory != NULL && kheap_init(&fresh, memory, PAGE) == KHEAP_OK);
    for (size_t size = 0; size < 40; size++) {
        void *block = kheap_alloc(&fresh, size), *above = kheap_alloc_aligned(&fresh, size, (size_t)16 << size % 4);

        CHECK(kheap_resize(&fresh, above, size + 7) && kheap_check(&fresh, NULL) == KHEAP_E_NONE);
        CHECK(CODE_OF(kheap_free(&fresh, block)) == KHEAP_E_OUT_OF_ORDER);
        kheap_free(&fresh, above);
        kheap_free(&fresh, block);
    }
    free(memory);
}

int main(void)
{
    memory_as_it_comes();
    kernel();
    a_report_without_printf();
    the_block_around_a_pointer();
    a_release_in_parts();
    hand_over();
    growing_by_mapping();
    growing_otherwise();
    copies();
    puts("as the guide says");
    return 0;
}
