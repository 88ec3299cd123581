/* SPDX-License-Identifier: MIT
 *
 * The VGA text screen, 80 x 25. We set the mode ourselves, so no BIOS is needed. Text goes into a copy in RAM first:
 * the screen's own memory is slow, most of all in an emulator, and a burst of output needs to be shown only once.
 */
#include "base/string.h"
#include "devices.h"
#include "io.h"

enum { ROWS = 25, COLUMNS = 80, TAB = 8 };
enum { ALL_ROWS = (1 << ROWS) - 1 };

enum vga_port {
    VGA_ATTRIBUTE = 0x3C0, /* index and value in turn; reading VGA_STATUS makes the next write an index */
    VGA_MISC = 0x3C2,
    VGA_SEQUENCER = 0x3C4,
    VGA_PALETTE_MASK = 0x3C6,
    VGA_PALETTE_INDEX = 0x3C8,
    VGA_PALETTE_VALUE = 0x3C9,
    VGA_GRAPHICS = 0x3CE,
    VGA_CRTC = 0x3D4,
    VGA_STATUS = 0x3DA
};

enum { CRTC_CURSOR_HIGH = 0x0E, CRTC_CURSOR_LOW = 0x0F, CRTC_RETRACE_END = 0x11, ATTRIBUTE_SCREEN_ON = 0x20 };

/* Mode 3 of the IBM VGA: 720 x 400 at 70 Hz, characters of 9 x 16. */
static const uint8_t misc = 0x67;
static const uint8_t sequencer[] = { 0x01, 0x00, 0x03, 0x00, 0x02 };
static const uint8_t crtc[] = {
    0x5F, 0x4F, 0x50, 0x82, 0x55, 0x81, 0xBF, 0x1F, 0x00, 0x4F, 0x0D, 0x0E, 0x00,
    0x00, 0x00, 0x00, 0x9C, 0x0E, 0x8F, 0x28, 0x1F, 0x96, 0xB9, 0xA3, 0xFF,
};
static const uint8_t graphics[] = { 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0E, 0x00, 0xFF };
/* Colour n is palette entry n; then: text without blinking. */
static const uint8_t attribute[] = {
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0x04, 0x00, 0x0F, 0x08, 0x00
};

/* Red, green and blue, from 0 to 63. */
static const uint8_t palette[16][3] = {
    { 0, 0, 0 },    { 0, 0, 42 },   { 0, 42, 0 },   { 0, 42, 42 },  { 42, 0, 0 },   { 42, 0, 42 },
    { 42, 21, 0 },  { 42, 42, 42 }, { 21, 21, 21 }, { 21, 21, 63 }, { 21, 63, 21 }, { 21, 63, 63 },
    { 63, 21, 21 }, { 63, 21, 63 }, { 63, 63, 21 }, { 63, 63, 63 },
};

/* ANSI counts red as 1 and blue as 4, VGA the other way round. */
static const uint8_t from_ansi[8] = { 0, 4, 2, 6, 1, 5, 3, 7 };

enum { GREY = 7, BLACK = 0, BRIGHT = 8 };

struct style {
    uint8_t foreground;
    uint8_t background;
    bool bright;
    bool reverse;
};

static const struct style plain = { .foreground = GREY, .background = BLACK };

static volatile uint16_t *const screen = (volatile uint16_t *)0xB8000;
static bool present;

static uint16_t cells[ROWS][COLUMNS]; /* what should be on the screen */
static volatile uint32_t changed;     /* one bit a row: it differs from the screen */
static volatile bool cursor_moved;
static unsigned row;
static unsigned column; /* COLUMNS: the row is full, and only the next character begins a new one */
static struct style style;

/* ---- The chip --------------------------------------------------------------------------------------------------- */

static void write_register(uint16_t port, uint8_t index, uint8_t value)
{
    outb(port, index);
    outb((uint16_t)(port + 1), value);
}

