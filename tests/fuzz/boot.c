/* SPDX-License-Identifier: MIT
 *
 * What a boot loader leaves, as raw bytes: command line, name, modules and memory map go through the PC's reader, then the
 * kernel chooses a place for the heap in that map and reads its options. Each piece lies between forbidden bytes and is
 * just as long as the loader says. Where the place has to be is computed anew, from all addresses that it could be at.
 */
#include "base/console.h"
#include "base/memory_map.h"
#include "base/options.h"
#include "base/print.h"
#include "fuzz.h"
#include "machine.h"
#include "multiboot.h"

#include <sanitizer/asan_interface.h>
#include <string.h>
#include <sys/mman.h>

enum { ARENA = 64 * 1024, MOST_MODULES = 24, MODULE_BYTES = 16, PAGE = 4096, MOST_REGIONS = 96 };

static struct input in;
static struct multiboot_info info;
static struct boot_info *boot;
static struct memory_region kernel;
static char *command_line; /* as kept, in memory of its own length */

/* ---- The machine ------------------------------------------------------------------------------------------------ */

const char *machine_command_line(void)
{
    return command_line;
}

size_t machine_memory(struct memory_region *regions, size_t max)
{
    EXPECT(boot->region_count + 1 + boot->module_count, <=, max);
    memcpy(regions, boot->regions, boot->region_count * sizeof *regions);
    regions[boot->region_count] = kernel;
    memcpy(regions + boot->region_count + 1, boot->modules, boot->module_count * sizeof *regions);
    return boot->region_count + 1 + boot->module_count;
}

void machine_put(char c)
{
    EXPECT(c == '\n' || c == '\b' || (c >= ' ' && c < 127), ==, true);
}

int machine_get(void)
{
    return 4;
}

void machine_wait(void)
{
}

/* ---- The loader ------------------------------------------------------------------------------------------------- */

static uint32_t next_free;

/* The next bytes of the input, for the kernel to find. The last one may be made a zero: a text has an end. */
static uint32_t lay_out(size_t length, bool text)
{
    size_t there = (size_t)(in.end - in.at) < length ? (size_t)(in.end - in.at) : length;
    unsigned char *at = (unsigned char *)(uintptr_t)next_free;

    length = there + text;
    __asan_unpoison_memory_region(at, length);
    memcpy(at, in.at, there);
    if (text)
        at[there] = '\0';
    in.at += there;
    next_free += (uint32_t)(length + 32) / 8 * 8;
    return (uint32_t)(uintptr_t)at;
}

static void load(void)
{
    __asan_poison_memory_region((void *)FIXED_START, ARENA);
    next_free = (uint32_t)FIXED_START;
    info = (struct multiboot_info){ .flags = (uint32_t)next_16(&in) };
    kernel = (struct memory_region){ 0x100000, 0x100000 + 1 + 16 * next_16(&in), MEMORY_KERNEL };
    bool lies = next_byte(&in) == 255;
    size_t line = next_byte(&in) * 8, name = next_byte(&in), modules = next_byte(&in) % MOST_MODULES;
    info.command_line = lay_out(line, true);
    info.loader_name = lay_out(name, true);
    modules = (size_t)(in.end - in.at) / MODULE_BYTES < modules ? (size_t)(in.end - in.at) / MODULE_BYTES : modules;
    info.modules = lay_out(modules * MODULE_BYTES, false);
    info.module_count = (uint32_t)modules;
    info.map_length = (uint32_t)(in.end - in.at);
    info.map = lay_out(info.map_length, false);
    if (lies) /* they would reach past the last address, so they are not believed */
        info.map_length = info.module_count = UINT32_MAX - (uint32_t)FIXED_START / MODULE_BYTES;
}

/* ---- What was read ---------------------------------------------------------------------------------------------- */

static void check_list(const struct memory_region *list, size_t count, size_t max, uint32_t flag)
{
    EXPECT(count, <=, (info.flags & flag) ? max : 0);
    for (size_t i = 0; i < count; i++)
        EXPECT(list[i].start, <, list[i].end);
}

static void read_all(void)
{
    memset(boot, 0, sizeof *boot);
    multiboot_read(&info, boot);
    check_list(boot->regions, boot->region_count, BOOT_REGIONS_MAX, MULTIBOOT_MEMORY_MAP);
    check_list(boot->modules, boot->module_count, BOOT_MODULES_MAX, MULTIBOOT_MODULES);
    EXPECT(memchr(boot->command_line, 0, sizeof boot->command_line), !=, 0);
    EXPECT(memchr(boot->loader, 0, sizeof boot->loader), !=, 0);
    command_line = strdup(boot->command_line);
}

/* ---- Where the heap may lie ------------------------------------------------------------------------------------- */

static struct memory_region regions[MOST_REGIONS];
static size_t region_count;

