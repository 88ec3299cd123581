/* SPDX-License-Identifier: MIT
 *
 * The line editor. It draws with plain characters and backspaces alone, so it works on every screen and leaves a clean
 * transcript where no screen is.
 */
#include "prompt/line.h"

#include "base/console.h"
#include "base/print.h"
#include "base/string.h"
#include "machine.h"

#include <stdbool.h>

#define HISTORY 16

enum key { KEY_UP = BYTE_LOST + 1, KEY_DOWN, KEY_LEFT, KEY_RIGHT, KEY_HOME, KEY_END, KEY_DELETE, KEY_UNKNOWN };

#define CONTROL(letter) ((letter) - '@')
#define ESCAPE 27
#define BACKSPACE 127

static char text[LINE_MAX_LENGTH + 1];
static size_t length, cursor;
static bool too_long, not_text;

static char history[HISTORY][LINE_MAX_LENGTH + 1];
static size_t history_count; /* ever written; the last HISTORY of them are kept */
static size_t shown;         /* which one is on the line; history_count is the one being typed */

static const char *(*complete_name)(size_t i);

void line_complete_with(const char *(*name)(size_t i))
{
    complete_name = name;
}

/* ---- Drawing ---------------------------------------------------------------------------------------------------- */

static void put_times(char c, size_t times)
{
    while (times-- > 0)
        console_put(c);
}

static void move_to(size_t target)
{
    if (target < cursor)
        put_times('\b', cursor - target);
    for (size_t i = cursor; i < target; i++)
        console_put(text[i]);
    cursor = target;
}

/* Draws again what stands behind the cursor, and blanks for `gone` characters that are no more. */
static void redraw_tail(size_t gone)
{
    for (size_t i = cursor; i < length; i++)
        console_put(text[i]);
    put_times(' ', gone);
    put_times('\b', length - cursor + gone);
}

static size_t hidden_cursor;

void line_hide(bool off_screen, size_t before)
{
    hidden_cursor = cursor;
    move_to(length);
    for (size_t i = 0; off_screen && i < before + length; i++)
        console_write("\b \b");
    if (!off_screen)
        console_put('\n');
    cursor = 0;
}

void line_show(void)
{
    move_to(length);
    move_to(hidden_cursor);
}

/* ---- Editing ---------------------------------------------------------------------------------------------------- */

static void insert(char c)
{
    if (length == LINE_MAX_LENGTH) {
        too_long = true;
        return;
    }
    memmove(text + cursor + 1, text + cursor, length - cursor);
    text[cursor] = c;
    length++;
    console_put(c);
    cursor++;
    if (cursor < length)
        redraw_tail(0);
}

static void remove_before(void)
{
    if (cursor == 0)
        return;
    console_put('\b');
    cursor--;
    memmove(text + cursor, text + cursor + 1, length - cursor - 1);
    length--;
    redraw_tail(1);
}

static void remove_under(void)
{
    if (cursor == length)
        return;
    move_to(cursor + 1);
    remove_before();
}

/* Everything in front of the cursor. */
static void remove_to_start(void)
{
    size_t gone = cursor;

    move_to(0);
    memmove(text, text + gone, length - gone);
    length -= gone;
    redraw_tail(gone);
}

static void remove_to_end(void)
{
    size_t gone = length - cursor;

    length = cursor;
    redraw_tail(gone);
}

static void replace_with(const char *line)
{
    move_to(length);
    remove_to_start();
    too_long = false;
    while (*line != '\0')
        insert(*line++);
}

/* ---- History ---------------------------------------------------------------------------------------------------- */

static void remember(void)
{
    const char *last = history_count > 0 ? history[(history_count - 1) % HISTORY] : "";

    text[length] = '\0';
    if (length == 0 || strcmp(text, last) == 0)
        return;
    memcpy(history[history_count++ % HISTORY], text, length + 1);
}

static void show_older(void)
{
    if (shown > 0 && history_count - shown < HISTORY)
        replace_with(history[--shown % HISTORY]);
}

static void show_newer(void)
{
    if (shown >= history_count)
        return;
    shown++;
    replace_with(shown < history_count ? history[shown % HISTORY] : "");
}

/* ---- Completion ------------------------------------------------------------------------------------------------- */

