/* SPDX-License-Identifier: MIT
 *
 * The PS/2 keyboard behind the 8042 controller, US layout, polled. The controller turns the keyboard's codes into the
 * old "set 1": a byte below 0x80 for a key that goes down, the same with bit 7 for one that comes up, 0xE0 before the
 * keys that the first PC did not have.
 */
#include "devices.h"
#include "io.h"

enum keyboard_port { KEYBOARD_DATA = 0x60, KEYBOARD_STATUS = 0x64, KEYBOARD_COMMAND = 0x64 };

enum {
    STATUS_OUTPUT_FULL = 0x01, /* a byte for us */
    STATUS_INPUT_FULL = 0x02,  /* it has not yet taken our last one */
    STATUS_FROM_MOUSE = 0x20,
    STATUS_NO_CHIP = 0xFF, /* what a port without a device reads */

    COMMAND_WRITE_CONFIG = 0x60,
    COMMAND_ENABLE_KEYBOARD = 0xAE,
    COMMAND_PULSE_RESET = 0xFE,
    CONFIG = 0x65, /* keyboard interrupt, self-test passed, mouse off, translation to set 1 */
    KEYBOARD_ENABLE_SCANNING = 0xF4,

    TRIES = 1000, /* the controller answers at once or, after a millisecond, never */
    DRAIN_MAX = 32
};

enum scan_code {
    SCAN_EXTENDED = 0xE0,
    SCAN_PAUSE = 0xE1, /* two more bytes follow */
    SCAN_RELEASE = 0x80,
    SCAN_CONTROL = 0x1D,
    SCAN_SHIFT_LEFT = 0x2A,
    SCAN_SHIFT_RIGHT = 0x36,
    SCAN_CAPS_LOCK = 0x3A,
    SCAN_KEYPAD_SLASH = 0x35, /* these two: behind 0xE0 */
    SCAN_KEYPAD_ENTER = 0x1C
};

/* By scan code; 0 where a key has no character. */
static const char unshifted[] =
    "\0\0331234567890-=\177\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 \0\0\0\0\0\0\0\0\0\0\0\0"
    "\0"
    "789-456+1230.";
static const char shifted[] =
    "\0\033!@#$%^&*()_+\177\tQWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 \0\0\0\0\0\0\0\0\0\0\0\0"
    "\0"
    "789-456+1230.";

static const struct {
    uint8_t code;
    char sequence[4]; /* behind ESC, as a terminal sends it */
} extended[] = {
    { 0x48, "[A" }, { 0x50, "[B" },  { 0x4D, "[C" },  { 0x4B, "[D" },  { 0x47, "[H" },
    { 0x4F, "[F" }, { 0x52, "[2~" }, { 0x53, "[3~" }, { 0x49, "[5~" }, { 0x51, "[6~" },
};

static bool present;
static bool shift_left, shift_right, caps_lock;
static bool control_left, control_right;
static bool extended_prefix;
static unsigned bytes_to_skip;

static const char *sequence = ""; /* what is left of a key of several bytes */

/* ---- The controller --------------------------------------------------------------------------------------------- */

/* False when the controller does not take it. */
static bool write_port(uint16_t port, uint8_t value)
{
    for (int tries = 0; tries < TRIES; tries++) {
        if ((inb(KEYBOARD_STATUS) & STATUS_INPUT_FULL) == 0) {
            outb(port, value);
            return true;
        }
    }
    return false;
}

static void drain(void)
{
    for (int n = 0; n < DRAIN_MAX && inb(KEYBOARD_STATUS) & STATUS_OUTPUT_FULL; n++)
        inb(KEYBOARD_DATA);
}

/* The keyboard's answer to the last command arrives later and looks like a key that comes up: nobody notices. */
void keyboard_start(void)
{
    if (inb(KEYBOARD_STATUS) == STATUS_NO_CHIP)
        return;
    drain();
    present = write_port(KEYBOARD_COMMAND, COMMAND_ENABLE_KEYBOARD) &&
              write_port(KEYBOARD_COMMAND, COMMAND_WRITE_CONFIG) && write_port(KEYBOARD_DATA, CONFIG) &&
              write_port(KEYBOARD_DATA, KEYBOARD_ENABLE_SCANNING);
}

/* One of the controller's pins is wired to the processor's reset. */
void keyboard_reset_processor(void)
{
    if (inb(KEYBOARD_STATUS) != STATUS_NO_CHIP)
        write_port(KEYBOARD_COMMAND, COMMAND_PULSE_RESET);
}

/* ---- From scan codes to characters ------------------------------------------------------------------------------ */

static int character(unsigned code)
{
    if (code >= sizeof unshifted - 1)
        return -1;
    char plain = unshifted[code];
    bool letter = plain >= 'a' && plain <= 'z';
    bool shift = (shift_left || shift_right) != (letter && caps_lock);
    char c = shift ? shifted[code] : plain;
    if (c == '\0')
        return -1;
    if ((control_left || control_right) && (letter || (c >= '@' && c <= '_')))
        return c & 0x1F;
    return (unsigned char)c;
}

static int extended_key(unsigned code)
{
    if (code == SCAN_KEYPAD_ENTER || code == SCAN_KEYPAD_SLASH)
        return (unsigned char)unshifted[code];
    for (size_t n = 0; n < sizeof extended / sizeof extended[0]; n++) {
        if (extended[n].code == code) {
            sequence = extended[n].sequence;
            return '\033';
        }
    }
    return -1;
}

/* True if the key is one that only changes what the others mean. */
static bool is_modifier(unsigned code, bool behind_prefix, bool down)
{
    if (code == SCAN_CONTROL)
        *(behind_prefix ? &control_right : &control_left) = down;
    else if (behind_prefix)
        return false;
    else if (code == SCAN_SHIFT_LEFT)
        shift_left = down;
    else if (code == SCAN_SHIFT_RIGHT)
        shift_right = down;
    else if (code == SCAN_CAPS_LOCK)
        caps_lock ^= down;
    else
        return false;
    return true;
}

/* The character that this byte completes, or -1. */
static int decode(uint8_t byte)
{
    if (bytes_to_skip > 0) {
        bytes_to_skip--;
        return -1;
    }
    if (byte == SCAN_EXTENDED || byte == SCAN_PAUSE) {
        extended_prefix = byte == SCAN_EXTENDED;
        bytes_to_skip = byte == SCAN_PAUSE ? 2 : 0;
        return -1;
    }
    bool behind_prefix = extended_prefix;
    bool down = (byte & SCAN_RELEASE) == 0;
    unsigned code = byte & ~(unsigned)SCAN_RELEASE;
    extended_prefix = false;
    if (is_modifier(code, behind_prefix, down) || !down)
        return -1;
    return behind_prefix ? extended_key(code) : character(code);
}

bool keyboard_waiting(void)
{
    return *sequence != '\0' || (present && (inb(KEYBOARD_STATUS) & STATUS_OUTPUT_FULL) != 0);
}

int keyboard_get(void)
{
    if (*sequence != '\0')
        return (unsigned char)*sequence++;
    while (keyboard_waiting()) {
        bool from_mouse = (inb(KEYBOARD_STATUS) & STATUS_FROM_MOUSE) != 0;
        uint8_t byte = inb(KEYBOARD_DATA);
        int c = from_mouse ? -1 : decode(byte);
        if (c >= 0)
            return c;
    }
    return -1;
}
