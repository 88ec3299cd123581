/* SPDX-License-Identifier: MIT
 *
 * The PC's reader of boot information, fed with good, odd and random bytes: what it keeps, what it drops, and that it
 * never reads or writes outside (the sanitizers watch).
 */
#include "case.h"
#include "multiboot/map.h"
#include "multiboot.h"

#include <stdlib.h>
#include <string.h>

void case_end(void)
{
}

static void read_map(const void *map, size_t length)
{
    unsigned char *copy = malloc(length + 1); /* just as long as it is said to be */

    map_forget();
    memcpy(copy, map, length);
    multiboot_read_map(copy, length);
    free(copy);
}

struct __attribute__((packed)) entry {
    uint32_t size;
    uint64_t start, length;
    uint32_t type;
};

CASE(only_type_1_is_usable)
{
    const struct entry map[] = { { 20, 0, 0x9FC00, 1 },        { 20, 0x100000, 0x700000, 1 },
                                 { 20, 0x800000, 0x1000, 2 },  { 20, 0x900000, 0x1000, 3 },
                                 { 20, 0xA00000, 0x1000, 20 }, { 20, 0xB00000, 0x1000, 0 } };

    read_map(map, sizeof map);
    CHECK(map_unknown(), ==, 0);
    for (size_t i = 0; i < 6; i++) {
        enum memory_kind kind = map[i].type == 1 ? MEMORY_USABLE : MEMORY_RESERVED;
        CHECK(map_kind((uintptr_t)(map[i].start + (i == 0 ? 0x1000 : 0))), ==, kind);
        CHECK(map_kind((uintptr_t)(map[i].start + map[i].length - 1)), ==, kind);
        CHECK(i == 1 || map_kind((uintptr_t)(map[i].start + map[i].length)) == MEMORY_NOTHING, ==, true);
    }
}

CASE(entries_longer_than_needed_are_stepped_over)
{
    unsigned char map[2 * 40] = { 0 };
    const struct entry first = { 36, 0x100000, 0x1000, 1 }, second = { 36, 0x200000, 0x1000, 1 };

    memcpy(map, &first, sizeof first);
    memcpy(map + 40, &second, sizeof second);
    read_map(map, sizeof map);
    CHECK(memory_usable_bytes(), ==, 0x2000);
    CHECK(map_unknown(), ==, 0);
}

CASE(a_map_that_lies_about_its_length_ends_and_that_is_told)
{
    struct entry map[] = { { 20, 0x100000, 0x1000, 1 }, { 20, 0x200000, 0x1000, 1 } };

    for (size_t length = 0; length <= sizeof map; length++) {
        read_map(map, length);
        CHECK(memory_usable_bytes(), ==, length / sizeof map[0] * 0x1000);
        CHECK(map_unknown(), ==, length % sizeof map[0] != 0);
    }
    for (int size = -1; size < 20; size++) {
        map[1].size = (uint32_t)size;
        read_map(map, sizeof map);
        CHECK(memory_usable_bytes(), ==, 0x1000);
        CHECK(map_unknown(), ==, 1);
    }
    map[0].size = 0;
    read_map(map, sizeof map);
    CHECK(memory_usable_bytes(), ==, 0);
}

CASE(no_region_and_no_module_is_left_open)
{
    enum { MANY = 500 };
    static struct entry map[MANY + 1];
    static uint32_t modules[MANY][4];

    for (uint32_t i = 0; i < MANY; i++) {
        map[i] = (struct entry){ 20, 0x3000000 + i * 0x2000, 0x1000, 2 };
        modules[i][0] = 0x1000000 + i * 0x2000;
        modules[i][1] = modules[i][0] + 100;
    }
    map[MANY] = (struct entry){ 20, 0x100000, 0x5000000, 1 };
    modules[MANY / 2][1] = 0; /* this one makes no sense */
    read_map(map, sizeof map);
    multiboot_read_modules((unsigned char *)modules, MANY);
    CHECK(map_unknown(), ==, 1);
    CHECK(map_given_up(), >, 0);
    for (uint32_t i = 0; i < MANY; i++) {
        CHECK(map_kind((uintptr_t)map[i].start + 0xFFF), ==, MEMORY_RESERVED);
        CHECK(i == MANY / 2 || map_kind(modules[i][0] + 99) > MEMORY_USABLE, ==, true);
    }
    CHECK(map_kind(0x200000), ==, MEMORY_USABLE); /* the large pieces stay */
}

CASE(the_kernel_path_is_no_option)
{
    static const struct {
        const char *given, *kept;
    } lines[] = {
        { "", "" },
        { "   ", "" },
        { "build/minios.elf heap=1M", "heap=1M" },
        { "  /boot/k  a=b c", "a=b c" },
        { "minios.elf", "" },
        { "heap=1M color=off", "heap=1M color=off" },
        { "script=\"peek 1/2\" x", "script=\"peek 1/2\" x" },
        { ".elf x", "x" },
        { "elf x", "elf x" },
    };

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        static struct boot_info info;
        multiboot_read_command_line(lines[i].given, &info);
        case_note("line %zu", i);
        CHECK(strcmp(info.command_line, lines[i].kept), ==, 0);
    }
}

CASE(a_command_line_that_is_cut_is_told)
{
    static struct boot_info info;
    static char line[BOOT_COMMAND_LINE_MAX + 2];

    for (size_t length = BOOT_COMMAND_LINE_MAX - 1; length <= BOOT_COMMAND_LINE_MAX + 1; length++) {
        memset(line, 'x', length);
        multiboot_read_command_line(line, &info);
        CHECK(info.command_line_cut, ==, length > BOOT_COMMAND_LINE_MAX);
        CHECK(strlen(info.command_line), ==, length > BOOT_COMMAND_LINE_MAX ? BOOT_COMMAND_LINE_MAX : length);
        CHECK(strstr(info.command_line, "...") != NULL, ==, info.command_line_cut);
    }
}

CASE(random_bytes_do_no_harm)
{
    for (int round = 0; round < 20000; round++) {
        unsigned char bytes[256];
        size_t length = (size_t)rand() % sizeof bytes;
        for (size_t i = 0; i < length; i++)
            bytes[i] = (unsigned char)(rand() % 3 ? rand() % 40 : rand());
        read_map(bytes, length);
        map_check();
    }
}
