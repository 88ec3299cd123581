# SPDX-License-Identifier: MIT
#
# What of this machine hole/contained.c stands in front of, and what the learner's compiler calls by itself.

WRAPPED += exception stack_guard_check
CALLED_FROM_OUTSIDE += __udivdi3 __umoddi3 __divdi3 __moddi3 __ashldi3 __lshrdi3 __ashrdi3
CALLED_FROM_OUTSIDE += $(foreach kind,df sf xf,__fix$(kind)di __fixuns$(kind)di __floatundi$(kind))
