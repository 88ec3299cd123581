# SPDX-License-Identifier: MIT
#
# The proof of the heap: contracts in proof.c, held against heap/kheap.c by Frama-C; three functions of bits in bits.smt2.

.PHONY: prove
prove: ## prove the heap's contracts: some minutes; ONLY=function, KEEP=1
	@$(PYTHON) tests/proof/prove.py $(ONLY)
