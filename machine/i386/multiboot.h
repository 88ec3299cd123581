/* SPDX-License-Identifier: MIT
 *
 * Multiboot 1: what the boot loader hands over, and our own copy of it.
 */
#ifndef MULTIBOOT_H
#define MULTIBOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MULTIBOOT_LOADED 0x2BADB002u /* in eax at the start, when it was a multiboot loader */

enum multiboot_flags {
    MULTIBOOT_MEMORY = 1u << 0,
    MULTIBOOT_COMMAND_LINE = 1u << 2,
    MULTIBOOT_MODULES = 1u << 3,
    MULTIBOOT_MEMORY_MAP = 1u << 6,
    MULTIBOOT_LOADER_NAME = 1u << 9
};

/* All are 32 bits wide; the addresses are physical. */
struct multiboot_info {
    uint32_t flags;
    uint32_t memory_lower; /* in KiB, from 0 and from 1 MiB up; only where there is no map: under UEFI both are wrong */
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

enum { BOOT_COMMAND_LINE_MAX = 4095, BOOT_LOADER_MAX = 47 };

/* A text that was too long is cut and ends in "...". */
struct boot_info {
    char command_line[BOOT_COMMAND_LINE_MAX + 1];
    char loader[BOOT_LOADER_MAX + 1];
    bool command_line_cut;
};

/* Copies the texts, and tells memory_add() of all memory; nothing of the loader's is read afterwards. Follows the
 * addresses in *info. */
void multiboot_read(const struct multiboot_info *info, struct boot_info *out);

/* The same in parts that read only the bytes given, so that they run anywhere. */
void multiboot_read_map(const unsigned char *map, size_t length);
void multiboot_read_modules(const unsigned char *modules, size_t count);
void multiboot_read_command_line(const char *text, struct boot_info *out);

#endif
