/* SPDX-License-Identifier: MIT
 *
 * The plain build: nothing is instrumented, so nothing is reported.
 */
#include "base/instrument.h"

const struct option instrument_options[] = { { NULL, NULL } };

bool instrument_is_on(void)
{
    return false;
}

const char *instrument_story(void)
{
    return NULL;
}

bool instrument_catch(void (*act)(void), bool quiet, struct instrument_report *report)
{
    (void)quiet;
    *report = (struct instrument_report){ 0 };
    act();
    return false;
}

void instrument_end_catch(void)
{
}

bool instrument_listens(void)
{
    return false;
}

void instrument_pause(void)
{
}

void instrument_resume(void)
{
}

void instrument_resync(void)
{
}

bool instrument_check_free(uintptr_t *address)
{
    (void)address;
    return true;
}
