/* SPDX-License-Identifier: MIT
 *
 * Copies what the boot loader left in memory, because the heap will soon lie there. Believes nothing it reads: a length
 * that does not add up ends the list, a region that wraps is left out.
 */
#include "multiboot.h"

#include <stdbool.h>

enum {
    MAP_SIZE_FIELD = 4,     /* the size of an entry does not count itself */
    MAP_ENTRY_MINIMUM = 20, /* start 8, length 8, type 4; a loader may add more */
    MAP_TYPE_USABLE = 1,
    MODULE_ENTRY = 16 /* start 4, end 4, name 4, nothing 4 */
};

/* Entries may lie at any address, so they are read byte by byte. */
static uint32_t read_32(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static uint64_t read_64(const unsigned char *bytes)
{
    return (uint64_t)read_32(bytes + 4) << 32 | read_32(bytes);
}

static void copy_text(char *to, size_t max, const char *from)
{
    size_t n = 0;
    for (; n < max && from[n] != '\0'; n++)
        to[n] = from[n];
    to[n] = '\0';
}

static void add_region(struct memory_region *list, size_t *count, size_t max, struct memory_region region,
                       struct boot_info *out)
{
    if (region.end <= region.start || *count == max) {
        out->left_out++;
        return;
    }
    list[(*count)++] = region;
}

void multiboot_read_map(const unsigned char *map, size_t length, struct boot_info *out)
{
    size_t position = 0;
    while (length - position >= MAP_SIZE_FIELD + MAP_ENTRY_MINIMUM) {
        const unsigned char *entry = map + position + MAP_SIZE_FIELD;
        size_t size = read_32(map + position);
        if (size < MAP_ENTRY_MINIMUM || size > length - position - MAP_SIZE_FIELD)
            return;
        uint64_t start = read_64(entry);
        struct memory_region region = {
            .start = start,
            .end = start + read_64(entry + 8), /* one that wraps ends below its start and is left out */
            .kind = read_32(entry + 16) == MAP_TYPE_USABLE ? MEMORY_USABLE : MEMORY_RESERVED
        };
        add_region(out->regions, &out->region_count, BOOT_REGIONS_MAX, region, out);
        position += MAP_SIZE_FIELD + size;
    }
}

/* More modules than the list holds share its last place: what lies between them is taken too, but none is left open. */
static void stretch(struct memory_region *last, struct memory_region region)
{
    if (region.end <= region.start)
        return;
    last->start = region.start < last->start ? region.start : last->start;
    last->end = region.end > last->end ? region.end : last->end;
}

void multiboot_read_modules(const unsigned char *modules, size_t count, struct boot_info *out)
{
    for (size_t n = 0; n < count; n++) {
        const unsigned char *entry = modules + n * MODULE_ENTRY;
        struct memory_region region = { .start = read_32(entry), .end = read_32(entry + 4), .kind = MEMORY_MODULE };
        if (out->module_count == BOOT_MODULES_MAX)
            stretch(&out->modules[BOOT_MODULES_MAX - 1], region);
        else
            add_region(out->modules, &out->module_count, BOOT_MODULES_MAX, region, out);
    }
}

static bool contains(const char *word, size_t length, char c)
{
    for (size_t n = 0; n < length; n++)
        if (word[n] == c)
            return true;
    return false;
}

static bool is_kernel_path(const char *word, size_t length)
{
    const char *tail = word + length;
    bool elf = length >= 4 && tail[-4] == '.' && tail[-3] == 'e' && tail[-2] == 'l' && tail[-1] == 'f';
    return (elf || contains(word, length, '/')) && !contains(word, length, '=');
}

/* QEMU puts the file's path first, GRUB 2 and v86 do not: it goes if it looks like one. */
void multiboot_read_command_line(const char *text, struct boot_info *out)
{
    while (*text == ' ')
        text++;
    size_t length = 0;
    while (length <= BOOT_COMMAND_LINE_MAX && text[length] != '\0' && text[length] != ' ')
        length++;
    if (is_kernel_path(text, length))
        text += length;
    while (*text == ' ')
        text++;
    copy_text(out->command_line, BOOT_COMMAND_LINE_MAX, text);
}

static const void *at(uint32_t address)
{
    return (const void *)(uintptr_t)address;
}

void multiboot_read(const struct multiboot_info *info, struct boot_info *out)
{
    if (info->flags & MULTIBOOT_COMMAND_LINE && info->command_line != 0)
        multiboot_read_command_line(at(info->command_line), out);
    if (info->flags & MULTIBOOT_LOADER_NAME && info->loader_name != 0)
        copy_text(out->loader, BOOT_LOADER_MAX, at(info->loader_name));
    if (info->flags & MULTIBOOT_MEMORY_MAP && info->map_length <= UINT32_MAX - info->map)
        multiboot_read_map(at(info->map), info->map_length, out);
    if (info->flags & MULTIBOOT_MODULES && info->module_count <= (UINT32_MAX - info->modules) / MODULE_ENTRY)
        multiboot_read_modules(at(info->modules), info->module_count, out);
}
