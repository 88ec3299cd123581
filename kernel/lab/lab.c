/* SPDX-License-Identifier: MIT
 *
 * The bug lab. One bug, four parts on one screen: the lines of C that run, what they do to a heap with no policy, how
 * this heap refuses them, and the lesson. Afterwards the kernel's heap is as it was, bit for bit.
 */
#include "lab/lab.h"

#include "base/console.h"
#include "base/context.h"
#include "base/instrument.h"
#include "base/panic.h"
#include "base/print.h"
#include "base/string.h"
#include "interrupts/later.h"
#include "interrupts/timer.h"
#include "lab/bugs.h"
#include "lab/naive.h"
#include "memory/events.h"
#include "memory/fault.h"
#include "memory/kmalloc.h"

char *a, *b, *c;
struct note *n;
char elsewhere[16];

/* ---- The bugs over the kernel's heap ---------------------------------------------------------------------------- */

static struct kheap_mark m;
static struct kheap unborn;

#define largest() (kheap_stats(&kernel_heap).largest)
#define mark() kmark()
#define release(mark) krelease(mark)

/* An interrupt in the midst of a call comes when the call is over: so long they are off. */
static void *kmalloc_interrupted(size_t size)
{
    if (!heap_begin(HOLD_BOUNDED))
        return NULL;
    interrupt();
    void *block = kheap_alloc(&kernel_heap, size);
    heap_end();
    return heap_fresh(block, size, KHEAP_ALIGN);
}

static void add_one_interrupted(uint32_t *value)
{
    context_hold(HOLD_BOUNDED, __builtin_return_address(0));
    uint32_t old = *value;
    interrupt();
    *value = old + 1;
    context_release();
}

static __attribute__((noinline)) void turn_off(void)
{
    context_hold(HOLD_UNBOUNDED, __builtin_return_address(0));
}

static void work_later(unsigned argument)
{
    (void)argument;
    work_for_ticks();
}

#define bare_alloc(size) kheap_alloc(&kernel_heap, size)
#define look() ((void)interrupts_look())
#define work_in_handler() ((void)later_do(work_later, 0))
#define do_later() later_run()

#include "lab/hands.h"

struct part {
    void (*run)(void);
    const char *text;
};

struct bug {
    const char *name;
    unsigned code; /* it ends in, on kheap; none where the heap cannot notice */
    const char *see;
    struct part setup, mistake, next;
    const char *section, *lesson;
};

/* clang-format off */
#define BUG(name, code, see, setup, mistake, next, section, lesson) BUG_FUNCTIONS(name, setup, mistake, next)
#include "lab/bugs.def"
#include "lab/interrupt_bugs.def"
#undef BUG

