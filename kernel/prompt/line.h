/* SPDX-License-Identifier: MIT
 *
 * The line editor of the prompt: arrows, home and end, history, completion, Ctrl-C, Ctrl-U.
 */
#ifndef LINE_H
#define LINE_H

#include <stdbool.h>
#include <stddef.h>

/* With the prompt in front it never reaches the right edge, so one line on the screen is enough. */
#define LINE_MAX_LENGTH 70

enum line_end {
    LINE_READY,     /* buffer holds a line of plain text, perhaps empty */
    LINE_TOO_LONG,  /* more was typed than fits; the buffer holds the beginning */
    LINE_NOT_TEXT,  /* a byte came that is no ASCII text and no key, or one was lost */
    LINE_CANCELLED, /* Ctrl-C */
    LINE_CLOSED     /* Ctrl-D on an empty line: nothing will follow. At the end of a line it is Enter. */
};

/* Reads one line, without its end, into `buffer` of LINE_MAX_LENGTH + 1 bytes. */
enum line_end line_read(char *buffer);

/* Takes what is being typed off the screen, `before` characters in front of it too, or leaves it there and goes on below;
 * and brings it back. In between others may print. */
void line_hide(bool off_screen, size_t before);
void line_show(void);

/* The completion asks for the words that may stand first on a line: the i-th name, NULL behind the last. */
void line_complete_with(const char *(*name)(size_t i));

#endif
