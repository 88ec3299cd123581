/* SPDX-License-Identifier: MIT
 *
 * Multiboot 1: what the boot loader hands over, and our own copy of it.
 */
#ifndef MULTIBOOT_H
#define MULTIBOOT_H

#include <stddef.h>
#include <stdint.h>

#include "machine.h"

#define MULTIBOOT_LOADED 0x2BADB002u /* in eax at the start, when it was a multiboot loader */

enum multiboot_flags {
    MULTIBOOT_COMMAND_LINE = 1u << 2,
    MULTIBOOT_MODULES = 1u << 3,
    MULTIBOOT_MEMORY_MAP = 1u << 6,
    MULTIBOOT_LOADER_NAME = 1u << 9
};

/* All are 32 bits wide; the addresses are physical. */
struct multiboot_info {
    uint32_t flags;
    uint32_t memory_lower; /* never used: both are wrong under UEFI and absent in v86 */
    uint32_t memory_upper;
    uint32_t boot_device;
    uint32_t command_line;
    uint32_t module_count;
    uint32_t modules;
    uint32_t symbols[4];
    uint32_t map_length;
    uint32_t map;
    uint32_t drives_length;
    uint32_t drives;
    uint32_t config_table;
    uint32_t loader_name;
};

enum { BOOT_COMMAND_LINE_MAX = 1024, BOOT_LOADER_MAX = 48, BOOT_REGIONS_MAX = 64, BOOT_MODULES_MAX = 16 };

struct boot_info {
    char command_line[BOOT_COMMAND_LINE_MAX + 1];
    char loader[BOOT_LOADER_MAX + 1];
    struct memory_region regions[BOOT_REGIONS_MAX];
    struct memory_region modules[BOOT_MODULES_MAX];
    size_t region_count;
    size_t module_count;
    size_t left_out; /* regions that made no sense or found no room, modules that made no sense */
};

/* Copies all of it; nothing of the loader's is read afterwards. Follows the addresses in *info. */
void multiboot_read(const struct multiboot_info *info, struct boot_info *out);

/* The same in parts that read only the bytes given, so that they run anywhere. Each adds to *out. */
void multiboot_read_map(const unsigned char *map, size_t length, struct boot_info *out);
void multiboot_read_modules(const unsigned char *modules, size_t count, struct boot_info *out);
void multiboot_read_command_line(const char *text, struct boot_info *out);

#endif
