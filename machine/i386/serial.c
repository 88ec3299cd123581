/* SPDX-License-Identifier: MIT
 *
 * COM1, polled in both directions. The receive interrupt is on only because it wakes a processor that rests.
 */
#include "devices.h"
#include "io.h"
#include "machine.h"

#define COM1 0x3F8

enum uart_register {
    UART_DATA = COM1,
    UART_DIVISOR_LOW = COM1,      /* while the latch bit is set */
    UART_DIVISOR_HIGH = COM1 + 1, /* while the latch bit is set */
    UART_INTERRUPTS = COM1 + 1,
    UART_LINE_CONTROL = COM1 + 3,
    UART_MODEM_CONTROL = COM1 + 4,
    UART_LINE_STATUS = COM1 + 5
};

enum {
    LINE_8N1 = 0x03,
    LINE_DIVISOR_LATCH = 0x80,
    MODEM_READY_AND_INTERRUPTS = 0x0B, /* DTR, RTS, and OUT2, which lets the interrupt through */
    INTERRUPT_RECEIVED = 0x01,
    STATUS_RECEIVED = 0x01,
    STATUS_OVERRUN = 0x02, /* a byte came before the last one was read; reading the status forgets it */
    STATUS_CAN_SEND = 0x20,
    STATUS_ALL_SENT = 0x40,
    STATUS_NO_CHIP = 0xFF, /* what a port without a device reads */
    DIVISOR_115200 = 1
};

static bool present;
static bool plain_lines;
static bool lost;

/* The FIFO stays as it is: switching or resetting it would throw away a byte that came before we did. */
void serial_start(bool plain)
{
    plain_lines = plain;
    present = inb(UART_LINE_STATUS) != STATUS_NO_CHIP;
    if (!present)
        return;
    outb(UART_LINE_CONTROL, LINE_DIVISOR_LATCH | LINE_8N1);
    outb(UART_DIVISOR_LOW, DIVISOR_115200);
    outb(UART_DIVISOR_HIGH, 0);
    outb(UART_LINE_CONTROL, LINE_8N1);
    outb(UART_MODEM_CONTROL, MODEM_READY_AND_INTERRUPTS);
    outb(UART_INTERRUPTS, INTERRUPT_RECEIVED);
}

static bool is(uint8_t status)
{
    uint8_t now = inb(UART_LINE_STATUS);

    lost |= (now & STATUS_OVERRUN) != 0;
    return (now & status) != 0;
}

static void wait_for(uint8_t status)
{
    while (!is(status))
        continue;
}

static void send(char c)
{
    wait_for(STATUS_CAN_SEND);
    outb(UART_DATA, (uint8_t)c);
}

void serial_put(char c)
{
    if (!present)
        return;
    if (c == '\n' && !plain_lines)
        send('\r');
    send(c);
}

bool serial_waiting(void)
{
    return present && is(STATUS_RECEIVED);
}

int serial_get(void)
{
    bool waiting = serial_waiting();

    if (lost) {
        lost = false;
        return BYTE_LOST;
    }
    return waiting ? inb(UART_DATA) : -1;
}

/* Until the last byte has left. */
void serial_drain(void)
{
    if (present)
        wait_for(STATUS_ALL_SENT);
}
