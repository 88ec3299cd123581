/* SPDX-License-Identifier: MIT
 *
 * Copies what the boot loader left in memory, because the heap will soon lie there. Believes nothing it reads, and tells
 * what it does not believe.
 */
#include "multiboot.h"

#include "base/memory_map.h"

enum {
    KIB = 1024,
    MIB = 1024 * KIB,
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

/* False when it had to be cut: then it ends in "...". */
static bool copy_text(char *to, size_t max, const char *from)
{
    size_t n = 0;
    for (; n < max && from[n] != '\0'; n++)
        to[n] = from[n];
    bool whole = from[n] == '\0';
    for (size_t dots = n - 3; !whole && dots < n; dots++)
        to[dots] = '.';
    to[n] = '\0';
    return whole;
}

/* Up to the end, or to where it makes no sense any more: what might have come then nobody knows. */
void multiboot_read_map(const unsigned char *map, size_t length)
{
    while (length >= MAP_SIZE_FIELD + MAP_ENTRY_MINIMUM) {
        const unsigned char *entry = map + MAP_SIZE_FIELD;
        size_t size = read_32(map);
        if (size < MAP_ENTRY_MINIMUM || size > length - MAP_SIZE_FIELD)
            break;
        memory_add(read_64(entry), read_64(entry + 8),
                   read_32(entry + 16) == MAP_TYPE_USABLE ? MEMORY_USABLE : MEMORY_RESERVED);
        map += MAP_SIZE_FIELD + size;
        length -= MAP_SIZE_FIELD + size;
    }
    if (length > 0)
        memory_add_unknown();
}

/* One that ends below its start has a length that wraps, and memory_add() does not believe it. */
void multiboot_read_modules(const unsigned char *modules, size_t count)
{
    for (; count > 0; count--, modules += MODULE_ENTRY) {
        uint64_t start = read_32(modules);
        memory_add(start, read_32(modules + 4) - start, MEMORY_MODULE);
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
    out->command_line_cut = !copy_text(out->command_line, BOOT_COMMAND_LINE_MAX, text);
}

static const void *at(uint32_t address)
{
    return (const void *)(uintptr_t)address;
}

static void read_memory(const struct multiboot_info *info)
{
    if (info->flags & MULTIBOOT_MEMORY_MAP && info->map_length <= UINT32_MAX - info->map)
        multiboot_read_map(at(info->map), info->map_length);
    else if (info->flags & MULTIBOOT_MEMORY_MAP)
        memory_add_unknown();
    if (info->flags & MULTIBOOT_MEMORY && memory_usable_bytes() == 0) {
        memory_add(0, (uint64_t)info->memory_lower * KIB, MEMORY_USABLE);
        memory_add(MIB, (uint64_t)info->memory_upper * KIB, MEMORY_USABLE);
    }
    if (info->flags & MULTIBOOT_MODULES && info->module_count <= (UINT32_MAX - info->modules) / MODULE_ENTRY)
        multiboot_read_modules(at(info->modules), info->module_count);
    else if (info->flags & MULTIBOOT_MODULES)
        memory_add_unknown();
}

void multiboot_read(const struct multiboot_info *info, struct boot_info *out)
{
    if (info->flags & MULTIBOOT_COMMAND_LINE && info->command_line != 0)
        multiboot_read_command_line(at(info->command_line), out);
    if (info->flags & MULTIBOOT_LOADER_NAME && info->loader_name != 0)
        copy_text(out->loader, BOOT_LOADER_MAX, at(info->loader_name));
    read_memory(info);
}
