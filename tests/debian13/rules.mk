# SPDX-License-Identifier: MIT
#
# A fresh Debian 13, made for the occasion. STEPS="doctor run" takes some, SUITE=sid what will be Debian once.

.PHONY: test-debian13
test-debian13: ## a new user's way on a fresh Debian 13: ten minutes; STEPS=
	@tests/debian13/run $(STEPS)
