/* SPDX-License-Identifier: MIT
 *
 * The few calls of a system that the cases make, on a machine without one. */
#include <sys/mman.h>
#include <sys/wait.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096, PAGES = 3600 };

static unsigned char memory[PAGES * PAGE] __attribute__((aligned(4096)));
static size_t used;

/* Zero, as from a system. When all is used it begins anew: the cases leave behind more heaps than they hold at once. */
void *mmap(void *wish, size_t size, int access, int kind, int file, long offset)
{
    (void)wish, (void)access, (void)kind, (void)file, (void)offset;
    if (size > sizeof(memory))
        return MAP_FAILED;
    if (size > sizeof(memory) - used)
        used = 0;
    used += size;
    return memset(memory + used - size, 0, size);
}

int mprotect(void *from, size_t size, int access)
{
    (void)from, (void)size, (void)access;
    return 0;
}

int munmap(void *from, size_t size)
{
    if ((unsigned char *)from + size == memory + used)
        used -= size;
    return 0;
}

pid_t fork(void)
{
    return -1;
}

pid_t waitpid(pid_t child, int *status, int options)
{
    (void)child, (void)status, (void)options;
    return -1;
}

/* No environment either: what the build was told stands for it. */
char *getenv(const char *name)
{
    static char seeds[] = MODEL_SEEDS;

    return strcmp(name, "MODEL_SEEDS") == 0 ? seeds : NULL;
}

#ifdef __ARM_ARCH_6M__
/* The emulated board with room for the cases has a larger processor. Told to, it refuses what a Cortex-M0 refuses: a word
 * at an address that is no multiple of four. */
__attribute__((constructor)) static void refuse_unaligned(void)
{
    enum { UNALIGN_TRP = 1 << 3 };

    *(volatile uint32_t *)0xE000ED14 |= UNALIGN_TRP; /* the configuration and control register */
}
#endif
