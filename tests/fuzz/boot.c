/* SPDX-License-Identifier: MIT
 *
 * What a boot loader leaves, as raw bytes: command line, name, modules and memory map go through the PC's reader, then the
 * kernel chooses a place for the heap in that map and reads its options. Each piece lies between forbidden bytes and is
 * just as long as the loader says. What each byte has to be, and where the place, is computed anew from all that was told.
 */
#include "base/console.h"
#include "base/memory_map.h"
#include "base/options.h"
#include "base/print.h"
#include "fuzz.h"
#include "kernel.h"
#include "machine.h"
#include "multiboot.h"

#include <sanitizer/asan_interface.h>
#include <string.h>
#include <sys/mman.h>

/* Here, so that its state can be put back, and under another name, so that what is told passes by. */
void believe(uint64_t start, uint64_t length, enum memory_kind kind);
#define memory_add believe
#include "base/memory_map.c"
#undef memory_add

enum { ARENA = 64 * 1024, MOST_MODULES = 24, MODULE_BYTES = 16, MOST_TOLD = 2048, MOST_LOOKED_AT = 100 };

static struct input in;
static struct multiboot_info info;
static struct boot_info *boot;
static char *command_line; /* as kept, in memory of its own length */

/* ---- The machine ------------------------------------------------------------------------------------------------ */

const char *machine_command_line(void)
{
    return command_line;
}

bool machine_command_line_is_cut(void)
{
    return false;
}

void machine_stop(int status)
{
    EXPECT(status, ==, -1);
    abort();
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
static uintptr_t kernel_end;

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
    kernel_end = 0x100000 + 1 + 16 * next_16(&in);
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

static struct {
    uint64_t start, end;
    enum memory_kind kind;
} told[MOST_TOLD];
static size_t told_count;

/* What wraps is taken up to the end, or else not there at all. */
void memory_add(uint64_t start, uint64_t length, enum memory_kind kind)
{
    bool wraps = length > UINT64_MAX - start;

    EXPECT(told_count, <, MOST_TOLD);
    if (!wraps || kind == MEMORY_RESERVED) {
        told[told_count].start = start;
        told[told_count].end = wraps ? UINT64_MAX : start + length;
        told[told_count++].kind = kind;
    }
    believe(start, length, kind);
}

static void read_all(void)
{
    memset(boot, 0, sizeof *boot);
    memset(pieces, 0, sizeof pieces);
    piece_count = 1;
    raw_count = unknown = given_up = told_count = 0;
    memory_add(0x100000, kernel_end - 0x100000, MEMORY_KERNEL);
    multiboot_read(&info, boot);
    EXPECT(memchr(boot->command_line, 0, sizeof boot->command_line), !=, 0);
    EXPECT(memchr(boot->loader, 0, sizeof boot->loader), !=, 0);
    EXPECT(boot->command_line_cut && strlen(boot->command_line) < BOOT_COMMAND_LINE_MAX, ==, false);
    command_line = strdup(boot->command_line);
}

/* ---- The tidy map ----------------------------------------------------------------------------------------------- */

/* They rise from 0 to the last address without a hole, and no neighbours are alike. */
static void check_pieces(void)
{
    struct memory_piece piece, before = { 0 };

    for (size_t n = 0; memory_piece(n, &piece); n++, before = piece) {
        EXPECT(piece.start, ==, before.end);
        EXPECT(piece.start, <=, piece.end);
        EXPECT(n > 0 && piece.kind == before.kind, ==, false);
    }
    EXPECT(before.end, ==, UINTPTR_MAX);
    EXPECT(memory_kernel().start, ==, 0x100000);
    EXPECT(memory_kernel().end, ==, kernel_end);
}

static enum memory_kind kind_of(uintptr_t address)
{
    struct memory_piece piece;

    for (size_t n = 0; memory_piece(n, &piece); n++)
        if (piece.start <= address && address < piece.end)
            return piece.kind;
    return MEMORY_NOTHING;
}

/* The strongest of all that was told of it; where the table had no room, it may be taken instead. */
static void check_byte(uint64_t at)
{
    enum memory_kind wanted = MEMORY_NOTHING, is = kind_of((uintptr_t)at);

    if (at >= UINTPTR_MAX)
        return;
    for (size_t i = 0; i < told_count && at >= PAGE_BYTES; i++)
        if (told[i].start <= at && at < told[i].end && told[i].kind > wanted)
            wanted = told[i].kind;
    EXPECT(is == wanted || (is == MEMORY_RESERVED && given_up > 0), ==, true);
    EXPECT(memory_readable((uintptr_t)at, 1), ==, is != MEMORY_NOTHING && is != MEMORY_RESERVED);
}

static void check_bytes(void)
{
    for (size_t i = 0; i < told_count && i < MOST_LOOKED_AT; i++)
        for (uint64_t by = 0; by < 3; by++) {
            check_byte(told[i].start + by - 1);
            check_byte(told[i].end + by - 1);
        }
}

/* ---- Where the heap may lie ------------------------------------------------------------------------------------- */

static void check_place(uintptr_t at, size_t size)
{
    EXPECT(at % PAGE_BYTES, ==, 0);
    EXPECT(at, >=, kernel_end);
    EXPECT(kind_of(at), ==, MEMORY_USABLE);
    EXPECT(memory_readable(at, size), ==, true);
    for (size_t i = 0; i < told_count; i++)
        if (told[i].kind != MEMORY_USABLE && told[i].start < told[i].end)
            EXPECT(told[i].start < (uint64_t)at + size && at < told[i].end, ==, false);
}

/* The lowest place begins where something usable begins, or where something else ends. */
static uintptr_t lowest_place(size_t size)
{
    struct memory_piece piece;

    for (size_t n = 0; memory_piece(n, &piece); n++) {
        uint64_t from = piece.start > kernel_end ? piece.start : kernel_end;
        from = (from + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
        if (piece.kind == MEMORY_USABLE && from >= piece.start && from < piece.end && piece.end - from >= size)
            return (uintptr_t)from;
    }
    return 0;
}

static bool find_place(size_t size, size_t *largest)
{
    uintptr_t place = (uintptr_t)memory_place(size, largest);

    EXPECT(place, ==, lowest_place(size));
    if (place != 0)
        check_place(place, size);
    return place != 0;
}

static void place_heap(size_t size)
{
    size_t largest, other;

    check_pieces();
    check_bytes();
    memory_tell_losses();
    memory_print();
    memory_print_raw();
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

static void check_option(const char *name)
{
    size_t length, size;
    char shown[OPTION_SIZE_MAX + 1] = "1K";
    const char *text = option_text(name, &length);

    if (text == NULL) {
        EXPECT(option_is(name, ""), ==, false);
        EXPECT(option_size(name, shown, &size) && size == 1024, ==, true);
        return;
    }
    EXPECT(text >= command_line && text + length <= command_line + strlen(command_line), ==, true);
    char *value = strndup(text, length);
    EXPECT(option_is(name, value), ==, true);
    if (option_size(name, shown, &size)) {
        EXPECT(length, <, OPTION_SIZE_MAX);
        EXPECT(strcmp(value, shown), ==, 0);
        check_size(value);
    }
    free(value);
}

static void read_options(void)
{
    static const char *const names[] = { "heap", "on_fault", "script", "color", "plain", "ram" };

    options_complain();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        check_option(names[i]);
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
    next_byte(&in); /* the inputs of before had a length here */
    load();
    read_all();
    place_heap(heap);
    read_options();
    free(command_line);
    return 0;
}
