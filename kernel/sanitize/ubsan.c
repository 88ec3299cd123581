/* SPDX-License-Identifier: MIT
 *
 * What the compiler calls after it has seen undefined behaviour: a line that tells what, with which values, and where.
 */
#include "base/console.h"
#include "base/print.h"
#include "sanitize/report.h"

#include <stdarg.h>

/* The compiler's own tables, as it lays them out. */

struct place {
    const char *file;
    uint32_t line, column;
};

struct type {
    uint16_t kind; /* 0: an integer */
    uint16_t info; /* of an integer: bit 0 signed, above it the logarithm of its bits */
    char name[];   /* in quotes */
};

/* A value, or where it lies if a word cannot hold it. */
typedef uintptr_t value;

struct only_place {
    struct place place;
};

struct one_type {
    struct place place;
    const struct type *type;
};

struct two_types {
    struct place place;
    const struct type *left, *right;
};

struct access {
    struct place place;
    const struct type *type;
    uint8_t align_log2;
    uint8_t what; /* an index into whats */
};

static const char *const whats[] = { "load of", "store to", "binding to", "member of", "call on", "construction of",
                                     "cast of", "cast of",  "cast of",    "cast of",   "cast of", "cast of" };

enum { STORE = 1 };

/* ---- Values ----------------------------------------------------------------------------------------------------- */

struct shown {
    char text[24];
};

/* In decimal, by the type that it has. */
static struct shown show(const struct type *type, value v)
{
    unsigned bits = 1u << (type->info >> 1), spare = 64 - bits;
    struct shown shown = { "?" };

    if (type->kind != 0 || bits > 64)
        return shown;
    uint64_t all = bits <= 8 * sizeof v ? v : *(const uint64_t *)v;
    if (type->info & 1)
        ksnprintf(shown.text, sizeof shown.text, "%lld", (long long)(all << spare) >> spare);
    else
        ksnprintf(shown.text, sizeof shown.text, "%llu", (unsigned long long)(all << spare) >> spare);
    return shown;
}

static bool is_negative(const struct type *type, value v)
{
    return show(type, v).text[0] == '-';
}

/* ---- The report ------------------------------------------------------------------------------------------------- */

static void tell(const struct instrument_report *report, const struct place *place, const char *format,
                 va_list arguments)
{
    console_style(STYLE_ERROR);
    kprintf("UBSan %s", report->kind);
    console_style(STYLE_PLAIN);
    kprintf(": ");
    kvprintf(format, arguments);
    kprintf("\n    at        %s:%u:%u in %pB\n", place->file, place->line, place->column, (void *)report->pc);
}

static __attribute__((format(printf, 4, 5))) void complain(struct instrument_report report, const void *frame,
                                                           const struct place *place, const char *format, ...)
{
    va_list arguments;

    if (!report_begin())
        return;
    va_start(arguments, format);
    if (report_is_told())
        tell(&report, place, format, arguments);
    va_end(arguments);
    report_end(&report, frame);
}

/* In a handler: the report that knows its kind and where it was made. */
#define REPORT(kind)                                                                                                   \
    (struct instrument_report)                                                                                         \
    {                                                                                                                  \
        kind, 0, 0, false, (uintptr_t)__builtin_return_address(0)                                                      \
    }
#define FRAME __builtin_frame_address(0)

/* ---- The handlers, under the compiler's names ------------------------------------------------------------------- */

/* Each handler is declared first: only the compiler knows them. */
#define HANDLER(name, ...)                                                                                             \
    void __ubsan_handle_##name(__VA_ARGS__);                                                                           \
    void __ubsan_handle_##name(__VA_ARGS__)

#define OVERFLOW_HANDLER(what, sign)                                                                                   \
    HANDLER(what, const struct one_type *data, value left, value right)                                                \
    {                                                                                                                  \
        complain(REPORT("integer overflow"), FRAME, &data->place, "%s " sign " %s does not fit into %s",               \
                 show(data->type, left).text, show(data->type, right).text, data->type->name);                         \
    }
