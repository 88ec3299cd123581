/* SPDX-License-Identifier: MIT
 *
 * The prompt. A line is one or more commands; each is looked up in the table and gets its words.
 */
#include "prompt/shell.h"

#include "base/console.h"
#include "base/options.h"
#include "base/print.h"
#include "base/string.h"
#include "kernel.h"
#include "machine.h"
#include "interrupts/interrupts.h"
#include "interrupts/later.h"
#include "memory/description.h"
#include "prompt/line.h"

#define COMMAND_MAX_LENGTH 1023
#define MOST_WORDS 10

static bool running_script;
static bool any_failed;

bool shell_is_interactive(void)
{
    return !running_script && !option_is("plain", "on");
}

int shell_status(void)
{
    return any_failed ? EXIT_SCRIPT_FAILED : EXIT_OK;
}

static bool complain_unknown(const char *name, size_t length)
{
    console_style(STYLE_ERROR);
    kprintf("unknown command '%.*s'", (int)(length < 40 ? length : 40), name);
    console_style(STYLE_PLAIN);
    kprintf("; type help for the list\n");
    return false;
}

static const struct command *find_command(const char *name, size_t length)
{
    for (const struct command *command = commands; command->name != NULL; command++)
        if (strlen(command->name) == length && strncmp(command->name, name, length) == 0)
            return command;
    return NULL;
}

static const char *command_name(size_t i)
{
    return commands[i].name; /* asked for one after the other, up to the row without a name */
}

/* Cuts the text into words where it stands; the most-th takes all that is left. Gives how many there are. */
static int split(char *text, char **words, int most)
{
    int count = 0;

    for (;;) {
        while (*text == ' ')
            *text++ = '\0';
        if (*text == '\0' || count == MOST_WORDS)
            return count;
        words[count++] = text;
        if (count == most)
            return count;
        while (*text != '\0' && *text != ' ')
            text++;
    }
}

/* A command and its words; nothing at all is well done too. */
static bool run_words(char *text)
{
    char *words[MOST_WORDS];
    size_t length = 0;

    while (*text == ' ')
        text++;
    while (text[length] != '\0' && text[length] != ' ')
        length++;
    if (length == 0)
        return true;
    minios_description.command++;
    const struct command *command = find_command(text, length);
    if (command == NULL)
        return complain_unknown(text, length);
    int count = split(text, words, command->most == REST_OF_LINE ? command->least + 1 : MOST_WORDS) - 1;
    if (count < command->least || count > command->most) {
        kprintf("usage: %s%s%s\n", command->name, command->usage[0] != '\0' ? " " : "", command->usage);
        return false;
    }
    return command->run(count + 1, words);
}

#define PROMPT "minios> "

static void print_prompt(void)
{
    console_style(STYLE_PROMPT);
    kprintf(PROMPT);
    console_style(STYLE_PLAIN);
}

/* What a command leaves behind is looked at before the next one. */
bool shell_run(char *text)
{
    bool done = run_words(text);

    return interrupts_look() && done;
}

static void show_line(void)
{
    print_prompt();
    minios_description.state = STATE_WAITING;
    line_show();
}

bool shell_run_due(void)
{
    static bool running;
    bool reading = minios_description.state == STATE_WAITING;

    if (running || !later_waits())
        return false;
    running = true;
    if (reading)
        line_hide(!option_is("plain", "on"), sizeof PROMPT - 1); /* where no screen is, nothing can be taken off */
    minios_description.state = STATE_RUNNING;
    later_run();
    if (reading)
        show_line();
    running = false;
    return true;
}

/* One command of a line or a script. A script's are shown as if they were typed. */
static bool run_command(const char *from, size_t length)
{
    static char command[COMMAND_MAX_LENGTH + 1];

    if (running_script) {
        print_prompt();
        kprintf("%.*s\n", (int)length, from);
    }
    if (length > COMMAND_MAX_LENGTH) {
        kprintf("that command is too long; %d characters fit\n", COMMAND_MAX_LENGTH);
        return false;
    }
    memcpy(command, from, length);
    command[length] = '\0';
    bool done = shell_run(command);
    shell_run_due();
    return done;
}

/* The commands of a line, between the ';'. */
static void run_line(const char *at, size_t length)
{
    for (const char *end = at + length; at < end; at++) {
        const char *from = at;
        while (at < end && *at != ';')
            at++;
        while (from < at && *from == ' ')
            from++;
        if (from < at)
            any_failed |= !run_command(from, (size_t)(at - from)) && running_script;
    }
}

static _Noreturn void run_script(const char *script, size_t length)
{
    running_script = true;
    minios_description.state = STATE_RUNNING;
    run_line(script, length);
    machine_stop(shell_status());
}

static void serve_line(void)
{
    char line[LINE_MAX_LENGTH + 1];

    print_prompt();
    minios_description.state = STATE_WAITING;
    enum line_end end = line_read(line);
    minios_description.state = STATE_RUNNING;
    switch (end) {
    case LINE_READY: run_line(line, strlen(line)); break;
    case LINE_TOO_LONG: kprintf("that line is too long; %d characters fit\n", LINE_MAX_LENGTH); break;
    case LINE_NOT_TEXT: kprintf("that line lost a byte or is no ASCII text; nothing was done\n"); break;
    case LINE_CANCELLED: break;
    case LINE_CLOSED: kprintf("\n"); machine_stop(EXIT_OK);
    }
}

void shell(void)
{
    size_t length;
    const char *script = option_text("script", &length);

    line_complete_with(command_name);
    console_meanwhile(shell_run_due);
    if (script != NULL)
        run_script(script, length);
    for (;;)
        serve_line();
}