/* How many letters all names that begin like the line have in common; *only becomes the name if there is but one. */
static size_t common_letters(const char **only)
{
    size_t common = 0, found = 0;
    const char *first = NULL, *name;

    for (size_t i = 0; (name = complete_name(i)) != NULL; i++) {
        if (!starts_with(name, text))
            continue;
        if (found++ == 0) {
            first = name;
            common = strlen(name);
        }
        while (strncmp(first, name, common) != 0)
            common--;
    }
    *only = found == 1 ? first : NULL;
    if (first != NULL)
        for (size_t i = length; i < common; i++)
            insert(first[i]);
    return common;
}

static void complete(void)
{
    const char *only;

    text[length] = '\0';
    if (complete_name == NULL || cursor != length || length == 0)
        return;
    common_letters(&only);
    if (only != NULL)
        insert(' ');
}

/* ---- Keys ------------------------------------------------------------------------------------------------------- */

/* What stands behind ESC [ or ESC O: digits and a final byte. A byte that breaks the sequence counts as itself. */
static int read_escape(void)
{
    static const struct {
        char number, final;
        int key;
    } sequences[] = {
        { 0, 'A', KEY_UP },    { 0, 'B', KEY_DOWN },  { 0, 'C', KEY_RIGHT },    { 0, 'D', KEY_LEFT },
        { 0, 'H', KEY_HOME },  { 0, 'F', KEY_END },   { '1', '~', KEY_HOME },   { '7', '~', KEY_HOME },
        { '4', '~', KEY_END }, { '8', '~', KEY_END }, { '3', '~', KEY_DELETE },
    };
    int byte = console_get(), number = 0;

    if (byte != '[' && byte != 'O')
        return byte;
    while ((byte = console_get()) >= '0' && byte <= ';')
        number = byte;
    for (size_t i = 0; i < sizeof sequences / sizeof sequences[0]; i++)
        if (sequences[i].final == byte && sequences[i].number == number)
            return sequences[i].key;
    return byte < ' ' ? byte : KEY_UNKNOWN;
}

static void leave_it(void)
{
}

static void go_left(void)
{
    move_to(cursor > 0 ? cursor - 1 : 0);
}

static void go_right(void)
{
    move_to(cursor < length ? cursor + 1 : length);
}

static void go_home(void)
{
    move_to(0);
}

static void go_end(void)
{
    move_to(length);
}

/* clang-format off */
static const struct {
    int key;
    void (*action)(void);
} bindings[] = {
    { KEY_LEFT, go_left },          { CONTROL('B'), go_left },
    { KEY_RIGHT, go_right },        { CONTROL('F'), go_right },
    { KEY_HOME, go_home },          { CONTROL('A'), go_home },
    { KEY_END, go_end },            { CONTROL('E'), go_end },
    { BACKSPACE, remove_before },   { '\b', remove_before },
    { KEY_DELETE, remove_under },   { CONTROL('D'), remove_under },
    { CONTROL('U'), remove_to_start }, { CONTROL('K'), remove_to_end },
    { KEY_UP, show_older },         { CONTROL('P'), show_older },
    { KEY_DOWN, show_newer },       { CONTROL('N'), show_newer },
    { '\t', complete },
    { CONTROL('L'), leave_it },     { KEY_UNKNOWN, leave_it },
};
/* clang-format on */

static void act_on(int key)
{
    for (size_t i = 0; i < sizeof bindings / sizeof bindings[0]; i++)
        if (bindings[i].key == key) {
            bindings[i].action();
            return;
        }
    if (key >= ' ' && key < BACKSPACE)
        insert((char)key);
    else
        not_text = true;
}

/* A line feed right behind a carriage return belongs to it. */
static int next_key(void)
{
    static bool after_return;
    int byte = console_get();

    if (byte == '\n' && after_return)
        byte = console_get();
    while (byte == ESCAPE)
        byte = read_escape();
    after_return = byte == '\r';
    return byte == '\r' ? '\n' : byte;
}

static enum line_end finish(char *buffer)
{
    text[length] = '\0';
    memcpy(buffer, text, length + 1);
    if (not_text)
        return LINE_NOT_TEXT;
    if (too_long)
        return LINE_TOO_LONG;
    remember();
    return LINE_READY;
}

enum line_end line_read(char *buffer)
{
    length = cursor = 0;
    too_long = not_text = false;
    shown = history_count;
    for (;;) {
        int key = next_key();
        if (key == CONTROL('D') && length == 0 && !not_text)
            return LINE_CLOSED;
        if (key == CONTROL('D') && cursor == length)
            key = '\n';
        if (key == CONTROL('C') || key == '\n') {
            move_to(length);
            console_write(key == '\n' ? "\n" : "^C\n");
            return key == '\n' ? finish(buffer) : LINE_CANCELLED;
        }
        act_on(key);
    }
}