static void write_registers(uint16_t port, const uint8_t *values, size_t count)
{
    for (size_t n = 0; n < count; n++)
        write_register(port, (uint8_t)n, values[n]);
}

static void write_attributes(void)
{
    inb(VGA_STATUS);
    for (size_t n = 0; n < sizeof attribute; n++) {
        outb(VGA_ATTRIBUTE, (uint8_t)n);
        outb(VGA_ATTRIBUTE, attribute[n]);
    }
    outb(VGA_ATTRIBUTE, ATTRIBUTE_SCREEN_ON);
}

static void write_palette(void)
{
    outb(VGA_PALETTE_MASK, 0xFF);
    outb(VGA_PALETTE_INDEX, 0);
    for (size_t n = 0; n < sizeof palette; n++)
        outb(VGA_PALETTE_VALUE, palette[n / 3][n % 3]);
}

static void set_mode(void)
{
    outb(VGA_MISC, misc);
    write_registers(VGA_SEQUENCER, sequencer, sizeof sequencer);
    write_register(VGA_SEQUENCER, 0, 0x03);        /* out of the reset that sequencer[0] began */
    write_register(VGA_CRTC, CRTC_RETRACE_END, 0); /* its highest bit locks registers 0 to 7 */
    write_registers(VGA_CRTC, crtc, sizeof crtc);
    write_registers(VGA_GRAPHICS, graphics, sizeof graphics);
    write_attributes();
    write_palette();
}

/* Memory that gives back what was written is a screen. */
static bool is_there(void)
{
    static const uint16_t patterns[] = { 0x0755, 0x07AA };
    for (size_t n = 0; n < 2; n++) {
        screen[n] = patterns[n];
        if (screen[n] != patterns[n])
            return false;
    }
    return screen[0] == patterns[0];
}

static void show_row(unsigned shown)
{
    volatile uint32_t *to = (volatile uint32_t *)(screen + shown * COLUMNS);
    for (unsigned n = 0; n < COLUMNS; n += 2)
        to[n / 2] = (uint32_t)cells[shown][n + 1] << 16 | cells[shown][n];
}

static void show_cursor(void)
{
    unsigned position = row * COLUMNS + (column < COLUMNS ? column : COLUMNS - 1);
    write_register(VGA_CRTC, CRTC_CURSOR_HIGH, (uint8_t)(position >> 8));
    write_register(VGA_CRTC, CRTC_CURSOR_LOW, (uint8_t)position);
}

/* The timer calls this in the midst of vga_put(): at worst a row is then shown once more than needed. */
void vga_show(void)
{
    uint32_t rows = changed;
    if (!present || (rows == 0 && !cursor_moved))
        return;
    changed = 0;
    cursor_moved = false;
    for (unsigned n = 0; n < ROWS; n++)
        if (rows & 1u << n)
            show_row(n);
    show_cursor();
}

/* ---- The page --------------------------------------------------------------------------------------------------- */

/* After the cells, never before: the timer could come in between and the change would not be shown. */
static void mark_changed(uint32_t rows)
{
    __asm__ volatile("" : : : "memory");
    changed |= rows;
}

static uint16_t cell(char c)
{
    unsigned ink = style.foreground | (style.bright ? BRIGHT : 0u);
    unsigned paper = style.background;
    if (style.reverse)
        return (uint16_t)((ink & 7u) << 12 | paper << 8 | (uint8_t)c);
    return (uint16_t)(paper << 12 | ink << 8 | (uint8_t)c);
}

static void erase(unsigned line, unsigned from)
{
    for (unsigned n = from; n < COLUMNS; n++)
        cells[line][n] = (uint16_t)(style.background << 12 | GREY << 8 | ' ');
    mark_changed(1u << line);
}

static void clear(void)
{
    for (unsigned n = 0; n < ROWS; n++)
        erase(n, 0);
}

