/* SPDX-License-Identifier: MIT
 *
 * The interrupt table, the two interrupt controllers (8259) and the timer (8253). The timer counts; serial line and
 * keyboard interrupt only to wake a processor that rests.
 */
#include "devices.h"
#include "io.h"

enum { EXCEPTIONS = 32, LINES = 16, VECTORS = EXCEPTIONS + LINES, VECTOR_SIZE = 8 };
enum { LINE_TIMER = 0, LINE_KEYBOARD = 1, LINE_COM1 = 4 };

enum pic_port { PIC_FIRST_COMMAND = 0x20, PIC_FIRST_DATA = 0x21, PIC_SECOND_COMMAND = 0xA0, PIC_SECOND_DATA = 0xA1 };
enum { PIC_END_OF_INTERRUPT = 0x20, PIC_START = 0x11, PIC_MODE_8086 = 0x01, PIC_SECOND_LINE = 2 };

enum pit_port { PIT_CHANNEL_0 = 0x40, PIT_COMMAND = 0x43 };
enum pit_command { PIT_HOLD_CHANNEL_0 = 0x00, PIT_RATE_GENERATOR = 0x34 };
enum { PIT_FREQUENCY = 1193182, PIT_DIVISOR = PIT_FREQUENCY / TICKS_A_SECOND };

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
static volatile uint32_t ticks;

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
    unsigned wanted = 1u << LINE_TIMER | 1u << LINE_KEYBOARD | 1u << LINE_COM1;
    outb(PIC_FIRST_COMMAND, PIC_START);
    outb(PIC_SECOND_COMMAND, PIC_START);
    outb(PIC_FIRST_DATA, EXCEPTIONS);
    outb(PIC_SECOND_DATA, EXCEPTIONS + LINES / 2);
    outb(PIC_FIRST_DATA, 1u << PIC_SECOND_LINE);
    outb(PIC_SECOND_DATA, PIC_SECOND_LINE);
    outb(PIC_FIRST_DATA, PIC_MODE_8086);
    outb(PIC_SECOND_DATA, PIC_MODE_8086);
    outb(PIC_FIRST_DATA, (uint8_t)~wanted);
    outb(PIC_SECOND_DATA, 0xFF);
}

static void start_timer(void)
{
    outb(PIT_COMMAND, PIT_RATE_GENERATOR);
    outb(PIT_CHANNEL_0, PIT_DIVISOR & 0xFF);
    outb(PIT_CHANNEL_0, PIT_DIVISOR >> 8);
}

void interrupts_start(void)
{
    double_fault_start();
    load_table();
    start_controllers();
    start_timer();
}

uint32_t interrupts_ticks(void)
{
    return ticks;
}

/* What the timer still has to count down to the next tick. */
static unsigned timer_left(void)
{
    outb(PIT_COMMAND, PIT_HOLD_CHANNEL_0);
    unsigned low = inb(PIT_CHANNEL_0);
    return low | (unsigned)inb(PIT_CHANNEL_0) << 8;
}

/* By reading the timer, since interrupts may be off. A tick that is missed makes the wait longer, never shorter. */
void timer_wait(unsigned ticks_to_wait)
{
    for (unsigned before = timer_left(), now; ticks_to_wait > 0; before = now) {
        __asm__ volatile("pause"); /* an emulator may do something else meanwhile */
        now = timer_left();
        ticks_to_wait -= now > before;
    }
}

/* One that is due while interrupts are off is not yet counted, and for that long the beats go back. */
uint64_t interrupts_beats(void)
{
    return (uint64_t)ticks * PIT_DIVISOR + (PIT_DIVISOR - timer_left());
}

/* Called by vectors.S for every vector, with interrupts off. */
void interrupt(struct frame *frame)
{
    if (frame->vector < EXCEPTIONS)
        exception(frame);
    unsigned line = frame->vector - EXCEPTIONS;
    if (line != LINE_TIMER && line != LINE_KEYBOARD && line != LINE_COM1)
        return; /* all others are masked, so this is a spurious one: nothing to acknowledge */
    outb(PIC_FIRST_COMMAND, PIC_END_OF_INTERRUPT);
    if (line == LINE_TIMER) {
        ticks++;
        stack_guard_check(frame);
        vga_show();
    }
}
