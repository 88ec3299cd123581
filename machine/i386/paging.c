/* SPDX-License-Identifier: MIT
 *
 * Page tables in which every address means itself. They are here for what they forbid: page 0, so that a null pointer
 * is found out; what is not RAM; and writing to the kernel's code and constants or to the page below the stack.
 */
#include "base/memory_map.h"
#include "devices.h"

enum { PAGE = 4096, LARGE_PAGE = 4 * 1024 * 1024, ENTRIES = 1024 };
enum { PRESENT = 0x01, WRITABLE = 0x02, LARGE = 0x80 };
enum { CR4_LARGE_PAGES = 0x10 };
#define CR0_PAGING 0x80000000u
#define CR0_WRITE_PROTECT 0x00010000u

static uint32_t directory[ENTRIES] __attribute__((aligned(4096)));
static uint32_t first_table[ENTRIES] __attribute__((aligned(4096))); /* the first 4 MiB, page by page */

static uint32_t first_table_entry(uint32_t address)
{
    bool code = address >= (uint32_t)_kernel_start && address + PAGE <= (uint32_t)_rodata_end;
    if (address == 0)
        return 0;
    if (code || address == (uint32_t)stack_guard_page)
        return address | PRESENT;
    return address | PRESENT | WRITABLE;
}

/* Whole large pages, so the last may reach a little past the end of RAM. */
static void map(const struct memory_piece *piece)
{
    for (uint32_t n = piece->start / LARGE_PAGE; n <= (piece->end - 1) / LARGE_PAGE; n++)
        directory[n] = n * LARGE_PAGE | PRESENT | WRITABLE | LARGE;
}

static void load(void)
{
    uint32_t cr0, cr4;
    __asm__ volatile("movl %%cr4, %0" : "=r"(cr4));
    __asm__ volatile("movl %0, %%cr4" : : "r"(cr4 | CR4_LARGE_PAGES) : "memory");
    __asm__ volatile("movl %0, %%cr3" : : "r"(directory) : "memory");
    __asm__ volatile("movl %%cr0, %0" : "=r"(cr0));
    __asm__ volatile("movl %0, %%cr0" : : "r"(cr0 | CR0_PAGING | CR0_WRITE_PROTECT) : "memory");
}

void paging_start(void)
{
    struct memory_piece piece;

    for (size_t n = 0; memory_piece(n, &piece); n++)
        if (piece.kind != MEMORY_NOTHING && piece.kind != MEMORY_RESERVED)
            map(&piece);
    for (uint32_t n = 0; n < ENTRIES; n++)
        first_table[n] = first_table_entry(n * PAGE);
    directory[0] = (uint32_t)first_table | PRESENT | WRITABLE;
    load();
}

/* Before paging_start(), and where it never ran, the directory is empty. */
const char *machine_forbids(uintptr_t address)
{
    uint32_t entry = address < LARGE_PAGE ? first_table[address / PAGE] : directory[address / LARGE_PAGE];

    if (directory[0] == 0 || entry & WRITABLE)
        return NULL;
    return entry & PRESENT ? "write" : "touch";
}

uint32_t paging_directory(void)
{
    return (uint32_t)directory;
}
