/* SPDX-License-Identifier: MIT
 *
 * The prompt: reads lines, splits them into words, and runs the command that the first word names.
 */
#ifndef SHELL_H
#define SHELL_H

#include <stdbool.h>

struct command {
    const char *name;
    const char *usage;                    /* of its arguments */
    const char *help;                     /* one line */
    bool (*run)(int count, char **words); /* words[0] is the name; false when it could not do it, and has said why */
    int least, most;                      /* how many arguments it takes */
};

/* As `most`: the last argument is all that is left of the line, blanks and all. */
#define REST_OF_LINE 99

/* The table of commands.c; its last row has no name. */
extern const struct command commands[];

/* How the machine should end now: with 0, or with 1 when a command of a script failed. */
int shell_status(void);

/* Runs a command, its words in a text that may be cut up. */
bool shell_run(char *text);

/* Runs the commands whose time has come (see `every`), each on lines of its own. False: there was none. Within one it does nothing. */
bool shell_run_due(void);

/* Is a person sitting there, who can be asked for a key? */
bool shell_is_interactive(void);

/* Runs the script of the command line, if there is one, and halts; else serves the prompt. */
_Noreturn void shell(void);

#endif
