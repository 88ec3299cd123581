/* SPDX-License-Identifier: MIT
 *
 * Where a machine enters the kernel, once it is ready.
 */
#ifndef KERNEL_H
#define KERNEL_H

_Noreturn void kmain(void);

/* How the machine ends: 0 all is well, 1 a command of the script failed, 2 a panic, 3 the kernel could not start. */
enum exit_status { EXIT_OK, EXIT_SCRIPT_FAILED, EXIT_PANIC, EXIT_NO_START };

#endif
