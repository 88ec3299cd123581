/* SPDX-License-Identifier: MIT
 *
 * The report: `key value` lines for learn.
 */
#ifndef SAY_H
#define SAY_H

void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
