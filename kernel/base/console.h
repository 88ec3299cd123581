/* SPDX-License-Identifier: MIT
 *
 * The screen and the keyboard as the kernel sees them: one stream out, one stream in, styles in between.
 */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdbool.h>

/* What a piece of text is; which colour that has stands in one table. Nothing is told apart by colour alone. */
enum style {
    STYLE_PLAIN,
    STYLE_PROMPT,
    STYLE_TITLE,
    STYLE_ERROR,
    STYLE_FAINT,
    STYLE_BLOCK_ODD,
    STYLE_BLOCK_EVEN,
    STYLE_PADDING,
    STYLE_TAG,
    STYLE_FREE,
    STYLE_COUNT
};

/* With colours or without. Without, the kernel sends no escape sequence at all. */
void console_use_colour(bool yes);

void console_put(char c);
void console_write(const char *text);
void console_style(enum style style);
void console_clear(void);

/* The next byte that is typed; waits for it. Meanwhile work() may do something; it says whether it did. */
int console_get(void);
void console_meanwhile(bool (*work)(void));

#endif
