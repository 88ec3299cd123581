# SPDX-License-Identifier: MIT
#
# The undefined behaviours that ubsan.c can tell, each by its name. What a compiler calls `undefined` grows with its
# version (since clang 17 it holds `function`, which gcc has not, and which reads in front of the function before it
# calls it: a jump to nowhere would be told as a read). $(call undefined_checks,COMPILER): the option.

UNDEFINED_CHECKS := alignment bool builtin enum integer-divide-by-zero nonnull-attribute null object-size \
                    pointer-overflow return returns-nonnull-attribute shift signed-integer-overflow unreachable vla-bound

undefined_checks = $(addprefix -fsanitize=,$(UNDEFINED_CHECKS) $(if $(findstring clang,$1),array-bounds,bounds))
