# SPDX-License-Identifier: MIT
#
# How the host machine is built: an ordinary program, not position independent, so that addresses are the same each run.
# The instrumented build takes our own string.c before the C library's, since ours checks its ranges.

MACHINE_CFLAGS := -D_GNU_SOURCE -fno-pie
MACHINE_SOURCES := $(wildcard machine/host/*.c)
LEAVE_OUT := $(if $(SANITIZE),,kernel/base/string.c)
link = $(CC) $(SANITIZE_FLAGS) -no-pie -o $(1) $(2)
# The run time of the instrumented build also runs while misaligned accesses trap: no copies through wide registers.
RUN_TIME_CFLAGS := -mgeneral-regs-only
