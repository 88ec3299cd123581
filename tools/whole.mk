# SPDX-License-Identifier: MIT
#
# Two may build at once, in two terminals: each writes beside, and what is whole comes into its place in one step. So does
# what a build leaves that was killed: nothing half done looks up to date.

ifndef KEEP
NEW = $@.$$$$
KEEP = mv $(NEW) $@
endif

# Compiles with these words, and keeps what was included.
compiled = $(1) -MMD -MP -MT $@ -MF $(NEW).d -c -o $(NEW) $< && mv $(NEW).d $(@:.o=.d) && $(KEEP) || { rm -f $(NEW).d; false; }

# A file that holds this text, and is new whenever the text is.
told = mkdir -p $(@D) && { echo '$(1)' | cmp -s - $@ || { echo '$(1)' > $(NEW) && $(KEEP); }; }
