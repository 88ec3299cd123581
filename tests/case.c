/* SPDX-License-Identifier: MIT
 *
 * The runner behind case.h: one case a process. A case that checks nothing fails, and so does an unknown name. */
#define _POSIX_C_SOURCE 200809L
#include "case.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct test_case *first_case;
static const char *running = "?";
static unsigned long checks;
static char note[200];

/* Constructors run in the order of the files and of the lines, so appending keeps the list readable. */
void case_register(struct test_case *added)
{
    struct test_case **end = &first_case;

    while (*end != NULL)
        end = &(*end)->next;
    *end = added;
}

void case_note(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(note, sizeof(note), format, arguments);
    va_end(arguments);
}

void case_check(void)
{
    checks++;
}

static void say_where(const char *file, int line)
{
    printf("%s:%d: in %s%s%s\n", file, line, running, note[0] != '\0' ? ": " : "", note);
}

/* _exit: a failed case has no business in the exit handlers of a sanitizer. */
static _Noreturn void give_up(void)
{
    fflush(stdout);
    _exit(1);
}

void case_fail(const char *file, int line, const char *what, uintmax_t left, uintmax_t right)
{
    say_where(file, line);
    printf("    %s\n", what);
    printf("    left  %#jx (%ju)\n    right %#jx (%ju)\n", left, left, right, right);
    give_up();
}

static void print_bytes(const char *side, const unsigned char *bytes, size_t from, size_t size)
{
    printf("    %s", side);
    for (size_t i = from; i < size && i < from + 16; i++)
        printf(" %02x", bytes[i]);
    printf("\n");
}

void case_memory(const char *file, int line, const char *what, const void *left, const void *right, size_t size)
{
    const unsigned char *a = left, *b = right;
    size_t i = 0;

    case_check();
    while (i < size && a[i] == b[i])
        i++;
    if (i == size)
        return;
    say_where(file, line);
    printf("    %s: differs at byte %zu of %zu, from there:\n", what, i, size);
    print_bytes("left ", a, i, size);
    print_bytes("right", b, i, size);
    give_up();
}

/* Only calls that a signal handler may make; the case is broken anyway, so what it misses does not matter. */
static void say_crash(int number)
{
    const char *parts[] = { "crashed in ", running, ": ", note, "\n" };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (write(STDOUT_FILENO, parts[i], strlen(parts[i])) < 0)
            break;
    signal(number, SIG_DFL);
    raise(number);
}

/* A sanitizer tells more about a crash than we can. */
static void listen_for_crashes(void)
{
#if defined(__SANITIZE_ADDRESS__)
    (void)say_crash;
#elif defined(__has_feature)
#if !__has_feature(address_sanitizer)
    signal(SIGSEGV, say_crash);
    signal(SIGBUS, say_crash);
#else
    (void)say_crash;
#endif
#else
    signal(SIGSEGV, say_crash);
    signal(SIGBUS, say_crash);
#endif
}

static void left_early(void)
{
    if (running != NULL) {
        printf("%s left before its end\n", running);
        give_up();
    }
}

static int run(const struct test_case *wanted)
{
    running = wanted->name;
    listen_for_crashes();
    atexit(left_early);
    wanted->run();
    note[0] = '\0';
    if (checks == 0) {
        printf("%s checked nothing\n", running);
        give_up();
    }
    case_end();
    printf("%s: %lu checks\n", running, checks);
    running = NULL;
    return 0;
}

static struct test_case *find(const char *name)
{
    struct test_case *c = first_case;

    while (c != NULL && strcmp(c->name, name) != 0)
        c = c->next;
    return c;
}

static int list(void)
{
    for (const struct test_case *c = first_case; c != NULL; c = c->next)
        printf("%s\n", c->name);
    return 0;
}

/* Several cases, each in a child of its own, up to the first that does not come to a good end. */
static int run_in_turn(char **names, int count)
{
    for (int i = 0; i < count; i++) {
        int status = 1;
        pid_t child = fork();

        if (child == 0)
            exit(run(find(names[i])));
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
            printf("FAILED %s\n", names[i]);
            return 1;
        }
    }
    return 0;
}

int main(int count, char **arguments)
{
    const char *unknown = count < 2 ? "" : NULL;

    if (count == 2 && strcmp(arguments[1], "--list") == 0)
        return list();
    for (int i = 1; i < count && unknown == NULL; i++)
        if (find(arguments[i]) == NULL)
            unknown = arguments[i];
    if (unknown != NULL) {
        printf("usage: %s --list | NAME... (names of the list, not \"%s\")\n", arguments[0], unknown);
        return 2;
    }
    return count == 2 ? run(find(arguments[1])) : run_in_turn(arguments + 1, count - 1);
}