OVERFLOW_HANDLER(add_overflow, "+")
OVERFLOW_HANDLER(sub_overflow, "-")
OVERFLOW_HANDLER(mul_overflow, "*")

HANDLER(negate_overflow, const struct one_type *data, value v)
{
    complain(REPORT("integer overflow"), FRAME, &data->place, "-(%s) does not fit into %s", show(data->type, v).text,
             data->type->name);
}

HANDLER(divrem_overflow, const struct one_type *data, value left, value right)
{
    bool by_zero = show(data->type, right).text[0] == '0';

    complain(REPORT(by_zero ? "division by zero" : "integer overflow"), FRAME, &data->place, "%s / %s in %s",
             show(data->type, left).text, show(data->type, right).text, data->type->name);
}

HANDLER(shift_out_of_bounds, const struct two_types *data, value left, value right)
{
    const char *why = is_negative(data->right, right) ? "a negative count"
                      : is_negative(data->left, left) ? "a negative number"
                                                      : "too far";

    complain(REPORT("bad shift"), FRAME, &data->place, "%s shifted by %s, %s for %s", show(data->left, left).text,
             show(data->right, right).text, why, data->left->name);
}

HANDLER(out_of_bounds, const struct two_types *data, value index)
{
    complain(REPORT("index out of bounds"), FRAME, &data->place, "[%s] in %s", show(data->right, index).text,
             data->left->name);
}

HANDLER(type_mismatch_v1, const struct access *data, value address)
{
    struct instrument_report report = REPORT("object too small");
    uintptr_t align = (uintptr_t)1 << data->align_log2;
    const char *what = data->what < sizeof whats / sizeof whats[0] ? whats[data->what] : "access of";

    report.address = address;
    report.write = data->what == STORE;
    if (address == 0)
        report.kind = "null pointer";
    else if (address % align != 0)
        report.kind = "misaligned access";
    complain(report, FRAME, &data->place, "%s %s at %p, no multiple of %zu", what, data->type->name, (void *)address,
             (size_t)align);
}

HANDLER(pointer_overflow, const struct only_place *data, value base, value result)
{
    struct instrument_report report = REPORT(base == 0 ? "null pointer" : "pointer overflow");

    report.address = base == 0 ? result : base;
    complain(report, FRAME, &data->place, "%p became %p", (void *)base, (void *)result);
}

HANDLER(load_invalid_value, const struct one_type *data, value v)
{
    complain(REPORT("invalid value"), FRAME, &data->place, "%s is no %s", show(data->type, v).text, data->type->name);
}

HANDLER(vla_bound_not_positive, const struct one_type *data, value v)
{
    complain(REPORT("array without length"), FRAME, &data->place, "[%s]", show(data->type, v).text);
}

HANDLER(builtin_unreachable, const struct only_place *data)
{
    complain(REPORT("unreachable code"), FRAME, &data->place, "it was reached");
}

HANDLER(missing_return, const struct only_place *data)
{
    complain(REPORT("missing return"), FRAME, &data->place, "a function that gives a value ended without one");
}

HANDLER(nonnull_arg, const struct only_place *data)
{
    complain(REPORT("null pointer"), FRAME, &data->place, "passed where none may be");
}

HANDLER(nonnull_return_v1, const void *unused, const struct place *place)
{
    (void)unused;
    complain(REPORT("null pointer"), FRAME, place, "returned where none may be");
}

HANDLER(invalid_builtin, const struct only_place *data)
{
    complain(REPORT("invalid value"), FRAME, &data->place, "0 passed to a function that counts zero bits");
}

HANDLER(alignment_assumption, const struct one_type *data, value address, value align, value offset)
{
    struct instrument_report report = REPORT("misaligned access");

    report.address = address - offset;
    complain(report, FRAME, &data->place, "%p is no multiple of %zu", (void *)report.address, (size_t)align);
}
