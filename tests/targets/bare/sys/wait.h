/* SPDX-License-Identifier: MIT
 *
 * One case a start of the machine: there are no processes to wait for. */
#ifndef BARE_WAIT_H
#define BARE_WAIT_H

#include <sys/types.h>

pid_t fork(void);
pid_t waitpid(pid_t child, int *status, int options);

#endif
