/* SPDX-License-Identifier: MIT
 *
 * The interrupt table, the two interrupt controllers (8259) and the timer (8253). All that is known here of an interrupt is
 * its number; who serves it stands in the kernel.
 */
#include "interrupts/interrupts.h"
#include "devices.h"
#include "io.h"
#include "machine.h"

enum { EXCEPTIONS = 32, LINES = 16, OWN = EXCEPTIONS + LINES, VECTORS, VECTOR_SIZE = 8 };

/* The controllers' lines. A program's own interrupt comes by no line. */
static const uint8_t lines[] = { [SOURCE_TIMER] = 0, [SOURCE_KEYBOARD] = 1, [SOURCE_TERMINAL] = 4 };

enum pic_port { PIC_FIRST_COMMAND = 0x20, PIC_FIRST_DATA = 0x21, PIC_SECOND_COMMAND = 0xA0, PIC_SECOND_DATA = 0xA1 };
enum {
    PIC_END_OF_INTERRUPT = 0x20,
    PIC_READ_IN_SERVICE = 0x0B,
    PIC_START = 0x11,
    PIC_MODE_8086 = 0x01,
    PIC_SECOND_LINE = 2
};

enum pit_port { PIT_CHANNEL_0 = 0x40, PIT_COMMAND = 0x43 };
enum pit_command { PIT_HOLD_CHANNEL_0 = 0x00, PIT_RATE_GENERATOR = 0x34 };
enum { FIRST_RATE = 100 };

enum { INTERRUPT_GATE = 0x8E, TASK_GATE = 0x85, DOUBLE_FAULT = 8 };

struct gate {
    uint16_t offset_low;
    uint16_t segment;
    uint8_t zero;
    uint8_t type;
    uint16_t offset_high;
};

struct __attribute__((packed)) table_pointer {
    uint16_t limit;
    uint32_t address;
};

extern const char vectors[]; /* vectors.S */

static struct gate table[VECTORS];

static void load_table(void)
{
    struct table_pointer pointer = { .limit = sizeof table - 1, .address = (uint32_t)table };
    for (unsigned n = 0; n < VECTORS; n++) {
        uint32_t entry = (uint32_t)vectors + n * VECTOR_SIZE;
        table[n] = (struct gate){ .offset_low = (uint16_t)entry,
                                  .segment = CODE_SEGMENT,
                                  .type = INTERRUPT_GATE,
                                  .offset_high = (uint16_t)(entry >> 16) };
    }
    table[DOUBLE_FAULT] = (struct gate){ .segment = DOUBLE_FAULT_TASK, .type = TASK_GATE };
    __asm__ volatile("lidt %0" : : "m"(pointer));
}

/* Their own choice of vectors, 8 and up, means exceptions to the processor: move them to 32 and up. */
static void start_controllers(void)
{
    outb(PIC_FIRST_COMMAND, PIC_START);
    outb(PIC_SECOND_COMMAND, PIC_START);
    outb(PIC_FIRST_DATA, EXCEPTIONS);
    outb(PIC_SECOND_DATA, EXCEPTIONS + LINES / 2);
    outb(PIC_FIRST_DATA, 1u << PIC_SECOND_LINE);
    outb(PIC_SECOND_DATA, PIC_SECOND_LINE);
    outb(PIC_FIRST_DATA, PIC_MODE_8086);
    outb(PIC_SECOND_DATA, PIC_MODE_8086);
    outb(PIC_FIRST_DATA, 0xFF);
    outb(PIC_SECOND_DATA, 0xFF);
    outb(PIC_FIRST_COMMAND, PIC_READ_IN_SERVICE); /* what a read of that port gives from now on */
    for (unsigned source = 0; source < sizeof lines; source++)
        machine_mask(source, false);
}

/* ---- The timer -------------------------------------------------------------------------------------------------- */

static uint32_t divisor; /* beats from tick to tick */
static volatile uint64_t beats_served;

void machine_timer_set(unsigned rate)
{
    unsigned long before = machine_interrupts_off();

    divisor = BEATS_A_SECOND / rate;
    outb(PIT_COMMAND, PIT_RATE_GENERATOR);
    outb(PIT_CHANNEL_0, divisor & 0xFF);
    outb(PIT_CHANNEL_0, (uint8_t)(divisor >> 8));
    machine_interrupts_restore(before);
}

/* What the timer still has to count down to the next tick. */
static unsigned timer_left(void)
{
    outb(PIT_COMMAND, PIT_HOLD_CHANNEL_0);
    unsigned low = inb(PIT_CHANNEL_0);
    return low | (unsigned)inb(PIT_CHANNEL_0) << 8;
}

/* By reading the timer, since interrupts may be off. A tick that is missed makes the wait longer, never shorter; a timer that
 * never moves, as on a PC without one, ends it. */
