# SPDX-License-Identifier: MIT
#
# What of this machine hole/contained.c stands in front of.

WRAPPED += exception stack_guard_check
