/* SPDX-License-Identifier: MIT
 *
 * tcc FILE: compiles it for i386 into the file `object`, with the flags of the house. The messages go to standard error.
 * A warning counts as an error, but what comes behind it is looked at too: it may tell the real mistake. Everything is read
 * from, and written to, the folder that whoever starts it gives.
 */
#include "tcc.h"

/* A constant that is a long double it refuses; so far as it reads one, a library for numbers of that width is not needed. */
#define strtold(text, end) strtod(text, end)

#include "libtcc.c"

#define FLAGS "-Wall -g -nostdinc -std=c11"

static void tell(void *told, const char *message)
{
    *(int *)told = 1;
    write(STDERR_FILENO, message, strlen(message));
    write(STDERR_FILENO, "\n", 1);
}

int main(int count, char **words)
{
    TCCState *tcc = tcc_new();
    int told = 0;

    if (count != 2)
        return 2;
    tcc_set_error_func(tcc, &told, tell);
    tcc_set_options(tcc, FLAGS);
    tcc_add_sysinclude_path(tcc, "/");
    tcc_set_output_type(tcc, TCC_OUTPUT_OBJ);
    return tcc_add_file(tcc, words[1]) != 0 || told || tcc_output_file(tcc, "object") != 0;
}