static void new_line(void)
{
    column = 0;
    if (row + 1 < ROWS) {
        row++;
        return;
    }
    memmove(cells[0], cells[1], sizeof cells - sizeof cells[0]);
    erase(ROWS - 1, 0);
    mark_changed(ALL_ROWS);
}

/* Goes up at the left edge, so that a line editor can take back what has run over the right one. */
static void back(void)
{
    if (column > 0) {
        column--;
    } else if (row > 0) {
        row--;
        column = COLUMNS - 1;
    }
}

static void put_visible(char c)
{
    if (column == COLUMNS)
        new_line();
    cells[row][column++] = cell(c);
    mark_changed(1u << row);
}

static void put_character(char c)
{
    switch (c) {
    case '\n': new_line(); break;
    case '\r': column = 0; break;
    case '\b': back(); break;
    case '\t': column = column + TAB < COLUMNS ? (column / TAB + 1) * TAB : COLUMNS - 1; break;
    default:
        if ((unsigned char)c >= ' ' && c != 0x7F)
            put_visible(c);
    }
    cursor_moved = true;
}

/* ---- ANSI sequences: ESC [ number ; number ... letter ----------------------------------------------------------- */

enum { NUMBERS_MAX = 8, ESCAPE = 0x1B };

static enum { TEXT, AFTER_ESCAPE, IN_SEQUENCE } state;
static unsigned numbers[NUMBERS_MAX];
static unsigned number_count; /* the last of them is being read */

static void set_style(unsigned number)
{
    if (number == 0)
        style = plain;
    else if (number == 1)
        style.bright = true;
    else if (number == 7)
        style.reverse = true;
    else if (number >= 30 && number <= 37)
        style.foreground = from_ansi[number - 30];
    else if (number == 39)
        style.foreground = plain.foreground;
    else if (number >= 40 && number <= 47)
        style.background = from_ansi[number - 40];
    else if (number == 49)
        style.background = plain.background;
    else if (number >= 90 && number <= 97)
        style.foreground = from_ansi[number - 90] | BRIGHT;
}

static void finish_sequence(char letter)
{
    if (letter == 'm') {
        for (unsigned n = 0; n < number_count; n++)
            set_style(numbers[n]);
    } else if (letter == 'J' && numbers[0] == 2) {
        clear();
    } else if (letter == 'K' && numbers[0] == 0) {
        erase(row, column < COLUMNS ? column : COLUMNS - 1);
    } else if (letter == 'H' && number_count == 1 && numbers[0] == 0) {
        row = 0;
        column = 0;
        cursor_moved = true;
    }
    state = TEXT;
}

static void continue_sequence(char c)
{
    unsigned *last = &numbers[number_count - 1];
    if (c >= '0' && c <= '9') {
        if (*last < 1000)
            *last = *last * 10 + (unsigned)(c - '0');
    } else if (c == ';') {
        if (number_count < NUMBERS_MAX)
            numbers[number_count++] = 0;
    } else if (c >= '@' && c <= '~') {
        finish_sequence(c);
    } else if (c == ESCAPE) {
        state = AFTER_ESCAPE;
    }
}

static void begin_sequence(char c)
{
    numbers[0] = 0;
    number_count = 1;
    state = c == '[' ? IN_SEQUENCE : c == ESCAPE ? AFTER_ESCAPE : TEXT;
}

void vga_put(char c)
{
    if (state == IN_SEQUENCE)
        continue_sequence(c);
    else if (state == AFTER_ESCAPE)
        begin_sequence(c);
    else if (c == ESCAPE)
        state = AFTER_ESCAPE;
    else
        put_character(c);
}

struct machine_part vga_screen(void)
{
    uintptr_t start = (uintptr_t)screen, bytes = present ? sizeof cells : 0;
    return (struct machine_part){ start, start + bytes, "the letters on the screen" };
}

void vga_start(void)
{
    set_mode();
    present = is_there();
    style = plain;
    clear();
    vga_show();
}
