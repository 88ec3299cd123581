/* SPDX-License-Identifier: MIT
 *
 * The PC's reader of boot information, fed with good, odd and random bytes: what it keeps, what it drops, and that it
 * never reads or writes outside (the sanitizers watch).
 */
#include "case.h"
#include "multiboot.h"

#include <stdlib.h>
#include <string.h>

void case_end(void)
{
}

static struct boot_info read_map(const void *map, size_t length)
{
    static struct boot_info info;
    unsigned char *copy = malloc(length + 1); /* just as long as it is said to be */

    memset(&info, 0, sizeof info);
    memcpy(copy, map, length);
    multiboot_read_map(copy, length, &info);
    free(copy);
    return info;
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
    struct boot_info info = read_map(map, sizeof map);

    CHECK(info.region_count, ==, 6);
    for (size_t i = 0; i < 6; i++) {
        CHECK(info.regions[i].kind, ==, map[i].type == 1 ? MEMORY_USABLE : MEMORY_RESERVED);
        CHECK(info.regions[i].start, ==, map[i].start);
        CHECK(info.regions[i].end, ==, map[i].start + map[i].length);
    }
}

CASE(regions_without_sense_are_left_out)
{
    const struct entry map[] = { { 20, 0x100000, 0, 1 },
                                 { 20, UINT64_MAX - 10, 100, 1 },
                                 { 20, 0x200000, UINT64_MAX, 1 },
                                 { 20, 0x300000, 0x1000, 1 } };
    struct boot_info info = read_map(map, sizeof map);

    CHECK(info.region_count, ==, 1);
    CHECK(info.regions[0].start, ==, 0x300000);
    CHECK(info.left_out, ==, 3);
}

CASE(entries_longer_than_needed_are_stepped_over)
{
    unsigned char map[2 * 40] = { 0 };
    const struct entry first = { 36, 0x100000, 0x1000, 1 }, second = { 36, 0x200000, 0x1000, 1 };

    memcpy(map, &first, sizeof first);
    memcpy(map + 40, &second, sizeof second);
    CHECK(read_map(map, sizeof map).region_count, ==, 2);
}

CASE(a_map_that_lies_about_its_length_ends)
{
    struct entry map[] = { { 20, 0x100000, 0x1000, 1 }, { 20, 0x200000, 0x1000, 1 } };

    for (size_t length = 0; length <= sizeof map; length++)
        CHECK(read_map(map, length).region_count, ==, length / sizeof map[0]);
    map[1].size = 19;
    CHECK(read_map(map, sizeof map).region_count, ==, 1);
    map[1].size = UINT32_MAX;
    CHECK(read_map(map, sizeof map).region_count, ==, 1);
    map[0].size = 0;
    CHECK(read_map(map, sizeof map).region_count, ==, 0);
}

CASE(more_regions_than_there_is_room_for)
{
    struct entry map[BOOT_REGIONS_MAX + 10];

    for (size_t i = 0; i < BOOT_REGIONS_MAX + 10; i++)
        map[i] = (struct entry){ 20, i * 0x1000, 0x1000, 1 };
    CHECK(read_map(map, sizeof map).region_count, ==, BOOT_REGIONS_MAX);
    CHECK(read_map(map, sizeof map).left_out, ==, 10);
}

CASE(no_module_is_left_open)
{
    static struct boot_info info;
    uint32_t modules[BOOT_MODULES_MAX + 5][4];

    for (uint32_t i = 0; i < BOOT_MODULES_MAX + 5; i++) {
        modules[i][0] = 0x200000 + i * 0x1000;
        modules[i][1] = modules[i][0] + 100;
        modules[i][2] = modules[i][3] = 0;
    }
    modules[BOOT_MODULES_MAX + 1][1] = 0; /* this one makes no sense */
    multiboot_read_modules((unsigned char *)modules, BOOT_MODULES_MAX + 5, &info);
    CHECK(info.module_count, ==, BOOT_MODULES_MAX);
    CHECK(info.modules[BOOT_MODULES_MAX - 1].start, ==, modules[BOOT_MODULES_MAX - 1][0]);
    CHECK(info.modules[BOOT_MODULES_MAX - 1].end, ==, modules[BOOT_MODULES_MAX + 4][1]);
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

CASE(a_long_command_line_is_cut)
{
    static struct boot_info info;
    static char line[3 * BOOT_COMMAND_LINE_MAX];

    memset(line, 'x', sizeof line - 1);
    multiboot_read_command_line(line, &info);
    CHECK(strlen(info.command_line), ==, BOOT_COMMAND_LINE_MAX);
}

CASE(random_bytes_do_no_harm)
{
    for (int round = 0; round < 20000; round++) {
        unsigned char bytes[256];
        size_t length = (size_t)rand() % sizeof bytes;
        for (size_t i = 0; i < length; i++)
            bytes[i] = (unsigned char)(rand() % 3 ? rand() % 40 : rand());
        struct boot_info info = read_map(bytes, length);
        CHECK(info.region_count, <=, BOOT_REGIONS_MAX);
        for (size_t i = 0; i < info.region_count; i++)
            CHECK(info.regions[i].start, <, info.regions[i].end);
    }
}