void timer_wait(unsigned milliseconds)
{
    enum { READINGS_WITHOUT_MOVE = 10000 };
    uint64_t beats = (uint64_t)milliseconds * BEATS_A_SECOND / 1000;
    unsigned still = 0;

    for (uint32_t before = timer_left(), now, passed; beats > 0 && still < READINGS_WITHOUT_MOVE;
         before = now, beats -= passed < beats ? passed : beats) {
        __asm__ volatile("pause"); /* an emulator may do something else meanwhile */
        now = timer_left();
        passed = now > before ? before + divisor - now : before - now;
        still = passed == 0 ? still + 1 : 0;
    }
}

uint64_t timer_beats_served(void)
{
    unsigned long before = machine_interrupts_off();
    uint64_t beats = beats_served;

    machine_interrupts_restore(before);
    return beats;
}

/* One that is due while interrupts are off is not yet counted, and for that long the beats go back. */
uint64_t timer_beats(void)
{
    return divisor != 0 ? timer_beats_served() + (divisor - timer_left()) : 0;
}

long machine_timer_late(void)
{
    return (long)((divisor - timer_left()) * 1000u / (BEATS_A_SECOND / 1000));
}

void interrupts_start(void)
{
    double_fault_start();
    load_table();
    machine_timer_set(FIRST_RATE);
    start_controllers();
}

/* ---- Who comes in ----------------------------------------------------------------------------------------------- */

const char *machine_lacks(enum source source)
{
    (void)source;
    return NULL;
}

static bool own_masked, own_waits, own_in_service;

void machine_mask(enum source source, bool yes)
{
    if (source == SOURCE_PROGRAM) {
        own_masked = yes;
        machine_interrupts_restore(machine_interrupts_off()); /* if one waits, it comes now */
        return;
    }
    unsigned bit = 1u << lines[source], mask = inb(PIC_FIRST_DATA);
    outb(PIC_FIRST_DATA, (uint8_t)(yes ? mask | bit : mask & ~bit));
}

void machine_acknowledge(enum source source)
{
    if (source == SOURCE_PROGRAM)
        own_in_service = false;
    else
        outb(PIC_FIRST_COMMAND, PIC_END_OF_INTERRUPT);
}

bool machine_is_acknowledged(enum source source)
{
    return source == SOURCE_PROGRAM ? !own_in_service : (inb(PIC_FIRST_COMMAND) >> lines[source] & 1) == 0;
}

static bool own_comes(void)
{
    if (!own_waits || own_masked || own_in_service)
        return false;
    own_waits = false;
    own_in_service = true;
    return true;
}

void machine_raise(void)
{
    unsigned long before = machine_interrupts_off();

    own_waits = true;
    machine_interrupts_restore(before);
}

unsigned long machine_interrupts_off(void)
{
    unsigned long before = read_flags() & FLAG_INTERRUPTS;
    interrupts_disable();
    return before;
}

void machine_interrupts_restore(unsigned long before)
{
    interrupts_disable();
    if (before == 0)
        return;
    while (own_comes())
        __asm__ volatile("int %0" : : "i"(OWN) : "memory"); /* this instruction asks nobody whether interrupts are on */
    interrupts_enable();
}

/* ---- One instruction at a time ---------------------------------------------------------------------------------- */

enum { DEBUG_EXCEPTION = 1 };

static struct {
    unsigned at, made;
} step;

unsigned machine_step(void (*act)(void), unsigned at)
{
    step.at = at;
    step.made = 0;
    write_flags(read_flags() | FLAG_STEP);
    act();
    write_flags(read_flags() & ~(uint32_t)FLAG_STEP);
    step.at = 0;
    return step.made;
}

/* Whether this exception is one step of it. */
static bool step_was_made(struct frame *frame)
{
    if (frame->vector != DEBUG_EXCEPTION || step.at == 0)
        return false;
    if (++step.made < step.at)
        return true;
    frame->flags &= ~(uint32_t)FLAG_STEP;
    own_waits = true;
    return true;
}

/* ---- The way in ------------------------------------------------------------------------------------------------- */

static enum source source_of(uint32_t vector)
{
    for (unsigned source = 0; source < sizeof lines; source++)
        if (vector == (uint32_t)EXCEPTIONS + lines[source])
            return source;
    return vector == OWN ? SOURCE_PROGRAM : SOURCES; /* all others are masked, so that is a spurious one */
}

/* Called by vectors.S for every vector, with interrupts off. */
void interrupt(struct frame *frame)
{
    bool stepped = step_was_made(frame);
    if (frame->vector < EXCEPTIONS && !stepped)
        exception(frame);
    enum source source = source_of(frame->vector);
    if (source == SOURCE_TIMER) {
        beats_served += divisor;
        stack_guard_check(frame);
    }
    const struct interrupted where = { frame->eip, frame->ebp };
    if (!stepped)
        interrupt_arrived(source, &where);
    while (frame->flags & FLAG_INTERRUPTS && own_comes()) /* it was raised meanwhile */
        interrupt_arrived(SOURCE_PROGRAM, &where);
}
