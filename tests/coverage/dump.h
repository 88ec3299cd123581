/* SPDX-License-Identifier: MIT
 *
 * What a machine must give to a kernel that counts: machine/MACHINE/coverage/.
 */
#ifndef DUMP_H
#define DUMP_H

/* One character to where the counters go: never to the screen. */
void coverage_put(char c);

#endif
