/* SPDX-License-Identifier: MIT
 *
 * What is said, by the checks and by the learner's code.
 */
#include "say.h"
#include "home.h"

void say(const char *format, ...)
{
    char text[400];
    va_list values;

    va_start(values, format);
    int length = home_format(text, sizeof text, format, values);
    va_end(values);
    home_puts(text, length < (int)sizeof text ? (size_t)length : sizeof text - 1);
}

void format_text(char *text, size_t size, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    home_format(text, size, format, values);
    va_end(values);
}

/* Each line is marked; lines without a letter are passed over. */
void say_for_learner(const char *text)
{
    static int lines;

    while (*text != '\0') {
        int length = 0;
        while (text[length] != '\0' && text[length] != '\n')
            length++;
        if (length > 0 && lines++ < MOST_SAID)
            say("said %.*s\n", length, text);
        text += length + (text[length] == '\n');
    }
}