static const struct bug bugs[] = {
#define BUG(name, code, see, setup, mistake, next, section, lesson)                                                    \
    { #name, code, see, { name##_setup, #setup }, { name##_bug, #mistake }, { name##_next, #next }, section, lesson },
#include "lab/bugs.def"
#include "lab/interrupt_bugs.def"
#undef BUG
};
/* clang-format on */

#define BUGS (sizeof bugs / sizeof bugs[0])

/* How many of them are of the heap alone; the others follow. */
enum {
#define BUG(name, ...) number_of_##name,
#include "lab/bugs.def"
#undef BUG
    HEAP_BUGS
};

/* ---- Time, and who comes in --------------------------------------------------------------------------------------- */

static enum handled (*own_handler)(void);
static bool silent;
static uintptr_t ticks_before;

static uint64_t cycles_a_tick(void)
{
    return machine_cycles_a_second() / timer_rate();
}

/* By the processor's own count: ticks may not come. */
void work_for_ticks(void)
{
    uint64_t end = machine_cycles() + 7 * cycles_a_tick() / 2;

    while (machine_cycles() < end)
        continue;
}

void watch_ticks(void)
{
    ticks_before = timer_ticks();
}

void tell(const char *format, ...)
{
    va_list arguments;

    if (silent)
        return;
    va_start(arguments, format);
    kprintf("    ");
    kvprintf(format, arguments);
    kprintf("\n");
    va_end(arguments);
}

/* One may have come just before, and one is the one that nobody acknowledged. */
void tell_ticks(void)
{
    tell(timer_ticks() - ticks_before <= 2 ? "the clock stands still" : "the clock ticks");
}

void tell_handler(void)
{
    bool late = interrupt_sources[SOURCE_PROGRAM].longest > cycles_a_tick();

    tell(late ? "the handler took longer than a tick, so ticks are lost" : "the handler was done before the next tick");
}

/* No bug finds what another one left: no pointer, no handler, no interrupt that is held back. */
static void forget(void)
{
    a = b = c = NULL;
    n = NULL;
    memset(elsewhere, 0, sizeof elsewhere);
    if (own_handler == NULL)
        own_handler = interrupt_handle(SOURCE_PROGRAM, NULL);
    interrupt_handle(SOURCE_PROGRAM, own_handler);
    context_escaped(true);
    for (enum source source = 0; source < SOURCES; source++)
        if (machine_lacks(source) == NULL && !machine_is_acknowledged(source))
            machine_acknowledge(source);
    interrupt_sources[SOURCE_PROGRAM].longest = 0;
}

/* ---- The heap as it was ----------------------------------------------------------------------------------------- */

#define LAB_BYTES 1024u /* more than any bug takes */

/* The three words, the last tag, and the bytes above it that a bug may write. */
static struct {
    struct kheap words;
    unsigned char bytes[KHEAP_TAG_BYTES + LAB_BYTES];
} kept;

static unsigned char *kept_from(void)
{
    return kept.words.free_memory_pointer - KHEAP_TAG_BYTES;
}

static bool keep_heap(void)
{
    if (!fault_none_in_heap())
        return false;
    if (kheap_stats(&kernel_heap).free < LAB_BYTES) {
        kprintf("the lab needs %u free bytes of heap; free something first\n", LAB_BYTES);
        return false;
    }
    kept.words = kernel_heap;
    instrument_pause();
    memcpy(kept.bytes, kept_from(), sizeof kept.bytes);
    instrument_resume();
    return true;
}

static void restore_heap(void)
{
    kernel_heap = kept.words;
    instrument_pause();
    memcpy(kept_from(), kept.bytes, sizeof kept.bytes);
    instrument_resume();
    instrument_resync();
    forget();
    event_add(EVENT_RESTORE, kept_from(), sizeof kept.bytes, 0, __builtin_return_address(0));
}

/* ---- Running a part ---------------------------------------------------------------------------------------------- */

static void (*stopped_part)(void);
static bool stopped_quietly;
static struct instrument_report stopped_report;

static void run_stopped_part(void)
{
    instrument_catch(stopped_part, stopped_quietly, &stopped_report);
}

/* Runs a part; true when the processor or the compiler's checks did not let it go on. */
static bool stopped_in(void (*part)(void), bool quiet)
{
    stopped_part = part;
    stopped_quietly = quiet;
    return panic_caught(run_stopped_part, quiet) || stopped_report.kind != NULL;
}

/* ---- One bug, shown --------------------------------------------------------------------------------------------- */

#define COLUMNS 76

static char shown_letter(char letter)
{
    return letter == '_' ? '-' : letter;
}

static void print_name(const char *name, int width)
{
    for (; *name != '\0'; name++, width--)
        console_put(shown_letter(*name));
    kprintf("%*s", width > 0 ? width : 0, "");
}

static const struct bug *find_bug(const char *name)
{
    for (size_t i = 0; i < BUGS; i++) {
        size_t at = 0;
        while (name[at] != '\0' && name[at] == shown_letter(bugs[i].name[at]))
            at++;
        if (name[at] == '\0' && bugs[i].name[at] == '\0')
            return &bugs[i];
    }
    return NULL;
}

/* A part's text without its parentheses, broken behind a ';' where a line is full. */
static void print_code(const char *text, const char *comment)
{
    const char *end = text + strlen(text) - 1;
    int column = 0;

    if (strcmp(text, "(;)") == 0) /* nothing comes before */
        return;
    for (text++; text < end;) {
        int length = 0;
        while (text + length < end && text[length] != ';')
            length++;
        length++;
        if (column > 0 && column + length > COLUMNS - 4)
            column = 0, kprintf("\n");
        kprintf(column == 0 ? "%4s%.*s" : "%s%.*s", column == 0 ? "" : " ", length, text);
        column += length + 1;
        for (text += length; text < end && *text == ' '; text++)
            ;
    }
    kprintf("%s\n", comment);
}

static void print_line(const char *when, const unsigned char *bytes, size_t offset)
{
    kprintf("    %-6s +%02zu", when, offset);
    for (size_t i = 0; i < 16; i++)
        kprintf(" %02x", bytes[offset + i]);
    kprintf("  ");
    for (size_t i = 0; i < 16; i++)
        console_put(bytes[offset + i] >= ' ' && bytes[offset + i] < 127 ? (char)bytes[offset + i] : '.');
    kprintf("\n");
}

static void print_marks(const unsigned char *before, size_t offset)
{
    size_t blanks = 14;

    console_style(STYLE_ERROR);
    for (size_t i = 0; i < 16; i++, blanks += 3)
        if (before[offset + i] != naive_memory[offset + i]) {
            kprintf("%*s", (int)blanks + 3, "^^");
            blanks = (size_t)0 - 3;
        }
    console_style(STYLE_PLAIN);
    kprintf("\n");
}

/* The highest two lines of which bytes changed, before and after: what lies behind the heap comes last. */
static void print_damage(const unsigned char *before)
{
    size_t changed = 0, passed = 0;

    for (size_t offset = 0; offset < sizeof naive_memory; offset += 16)
        changed += memcmp(before + offset, naive_memory + offset, 16) != 0;
    for (size_t offset = 0; offset < sizeof naive_memory; offset += 16) {
        if (memcmp(before + offset, naive_memory + offset, 16) == 0 || passed++ + 2 < changed)
            continue;
        print_line("before", before, offset);
        print_line("after", naive_memory, offset);
        print_marks(before, offset);
    }
    if (changed == 0)
        kprintf("    no byte of its %u and of the %u behind them changed\n", NAIVE_BYTES, BEHIND_BYTES);
    if (changed > 2)
        kprintf("    and %zu lines below them; from +%u on it is not the heap's memory\n", changed - 2, NAIVE_BYTES);
}

/* Addresses inside of the naive heap are told from its start, others as they are. */
static void print_naive_pointer(const char *before, long offset)
{
    if (offset >= 0 && offset <= (long)sizeof naive_memory)
        kprintf("%s+%ld", before, offset);
    else
        kprintf("%s%p, far outside", before, (void *)((uintptr_t)naive_memory + (uintptr_t)offset));
}

static void show_naive(size_t i)
{
    static unsigned char before[sizeof naive_memory];

    forget();
    naive_reset();
    naive_bugs[i].setup();
    memcpy(before, naive_memory, sizeof before);
    long pointer = naive_pointer();
    console_style(STYLE_TITLE);
    kprintf("on a heap with no policy\n");
    console_style(STYLE_PLAIN);
    bool stopped = stopped_in(naive_bugs[i].mistake, false) || stopped_in(naive_bugs[i].next, false);
    print_damage(before);
    print_naive_pointer("    its pointer ", pointer);
    print_naive_pointer(" -> ", naive_pointer());
    kprintf("; it noticed nothing%s\n", !stopped                      ? ""
                                        : stopped_report.kind != NULL ? ", the compiler's check did"
                                                                      : ", the machine did");
}

static void note(enum event_kind kind)
{
    event_add(kind, NULL, 0, 0, __builtin_return_address(0));
}

static void show_kheap(const struct bug *bug)
{
    struct kheap_stats before = kheap_stats(&kernel_heap);

    forget();
    console_style(STYLE_TITLE);
    kprintf("on this heap\n");
    console_style(STYLE_PLAIN);
    enum fault_policy policy = fault_set_policy(FAULT_TELLS_FIRST);
    bug->setup.run();
    note(EVENT_SETUP);
    bool stopped = stopped_in(bug->mistake.run, false);
    note(EVENT_MISTAKE);
    stopped = stopped || stopped_in(bug->next.run, false);
    struct kheap_stats after = kheap_stats(&kernel_heap);
    if (fault_first() == 0 && !stopped)
        kprintf("    nothing is refused; %ld block%s more than before, %ld bytes used\n",
                (long)(after.blocks - before.blocks), after.blocks - before.blocks == 1 ? " lives" : "s live",
                (long)(after.used - before.used));
    fault_set_policy(policy);
}

static void print_lesson(const struct bug *bug)
{
    console_style(STYLE_TITLE);
    kprintf(bug->section[0] != '\0' ? "lesson (%s)" : "lesson", bug->section);
    console_style(STYLE_PLAIN);
    print_wrapped(bug->lesson, bug->section[0] != '\0' ? 13 : 7);
}

bool lab_run(const char *name)
{
    const struct bug *bug = find_bug(name);

    if (bug == NULL) {
        kprintf("there is no bug '%s'; bug alone lists them\n", name);
        return false;
    }
    if (!keep_heap())
        return false;
    console_style(STYLE_TITLE);
    kprintf("bug ");
    print_name(bug->name, 0);
    kprintf(": %s\n", bug->see);
    console_style(STYLE_PLAIN);
    print_code(bug->setup.text, "");
    print_code(bug->mistake.text, "    <-- the mistake");
    print_code(bug->next.text, "");
    show_naive((size_t)(bug - bugs));
    show_kheap(bug);
    restore_heap();
    print_lesson(bug);
    return true;
}

void lab_list(void)
{
    kprintf("  %-20s %-40s %s\n", "bug", "what you will see", "ends in");
    for (size_t i = 0; i < BUGS; i++) {
        kprintf("  ");
        print_name(bugs[i].name, 20);
        char code[8] = "-";
        if (bugs[i].code != 0)
            fault_code(code, sizeof code, bugs[i].code);
        kprintf(" %-40s %s\n", bugs[i].see, code);
    }
    kprintf("bug NAME runs one; bug levels tells when each is noticed; those with interrupts,\n"
            "from race on: bug levels interrupts\n");
}

/* ---- When is it noticed? ---------------------------------------------------------------------------------------- */

/* What was seen of one bug, by running it without a word. */
struct noticed {
    bool machine;           /* it trapped on the naive heap */
    unsigned call;          /* the mistake itself was refused, */
    unsigned later;         /* or a later call */
    enum kheap_fault check; /* kheap_check() found, right after the mistake */
    bool checked;           /* the instrumented build stopped an access, on either heap */
};

/* As if nothing were instrumented. */
static void notice_heaps(size_t i, struct noticed *seen)
{
    instrument_pause();
    forget();
    naive_reset();
    naive_bugs[i].setup();
    seen->machine = panic_caught(naive_bugs[i].mistake, true) || panic_caught(naive_bugs[i].next, true);
    forget();
    bugs[i].setup.run();
    bugs[i].mistake.run();
    seen->call = fault_first();
    seen->check = kheap_check(&kernel_heap, NULL);
    bugs[i].next.run();
    seen->later = seen->call == 0 ? fault_first() : 0;
    instrument_resume();
    restore_heap();
}

static void notice_checks(size_t i, struct noticed *seen)
{
    forget();
    naive_reset();
    naive_bugs[i].setup();
    seen->checked = stopped_in(naive_bugs[i].mistake, true) || stopped_in(naive_bugs[i].next, true);
    forget();
    bugs[i].setup.run();
    seen->checked |= stopped_in(bugs[i].mistake.run, true) || stopped_in(bugs[i].next.run, true);
    restore_heap();
}

static struct noticed notice(size_t i)
{
    struct noticed seen = { 0 };
    enum fault_policy policy = fault_set_policy(FAULT_IS_SILENT);

    silent = true;

    notice_heaps(i, &seen);
    if (instrument_is_on())
        notice_checks(i, &seen);
    silent = false;
    fault_set_policy(policy);
    return seen;
}

static void print_moment(unsigned code, const char *moment)
{
    char text[24] = "never";

    if (code != 0)
        ksnprintf(text + fault_code(text, sizeof text, code), 20, "%s", moment);
    kprintf(" %-15s", text);
}

static void print_level(size_t i, const struct noticed *seen)
{
    bool refused = seen->call != 0 || seen->later != 0;

    print_name(bugs[i].name, 19);
    kprintf(" %-5s", seen->machine ? "traps" : "never");
    print_moment(seen->call != 0 ? seen->call : seen->later, seen->call != 0            ? " at once"
                                                             : seen->later < RULE_BEGIN ? " at the free"
                                                                                        : " at the end");
    kprintf(seen->check != KHEAP_E_NONE ? " E%02d  " : " never", seen->check);
    if (instrument_is_on())
        kprintf("  %s", seen->checked ? "at the access" : refused ? "as kheap" : "never");
    kprintf("\n");
}

/* Without the last column 47 wide, for the terminal of a phone. */
bool lab_levels(bool of_interrupts)
{
    if (!keep_heap())
        return false;
    kprintf("%-19s %-5s %-15s %s%s\n", "bug", "naive", "kheap", "check", instrument_is_on() ? "  instrumented" : "");
    for (size_t i = of_interrupts ? HEAP_BUGS : 0; i < (of_interrupts ? BUGS : HEAP_BUGS); i++) {
        struct noticed seen = notice(i);
        print_level(i, &seen);
    }
    if (!instrument_is_on())
        kprintf("./minios run sanitize adds a column:\nwhat is caught at the very access\n");
    return true;
}

bool lab_control(void)
{
    unsigned refused = 0;

    if (!keep_heap())
        return false;
    for (size_t i = 0; i < BUGS; i++) {
        enum fault_policy policy = fault_set_policy(FAULT_RETURNS);
        forget();
        silent = true;
        bugs[i].setup.run();
        bugs[i].next.run();
        silent = false;
        refused += fault_first() != 0 || kheap_check(&kernel_heap, NULL) != KHEAP_E_NONE;
        fault_set_policy(policy);
        restore_heap();
    }
    kprintf("%zu bugs run without their mistake, %u of them refused\n", BUGS, refused);
    return refused == 0;
}
