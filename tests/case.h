/* SPDX-License-Identifier: MIT
 *
 * Test cases: CASE(name) { ... } registers one; a program lists them with --list and runs those that are named.
 * A CHECK that fails prints file:line, the expression and both values, and ends the process with status 1. */
#ifndef CASE_H
#define CASE_H

#include <stddef.h>
#include <stdint.h>

struct test_case {
    const char *name;
    void (*run)(void);
    struct test_case *next;
};

void case_register(struct test_case *added);

/* Where a loop stands (seed, size, bit). It is printed with a failure, and also when the case crashes. */
void case_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Each program gives this one. It runs after a case that came to its end and may check what is left. */
void case_end(void);

void case_check(void);
_Noreturn void case_fail(const char *file, int line, const char *what, uintmax_t left, uintmax_t right);
void case_memory(const char *file, int line, const char *what, const void *left, const void *right, size_t size);

#define CASE(name)                                                                                                     \
    static void case_##name(void);                                                                                     \
    __attribute__((constructor)) static void register_##name(void)                                                     \
    {                                                                                                                  \
        static struct test_case self = { #name, case_##name, NULL };                                                   \
        case_register(&self);                                                                                          \
    }                                                                                                                  \
    static void case_##name(void)

/* CHECK(left, ==, right) for integers, enums and bool. */
#define CHECK(left, op, right) CASE_COMPARE((uintmax_t)(left), op, (uintmax_t)(right), #left " " #op " " #right)

/* The same for pointers. */
#define CHECK_PTR(left, op, right)                                                                                     \
    CASE_COMPARE((uintptr_t)(const void *)(left), op, (uintptr_t)(const void *)(right), #left " " #op " " #right)

/* size bytes are the same. */
#define CHECK_MEM(left, right, size) case_memory(__FILE__, __LINE__, #left " is " #right, (left), (right), (size))

#define CASE_COMPARE(left, op, right, what)                                                                            \
    do {                                                                                                               \
        const uintmax_t left_value = (left), right_value = (right);                                                    \
        case_check();                                                                                                  \
        if (!(left_value op right_value))                                                                              \
            case_fail(__FILE__, __LINE__, (what), left_value, right_value);                                            \
    } while (0)

#endif