static bool is_place(uint64_t at, uint64_t size)
{
    bool within = false;

    if (at < kernel.end || at % PAGE != 0 || at > UINTPTR_MAX || size > UINTPTR_MAX - at)
        return false;
    for (size_t i = 0; i < region_count; i++) {
        const struct memory_region *r = &regions[i];
        if (r->kind == MEMORY_USABLE)
            within |= r->start <= at && at < r->end && size <= r->end - at;
        else if (r->start < at + size && at < r->end)
            return false;
    }
    return within;
}

/* The lowest place begins where something usable begins, or where something else ends. */
static uint64_t lowest_place(uint64_t size)
{
    uint64_t lowest = 0;

    for (size_t i = 0; i < region_count; i++) {
        uint64_t at = regions[i].kind == MEMORY_USABLE ? regions[i].start : regions[i].end;
        if (at > UINT64_MAX - PAGE)
            continue;
        at = (at + PAGE - 1) / PAGE * PAGE;
        if (is_place(at, size) && (lowest == 0 || at < lowest))
            lowest = at;
    }
    return lowest;
}

static bool find_place(size_t size, size_t *largest)
{
    uintptr_t place = (uintptr_t)memory_place(size, largest);

    EXPECT(place, ==, lowest_place(size));
    return place != 0;
}

static bool is_memory(uint64_t at)
{
    for (size_t i = 0; i < region_count; i++)
        if ((regions[i].kind == MEMORY_USABLE || regions[i].kind == MEMORY_KERNEL) && regions[i].start <= at &&
            at < regions[i].end)
            return at >= PAGE;
    return false;
}

static void check_readable(const struct memory_region *r)
{
    if (r->end > UINTPTR_MAX || r->start < PAGE)
        return;
    bool memory = r->kind == MEMORY_USABLE || r->kind == MEMORY_KERNEL;
    EXPECT(memory_readable((uintptr_t)r->start, (size_t)(r->end - r->start)) || !memory, ==, true);
    EXPECT(memory_readable((uintptr_t)r->end - 1, 1), ==, is_memory(r->end - 1));
    EXPECT(memory_readable((uintptr_t)r->end, 1), ==, is_memory(r->end));
    EXPECT(memory_readable((uintptr_t)r->end - 1, 2) && !is_memory(r->end), ==, false);
}

static void place_heap(size_t size)
{
    size_t largest, other;

    memory_read();
    region_count = machine_memory(regions, MOST_REGIONS);
    EXPECT(memory_kernel().end, ==, kernel.end);
    memory_usable_bytes();
    memory_print();
    for (size_t i = 0; i < region_count; i++)
        check_readable(&regions[i]);
    if (size == 0 || find_place(size, &largest))
        return;
    EXPECT(largest, <, size);
    EXPECT(largest == 0 || find_place(largest, &other), ==, true);
    EXPECT(find_place(largest + 1, &other), ==, false);
}

/* ---- The options ------------------------------------------------------------------------------------------------ */

static void check_size(const char *text)
{
    char again[24];
    size_t size, same;

    if (!parse_size(text, &size))
        return;
    EXPECT(ksnprintf(again, sizeof again, "%zu", size), <, sizeof again);
    EXPECT(parse_size(again, &same), ==, true);
    EXPECT(same, ==, size);
}

/* The value in a buffer of just `size` bytes is the beginning of the whole one. */
static void check_option(const char *name, size_t size)
{
    static char whole[BOOT_COMMAND_LINE_MAX + 1];
    char *value = malloc(size);

    if (option_value(name, value, size)) {
        EXPECT(strnlen(value, size), <, size);
        EXPECT(option_value(name, whole, sizeof whole), ==, true);
        EXPECT(strncmp(value, whole, size - 1), ==, 0);
        EXPECT(option_is(name, whole) || strlen(whole) >= 32, ==, true);
        check_size(value);
    }
    free(value);
}

static void read_options(size_t size)
{
    static const char *const names[] = { "heap", "on_fault", "script", "color", "plain", "ram" };

    options_complain();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        check_option(names[i], size);
}

/* ---- The run ---------------------------------------------------------------------------------------------------- */

static void make_ready(void)
{
    void *arena = mmap((void *)FIXED_START, ARENA, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    EXPECT(arena, ==, FIXED_START);
    boot = malloc(sizeof *boot);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (boot == NULL)
        make_ready();
    if (length > ARENA / 2)
        return 0;
    in = (struct input){ bytes, bytes + length };
    size_t heap = next_byte(&in) + 1;
    heap <<= next_byte(&in) % 40 % (8 * sizeof heap - 8);
    size_t option = 1 + next_byte(&in) % 64;
    load();
    read_all();
    place_heap(heap);
    read_options(option);
    free(command_line);
    return 0;
}
